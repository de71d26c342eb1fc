create or replace function billing.cancel_subscription(at_period_end boolean default true) returns billing.subscriptions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  present constant billing.subscriptions := billing.hold_subscription(organization);
  cancelled billing.subscriptions;
begin
  if exists (select from billing.subscription_plans p where p.id = present.plan_id and p.is_default) then
    perform platform.refuse('CB005', 'There is nothing to cancel: this is the plan that everybody has.');
  end if;
  if not coalesce(at_period_end, true) then
    perform billing.end_subscription(organization, 'cancelled', now());
  elsif present.cancel_at_period_end then
    perform platform.refuse('CB005', 'The subscription ends with its period already.');
  else
    update billing.subscriptions s
       set cancel_at_period_end = true, next_plan_id = null, next_interval = null, next_currency = null
     where s.organization_id = organization and s.id = present.id;
  end if;
  select s.* into cancelled from billing.subscriptions s where s.organization_id = organization and s.id = present.id;
  return cancelled;
end
$$;

comment on function billing.cancel_subscription(boolean) is
  'Ends the subscription with its billing period, or now; then the organization has the default plan. What is there beyond '
  'its limits stays; no more can be added. Needs billing.write. Errors: CONFLICT when there is nothing to cancel, or a '
  'provider manages it. Definer: callers may not write subscriptions.';
grant execute on function billing.cancel_subscription(boolean) to callboard_member;

create or replace function billing.resume_subscription() returns billing.subscriptions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  present constant billing.subscriptions := billing.hold_subscription(organization);
  resumed billing.subscriptions;
begin
  if not present.cancel_at_period_end and present.next_plan_id is null then
    perform platform.refuse('CB005', 'The subscription goes on as it is: there is nothing to take back.');
  end if;
  update billing.subscriptions s
     set cancel_at_period_end = false, next_plan_id = null, next_interval = null, next_currency = null
   where s.organization_id = organization and s.id = present.id
  returning s.* into resumed;
  return resumed;
end
$$;

comment on function billing.resume_subscription() is
  'Takes back what was to happen at the end of the billing period: a cancellation or a change of plan. Needs '
  'billing.write. Errors: CONFLICT when there is nothing to take back, or a provider manages it. Definer: callers may not '
  'write subscriptions.';
grant execute on function billing.resume_subscription() to callboard_member;
