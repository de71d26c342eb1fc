create or replace function billing.change_seats(seats integer) returns billing.subscriptions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  present constant billing.subscriptions := billing.hold_subscription(organization);
  seat record;
  used bigint;
  changed billing.subscriptions;
begin
  select l.limit_value as included, m.key, m.name
    into seat
    from billing.plan_limits l
    join billing.usage_metrics m on m.key = l.metric_key and m.is_per_seat
   where l.plan_id = present.plan_id;
  if seat.included is null then
    perform platform.refuse('CB005', 'The plan has no limit of members.', field => 'seats');
  end if;
  if change_seats.seats is null or change_seats.seats < seat.included or change_seats.seats > 1000000 then
    perform platform.refuse(
      'CB002', format('The plan includes %s seats: ask for so many or more, up to 1000000.', seat.included), field => 'seats');
  end if;
  if change_seats.seats > seat.included then
    if present.seat_price is null then
      perform platform.refuse('CB005', 'The plan is sold without further seats.', field => 'seats');
    end if;
    if present.collection = 'automatic' and present.status <> 'trialing' and present.seat_price > 0
       and not billing.has_payment_method(organization) then
      perform platform.refuse('CB026', 'Further seats cost: add a payment method first.', field => 'seats');
    end if;
  end if;
  perform billing.hold_usage(organization);
  select sum(c.used)::bigint
    into used
    from billing.usage_counters c
   where c.organization_id = organization and c.metric_key = seat.key and c.period = '-infinity';
  if used > change_seats.seats then
    perform platform.refuse(
      'CB025', format('%s seats are in use.', used), field => 'seats',
      detail => jsonb_build_object('metric', seat.key, 'limit', change_seats.seats, 'used', used, 'asked', 0)::text,
      hint => format('Free %s first.', used - change_seats.seats));
  end if;
  update billing.subscriptions s
     set seats = nullif(change_seats.seats, seat.included)
   where s.organization_id = organization and s.id = present.id
  returning s.* into changed;
  return changed;
end
$$;

comment on function billing.change_seats(integer) is
  'Sets how many members the subscription is for: those that the plan includes, or more where it sells them. Needs '
  'billing.write. Errors: INVALID_INPUT below what the plan includes; LIMIT_REACHED below what is in use; CONFLICT where no '
  'seats are sold, or a provider manages it; PAYMENT_REQUIRED. Definer: callers may not write subscriptions.';
grant execute on function billing.change_seats(integer) to callboard_member;
