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
  -- Whoever waited for another one here began before it, and goes on after it.
  start_at timestamptz := now();
begin
  perform from tenancy.organizations o where o.id = start_subscription.organization_id for no key update;
  if exists (
    select from billing.subscriptions s
     where s.organization_id = start_subscription.organization_id and s.ended_at is null
  ) then
    start_at := billing.close_subscription(organization_id, 'cancelled', start_at);
  end if;
  return billing.open_subscription(organization_id, plan_id, billing_interval, currency, arranged, start_at);
end
$$;

comment on function billing.start_subscription(uuid, uuid, text, text, boolean) is
  'Subscribes an organization to a plan from now on, in place of what it had; to the default plan when none is named. '
  'Returns the subscription. The caller has checked who may; arranged lets the platform give any plan, paid by invoice. '
  'Errors: CB002 for a plan that is not offered; CB026 when it costs and there is neither a trial nor a payment method.';
grant execute on function billing.start_subscription(uuid, uuid, text, text, boolean) to callboard_service;

create or replace function billing.open_subscription(
  organization_id uuid,
  plan_id uuid,
  billing_interval text,
  currency text,
  arranged boolean,
  at timestamptz
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  default_plan_id constant uuid := (select p.id from billing.subscription_plans p where p.is_default);
  opened_id uuid;
begin
  if coalesce(plan_id, default_plan_id) is null then
    perform platform.refuse('CB005', 'There is no default plan.', hint => 'An administrator of the platform sets one.');
  end if;
  insert into billing.subscriptions
    (organization_id, plan_id, status, billing_interval, currency, price, seat_price, collection, started_at, anchored_at,
     period, trial_ends_at)
  select t.organization_id, t.plan_id, t.status, t.billing_interval, t.currency, t.price, t.seat_price, t.collection,
         t.started_at, t.anchored_at, t.period, t.trial_ends_at
    from billing.decide_terms(
           organization_id, coalesce(plan_id, default_plan_id), billing_interval, currency,
           arranged or coalesce(plan_id, default_plan_id) = default_plan_id, at) t
  returning id into opened_id;
  return opened_id;
end
$$;

comment on function billing.open_subscription(uuid, uuid, text, text, boolean, timestamptz) is
  'The next subscription of an organization that has no current one. Errors: those of billing.decide_terms; CB005 when the '
  'default plan is asked for and there is none.';
grant execute on function billing.open_subscription(uuid, uuid, text, text, boolean, timestamptz) to callboard_service;

create or replace function billing.close_subscription(
  organization_id uuid,
  status text,
  at timestamptz
) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  end_at timestamptz;
begin
  update billing.subscriptions s
     set status = close_subscription.status, ended_at = greatest(at, s.started_at), cancel_at_period_end = false,
         next_plan_id = null, next_interval = null, next_currency = null
   where s.organization_id = close_subscription.organization_id and s.ended_at is null
  returning s.ended_at into end_at;
  return coalesce(end_at, at);
end
$$;

comment on function billing.close_subscription(uuid, text, timestamptz) is
  'Ends the current subscription, cancelled or expired. Returns when it ended: not before it began.';
grant execute on function billing.close_subscription(uuid, text, timestamptz) to callboard_service;

create or replace function billing.end_subscription(
  organization_id uuid,
  status text,
  at timestamptz
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform billing.open_subscription(
    organization_id, null, 'month', null, false, billing.close_subscription(organization_id, status, at));
end
$$;

comment on function billing.end_subscription(uuid, text, timestamptz) is
  'Ends the current subscription, cancelled or expired, and goes on with the default plan. What is there beyond its limits '
  'stays; no more can be added.';
grant execute on function billing.end_subscription(uuid, text, timestamptz) to callboard_service;

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
