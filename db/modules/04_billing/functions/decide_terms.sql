create or replace function billing.decide_terms(
  organization_id uuid,
  plan_id uuid,
  billing_interval text,
  currency text,
  arranged boolean,
  at timestamptz default now()
) returns billing.subscriptions
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  plan billing.subscription_plans;
  offered record;
  terms billing.subscriptions;
  time_zone text;
begin
  select p.* into plan from billing.subscription_plans p where p.id = decide_terms.plan_id;
  if plan.id is null then
    perform platform.refuse('CB002', 'There is no such plan.', field => 'plan_id');
  end if;
  if not arranged and (plan.retired_at is not null or not plan.is_public) then
    perform platform.refuse(
      'CB002', format('The plan %s cannot be chosen.', plan.name),
      field => 'plan_id',
      hint => case when plan.retired_at is null then 'It is arranged with the platform.' else 'It is not offered any more.' end);
  end if;
  if billing_interval is null or billing_interval not in ('month', 'year') then
    perform platform.refuse('CB002', 'A billing interval is month or year.', field => 'billing_interval');
  end if;
  select o.time_zone, coalesce(decide_terms.currency, o.currency)
    into time_zone, terms.currency
    from tenancy.organizations o
   where o.id = decide_terms.organization_id;

  select c.price, c.seat_price
    into offered
    from billing.plan_prices c
   where c.plan_id = plan.id
     and c.billing_interval = decide_terms.billing_interval
     and c.currency = terms.currency;
  if not found and not arranged and exists (select from billing.plan_prices c where c.plan_id = plan.id) then
    perform platform.refuse(
      'CB002', format('The plan %s is not sold per %s in %s.', plan.name, billing_interval, terms.currency),
      field => 'currency',
      hint => (select 'It is sold ' || string_agg(format('per %s in %s', c.billing_interval, c.currency), ', '
                                                  order by c.currency, c.billing_interval) || '.'
                 from billing.plan_prices c
                where c.plan_id = plan.id));
  end if;

  terms.organization_id := decide_terms.organization_id;
  terms.plan_id := plan.id;
  terms.billing_interval := decide_terms.billing_interval;
  terms.price := coalesce(offered.price, 0);
  terms.seat_price := offered.seat_price;
  terms.collection := case when arranged and terms.price > 0 then 'invoice' else 'automatic' end;
  terms.started_at := at;
  terms.anchored_at := at;
  terms.status := 'active';
  if terms.price > 0 and not arranged then
    terms.trial_ends_at := billing.trial_end(organization_id, plan.trial_days, time_zone, at);
    if terms.trial_ends_at is not null then
      terms.status := 'trialing';
    elsif not billing.has_payment_method(organization_id, at) then
      perform platform.refuse(
        'CB026', format('The plan %s costs %s %s per %s: add a payment method first.',
                        plan.name, terms.price, terms.currency, billing_interval),
        field => 'plan_id',
        hint => case
          when billing.has_payment_method(organization_id)
            then format('The present one has expired by %s, when the plan would begin.', (at at time zone time_zone)::date)
        end);
    end if;
  end if;
  terms.period := tstzrange(
    at, coalesce(terms.trial_ends_at, billing.period_end(at, at, billing_interval, time_zone)));
  return terms;
end
$$;

comment on function billing.decide_terms(uuid, uuid, text, text, boolean, timestamptz) is
  'On which terms an organization would have a plan from then on. A plan that costs begins with the trial, if the '
  'organization has had none, or takes a payment method. What is arranged with the platform may be any plan, and is paid '
  'by invoice. Errors: CB002 for a plan, interval or currency that is not offered; CB026 without a payment method.';
grant execute on function billing.decide_terms(uuid, uuid, text, text, boolean, timestamptz) to callboard_service;

create or replace function billing.trial_end(
  organization_id uuid,
  trial_days integer,
  time_zone text,
  at timestamptz
) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    -- an organization has one trial, in which it may look at several plans
    when max(s.trial_ends_at) is not null then max(s.trial_ends_at) filter (where s.trial_ends_at > at and s.status = 'trialing')
    when trial_days > 0 then (at at time zone time_zone + make_interval(days => trial_days)) at time zone time_zone
  end
    from billing.subscriptions s
   where s.organization_id = trial_end.organization_id
$$;

comment on function billing.trial_end(uuid, integer, text, timestamptz) is
  'When the trial would end that an organization may have of a plan; null when it has had one.';
grant execute on function billing.trial_end(uuid, integer, text, timestamptz) to callboard_service;

create or replace function billing.has_payment_method(organization_id uuid, at timestamptz default now()) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from billing.payment_methods p
     where p.organization_id = has_payment_method.organization_id
       and p.is_default
       and (p.expires_on is null or p.expires_on >= (has_payment_method.at at time zone 'UTC')::date)
  )
$$;

comment on function billing.has_payment_method(uuid, timestamptz) is
  'Whether an organization has a default payment method that has not expired.';
grant execute on function billing.has_payment_method(uuid, timestamptz) to callboard_service;
