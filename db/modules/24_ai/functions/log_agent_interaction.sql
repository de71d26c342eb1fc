create or replace function ai.log_agent_interaction(interaction ai.interaction_draft) returns ai.agent_interactions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.write');
  occurred constant timestamptz := coalesce(interaction.occurred_at, now());
  tokens constant bigint := coalesce(interaction.input_tokens, 0)::bigint + coalesce(interaction.output_tokens, 0);
  agent ai.agents;
  logged ai.agent_interactions;
begin
  agent := ai.visible_agent(interaction.agent_id, 'agent_id');
  if not isfinite(occurred) or occurred > now() + interval '5 minutes' or occurred < now() - interval '12 months' then
    perform platform.refuse(
      'CB002', 'It happened within the last twelve months, and not in the future.', field => 'occurred_at');
  end if;
  if interaction.latency_ms is null then
    perform platform.refuse('CB002', 'How long did it take?', field => 'latency_ms');
  end if;
  if interaction.outcome is null then
    perform platform.refuse('CB002', 'How did it end?', field => 'outcome');
  end if;
  if interaction.row_id is not null then
    -- Two who tell the same at the same time: the second finds what the first has written.
    perform pg_advisory_xact_lock(hashtextextended(organization::text || interaction.row_id, 5678026));
    select i.*
      into logged
      from ai.agent_interactions i
     where i.organization_id = organization and i.id = interaction.row_id;
    if logged.agent_id <> agent.id then
      -- What it is about, only those get to see who see its agent.
      perform platform.refuse('CB004', 'This agent has no such interaction, and the id is taken.', field => 'row_id');
    elsif logged.id is not null then
      return logged;
    end if;
  end if;
  insert into ai.agent_interactions
    (organization_id, id, occurred_at, agent_id, workspace_id, user_id, api_key_id, conversation_id, model, outcome, error,
     request, response, tool_calls, input_tokens, output_tokens, latency_ms, cost_micros, currency,
     metadata)
  values
    (organization, coalesce(interaction.row_id, platform.uuidv7()), occurred, agent.id, agent.workspace_id, authz.actor_id(),
     authz.api_key_id(), interaction.conversation_id, coalesce(interaction.model, agent.model), interaction.outcome,
     interaction.error, interaction.request, interaction.response, coalesce(interaction.tool_calls, '[]'),
     coalesce(interaction.input_tokens, 0), coalesce(interaction.output_tokens, 0), interaction.latency_ms,
     coalesce(interaction.cost_micros, 0), coalesce(interaction.currency, agent.currency), coalesce(interaction.metadata, '{}'))
  returning * into logged;
  if tokens > 0 then
    perform billing.count_usage(organization, 'ai_tokens', tokens);
  end if;
  return logged;
end
$$;

comment on function ai.log_agent_interaction(ai.interaction_draft) is
  'Writes down what an agent did, and counts its tokens towards the plan. What has happened is never refused for a limit: ask '
  'agent.budget before. Needs ai.write, as API keys of agents have it. Errors: FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, '
  'INVALID_INPUT. Definer: the log is written by functions alone.';
grant execute on function ai.log_agent_interaction(ai.interaction_draft) to callboard_member;

create or replace function ai.visible_agent(row_id uuid, field text) returns ai.agents
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  agent ai.agents;
begin
  select a.*
    into agent
    from ai.agents a
   where a.organization_id = authz.organization_id()
     and a.id = visible_agent.row_id
     and a.deleted_at is null
     and authz.sees_workspace(a.workspace_id);
  if agent.id is null then
    perform platform.refuse('CB004', 'There is no such agent, or none that you may see.', field => field);
  end if;
  return agent;
end
$$;

comment on function ai.visible_agent(uuid, text) is
  'The agent, if the caller sees its workspace; for definers that have checked the permission. Errors: CB004.';

create or replace function ai.rate_interaction(interaction_id uuid, rating integer, comment text default null)
returns ai.interaction_feedback
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller constant uuid := authz.require_user();
  organization constant uuid := authz.require('ai.read');
  rated record;
  feedback ai.interaction_feedback;
begin
  select i.agent_id, i.workspace_id, i.occurred_at
    into rated
    from ai.agent_interactions i
   where i.organization_id = organization
     and i.id = rate_interaction.interaction_id
     and authz.sees_workspace(i.workspace_id);
  if rated.agent_id is null then
    perform platform.refuse(
      'CB004', 'There is no such interaction, or none that you may see.', field => 'interaction_id');
  end if;
  if rating is null or rating not in (-1, 1) then
    perform platform.refuse('CB002', 'A rating is 1 for good or -1 for bad.', field => 'rating');
  end if;
  insert into ai.interaction_feedback as f
    (organization_id, interaction_id, agent_id, workspace_id, interaction_occurred_at, user_id, rating, comment)
  values
    (organization, rate_interaction.interaction_id, rated.agent_id, rated.workspace_id, rated.occurred_at, caller,
     rate_interaction.rating, rate_interaction.comment)
  on conflict on constraint interaction_feedback_organization_id_interaction_id_user_id_key do update
    set (rating, comment, occurred_at) = (excluded.rating, excluded.comment, excluded.occurred_at)
  returning f.* into feedback;
  return feedback;
end
$$;

comment on function ai.rate_interaction(uuid, integer, text) is
  'Says whether what an agent did was good (1) or bad (-1); who rates again replaces theirs. Needs ai.read. Errors: '
  'UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT. Definer: the log is written by functions alone.';
grant execute on function ai.rate_interaction(uuid, integer, text) to callboard_member;
