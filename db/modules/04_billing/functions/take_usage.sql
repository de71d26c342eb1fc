create or replace function billing.take_usage(
  organization_id uuid,
  metric text,
  period date,
  amount bigint
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  free_part smallint;
begin
  -- Any part will do that nobody else is using and that has the room by itself: then nobody waits.
  select c.part
    into free_part
    from billing.usage_counters c
   where c.organization_id = take_usage.organization_id
     and c.metric_key = take_usage.metric
     and c.period = take_usage.period
     and (c.room is null or c.room >= take_usage.amount)
   order by c.part
   limit 1
     for update skip locked;
  if not found then
    perform billing.gather_usage(organization_id, metric, period, amount);
    return;
  end if;
  -- What is given back makes no room here: whether it is below the limit at all, only all parts together know.
  update billing.usage_counters c
     set used = c.used + amount, room = c.room - greatest(amount, 0)
   where c.organization_id = take_usage.organization_id
     and c.metric_key = take_usage.metric
     and c.period = take_usage.period
     and c.part = free_part;
end
$$;

comment on function billing.take_usage(uuid, text, date, bigint) is
  'Counts so much more of a metric, or less when the amount is negative. A counter is spread over parts that each have '
  'room of their own, so that callers far from the limit do not wait for each other, and the limit is exact all the same. '
  'Errors: CB025 when the limit of a hard metric is reached.';

create or replace function billing.gather_usage(
  organization_id uuid,
  metric text,
  period date,
  amount bigint
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  most_parts constant integer := 16;
  least_room constant integer := 64;
  is_contended boolean := false;
  total bigint;
  limit_value bigint;
  parts integer;
  share bigint;
begin
  insert into billing.usage_counters (organization_id, metric_key, period, part)
  values (gather_usage.organization_id, gather_usage.metric, gather_usage.period, 0)
  on conflict do nothing;
  -- Whoever holds the first part may add parts and look at all of them. The locks come one after the other, each in a
  -- statement of its own, which sees what those before us have left.
  perform
     from billing.usage_counters c
    where c.organization_id = gather_usage.organization_id
      and c.metric_key = gather_usage.metric
      and c.period = gather_usage.period
      and c.part = 0
      for update skip locked;
  if not found then
    is_contended := true;
    perform
       from billing.usage_counters c
      where c.organization_id = gather_usage.organization_id
        and c.metric_key = gather_usage.metric
        and c.period = gather_usage.period
        and c.part = 0
        for update;
  end if;
  perform
     from billing.usage_counters c
    where c.organization_id = gather_usage.organization_id
      and c.metric_key = gather_usage.metric
      and c.period = gather_usage.period
    order by c.part
      for update;

  select sum(c.used), count(*)
    into total, parts
    from billing.usage_counters c
   where c.organization_id = gather_usage.organization_id
     and c.metric_key = gather_usage.metric
     and c.period = gather_usage.period;
  if (select m.is_hard from billing.usage_metrics m where m.key = gather_usage.metric) then
    limit_value := billing.limit_of(organization_id, metric);
  end if;
  if amount > 0 and total + amount > limit_value then
    perform billing.refuse_limit(metric, limit_value, total, amount);
  end if;

  if is_contended then
    parts := most_parts;
  end if;
  -- What is left of the limit is spread again, over no more parts than have some room each.
  if limit_value is not null then
    share := greatest(limit_value - total - amount, 0);
    parts := greatest(least(parts, share / least_room), 1);
  end if;
  insert into billing.usage_counters as c (organization_id, metric_key, period, part, used, room)
  select gather_usage.organization_id, gather_usage.metric, gather_usage.period, p.part,
         case p.part when 0 then amount else 0 end,
         case p.part when 0 then share - share / parts * (parts - 1) else share / parts end
    from generate_series(0, parts - 1) as p (part)
  on conflict on constraint usage_counters_pkey do update
    set (used, room) = (c.used + excluded.used, excluded.room);
  update billing.usage_counters c
     set room = 0
   where c.organization_id = gather_usage.organization_id
     and c.metric_key = gather_usage.metric
     and c.period = gather_usage.period
     and c.part >= parts
     and limit_value is not null
     and c.room is distinct from 0;
end
$$;

comment on function billing.gather_usage(uuid, text, date, bigint) is
  'Counts where no part of a counter has the room by itself, or all are in use: waits for all of them, adds them up, '
  'compares with the limit and spreads what is left. Errors: CB025.';

create or replace function billing.forget_room(organization_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A metric that is used for the first time at this moment waits here, or is waited for.
  insert into billing.usage_counters (organization_id, metric_key, period, part)
  select forget_room.organization_id, m.key, billing.usage_period(forget_room.organization_id, m.key), 0
    from billing.usage_metrics m
   where m.is_hard
   order by m.key
  on conflict do nothing;
  perform
     from billing.usage_counters c
    where c.organization_id = forget_room.organization_id and c.part = 0
    order by c.metric_key, c.period
      for update;
  update billing.usage_counters c
     set room = 0
   where c.organization_id = forget_room.organization_id and c.room is distinct from 0;
end
$$;

comment on function billing.forget_room(uuid) is
  'Holds all counters of an organization until the transaction ends, and has the next to count look at the limit again: '
  'for whoever changes its limits.';
