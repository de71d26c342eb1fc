create or replace function billing.spread_room(
  organization_id uuid,
  metric text,
  period date,
  room bigint
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  most_parts constant integer := 16;
  least_room constant integer := 64;
  shared constant bigint := case when room < 0 then 0 else room end;
  -- No more parts than have some room each: near the limit there is one, and whoever counts takes turns.
  parts constant integer := case
    when room is null then most_parts
    else least(most_parts, greatest(shared / least_room, 1))
  end;
begin
  insert into billing.usage_counters as c (organization_id, metric_key, period, part, room)
  select spread_room.organization_id, spread_room.metric, spread_room.period, p.part,
         case p.part when 0 then shared - shared / parts * (parts - 1) else shared / parts end
    from generate_series(0, parts - 1) as p (part)
  on conflict on constraint usage_counters_pkey do update set room = excluded.room;
  update billing.usage_counters c
     set room = 0
   where c.organization_id = spread_room.organization_id
     and c.metric_key = spread_room.metric
     and c.period = spread_room.period
     and c.part >= parts
     and c.room is distinct from 0;
end
$$;

comment on function billing.spread_room(uuid, text, date, bigint) is
  'Gives the parts of a counter the room that is left of the limit; null: there is no limit. The caller holds them all.';
grant execute on function billing.spread_room(uuid, text, date, bigint) to callboard_service;

create or replace function billing.hold_usage(organization_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A metric that is used for the first time at this moment waits here, or is waited for.
  insert into billing.usage_counters (organization_id, metric_key, period, part)
  select hold_usage.organization_id, m.key, billing.usage_period(hold_usage.organization_id, m.key), 0
    from billing.usage_metrics m
   where m.is_hard
   order by m.key
  on conflict do nothing;
  perform
     from billing.usage_counters c
    where c.organization_id = hold_usage.organization_id and c.part = 0
    order by c.metric_key, c.period
      for update;
  perform
     from billing.usage_counters c
    where c.organization_id = hold_usage.organization_id
    order by c.metric_key, c.period, c.part
      for update;
end
$$;

comment on function billing.hold_usage(uuid) is
  'Holds all counters of an organization until the transaction ends: what is used does not change meanwhile.';
grant execute on function billing.hold_usage(uuid) to callboard_service;

create or replace function billing.spread_room_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform billing.hold_usage(new.organization_id);
  perform billing.spread_room(
            new.organization_id, s.metric_key, s.period,
            billing.hard_limit_of(new.organization_id, s.metric_key) - s.used)
     from (
            select c.metric_key, c.period, sum(c.used)::bigint as used
              from billing.usage_counters c
             where c.organization_id = new.organization_id
             group by c.metric_key, c.period
             order by c.metric_key, c.period
          ) s;
  return null;
end
$$;

comment on function billing.spread_room_trigger() is
  'The limits of a subscription hold at once, and whoever writes after it finds counters to use. Definer: the counters are '
  'internal.';
