create or replace function billing.sync_subscription(
  provider text,
  event_id text,
  event_type text,
  occurred_at timestamptz,
  customer_id text,
  external_id text,
  status text,
  plan_key text,
  billing_interval text,
  currency text,
  price numeric,
  period_starts_at timestamptz,
  period_ends_at timestamptz,
  trial_ends_at timestamptz default null,
  cancel_at_period_end boolean default false,
  seats integer default null
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := billing.organization_of_customer(provider, customer_id);
  wanted_plan_id constant uuid := (select p.id from billing.subscription_plans p where p.key = plan_key);
  is_over constant boolean := sync_subscription.status in ('cancelled', 'expired');
  present billing.subscriptions;
  known billing.subscriptions;
  starts_at timestamptz := occurred_at;
begin
  if wanted_plan_id is null then
    perform platform.refuse('CB002', 'There is no such plan.', field => 'plan_key');
  end if;
  if not billing.note_event(provider, event_id, event_type, occurred_at) then
    return false;
  end if;
  select s.*
    into present
    from billing.subscriptions s
   where s.organization_id = organization and s.ended_at is null
     for update;
  select s.*
    into known
    from billing.subscriptions s
   where s.organization_id = organization
     and (s.provider, s.external_id) = (sync_subscription.provider, sync_subscription.external_id);
  -- Reports come in any order; one about a subscription that is over is older than its end.
  if known.synced_at > occurred_at or known.ended_at is not null or known.id is null and is_over then
    return false;
  end if;

  if is_over then
    update billing.subscriptions s
       set synced_at = occurred_at
     where s.organization_id = organization and s.id = known.id;
    perform billing.end_subscription(organization, sync_subscription.status, occurred_at);
    return true;
  end if;

  if known.id is null then
    if present.id is not null then
      starts_at := billing.close_subscription(organization, 'cancelled', starts_at);
    end if;
    insert into billing.subscriptions
      (organization_id, plan_id, status, billing_interval, currency, price, period, started_at, anchored_at, provider,
       external_id, created_by)
    values (
      organization, wanted_plan_id, 'active', sync_subscription.billing_interval, sync_subscription.currency,
      sync_subscription.price, tstzrange(period_starts_at, period_ends_at), starts_at, period_starts_at,
      sync_subscription.provider, sync_subscription.external_id, null)
    returning * into known;
  end if;
  update billing.subscriptions s
     set plan_id = wanted_plan_id,
         status = sync_subscription.status,
         billing_interval = sync_subscription.billing_interval,
         currency = sync_subscription.currency,
         price = sync_subscription.price,
         period = tstzrange(period_starts_at, period_ends_at),
         trial_ends_at = coalesce(sync_subscription.trial_ends_at, s.trial_ends_at),
         past_due_since = case when sync_subscription.status = 'past_due' then coalesce(s.past_due_since, occurred_at) end,
         cancel_at_period_end = sync_subscription.cancel_at_period_end,
         seats = sync_subscription.seats,
         synced_at = occurred_at
   where s.organization_id = organization and s.id = known.id;
  return true;
end
$$;

comment on function billing.sync_subscription(
  text, text, text, timestamptz, text, text, text, text, text, text, numeric, timestamptz, timestamptz, timestamptz, boolean,
  integer) is
  'Applies what a provider reports about a subscription, which it manages from then on: a new one takes the place of what '
  'the organization had, one that is over gives way to the default plan. Returns false, and changes nothing, for a report '
  'that has been applied or is older than what is known. Errors: CB002 for an unknown plan; CB004 for a customer that '
  'nobody is.';
grant execute on function billing.sync_subscription(
  text, text, text, timestamptz, text, text, text, text, text, text, numeric, timestamptz, timestamptz, timestamptz, boolean,
  integer) to callboard_service;
