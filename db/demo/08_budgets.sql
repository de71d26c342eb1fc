-- A small chart of accounts, and what each production may cost.

create temp table demo_accounts (code text primary key, name text, kind text, parent text) on commit drop;
insert into pg_temp.demo_accounts values
  ('1000', 'Assets', 'asset', null), ('1010', 'Operating account', 'asset', '1000'),
  ('1020', 'Payroll account', 'asset', '1000'), ('1100', 'Accounts receivable', 'asset', '1000'),
  ('1300', 'Deposits paid to rental houses', 'asset', '1000'),
  ('2000', 'Liabilities', 'liability', null), ('2010', 'Accounts payable', 'liability', '2000'),
  ('2100', 'Payroll taxes and fringes', 'liability', '2000'), ('3000', 'Retained earnings', 'equity', null),
  ('4000', 'Revenue', 'revenue', null), ('4010', 'Production fees', 'revenue', '4000'),
  ('5000', 'Production cost', 'expense', null), ('5100', 'Labour', 'expense', '5000'),
  ('5150', 'Talent', 'expense', '5000'), ('5200', 'Camera', 'expense', '5000'),
  ('5300', 'Grip, electric and rigging', 'expense', '5000'), ('5350', 'Sound', 'expense', '5000'),
  ('5400', 'Scenic, art and wardrobe', 'expense', '5000'), ('5500', 'Locations and permits', 'expense', '5000'),
  ('5600', 'Transport', 'expense', '5000'), ('5700', 'Catering', 'expense', '5000'),
  ('5800', 'Post-production', 'expense', '5000'), ('5900', 'Security', 'expense', '5000'),
  ('6000', 'Overhead', 'expense', null), ('6100', 'Rent and utilities', 'expense', '6000'),
  ('6200', 'Insurance', 'expense', '6000'), ('6300', 'Software and office', 'expense', '6000'),
  ('6900', 'Contingency', 'expense', '6000');

insert into finance.accounts
  (organization_id, id, created_by, created_at, updated_at, code, name, kind, parent_account_id)
select o.id, pg_temp.row_id(made.at, a.code::integer, 'account ' || a.code || o.key), p.user_id, made.at,
       made.at, a.code,
       a.name, a.kind,
       case when a.parent is not null then pg_temp.row_id(made.at, a.parent::integer,
              'account ' || a.parent || o.key) end
  from pg_temp.demo_accounts a
 cross join pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.position = 11
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - 275, '10:00') as at) made;

-- How it comes out is dealt in turn, so that every outcome is there.
create temp table demo_budgets on commit drop as
with projects as (
  select p.key, p.organization, p.organization_id, p.id as project_id, p.name, p.family, p.kind,
         p.status as stage, p.starts_on,
         p.ends_on, p.first_day, p.last_day, p.day_count, p.permits, p.crew, p.gear, p.made_at, p.seed,
         case p.status
           when 'completed' then case when p.ends_on < pg_temp.today() - 21 then 'closed' else 'approved' end
           when 'planning' then case when p.place_in_stage % 2 = 0 then 'submitted' else 'draft' end
           when 'cancelled' then 'cancelled'
           else 'approved' end as status,
         row_number() over (partition by p.organization, p.status order by p.seed) as place
    from pg_temp.demo_projects p
   where not p.is_template
),
overhead as (
  select 9100 + q.number + case o.key when 'lumen' then 0 else 10 end, o.key, o.id, null::uuid,
         'Office and overhead, ' || to_char(q.starts,
         'Mon YYYY') || ' to ' || to_char(q.starts + interval '2 months', 'Mon YYYY'), 'office',
         'office', 'office', q.starts, (q.starts + interval '3 months')::date - 1, q.starts,
         (q.starts + interval '3 months')::date - 1, 3, 3, 3, 1::numeric,
         pg_temp.at_clock(q.starts - 12, '11:00'), o.key || q.number,
         case when q.number = 0 then 'closed' else 'approved' end, 1 + q.number
    from pg_temp.demo_organizations o
   cross join (
           select n as number, (date_trunc('month',
                  pg_temp.today()::timestamp) + (n * 3 - 4) * interval '1 month')::date as starts
             from generate_series(0, 1) as n
         ) q
),
everything as (
  select * from projects union all select * from overhead
)
select e.*, pg_temp.row_id(e.made_at, 0, 'budget ' || e.seed) as id, a.user_id as accountant_id,
       case when e.family = 'office' then 'on_track'
            else (array['on_track', 'over', 'under', 'at_risk', 'on_track', 'under', 'on_track', 'at_risk', 'on_track'])
                   [1 + (e.place - 1) % 9] end as outcome
  from everything e
  join pg_temp.demo_people a on a.organization = e.organization and a.position = 11
 -- stills that are only planned have none yet
 where not (e.kind = 'photography' and e.status in ('draft', 'submitted'));
