create or replace function analytics.queue_reports(as_of timestamptz default now(), at_most integer default 100)
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  due record;
  delivery record;
  newest timestamptz;
  following timestamptz;
  queued integer := 0;
begin
  for due in
    select s.*
      from analytics.dashboard_subscriptions s
     where s.is_active and s.deleted_at is null and s.next_due_at <= as_of
     order by s.next_due_at
     limit at_most
       for update skip locked
  loop
    -- After a pause of the worker the newest is sent, not each that was missed: they would say nearly the same.
    following := due.next_due_at;
    loop
      newest := following;
      following := analytics.next_due_at(
        due.frequency, due.weekday, due.day_of_month, due.at_time, due.time_zone, newest);
      exit when following > as_of;
    end loop;
    update analytics.dashboard_subscriptions s
       set last_due_at = newest, next_due_at = following
     where s.organization_id = due.organization_id and s.id = due.id;
    for delivery in
      insert into analytics.report_deliveries (organization_id, subscription_id, user_id, due_at)
      select due.organization_id, due.id, r.user_id, newest
        from unnest(due.recipient_ids) as r (user_id)
       where due.owner_id is null or due.owner_id = r.user_id
      on conflict do nothing
      returning id
    loop
      perform platform.enqueue(
        'deliver_report',
        jsonb_build_object('organization_id', due.organization_id, 'delivery_id', delivery.id),
        job_key => 'deliver_report:' || delivery.id,
        max_attempts => 8);
      queued := queued + 1;
    end loop;
  end loop;
  return queued;
end
$$;

comment on function analytics.queue_reports(timestamptz, integer) is
  'Writes down the reports that are due, one for each recipient and due time, with a job for each, and when they are due '
  'next. Subscriptions that another worker is at are left to it. Returns how many reports. A job calls it; a second time '
  'it changes nothing.';
grant execute on function analytics.queue_reports(timestamptz, integer) to callboard_service;

create or replace function analytics.report_delivery(organization_id uuid, delivery_id uuid)
returns table (
  state text,
  report_id uuid,
  report_name text,
  format text,
  user_id uuid,
  email text,
  user_name text,
  organization_name text,
  dashboard_id uuid,
  as_of date
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  delivery analytics.report_deliveries;
  why_not text;
begin
  select d.*
    into delivery
    from analytics.report_deliveries d
   where d.organization_id = report_delivery.organization_id and d.id = report_delivery.delivery_id
     for update;
  if delivery.status = 'sending' and delivery.updated_at < now() - interval '5 minutes' then
    update analytics.report_deliveries d
       set status = 'uncertain', reason = 'The worker died while it was going out.'
     where d.organization_id = delivery.organization_id and d.id = delivery.id;
    return;
  end if;
  if delivery.status = 'failed' then
    -- Somebody has its job tried again.
    update analytics.report_deliveries d
       set status = 'queued'
     where d.organization_id = delivery.organization_id and d.id = delivery.id
    returning d.* into delivery;
  end if;
  if delivery.status is null or delivery.status not in ('queued', 'sending') then
    return;
  end if;
  why_not := case
    when not analytics.may_see_source(delivery.organization_id, delivery.user_id, '{analytics.read}')
      then 'The recipient is no member any more, or may not see dashboards.'
    when not exists (
           select
             from analytics.dashboard_subscriptions s
            where s.organization_id = delivery.organization_id
              and s.id = delivery.subscription_id
              and s.is_active
              and s.deleted_at is null
              and delivery.user_id = any (s.recipient_ids))
      then 'It is not sent any more, or not to this recipient.'
  end;
  if why_not is not null and delivery.status = 'queued' then
    update analytics.report_deliveries d
       set status = 'withheld', reason = why_not
     where d.organization_id = delivery.organization_id and d.id = delivery.id;
    return;
  end if;
  return query
    select delivery.status, r.id, r.name, r.format, u.id, u.email::text, u.name, o.name, r.dashboard_id,
           -- the day that it is there when it is due
           (delivery.due_at at time zone o.time_zone)::date
      from analytics.dashboard_subscriptions s
      join analytics.reports r on r.organization_id = s.organization_id and r.id = s.report_id
      join identity.users u on u.id = delivery.user_id
      join tenancy.organizations o on o.id = delivery.organization_id
     where s.organization_id = delivery.organization_id and s.id = delivery.subscription_id;
end
$$;

comment on function analytics.report_delivery(uuid, uuid) is
  'What it takes to send a report to its recipient; no row when there is nothing to do: it has gone out, or may not any '
  'more, because the recipient may not see it, has left it, or nobody gets it now, which is noted. One that has been going out for minutes has lost its worker and is not sent again. The state '
  'sending: another worker is at it. For jobs.';
grant execute on function analytics.report_delivery(uuid, uuid) to callboard_service;

create or replace function analytics.note_report_delivery(
  organization_id uuid,
  delivery_id uuid,
  from_status text,
  to_status text,
  reason text default null
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update analytics.report_deliveries d
     set status = to_status, reason = left(note_report_delivery.reason, 1000)
   where d.organization_id = note_report_delivery.organization_id
     and d.id = note_report_delivery.delivery_id
     and d.status = from_status;
  return found;
end
$$;

comment on function analytics.note_report_delivery(uuid, uuid, text, text, text) is
  'Moves a delivery on from one status to another; false when somebody else has. For jobs.';
grant execute on function analytics.note_report_delivery(uuid, uuid, text, text, text) to callboard_service;
