create or replace function billing.take_usage(
  organization_id uuid,
  metric text,
  period date,
  amount bigint
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Any part will do that nobody else is using and that has the room by itself: then nobody waits. What is given back
  -- makes no room here: whether it is below the limit at all, only all parts together know.
  update billing.usage_counters c
     set used = c.used + amount, room = c.room - greatest(amount, 0)
   where c.organization_id = take_usage.organization_id
     and c.metric_key = take_usage.metric
     and c.period = take_usage.period
     and c.part = (
           select f.part
             from billing.usage_counters f
            where f.organization_id = take_usage.organization_id
              and f.metric_key = take_usage.metric
              and f.period = take_usage.period
              and (f.room is null or f.room >= take_usage.amount)
            order by f.part
            limit 1
              for update skip locked
         );
  if not found then
    perform billing.gather_usage(organization_id, metric, period, amount);
  end if;
end
$$;

comment on function billing.take_usage(uuid, text, date, bigint) is
  'Counts so much more of a metric, or less when the amount is negative. A counter is spread over parts that each have '
  'room of their own, so that callers far from the limit do not wait for each other, and the limit is exact all the same. '
  'Errors: CB025 when the limit of a hard metric is reached.';
grant execute on function billing.take_usage(uuid, text, date, bigint) to callboard_service;

create or replace function billing.gather_usage(
  organization_id uuid,
  metric text,
  period date,
  amount bigint,
  is_done boolean default false
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  total bigint;
  limit_value bigint;
begin
  insert into billing.usage_counters (organization_id, metric_key, period, part)
  values (gather_usage.organization_id, gather_usage.metric, gather_usage.period, 0)
  on conflict do nothing;
  -- Whoever holds the first part may look at all of them, and add some. One lock after the other, each in a statement of
  -- its own, which sees what those before us have left.
  perform
     from billing.usage_counters c
    where c.organization_id = gather_usage.organization_id
      and c.metric_key = gather_usage.metric
      and c.period = gather_usage.period
      and c.part = 0
      for update;
  perform
     from billing.usage_counters c
    where c.organization_id = gather_usage.organization_id
      and c.metric_key = gather_usage.metric
      and c.period = gather_usage.period
    order by c.part
      for update;
  select sum(c.used)
    into total
    from billing.usage_counters c
   where c.organization_id = gather_usage.organization_id
     and c.metric_key = gather_usage.metric
     and c.period = gather_usage.period;
  limit_value := billing.hard_limit_of(organization_id, metric);
  if not is_done and amount > 0 and total + amount > limit_value then
    perform billing.refuse_limit(metric, limit_value, total, amount);
  end if;
  update billing.usage_counters c
     set used = c.used + amount
   where c.organization_id = gather_usage.organization_id
     and c.metric_key = gather_usage.metric
     and c.period = gather_usage.period
     and c.part = 0;
  perform billing.spread_room(organization_id, metric, period, limit_value - total - amount);
end
$$;

comment on function billing.gather_usage(uuid, text, date, bigint, boolean) is
  'Counts where no part of a counter has the room by itself, or all are in use: waits for all of them, adds them up, '
  'compares with the limit and spreads what is left. is_done: it has happened already, and is counted whatever the limit. '
  'Errors: CB025.';
grant execute on function billing.gather_usage(uuid, text, date, bigint, boolean) to callboard_service;
