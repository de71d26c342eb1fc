create or replace function analytics.settle_subscription_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' or new.recipient_ids is distinct from old.recipient_ids then
    perform analytics.check_recipients(
      new.organization_id, new.recipient_ids, case when tg_op = 'UPDATE' then old.recipient_ids end, 'recipient_ids');
    new.recipient_ids := array(select distinct r.user_id from unnest(new.recipient_ids) as r (user_id) order by 1);
  end if;
  if tg_op = 'INSERT'
     or (new.frequency, new.weekday, new.day_of_month, new.at_time, new.time_zone)
        is distinct from (old.frequency, old.weekday, old.day_of_month, old.at_time, old.time_zone)
     -- what was due while it was off is not sent when it is on again
     or new.is_active and not old.is_active
     or new.deleted_at is null and old.deleted_at is not null then
    new.next_due_at := analytics.next_due_at(
      new.frequency, new.weekday, new.day_of_month, new.at_time, new.time_zone, now());
  end if;
  return new;
end
$$;

comment on function analytics.settle_subscription_trigger() is
  'Before a subscription is written: its new recipients are members, and it is due when its schedule says. Definer: '
  'next_due_at is nobody''s to set.';

create or replace function analytics.save_dashboard_subscription(subscription analytics.dashboard_subscription_draft)
returns analytics.dashboard_subscriptions
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  saved analytics.dashboard_subscriptions;
  zone constant text := coalesce(
    (subscription).time_zone, (select o.time_zone from tenancy.organizations o where o.id = organization));
begin
  if not platform.is_time_zone(zone) then
    perform platform.refuse('CB002', 'There is no such time zone.', field => 'subscription.time_zone');
  end if;
  if (subscription).frequency is null or (subscription).frequency <> all ('{daily,weekly,monthly}') then
    perform platform.refuse('CB002', 'It is daily, weekly or monthly.', field => 'subscription.frequency');
  end if;
  if ((subscription).frequency = 'weekly') <> ((subscription).weekday is not null) then
    perform platform.refuse('CB002', 'A weekly one, and no other, has a weekday.', field => 'subscription.weekday');
  end if;
  if ((subscription).frequency = 'monthly') <> ((subscription).day_of_month is not null) then
    perform platform.refuse(
      'CB002', 'A monthly one, and no other, has a day of the month.', field => 'subscription.day_of_month');
  end if;
  if not exists (
    select
      from analytics.reports r
     where r.organization_id = organization and r.id = (subscription).report_id and r.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such report, or you may not see it.', field => 'subscription.report_id');
  end if;
  if (subscription).row_id is null then
    if (subscription).recipient_ids is null then
      perform authz.require_user();
    end if;
    insert into analytics.dashboard_subscriptions
      (report_id, frequency, weekday, day_of_month, at_time, time_zone, recipient_ids, is_active)
    values (
      (subscription).report_id, (subscription).frequency, (subscription).weekday, (subscription).day_of_month,
      coalesce((subscription).at_time, '07:00'), zone, coalesce((subscription).recipient_ids, array[authz.user_id()]),
      coalesce((subscription).is_active, true))
    returning * into saved;
    return saved;
  end if;
  update analytics.dashboard_subscriptions s
     set report_id = (subscription).report_id,
         frequency = (subscription).frequency,
         weekday = (subscription).weekday,
         day_of_month = (subscription).day_of_month,
         at_time = coalesce((subscription).at_time, s.at_time),
         time_zone = coalesce((subscription).time_zone, s.time_zone),
         recipient_ids = coalesce((subscription).recipient_ids, s.recipient_ids),
         is_active = coalesce((subscription).is_active, s.is_active)
   where s.organization_id = organization and s.id = (subscription).row_id and s.deleted_at is null
  returning * into saved;
  if saved.id is null then
    perform platform.refuse(
      'CB004', 'There is no such subscription, or you may not change it.', field => 'subscription.row_id');
  end if;
  return saved;
end
$$;

comment on function analytics.save_dashboard_subscription(analytics.dashboard_subscription_draft) is
  'Sends a report to members again and again: daily, weekly or monthly at a time of day in a time zone. New, or with '
  'row_id changed. Each recipient gets what they may see themselves at that time. Needs analytics.write. Errors: '
  'INVALID_INPUT, whose field is a path; NOT_FOUND_OR_FORBIDDEN.';
grant execute on function analytics.save_dashboard_subscription(analytics.dashboard_subscription_draft)
  to callboard_member, callboard_service;

create or replace function analytics.leave_dashboard_subscription(subscription_id uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller constant uuid := authz.require_user();
begin
  perform authz.require('analytics.read');
  update analytics.dashboard_subscriptions s
     set recipient_ids = array_remove(s.recipient_ids, caller)
   where s.organization_id = authz.organization_id()
     and s.id = leave_dashboard_subscription.subscription_id
     and caller = any (s.recipient_ids);
  return found;
end
$$;

comment on function analytics.leave_dashboard_subscription(uuid) is
  E'@resultFieldName left\nTakes the caller off the recipients of a report; false when they were none of them. Needs '
  'analytics.read. Errors: UNAUTHENTICATED, FORBIDDEN. Definer: whoever gets a report need not be allowed to change who does.';
grant execute on function analytics.leave_dashboard_subscription(uuid) to callboard_member;
