create or replace function billing.change_plan(
  plan_id uuid,
  billing_interval text default null,
  currency text default null,
  at_period_end boolean default false
) returns billing.subscriptions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  present constant billing.subscriptions := billing.hold_subscription(organization);
  wanted_interval constant text := coalesce(change_plan.billing_interval, present.billing_interval);
  wanted_currency constant text := coalesce(upper(change_plan.currency), present.currency);
  terms billing.subscriptions;
  goes_on boolean;
  changed billing.subscriptions;
begin
  if (change_plan.plan_id, wanted_interval, wanted_currency)
     = (present.plan_id, present.billing_interval, present.currency) then
    perform platform.refuse(
      'CB005', 'The organization has this plan.', field => 'plan_id',
      hint => case
        when present.cancel_at_period_end or present.next_plan_id is not null
          then 'resumeSubscription takes back what is to happen at the end of the period.'
      end);
  end if;
  terms := billing.decide_terms(
    organization, plan_id, wanted_interval, wanted_currency, false,
    case when at_period_end then upper(present.period) else now() end);
  perform billing.hold_usage(organization);
  perform billing.refuse_plan_below_usage(organization, plan_id, case when terms.seat_price is not null then present.seats end);

  if at_period_end then
    update billing.subscriptions s
       set next_plan_id = change_plan.plan_id, next_interval = wanted_interval, next_currency = wanted_currency,
           cancel_at_period_end = false
     where s.organization_id = organization and s.id = present.id
    returning s.* into changed;
    return changed;
  end if;

  -- A period that is paid for goes on with the new plan; one of another length, or after a free one, begins now.
  goes_on := present.status = 'active' and terms.status = 'active' and present.price > 0 and terms.price > 0
    and present.billing_interval = terms.billing_interval;
  update billing.subscriptions s
     set plan_id = terms.plan_id,
         status = terms.status,
         billing_interval = terms.billing_interval,
         currency = terms.currency,
         price = terms.price,
         seat_price = terms.seat_price,
         seats = case when terms.seat_price is not null then s.seats end,
         collection = terms.collection,
         anchored_at = case when goes_on then s.anchored_at else terms.anchored_at end,
         period = case when goes_on then s.period else terms.period end,
         trial_ends_at = coalesce(terms.trial_ends_at, s.trial_ends_at),
         past_due_since = null,
         cancel_at_period_end = false,
         next_plan_id = null,
         next_interval = null,
         next_currency = null
   where s.organization_id = organization and s.id = present.id
  returning s.* into changed;
  return changed;
end
$$;

comment on function billing.change_plan(uuid, text, text, boolean) is
  'Changes the plan of the organization, now or at the end of the billing period; also the interval (month or year) and '
  'the currency, which stay as they are when left out. A plan that costs begins with a trial where the organization has had '
  'none, and takes a payment method otherwise: one that serves on the day of the change. If it is gone by then, a plan for '
  'nothing goes on in its place, and a trial ends in the default plan. Needs billing.write. Errors: INVALID_INPUT for a '
  'plan, interval or currency that is not offered; LIMIT_REACHED with the metric, when more is in use than the plan allows; '
  'PAYMENT_REQUIRED without such a payment method; CONFLICT for the present plan, or one that a provider manages. Definer: '
  'callers may not write subscriptions.';
grant execute on function billing.change_plan(uuid, text, text, boolean) to callboard_member;

create or replace function billing.hold_subscription(organization_id uuid) returns billing.subscriptions
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  present billing.subscriptions;
begin
  -- As everywhere the organization comes first, then its subscription, then its counters.
  perform from tenancy.organizations o where o.id = hold_subscription.organization_id for no key update;
  select s.*
    into present
    from billing.subscriptions s
   where s.organization_id = hold_subscription.organization_id and s.ended_at is null
     for update;
  if present.id is null then
    perform platform.refuse('CB004', 'The organization has no subscription.');
  end if;
  if present.provider is not null then
    perform platform.refuse(
      'CB005', format('%s manages this subscription.', initcap(present.provider)), hint => 'Change it there.');
  end if;
  return present;
end
$$;

comment on function billing.hold_subscription(uuid) is
  'The current subscription of an organization, for whoever is about to change it: others wait. Errors: CB004 when there '
  'is none; CB005 when a payment provider manages it.';

create or replace function billing.refuse_plan_below_usage(
  organization_id uuid,
  plan_id uuid,
  seats integer
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  above record;
begin
  select m.key, m.name, p.name as plan_name, u.used,
         case when m.is_per_seat then greatest(l.limit_value, seats) else l.limit_value end as limit_value
    into above
    from billing.plan_limits l
    join billing.subscription_plans p on p.id = l.plan_id
    join billing.usage_metrics m on m.key = l.metric_key and m.kind = 'gauge' and m.is_hard
   cross join lateral (
           select sum(c.used)::bigint as used
             from billing.usage_counters c
            where c.organization_id = refuse_plan_below_usage.organization_id
              and c.metric_key = m.key
              and c.period = '-infinity'
         ) u
   where l.plan_id = refuse_plan_below_usage.plan_id
     and u.used > case when m.is_per_seat then greatest(l.limit_value, seats) else l.limit_value end
   order by m.position, m.key
   limit 1;
  if found then
    perform platform.refuse(
      'CB025', format('The plan %s allows %s %s: %s in use.', above.plan_name, above.limit_value, lower(above.name), above.used),
      field => 'plan_id',
      detail => jsonb_build_object('metric', above.key, 'limit', above.limit_value, 'used', above.used, 'asked', 0)::text,
      hint => format('Free %s first.', above.used - above.limit_value));
  end if;
end
$$;

comment on function billing.refuse_plan_below_usage(uuid, uuid, integer) is
  'Raises CB025 for the first metric of which more is there than a plan allows. Counters do not matter: they begin anew '
  'with the month.';
