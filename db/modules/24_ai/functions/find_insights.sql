create or replace function ai.metric_value(metrics ai.health_metrics, metric text) returns numeric
language sql immutable parallel safe
return case metric
  when 'error_rate' then metrics.error_rate
  when 'p95_latency_ms' then metrics.p95_latency_ms
  when 'cost' then metrics.cost_micros / 1000000.0
  when 'tokens' then metrics.input_tokens + metrics.output_tokens
  when 'interactions' then metrics.interactions
  when 'satisfaction' then metrics.satisfaction
end;

comment on function ai.metric_value(ai.health_metrics, text) is E'@behavior -*\nOne figure of a day of an agent.';
grant execute on function ai.metric_value(ai.health_metrics, text) to callboard_service;

create or replace function ai.find_insights(computed_since timestamptz default now() - interval '1 day') returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  told integer;
begin
  perform pg_advisory_xact_lock(5678027);
  with judged as materialized (
    select m.organization_id, m.agent_id, a.workspace_id, a.name as agent_name, m.day, r.key, r.title, r.metric, r.comparison,
           r.threshold, r.severity, m.interactions, m.ratings, v.value, b.days, b.usual, b.spread,
           case r.comparison
             when 'above' then v.value > r.threshold
             when 'below' then v.value < r.threshold
             when 'deviates_up' then b.days >= r.minimum_days and v.value - b.usual > r.threshold * b.spread
             when 'deviates_down' then b.days >= r.minimum_days and b.usual - v.value > r.threshold * b.spread
           end
           and case r.metric when 'satisfaction' then m.ratings else m.interactions end >= r.minimum_interactions as holds
      from ai.health_metrics m
      join ai.agents a on a.organization_id = m.organization_id and a.id = m.agent_id and a.deleted_at is null
      join tenancy.organizations o on o.id = m.organization_id
     cross join ai.insight_rules r
     cross join lateral (select ai.metric_value(m, r.metric) as value) v
     cross join lateral (
             select (now() at time zone o.time_zone)::date as today
           ) d
     cross join lateral (
             select c.days, c.usual,
                    -- The median deviation, as that of a normal distribution. A figure that hardly ever changes has none:
                    -- then a twentieth of what is usual counts, and of shares, a hundredth.
                    greatest(
                      1.4826 * percentile_cont(0.5) within group (order by abs(p.value - c.usual)),
                      0.05 * abs(c.usual),
                      case when r.metric in ('error_rate', 'satisfaction') then 0.01 else 0.000001 end)::numeric as spread
               from (
                      select count(*) as days, percentile_cont(0.5) within group (order by x.value)::numeric as usual,
                             array_agg(x.value) as earlier
                        from (
                               select ai.metric_value(e, r.metric) as value
                                 from ai.health_metrics e
                                where e.organization_id = m.organization_id
                                  and e.agent_id = m.agent_id
                                  and e.day < m.day
                                  and e.day >= m.day - r.baseline_days
                             ) x
                       where x.value is not null
                    ) c
               left join lateral unnest(c.earlier) as p (value) on true
              group by c.days, c.usual
           ) b
     where r.is_active
       and m.computed_at >= computed_since
       and m.day >= d.today - 7
       -- A day that is not over has too little of everything that adds up.
       and (m.day < d.today or r.metric in ('error_rate', 'p95_latency_ms', 'satisfaction'))
       and v.value is not null
  ),
  outdated as (
    update ai.insights i
       set status = 'dismissed', decided_at = now(), reason = 'The figures of the day have changed since.'
      from judged j
     where i.organization_id = j.organization_id
       and i.agent_id = j.agent_id
       and i.rule_key = j.key
       and i.day = j.day
       and i.status = 'open'
       and j.holds is not true
  )
  insert into ai.insights as i
    (organization_id, workspace_id, created_by, agent_id, rule_key, day, title, body, severity, value, expected, evidence)
  select j.organization_id, j.workspace_id, null, j.agent_id, j.key, j.day, left(j.agent_name || ': ' || j.title, 300),
         case
           when j.comparison in ('above', 'below')
             then format('%s was %s on %s; the limit is %s.', j.metric, round(j.value, 4), j.day, j.threshold)
           else format('%s was %s on %s; in the %s days before it was %s.', j.metric, round(j.value, 4), j.day, j.days,
                       round(j.usual, 4))
         end,
         j.severity, j.value, case when j.comparison in ('above', 'below') then j.threshold else j.usual end,
         jsonb_strip_nulls(jsonb_build_object(
           'metric', j.metric, 'comparison', j.comparison, 'threshold', j.threshold, 'interactions', j.interactions,
           'ratings', j.ratings, 'days', j.days, 'usual', j.usual, 'spread', j.spread,
           'deviations', round((j.value - j.usual) / nullif(j.spread, 0), 2)))
    from judged j
   where j.holds
   order by j.organization_id, j.agent_id, j.key, j.day
  on conflict (organization_id, agent_id, rule_key, day) do update
    set (value, expected, evidence, body, status, decided_at, reason)
      = (excluded.value, excluded.expected, excluded.evidence, excluded.body, 'open', null, null)
  -- What was put away here, for figures that are bad again, opens again; what somebody has decided stays decided.
  where (i.status = 'open' and (i.value, i.expected) is distinct from (excluded.value, excluded.expected))
     or (i.status = 'dismissed' and i.decided_by is null);
  get diagnostics told = row_count;
  return told;
end
$$;

comment on function ai.find_insights(timestamptz) is
  'Compares the days of agents that were worked out since with the rules, and tells what stands out; what no longer does is '
  'dismissed, and opened again if it does once more. Returns how many insights are new or have changed. What somebody has '
  'decided stays decided.';
grant execute on function ai.find_insights(timestamptz) to callboard_service;