alter table pg_temp.demo_budgets add primary key (key);

insert into finance.budgets
  (organization_id, id, created_by, created_at, updated_at, project_id, name, status, currency, starts_on, ends_on,
   at_risk_above_percent, over_above_percent, notes)
select b.organization_id, b.id, b.accountant_id, b.made_at, b.made_at, b.project_id,
       case when b.project_id is null then b.name else left('Budget: ' || b.name, 200) end, b.status, 'USD',
              b.starts_on, b.ends_on,
       100, case when b.kind in ('film', 'documentary', 'student') then 108 else 110 end,
       case when b.status = 'submitted' then 'With the client for approval.'
            when b.outcome = 'over' then 'Overtime: see the labour lines.' end
  from pg_temp.demo_budgets b
 order by b.made_at;

create temp table demo_lines on commit drop as
with patterns (family, position, category, name, account, posting,
               per, quantity, unit, unit_cost, sized, timing, parts, vendor) as (values
  ('stage', 1, 'Location', 'Street occupancy and permit fees', '5500',
   'expense', 'permit', 1, 'permit', 325, '', 'prep', 2, 'City of New York'),
  ('stage', 2, 'Labour', 'Load-in and load-out calls', '5100',
   'payroll', 'crew day', 1, 'call', 410, '', 'days', 5, 'Stagehand payroll'),
  ('stage', 3, 'Labour', 'Focus and tech calls', '5100',
   'payroll', 'crew day', 0.3, 'call', 430, '', 'days', 3, 'Stagehand payroll'),
  ('stage', 4, 'Labour', 'Strike call and overtime', '5100',
   'payroll', 'crew', 2, 'call', 455, '', 'wrap', 1, 'Stagehand payroll'),
  ('stage', 5, 'Lighting', 'Lighting rental', '5300',
   'invoice_received', 'day', 1, 'day', 1350, 'gear', 'days', 3, 'Gowanus Lighting Supply'),
  ('stage', 6, 'Sound', 'PA and monitor rental', '5350',
   'invoice_received', 'day', 1, 'day', 1600, 'gear', 'days', 3, 'Canal Street Audio'),
  ('stage', 7, 'Rigging', 'Motors, truss and inspection', '5300',
   'invoice_received', 'day', 1, 'day', 900, 'gear', 'days', 2, 'Five Borough Rigging'),
  ('stage', 8, 'Scenic', 'Deck, soft goods and set pieces', '5400',
   'invoice_received', 'one', 1, 'lot', 8500, 'gear', 'prep', 2, 'Red Hook Scenic'),
  ('stage', 9, 'Transport', 'Trailers and drivers', '5600',
   'invoice_received', 'permit', 1, 'truck', 1450, '', 'days', 3, 'Hunts Point Trucking'),
  ('stage', 10, 'Security', 'Street security and overnight guard', '5900',
   'expense', 'day', 1, 'day', 780, '', 'days', 3, 'Night Watch Security'),
  ('stage', 11, 'Catering', 'Crew meals', '5700',
   'expense', 'crew day', 1, 'meal', 32, '', 'days', 5, 'Fulton Market Catering'),
  ('stage', 12, 'Insurance', 'General liability for the house', '6200',
   'expense', 'one', 1, 'policy', 1900, '', 'prep', 1, 'Empire Mutual'),
  ('shoot', 1, 'Location', 'Permit application and tax map fees', '5500',
   'expense', 'one', 1, 'fee', 300, '', 'prep', 1, 'City of New York'),
  ('shoot', 2, 'Location', 'Location fees and holding', '5500',
   'invoice_received', 'permit', 1, 'location', 2400, 'gear', 'days', 4, 'Property owners'),
  ('shoot', 3, 'Labour', 'Crew', '5100', 'payroll', 'crew day', 1, 'person-day', 520, '', 'days', 5, 'Crew payroll'),
  ('shoot', 4, 'Labour', 'Overtime and meal penalties', '5100',
   'payroll', 'crew day', 0.12, 'person-day', 780, 'big', 'days', 4, 'Crew payroll'),
  ('shoot', 5, 'Camera', 'Camera and lens package', '5200',
   'invoice_received', 'day', 1, 'day', 2950, 'gear', 'days', 3, 'Kingsland Camera'),
  ('shoot', 6, 'Grip', 'Grip and electric package', '5300',
   'invoice_received', 'day', 1, 'day', 2100, 'gear', 'days', 3, 'Newtown Creek Grip & Electric'),
  ('shoot', 7, 'Sound', 'Sound package and expendables', '5350',
   'invoice_received', 'day', 1, 'day', 690, 'gear', 'days', 2, 'Canal Street Audio'),
  ('shoot', 8, 'Art', 'Set dressing and props', '5400',
   'expense', 'day', 1, 'day', 1800, 'gear', 'prep', 4, 'Prop houses, petty cash'),
  ('shoot', 9, 'Transport', 'Trucks, vans and fuel', '5600',
   'expense', 'day', 1, 'day', 2250, 'gear', 'days', 4, 'Hunts Point Trucking'),
  ('shoot', 10, 'Catering', 'Catering and craft service', '5700',
   'expense', 'crew day', 1, 'meal', 38, '', 'days', 5, 'Silver Spoon Set Catering'),
  ('shoot', 11, 'Post', 'Editorial and dailies', '5800',
   'invoice_received', 'day', 1, 'day', 1500, 'gear', 'wrap', 2, 'Dumbo Post'),
  ('shoot', 12, 'Insurance', 'Production and equipment insurance', '6200',
   'expense', 'one', 1, 'policy', 4200, 'gear', 'prep', 1, 'Empire Mutual'),
  ('spot', 1, 'Location', 'Permits and location fees', '5500',
   'expense', 'permit', 1, 'location', 1500, 'gear', 'prep', 3, 'Property owners'),
  ('spot', 2, 'Labour', 'Crew', '5100', 'payroll', 'crew day', 1, 'person-day', 560, '', 'days', 4, 'Crew payroll'),
  ('spot', 3, 'Talent', 'Models and talent', '5150',
   'payroll', 'day', 2, 'person-day', 1300, 'gear', 'days', 2, 'Talent payroll'),
  ('spot', 4, 'Camera', 'Camera and stills package', '5200',
   'invoice_received', 'day', 1, 'day', 1400, 'gear', 'days', 2, 'Kingsland Camera'),
  ('spot', 5, 'Grip', 'Grip, electric and generator', '5300',
   'invoice_received', 'day', 1, 'day', 1250, 'gear', 'days', 2, 'Newtown Creek Grip & Electric'),
  ('spot', 6, 'Art', 'Styling, wardrobe and props', '5400',
   'expense', 'day', 1, 'day', 1900, 'gear', 'prep', 3, 'Prop houses, petty cash'),
  ('spot', 7, 'Transport', 'Campers, vans and fuel', '5600',
   'expense', 'day', 1, 'day', 980, 'gear', 'days', 2, 'Hunts Point Trucking'),
  ('spot', 8, 'Catering', 'Catering', '5700',
   'expense', 'crew day', 1, 'meal', 42, '', 'days', 2, 'Silver Spoon Set Catering'),
  ('spot', 9, 'Post', 'Edit, colour, retouching', '5800',
   'invoice_received', 'day', 1, 'day', 2100, 'gear', 'wrap', 2, 'Dumbo Post'),
  ('spot', 10, 'Insurance', 'Production insurance', '6200',
   'expense', 'one', 1, 'policy', 1600, '', 'prep', 1, 'Empire Mutual'),
  ('office', 1, 'Payroll', 'Office staff', '5100',
   'payroll', 'day', 1, 'month', 31500, '', 'months', 3, 'Office payroll'),
  ('office', 2, 'Rent', 'Office, shop and storage', '6100',
   'expense', 'day', 1, 'month', 14200, '', 'months', 3, 'Navy Yard Properties'),
  ('office', 3, 'Rent', 'Electricity and internet', '6100',
   'expense', 'day', 1, 'month', 1650, '', 'months', 3, 'Utilities'),
  ('office', 4, 'Insurance', 'Annual policies, by month', '6200',
   'expense', 'day', 1, 'month', 2850, '', 'months', 3, 'Empire Mutual'),
  ('office', 5, 'Office', 'Software and supplies', '6300',
   'expense', 'day', 1, 'month', 1480, '', 'months', 3, 'Various'),
  ('office', 6, 'Office', 'Accounting and legal', '6300',
   'invoice_received', 'day', 1, 'month', 2300, '', 'months', 3, 'Pell & Partners')
),
counted as (
  select b.key, b.organization, b.organization_id, b.id as budget_id, b.project_id, b.seed, b.status,
         b.outcome, b.made_at,
         b.accountant_id, b.starts_on, b.ends_on, b.first_day, b.last_day, b.stage, p.position, p.category,
         p.name, p.account, p.posting,
         p.unit, p.timing, p.parts, p.vendor,
         greatest(round(p.quantity * case p.per when 'permit' then b.permits when 'day' then least(b.day_count, 20)
                                                when 'crew' then b.crew when 'crew day' then b.crew * least(b.day_count, 20)
                                                else 1 end), 1) as quantity,
         case p.sized when 'gear' then greatest(round(p.unit_cost * b.gear / 5) * 5,
                25) else p.unit_cost end as unit_cost
    from pg_temp.demo_budgets b
    join patterns p on p.family = b.family and (p.sized <> 'big' or b.crew > 20)
),
complete as (
  select * from counted
  union all
  -- eight percent for what nobody foresees
  select c.key, min(c.organization), c.organization_id, c.budget_id, c.project_id, min(c.seed), min(c.status),
         min(c.outcome), min(c.made_at),
         c.accountant_id, min(c.starts_on), min(c.ends_on), min(c.first_day), min(c.last_day), min(c.stage),
         15, 'Contingency', 'Contingency, 8 %', '6900',
         'expense', 'lump sum', 'wrap', 2, 'Unforeseen', 1, round(sum(c.quantity * c.unit_cost) * 0.08, -1)
    from counted c
   where c.project_id is not null
   group by c.key, c.organization_id, c.budget_id, c.project_id, c.accountant_id
),
judged as (
  select c.*, c.quantity * c.unit_cost as planned,
         -- where the money really goes: too much of it is overtime
         case
           when c.category = 'Contingency' then case c.outcome when 'under' then 0.2 when 'on_track' then 0.85 when 'at_risk' then 1.2 else 1.4 end
           when c.outcome = 'over' then case c.posting when 'payroll' then 1.18 else 1.06 end
           when c.outcome = 'at_risk' then case c.posting when 'payroll' then 1.08 else 1.02 end
           when c.outcome = 'under' then case c.posting when 'payroll' then 0.92 else 0.88 end
           else 0.99
         end + (pg_temp.roll(c.seed || c.name,
         5) - 2) * case c.outcome when 'on_track' then 0.005 else 0.01 end as factor,
         case c.timing when 'prep' then c.starts_on + 5 when 'wrap' then c.last_day + 2 when 'months' then c.starts_on else c.first_day end as pays_from,
         case c.timing when 'prep' then c.first_day when 'wrap' then c.ends_on + 12 when 'months' then c.ends_on - 27 else c.last_day + 7 end as pays_until
    from complete c
)
select j.*, round(j.planned * j.factor, 2) as target,
       pg_temp.row_id(j.made_at, j.position, 'line ' || j.seed || j.name) as id
  from judged j;
create index on pg_temp.demo_lines (key);
analyze pg_temp.demo_lines;
