create or replace function ai.agents_budget(agent ai.agents) returns ai.agent_budget
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select row(
           u.reason is null, u.reason, u.interactions_today, u.interactions_left, u.tokens_today, u.tokens_left,
           u.cost_this_month, u.cost_left, u.resets_at)::ai.agent_budget
    from (
           select s.*,
                  case
                    when agent.status <> 'active' or agent.deleted_at is not null then 'status'
                    when s.interactions_left <= 0 then 'interactions'
                    when s.tokens_left <= 0 then 'tokens'
                    when s.cost_left <= 0 then 'cost'
                  end as reason
             from (
                    select t.interactions_today, agent.max_interactions_per_day - t.interactions_today as interactions_left,
                           t.tokens_today, agent.max_tokens_per_day - t.tokens_today as tokens_left,
                           t.cost_this_month, agent.max_cost_per_month - t.cost_this_month as cost_left,
                           (d.today + 1)::timestamp at time zone o.time_zone as resets_at
                      from tenancy.organizations o
                     cross join lateral (select (now() at time zone o.time_zone)::date as today) d
                     cross join lateral (
                             select count(*) filter (where i.occurred_at >= d.today::timestamp at time zone o.time_zone)
                                      as interactions_today,
                                    coalesce(sum(i.input_tokens::bigint + i.output_tokens)
                                               filter (where i.occurred_at >= d.today::timestamp at time zone o.time_zone), 0)
                                      ::bigint as tokens_today,
                                    coalesce(sum(i.cost_micros) filter (where i.currency = agent.currency), 0) / 1000000 as cost_this_month
                               from ai.agent_interactions i
                              where i.organization_id = agent.organization_id
                                and i.agent_id = agent.id
                                and i.occurred_at >= date_trunc('month', d.today::timestamp) at time zone o.time_zone
                           ) t
                     where o.id = agent.organization_id
                  ) s
         ) u
$$;

comment on function ai.agents_budget(ai.agents) is
  'What the agent has used of its limits in this day and month of the organization, and whether it may act: whoever runs it '
  'asks before.';
grant execute on function ai.agents_budget(ai.agents) to callboard_member, callboard_service;
