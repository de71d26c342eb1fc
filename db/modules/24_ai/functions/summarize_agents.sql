create or replace function ai.summarize_agents(until timestamptz default clock_timestamp()) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- As far back as interactions may be told, every day has all of them; what is left of older ones stays as it was.
  kept_from constant date := (until at time zone 'UTC' - interval '12 months')::date + 2;
  since timestamptz;
  summarized integer;
begin
  -- One at a time: the second would only do the same again.
  perform pg_advisory_xact_lock(5678027);
  select least(r.recorded_until, until - interval '1 day') into since from ai.summary_runs r;
  with told as materialized (
    -- A day again: what was told in a transaction that took long is there later than it says.
    select i.organization_id, i.agent_id, i.occurred_at
      from ai.agent_interactions i
     where i.recorded_at >= coalesce(since - interval '1 hour', '-infinity') and i.recorded_at < until + interval '1 hour'
     union all
    select f.organization_id, f.agent_id, f.interaction_occurred_at
      from ai.interaction_feedback f
     where f.occurred_at >= coalesce(since - interval '1 hour', '-infinity') and f.occurred_at < until + interval '1 hour'
  ),
  moved as materialized (
    delete from ai.moved_organizations returning organization_id
  ),
  days as materialized (
    select t.organization_id, t.agent_id, o.time_zone, (t.occurred_at at time zone o.time_zone)::date as day
      from told t
      join tenancy.organizations o on o.id = t.organization_id
     union
    -- What was counted on a day may belong to those around it now: time zones are up to 26 hours apart.
    select m.organization_id, m.agent_id, o.time_zone, m.day + n
      from (select distinct v.organization_id from moved v) v
      join tenancy.organizations o on o.id = v.organization_id
      join ai.health_metrics m on m.organization_id = v.organization_id and m.day >= kept_from
     cross join generate_series(-2, 2) n
  ),
  figures as (
    select d.organization_id, d.agent_id, a.workspace_id, d.day, a.currency, s.*, r.*
      from days d
      join ai.agents a on a.organization_id = d.organization_id and a.id = d.agent_id
     cross join lateral (
             select d.day::timestamp at time zone d.time_zone as starts_at,
                    (d.day + 1)::timestamp at time zone d.time_zone as ends_at
           ) span
     cross join lateral (
             select count(*)::integer as interactions,
                    count(*) filter (where i.outcome in ('error', 'timeout'))::integer as failures,
                    count(*) filter (where i.outcome = 'refused')::integer as refusals,
                    (percentile_disc(0.5) within group (order by i.latency_ms) filter (where i.outcome <> 'cancelled'))
                      as p50_latency_ms,
                    (percentile_disc(0.95) within group (order by i.latency_ms) filter (where i.outcome <> 'cancelled'))
                      as p95_latency_ms,
                    coalesce(sum(i.input_tokens), 0) as input_tokens,
                    coalesce(sum(i.output_tokens), 0) as output_tokens,
                    coalesce(sum(i.cost_micros) filter (where i.currency = a.currency), 0) as cost_micros
               from ai.agent_interactions i
              where i.organization_id = d.organization_id
                and i.agent_id = d.agent_id
                and i.occurred_at >= span.starts_at
                and i.occurred_at < span.ends_at
           ) s
     cross join lateral (
             select count(*)::integer as ratings, count(*) filter (where f.rating = 1)::integer as good_ratings
               from ai.interaction_feedback f
              where f.organization_id = d.organization_id
                and f.agent_id = d.agent_id
                and f.interaction_occurred_at >= span.starts_at
                and f.interaction_occurred_at < span.ends_at
           ) r
     -- what is left of a day whose interactions are past their retention stays as it was
     where s.interactions > 0
  ),
  emptied as (
    delete from ai.health_metrics m
     using (select distinct v.organization_id from moved v) v
     where m.organization_id = v.organization_id
       and m.day >= kept_from
       and not exists (select from figures f
                        where f.organization_id = m.organization_id and f.agent_id = m.agent_id and f.day = m.day)
    returning m.day
  ),
  written as (
    insert into ai.health_metrics as m
      (organization_id, agent_id, workspace_id, day, interactions, failures, refusals, p50_latency_ms, p95_latency_ms,
       input_tokens, output_tokens, cost_micros, currency, ratings, good_ratings)
    select f.organization_id, f.agent_id, f.workspace_id, f.day, f.interactions, f.failures, f.refusals, f.p50_latency_ms,
           f.p95_latency_ms, f.input_tokens, f.output_tokens, f.cost_micros, f.currency, f.ratings, f.good_ratings
      from figures f
     order by f.organization_id, f.agent_id, f.day
    on conflict (organization_id, agent_id, day) do update
      set (workspace_id, interactions, failures, refusals, p50_latency_ms, p95_latency_ms, input_tokens, output_tokens, cost_micros,
           currency, ratings, good_ratings, computed_at)
        = (excluded.workspace_id, excluded.interactions, excluded.failures, excluded.refusals, excluded.p50_latency_ms,
           excluded.p95_latency_ms, excluded.input_tokens, excluded.output_tokens, excluded.cost_micros, excluded.currency,
           excluded.ratings, excluded.good_ratings, excluded.computed_at)
    where (m.workspace_id, m.interactions, m.failures, m.refusals, m.p50_latency_ms, m.p95_latency_ms, m.input_tokens,
           m.output_tokens, m.cost_micros, m.currency, m.ratings, m.good_ratings)
            is distinct from
          (excluded.workspace_id, excluded.interactions, excluded.failures, excluded.refusals, excluded.p50_latency_ms,
           excluded.p95_latency_ms, excluded.input_tokens, excluded.output_tokens, excluded.cost_micros, excluded.currency,
           excluded.ratings, excluded.good_ratings)
    returning m.day
  )
  select (select count(*) from written) + (select count(*) from emptied) into summarized;
  insert into ai.summary_runs as r (recorded_until)
  values (until)
  on conflict (id) do update set recorded_until = greatest(r.recorded_until, excluded.recorded_until);
  return summarized;
end
$$;

comment on function ai.summarize_agents(timestamptz) is
  'Works out the days of agents of which something was told since the last time, in the time zones of their organizations; '
  'something told late changes only its day. Of an organization that has moved to another time zone, the days of the last twelve '
  'months are worked out anew. Returns how many days are other than before.';
grant execute on function ai.summarize_agents(timestamptz) to callboard_service;

create or replace function ai.note_moved_organization_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into ai.moved_organizations (organization_id) values (new.id);
  return null;
end
$$;

comment on function ai.note_moved_organization_trigger() is
  'Marks an organization that moves to another time zone: its agents'' days begin and end elsewhere now. Definer: the marks are '
  'internal.';
