-- What was paid, and with it what each line is still expected to cost. Nothing is posted after today.

create temp table demo_postings on commit drop as
with weighed as (
  select l.key, l.id as line_id, l.posting, l.category, l.account, l.name, l.vendor, l.target, l.seed,
         l.position, n.part, l.parts,
         1 + (pg_temp.roll(l.seed || l.name || n.part, 7) - 3) * 0.07 as weight,
         l.pays_from + ((l.pays_until - l.pays_from) * (2 * n.part - 1)) / (2 * l.parts) as due_on
    from pg_temp.demo_lines l
   cross join generate_series(1, l.parts) as n (part)
   where l.status in ('approved', 'closed', 'cancelled') and l.target > 0
),
shared as (
  select w.*,
         round(w.target * w.weight / sum(w.weight) over (partition by w.line_id), 2) as share,
         -- wages on Fridays, the rest on weekdays
         w.due_on + case when w.posting = 'payroll' then (12 - extract(isodow from w.due_on)::integer) % 7
                         when extract(isodow from w.due_on) > 5 then 8 - extract(isodow from w.due_on)::integer
                         else 0 end as day
    from weighed w
),
parts as (
  -- cents that rounding lost go to the last part
  select s.*, s.share + case when s.part = s.parts then s.target - sum(s.share) over (partition by s.line_id) else 0 end
           as amount,
         s.seed || '-' || s.position || '-' || s.part as reference,
         pg_temp.roll(s.seed || s.name || s.part || 'turn', 1000) as luck
    from shared s
)
select p.key, p.line_id, p.posting as kind, p.account, p.category, e.description, e.reference, p.vendor as counterparty,
       e.amount, e.day, e.voided_on,
       -- the last week is still being entered
       case when e.voided_on is not null then 'void'
            when e.day > pg_temp.today() - 6 and p.luck % 3 = 0 then 'draft'
            else 'posted' end as status,
       e.place
  from parts p
 cross join lateral (
         select p.name || case when p.parts > 1 then format(', %s of %s', p.part, p.parts) else '' end as description,
                p.reference, p.amount, p.day, null::date as voided_on, 0 as place
         union all
         -- entered twice, and taken back
         select p.name || ', entered twice', p.reference, p.amount, p.day, p.day + 3, 1
          where p.luck % 41 = 0 and p.day + 3 <= pg_temp.today()
         union all
         -- a deposit that the house gives back
         select 'Deposit: ' || p.name, p.reference || '-D', 500.00, p.day, null, 2
          where p.posting = 'invoice_received' and p.luck % 13 = 0 and p.day + 12 <= pg_temp.today()
         union all
         select 'Deposit returned: ' || p.name, p.reference || '-D', -500.00, p.day + 12, null, 3
          where p.posting = 'invoice_received' and p.luck % 13 = 0 and p.day + 12 <= pg_temp.today()
       ) e
  join pg_temp.demo_budgets b on b.key = p.key
 where e.day <= pg_temp.today()
   -- a production that was called off stops spending before its first day
   and (b.status <> 'cancelled' or e.day < b.first_day - 3);

-- What was booked on the wrong line and moved by the accountant.
insert into pg_temp.demo_postings
select b.key, l.id, 'adjustment', l.account, l.category, 'Moved: two days of a grip''s time', b.seed || '-ADJ',
       'Reclassification', case l.category when 'Labour' then -1040.00 else 1040.00 end, day.at, null, 'posted', 4
  from pg_temp.demo_budgets b
  join pg_temp.demo_lines l
    on l.key = b.key and (l.name = 'Crew' or l.category = 'Grip')
 cross join lateral (select least(b.last_day + 9, pg_temp.today() - 1) as at) day
 where b.status in ('approved', 'closed') and b.place % 4 = 1 and b.family in ('shoot', 'spot')
   and b.last_day < pg_temp.today()
   and b.crew > 20;
create index on pg_temp.demo_postings (line_id);
analyze pg_temp.demo_postings;

insert into finance.budget_line_items
  (organization_id, id, created_by, created_at, updated_at, budget_id, account_id, category, name, quantity, unit,
   unit_cost, estimate_to_complete, position)
