-- What the two organizations pay, what they have used, and where their own money comes from.

-- Lumen pays month by month with a card, Brightside once a year by invoice; both have subscribed after a trial.
update billing.subscriptions s
   set collection = case d.key when 'lumen' then 'automatic' else 'invoice' end,
       billing_interval = case d.key when 'lumen' then 'month' else 'year' end,
       price = c.price, seat_price = c.seat_price,
       started_at = began.at, anchored_at = began.at + interval '14 days', trial_ends_at = began.at + interval '14 days',
       period = tstzrange(
         began.at + interval '14 days',
         billing.period_end(began.at + interval '14 days', began.at + interval '14 days',
                            case d.key when 'lumen' then 'month' else 'year' end, 'America/New_York')),
       created_by = p.user_id, created_at = began.at
  from pg_temp.demo_organizations d
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 299, '10:00') as at) began
  join billing.subscriptions b on b.organization_id = d.id and b.ended_at is null
  join billing.plan_prices c
    on c.plan_id = b.plan_id and c.currency = 'USD'
   and c.billing_interval = case d.key when 'lumen' then 'month' else 'year' end
 where s.organization_id = d.id and s.id = b.id;

select billing.save_customer(d.id, 'stripe', 'cus_demo_' || d.key, o.name, o.contact_email, null)
  from pg_temp.demo_organizations d
  join tenancy.organizations o on o.id = d.id;
insert into billing.payment_methods
  (organization_id, provider, external_id, kind, brand, last4, expiry_month, expiry_year, is_default, created_at, updated_at)
select d.id, 'stripe', m.reference, m.kind, m.brand, m.last4, extract(month from m.until), extract(year from m.until),
       m.is_default, made.at, made.at
  from (values
         ('pm_demo_visa', 'card', 'visa', '4242', pg_temp.today() + 420, true),
         ('pm_demo_amex', 'card', 'amex', '0005', pg_temp.today() - 40, false),
         ('ba_demo_house', 'bank_account', 'First Stage Bank', '6789', null, false)
       ) as m (reference, kind, brand, last4, until, is_default)
  join pg_temp.demo_organizations d on d.key = 'lumen'
 cross join (select pg_temp.at_clock(pg_temp.today() - 298, '11:00') as at) made;
select billing.renew_subscription(d.id, pg_temp.present()) from pg_temp.demo_organizations d;

-- Nine months of history, and the month that it is.
insert into tenancy.organization_usage (organization_id, occurred_at, month, metric_key, used, limit_value)
select d.id, (m.month + interval '1 month 1 hour') at time zone 'America/New_York', m.month, u.metric_key,
       case when u.is_gauge then u.a_month - u.a_month * m.ago / 14
            else u.a_month * (80 + pg_temp.roll(d.key || u.metric_key || m.month, 41)) / 100 end,
       billing.limit_of(d.id, u.metric_key)
  from pg_temp.demo_organizations d
 cross join lateral (
         select n as ago, (date_trunc('month', pg_temp.today()::timestamp) - make_interval(months => n))::date as month
           from generate_series(1, 9) n
       ) m
 cross join lateral (values
         ('members', true, case d.key when 'lumen' then 13 else 13 end),
         ('projects', true, case d.key when 'lumen' then 140 else 90 end),
         ('emails', false, case d.key when 'lumen' then 5200 else 4100 end),
         ('api_calls', false, case d.key when 'lumen' then 310000 else 90000 end),
         ('ai_tokens', false, case d.key when 'lumen' then 2600000 else 2300000 end)
       ) as u (metric_key, is_gauge, a_month);
select billing.count_usage(d.id, u.metric_key, u.used)
  from pg_temp.demo_organizations d
  join (values
         ('lumen', 'emails', 2317), ('lumen', 'api_calls', 141208), ('lumen', 'ai_tokens', 1204511),
         ('lumen', 'storage_bytes', 734003200000),
         ('brightside', 'emails', 4702), ('brightside', 'api_calls', 33914), ('brightside', 'ai_tokens', 2120934),
         ('brightside', 'storage_bytes', 68719476736)
       ) as u (key, metric_key, used) on u.key = d.key;

insert into billing.revenue_streams
  (organization_id, name, description, kind, status, recurrence, amount, currency, starts_on, ends_on, created_by,
   created_at, updated_at)
select d.id, r.name, r.description, r.kind, r.status, r.recurrence, r.amount, 'USD', pg_temp.today() + r.starts_in,
       pg_temp.today() + r.ends_in, p.user_id, made.at, made.at
  from (values
         ('lumen', 'Box office share', 'Ten per cent of the net at the houses we load into.', 'tickets', 'active', 'weekly',
          3800.00, -200, null::integer),
         ('lumen', 'Rig and lamp rental', 'What the shop rents out between our own shows.', 'rental', 'active', 'monthly',
          12400.00, -290, null),
         ('lumen', 'Harbor & Vine campaign', 'Spots and stills, by contract.', 'services', 'active', 'quarterly', 46000.00,
          -120, 245),
         ('lumen', 'City arts council', 'Grant for the community stage.', 'grants', 'planned', 'yearly', 60000.00, 60, 425),
         ('lumen', 'Programme advertising', 'Season brochure.', 'advertising', 'ended', 'one_off', 8200.00, -250, -200),
         ('brightside', 'Series licence', 'Two territories, paid by the quarter.', 'licensing', 'active', 'quarterly',
          210000.00, -180, 550),
         ('brightside', 'Documentary grant', 'Development and research.', 'grants', 'active', 'one_off', 85000.00, -60, 120),
         ('brightside', 'Brand integration', 'One product, second season.', 'sponsorship', 'paused', 'yearly', 120000.00, -90,
          null)
       ) as r (key, name, description, kind, status, recurrence, amount, starts_in, ends_in)
  join pg_temp.demo_organizations d on d.key = r.key
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 270, '15:00') as at) made;
