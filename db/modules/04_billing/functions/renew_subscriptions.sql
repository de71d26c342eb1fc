create or replace function billing.renew_subscriptions(
  as_of timestamptz default now(),
  at_most integer default 500
) returns table (organization_id uuid, outcomes text[])
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  due record;
begin
  for due in
    select s.organization_id
      from billing.subscriptions s
     where s.ended_at is null
       and (upper(s.period) <= as_of and (s.status <> 'past_due' or s.cancel_at_period_end)
            or s.status = 'past_due' and s.past_due_since <= as_of)
     order by s.organization_id
  loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('billing.renew:' || due.organization_id, 0));
    outcomes := billing.renew_subscription(due.organization_id, as_of);
    if outcomes <> '{}' then
      organization_id := due.organization_id;
      return next;
      at_most := at_most - 1;
      exit when at_most <= 0;
    end if;
  end loop;
end
$$;

comment on function billing.renew_subscriptions(timestamptz, integer) is
  'Carries subscriptions whose billing period is over into the next one, ends those that were cancelled or not paid, and '
  'makes the changes of plan that were to come. A job calls it; a second time it changes nothing. Returns what happened to '
  'whom, at most so many at a time.';
grant execute on function billing.renew_subscriptions(timestamptz, integer) to callboard_service;

create or replace function billing.renew_subscription(organization_id uuid, as_of timestamptz default now()) returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- How long a provider may be silent about a period that is over.
  silence constant interval := interval '3 days';
  present record;
  outcome text;
  outcomes text[] := array[]::text[];
begin
  perform from tenancy.organizations o where o.id = renew_subscription.organization_id for no key update;
  loop
    select s.*, upper(s.period) as period_ends_at, o.time_zone,
           s.past_due_since + make_interval(days => p.grace_days) as grace_ends_at,
           s.price = 0 or s.collection = 'invoice'
             or billing.has_payment_method(
                  s.organization_id, case s.status when 'past_due' then as_of else upper(s.period) end) as is_paid,
           n.is_covered as next_is_covered
      into present
      from billing.subscriptions s
      join billing.subscription_plans p on p.id = s.plan_id
      join tenancy.organizations o on o.id = s.organization_id
      left join billing.next_terms(renew_subscription.organization_id) n on true
     where s.organization_id = renew_subscription.organization_id and s.ended_at is null
       for update of s;
    exit when not found;

    outcome := case
      when present.status = 'past_due' and present.provider is null and present.is_paid then 'paid'
      when present.grace_ends_at <= as_of then 'expired'
      when present.period_ends_at > as_of then null
      when present.cancel_at_period_end then 'cancelled'
      when present.status = 'past_due' then null
      when present.provider is not null then
        case when present.period_ends_at + silence <= as_of then 'past_due' end
      -- Days of grace are for those who have paid so far.
      when present.next_is_covered or present.next_plan_id is not null and present.status = 'active' and present.price > 0
        then 'changed'
      when present.is_paid then 'renewed'
      when present.status = 'trialing' then 'expired'
      else 'past_due'
    end;
    exit when outcome is null;
    outcomes := outcomes || outcome;

    case outcome
      when 'paid' then
        update billing.subscriptions s
           set status = 'active', past_due_since = null
         where s.organization_id = present.organization_id and s.id = present.id;
      when 'past_due' then
        update billing.subscriptions s
           set status = 'past_due', past_due_since = present.period_ends_at
         where s.organization_id = present.organization_id and s.id = present.id;
      when 'renewed' then
        update billing.subscriptions s
           set status = 'active',
               -- a change that nothing is there to pay for is not made
               next_plan_id = null,
               next_interval = null,
               next_currency = null,
               anchored_at = case when present.status = 'trialing' then present.period_ends_at else s.anchored_at end,
               period = tstzrange(
                 present.period_ends_at,
                 billing.period_end(
                   case when present.status = 'trialing' then present.period_ends_at else s.anchored_at end,
                   present.period_ends_at, s.billing_interval, present.time_zone))
         where s.organization_id = present.organization_id and s.id = present.id;
      when 'changed' then
        perform billing.change_plan_at_period_end(organization_id, present.period_ends_at);
      else
        perform billing.end_subscription(
          organization_id, outcome, case when outcome = 'expired' and present.status = 'past_due'
                                         then present.grace_ends_at else present.period_ends_at end);
    end case;
  end loop;
  return outcomes;
end
$$;

comment on function billing.renew_subscription(uuid, timestamptz) is
  'Carries the subscription of one organization on to as_of, period by period. Returns what happened, in order: renewed, '
  'changed (the plan), paid (after it was due), past_due, cancelled, expired; nothing when nothing was to be done.';
grant execute on function billing.renew_subscription(uuid, timestamptz) to callboard_service;

create or replace function billing.next_terms(
  organization_id uuid,
  out price numeric,
  out seat_price numeric,
  out trial_ends_at timestamptz,
  out is_covered boolean
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(c.price, 0), c.seat_price, t.trial_ends_at,
         coalesce(c.price, 0) = 0 or t.trial_ends_at is not null
           or billing.has_payment_method(s.organization_id, upper(s.period))
    from billing.subscriptions s
    join billing.subscription_plans n on n.id = s.next_plan_id
    join tenancy.organizations o on o.id = s.organization_id
    left join billing.plan_prices c
      on c.plan_id = s.next_plan_id and c.billing_interval = s.next_interval and c.currency = s.next_currency
   cross join lateral (
           select case when c.price > 0 then billing.trial_end(o.id, n.trial_days, o.time_zone, upper(s.period)) end
         ) t (trial_ends_at)
   where s.organization_id = next_terms.organization_id and s.ended_at is null
$$;

comment on function billing.next_terms(uuid) is
  'What the change of plan begins with that is to come at the end of the billing period: its prices, the trial, if the '
  'organization has had none, and whether it is free, on trial or has a payment method that serves then. Nulls when no '
  'change is to come.';
grant execute on function billing.next_terms(uuid) to callboard_service;

create or replace function billing.change_plan_at_period_end(organization_id uuid, at timestamptz) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  -- What was agreed on holds, also when the plan is not offered any more, more is in use by now or a payment is due.
  update billing.subscriptions s
     set plan_id = s.next_plan_id,
         billing_interval = s.next_interval,
         currency = s.next_currency,
         price = n.price,
         seat_price = n.seat_price,
         seats = case when n.seat_price is not null then s.seats end,
         status = case when n.trial_ends_at is not null then 'trialing' when n.is_covered then 'active' else 'past_due' end,
         past_due_since = case when not n.is_covered then at end,
         trial_ends_at = coalesce(n.trial_ends_at, s.trial_ends_at),
         collection = 'automatic',
         anchored_at = at,
         period = tstzrange(
           at, coalesce(n.trial_ends_at, billing.period_end(at, at, s.next_interval, o.time_zone))),
         next_plan_id = null,
         next_interval = null,
         next_currency = null
    from tenancy.organizations o,
         billing.next_terms(change_plan_at_period_end.organization_id) n
   where s.organization_id = change_plan_at_period_end.organization_id
     and s.ended_at is null
     and o.id = s.organization_id
$$;

comment on function billing.change_plan_at_period_end(uuid, timestamptz) is
  'Makes the change of plan that was to come with the next billing period, with the trial if the organization has had none.';
grant execute on function billing.change_plan_at_period_end(uuid, timestamptz) to callboard_service;