select l.organization_id, l.id, l.accountant_id, l.made_at, l.made_at, l.budget_id, a.id, l.category, l.name, l.quantity,
       l.unit, l.unit_cost,
       case
         when l.status not in ('approved', 'closed') then null
         -- where it goes as planned nobody estimates before it is over
         when l.outcome = 'on_track' and l.ends_on >= pg_temp.today() and pg_temp.roll(l.seed || l.name, 2) = 0 then null
         else greatest(l.target - spent.amount, 0)
       end,
       l.position
  from pg_temp.demo_lines l
  join finance.accounts a on a.organization_id = l.organization_id and a.code = l.account
 cross join lateral (
         select coalesce(sum(p.amount), 0) as amount
           from pg_temp.demo_postings p
          where p.line_id = l.id and p.status = 'posted'
       ) spent
 order by l.id;

insert into finance.transactions
  (organization_id, created_by, created_at, updated_at, account_id, project_id, budget_id, budget_line_item_id, kind,
   status, category, description, reference, counterparty, amount, posted_on, voided_on)
select b.organization_id, b.accountant_id, made.at, made.at, a.id, b.project_id, b.id, p.line_id, p.kind, p.status,
       p.category, p.description, p.reference, p.counterparty, p.amount,
       case when p.status <> 'draft' then p.day end, p.voided_on
  from pg_temp.demo_postings p
  join pg_temp.demo_budgets b on b.key = p.key
  join finance.accounts a on a.organization_id = b.organization_id and a.code = p.account
 cross join lateral (select least(pg_temp.at_clock(p.day, '16:00'), pg_temp.present()) as at) made
 order by p.day, p.reference, p.place;

-- What the client pays, and what moves between our own accounts.
with planned as (
  select l.key, round(sum(l.planned) * 1.18, -2) as fee from pg_temp.demo_lines l group by l.key
),
other as (
  select b.organization_id, b.accountant_id, b.project_id, b.seed, '4010' as account, 'revenue' as kind, r.description,
         b.seed || r.suffix as reference, coalesce(j.client_name, 'Client') as counterparty, round(f.fee * r.share, 2) as amount, r.day
    from pg_temp.demo_budgets b
    join planned f on f.key = b.key
    join projects.projects j on j.organization_id = b.organization_id and j.id = b.project_id
   cross join lateral (values ('Deposit on signature', '-R1', 0.5, b.starts_on + 3),
                              ('Second instalment, first day', '-R2', 0.3, b.first_day),
                              ('Balance on delivery', '-R3', 0.2, b.ends_on + 14)) as r (description, suffix, share, day)
   where b.status in ('approved', 'closed')
  union all
  select o.id, p.user_id, null, null, '1020', 'transfer', 'To the payroll account, week ' || to_char(w.day, 'IW'),
         'TRF-' || to_char(w.day, 'IYYY-IW'), 'Own account', 45000 + 500 * pg_temp.roll(o.key || w.day, 60), w.day::date
    from pg_temp.demo_organizations o
    join pg_temp.demo_people p on p.organization = o.key and p.position = 11
   cross join generate_series(date_trunc('week', pg_temp.today() - interval '20 weeks') + interval '3 days',
                              pg_temp.today()::timestamp, interval '1 week') as w (day)
)
insert into finance.transactions
  (organization_id, created_by, created_at, updated_at, account_id, project_id, kind, status, category, description,
   reference, counterparty, amount, posted_on)
select o.organization_id, o.accountant_id, made.at, made.at, a.id, o.project_id, o.kind,
       case when o.day = pg_temp.today() then 'draft' else 'posted' end,
       case o.kind when 'revenue' then 'Production fee' else 'Transfer' end, o.description, o.reference, o.counterparty,
       o.amount, case when o.day < pg_temp.today() then o.day end
  from other o
  join finance.accounts a on a.organization_id = o.organization_id and a.code = o.account
 cross join lateral (select least(pg_temp.at_clock(o.day, '15:00'), pg_temp.present()) as at) made
 where o.day <= pg_temp.today()
 order by o.day, o.reference;
