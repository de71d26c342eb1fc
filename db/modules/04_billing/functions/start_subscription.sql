create or replace function billing.start_subscription(
  organization_id uuid,
  plan_id uuid default null,
  billing_interval text default 'month',
  currency text default null,
  arranged boolean default false
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  default_plan_id constant uuid := (select p.id from billing.subscription_plans p where p.is_default);
  terms billing.subscriptions;
  started_id uuid;
begin
  if coalesce(plan_id, default_plan_id) is null then
    perform platform.refuse('CB005', 'There is no default plan.', hint => 'An administrator of the platform sets one.');
  end if;
  -- Two at once take turns.
  perform from tenancy.organizations o where o.id = start_subscription.organization_id for no key update;
  if exists (
    select from billing.subscriptions s
     where s.organization_id = start_subscription.organization_id and s.ended_at is null
  ) then
    perform billing.forget_room(organization_id);
    update billing.subscriptions s
       set status = 'cancelled', ended_at = greatest(now(), s.started_at)
     where s.organization_id = start_subscription.organization_id and s.ended_at is null;
  end if;
  terms := billing.decide_terms(
    organization_id, coalesce(plan_id, default_plan_id), billing_interval, currency,
    arranged or plan_id is null or plan_id = default_plan_id);
  insert into billing.subscriptions
    (organization_id, plan_id, status, billing_interval, currency, price, seat_price, collection, started_at, anchored_at,
     period, trial_ends_at)
  values (
    terms.organization_id, terms.plan_id, terms.status, terms.billing_interval, terms.currency, terms.price,
    terms.seat_price, case when terms.price > 0 then terms.collection else 'automatic' end, terms.started_at,
    terms.anchored_at, terms.period, terms.trial_ends_at)
  returning id into started_id;
  return started_id;
end
$$;

comment on function billing.start_subscription(uuid, uuid, text, text, boolean) is
  'Subscribes an organization to a plan from now on, in place of what it had; to the default plan when none is named. '
  'Returns the subscription. The caller has checked who may; arranged lets the platform give any plan, paid by invoice. '
  'Errors: CB002 for a plan that is not offered; CB026 when it costs and there is neither a trial nor a payment method.';
grant execute on function billing.start_subscription(uuid, uuid, text, text, boolean) to callboard_service;

create or replace function billing.ensure_subscription_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from billing.subscriptions s where s.organization_id = new.id and s.ended_at is null
  ) and exists (select from tenancy.organizations o where o.id = new.id) then
    perform billing.start_subscription(new.id);
  end if;
  return null;
end
$$;

comment on function billing.ensure_subscription_trigger() is
  'An organization that has come without a subscription gets the default plan at the end of the transaction. Definer: '
  'callers may not write subscriptions.';
