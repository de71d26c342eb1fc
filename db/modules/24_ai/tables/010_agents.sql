create table ai.agents (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  key text not null check (key ~ '^[a-z][a-z0-9_-]{0,62}$'),
  description text,
  purpose text not null default 'assistant'
    check (purpose in ('assistant', 'scheduling', 'budgeting', 'research', 'writing', 'support', 'monitoring', 'other')),
  status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'retired')),
  provider text check (btrim(provider) <> ''),
  model text not null check (btrim(model) <> '' and length(model) <= 200),
  system_prompt text not null default '' check (length(system_prompt) <= 100000),
  tools jsonb not null default '[]' check (jsonb_typeof(tools) = 'array'),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  max_output_tokens integer check (max_output_tokens > 0),
  max_interactions_per_day integer check (max_interactions_per_day >= 0),
  max_tokens_per_day bigint check (max_tokens_per_day >= 0),
  max_cost_per_month numeric(14,2) check (max_cost_per_month >= 0),
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  unique nulls not distinct (organization_id, key, deleted_at)
);
create index on ai.agents (organization_id, status);
comment on table ai.agents is
  'Agents of an organization: which model does what, with which instructions and tools, within which limits (seed ai_agents). '
  'They run elsewhere, with an API key; here is what they are, what they did and how they fare.';
comment on column ai.agents.key is 'What programs call it; unique among those that are not archived.';
comment on column ai.agents.status is 'draft → active ⇄ paused; retired for good. Only an active one may act.';
comment on column ai.agents.provider is 'Who runs the model.';
comment on column ai.agents.tools is
  'A list of {"name", "description", "parameters"}, the last a JSON Schema, as models are told of tools.';
comment on column ai.agents.parameters is 'Such as temperature, handed to the model as they are.';
comment on column ai.agents.max_interactions_per_day is 'In a day of the organization; null: no limit.';
comment on column ai.agents.max_tokens_per_day is 'Read and written, in a day of the organization; null: no limit.';
comment on column ai.agents.max_cost_per_month is 'In its currency and a month of the organization; null: no limit.';

create table ai.agent_interactions (
  like platform.tenant_log_row including all,
  agent_id uuid not null,
  workspace_id uuid,
  user_id uuid references identity.users,
  api_key_id uuid,
  conversation_id uuid,
  recorded_at timestamptz not null default clock_timestamp(),
  model text not null,
  outcome text not null check (outcome in ('success', 'error', 'refused', 'timeout', 'cancelled')),
  error text,
  request text,
  response text,
  tool_calls jsonb not null default '[]' check (jsonb_typeof(tool_calls) = 'array'),
  input_tokens integer not null default 0 check (input_tokens >= 0),
  output_tokens integer not null default 0 check (output_tokens >= 0),
  latency_ms integer not null check (latency_ms >= 0),
  cost_micros bigint not null default 0 check (cost_micros >= 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  primary key (organization_id, id, occurred_at),
  foreign key (organization_id, agent_id) references ai.agents
) partition by range (occurred_at);
create index on ai.agent_interactions (organization_id, agent_id, occurred_at);
create index on ai.agent_interactions (organization_id, conversation_id) where conversation_id is not null;
create index on ai.agent_interactions (recorded_at);
create table ai.agent_interactions_default partition of ai.agent_interactions default;
comment on table ai.agent_interactions is
  'What agents did, one row for each answer (seed agent_interactions). Nothing in it is ever changed; partitioned by month and '
  'dropped after thirteen.';
comment on column ai.agent_interactions.user_id is 'On whose account.';
comment on column ai.agent_interactions.recorded_at is 'When it was told, which may be later than when it happened.';
comment on column ai.agent_interactions.outcome is
  'success; error; refused by the model; timeout; cancelled by a person. Errors and timeouts count as failures.';
comment on column ai.agent_interactions.request is 'What was asked, where it is kept.';
comment on column ai.agent_interactions.response is 'What was answered, where it is kept.';
comment on column ai.agent_interactions.latency_ms is 'From the question to the whole answer, in milliseconds.';
comment on column ai.agent_interactions.cost_micros is 'What the model''s provider asks for it, in millionths of the currency.';

create table ai.interaction_feedback (
  organization_id uuid not null,
  id uuid not null default platform.uuidv7(),
  interaction_id uuid not null,
  agent_id uuid not null,
  workspace_id uuid,
  interaction_occurred_at timestamptz not null,
  user_id uuid not null references identity.users,
  rating smallint not null check (abs(rating) = 1),
  comment text check (length(comment) <= 5000),
  occurred_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, interaction_id, user_id),
  foreign key (organization_id, agent_id) references ai.agents
);
create index on ai.interaction_feedback (organization_id, agent_id, interaction_occurred_at);
create index on ai.interaction_feedback (occurred_at);
create index on ai.interaction_feedback (organization_id, user_id) where comment is not null;
comment on table ai.interaction_feedback is 'What people thought of what an agent did; who thinks again replaces theirs.';
comment on column ai.interaction_feedback.rating is '1 for good, -1 for bad.';

create table ai.health_metrics (
  organization_id uuid not null references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  agent_id uuid not null,
  workspace_id uuid,
  day date not null,
  interactions integer not null check (interactions >= 0),
  failures integer not null check (failures between 0 and interactions),
  refusals integer not null check (refusals between 0 and interactions),
  error_rate numeric(6,5) generated always as (
    case when interactions > 0 then round(failures::numeric / interactions, 5) end) stored,
  p50_latency_ms integer,
  p95_latency_ms integer,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cost_micros bigint not null,
  currency char(3) not null,
  ratings integer not null check (ratings >= 0),
  good_ratings integer not null check (good_ratings between 0 and ratings),
  satisfaction numeric(6,5) generated always as (
    case when ratings > 0 then round(good_ratings::numeric / ratings, 5) end) stored,
  computed_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, agent_id, day),
  foreign key (organization_id, agent_id) references ai.agents
);
create index on ai.health_metrics (organization_id, day);
comment on table ai.health_metrics is
  'How agents fare, a row for each day with interactions (seed ai_health_metrics). A job keeps it, also when something is told '
  'late.';
comment on column ai.health_metrics.day is 'In the time zone of the organization.';
comment on column ai.health_metrics.failures is 'Errors and timeouts.';
comment on column ai.health_metrics.error_rate is 'Failures, of all interactions.';
comment on column ai.health_metrics.p50_latency_ms is
  'Half of the answers took no longer, in milliseconds; cancelled ones do not count.';
comment on column ai.health_metrics.p95_latency_ms is 'All but a twentieth took no longer.';
comment on column ai.health_metrics.cost_micros is 'In millionths of the currency, the agent''s; what was paid in others is left out.';
comment on column ai.health_metrics.satisfaction is 'Good ratings, of all ratings; null without any.';

create table ai.insight_rules (
  key text primary key check (key ~ '^[a-z][a-z0-9_]*$'),
  title text not null,
  metric text not null
    check (metric in ('error_rate', 'p95_latency_ms', 'cost', 'tokens', 'interactions', 'satisfaction')),
  comparison text not null check (comparison in ('above', 'below', 'deviates_up', 'deviates_down')),
  threshold numeric not null,
  minimum_interactions integer not null default 20 check (minimum_interactions > 0),
  baseline_days integer not null default 28 check (baseline_days between 7 and 365),
  minimum_days integer not null default 7 check (minimum_days between 3 and 365),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  is_active boolean not null default true,
  constraint insight_rules_days_rule check (minimum_days <= baseline_days)
);
comment on table ai.insight_rules is 'When a day of an agent is worth telling somebody about.';
comment on constraint insight_rules_days_rule on ai.insight_rules is 'No more days are needed than are compared with.';
comment on column ai.insight_rules.comparison is
  'above, below: the value itself. deviates_up, deviates_down: by how many standard deviations it lies off the days before, '
  'measured robustly, by the median and the median deviation.';
comment on column ai.insight_rules.minimum_interactions is 'A day with fewer says nothing; of ratings for satisfaction.';
comment on column ai.insight_rules.minimum_days is 'Days with interactions that there have to be before, to compare with.';

insert into ai.insight_rules (key, title, metric, comparison, threshold, minimum_interactions, severity) values
  ('error_rate_high', 'Many answers fail', 'error_rate', 'above', 0.25, 20, 'critical'),
  ('error_rate_spike', 'More answers fail than usual', 'error_rate', 'deviates_up', 4, 20, 'warning'),
  ('latency_spike', 'Answers take longer than usual', 'p95_latency_ms', 'deviates_up', 4, 20, 'warning'),
  ('cost_spike', 'It costs more than usual', 'cost', 'deviates_up', 5, 10, 'warning'),
  ('usage_drop', 'It is used less than usual', 'interactions', 'deviates_down', 4, 1, 'info'),
  ('satisfaction_low', 'People are not satisfied', 'satisfaction', 'below', 0.5, 10, 'warning');

create table ai.insights (
  like platform.tenant_row including all,
  agent_id uuid,
  rule_key text references ai.insight_rules,
  day date,
  title text not null check (btrim(title) <> '' and length(title) <= 300),
  body text not null default '',
  severity text not null default 'info' check (severity in ('info', 'warning', 'critical')),
  status text not null default 'open' check (status in ('open', 'accepted', 'dismissed')),
  value numeric,
  expected numeric,
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  decided_by uuid references identity.users,
  decided_at timestamptz,
  reason text check (length(reason) <= 2000),
  check ((rule_key is null) = (day is null)),
  check (rule_key is null or agent_id is not null),
  check ((status = 'open') = (decided_at is null)),
  foreign key (organization_id, agent_id) references ai.agents,
  unique (organization_id, agent_id, rule_key, day)
);
create index on ai.insights (organization_id, status);
create index on ai.insights (rule_key);
comment on table ai.insights is
  'What is worth knowing about agents, found by rules over their metrics, or written by agents and people (seed ai_insights).';
comment on column ai.insights.rule_key is 'The rule that found it; null for what somebody wrote.';
comment on column ai.insights.status is 'open → accepted or dismissed, by acceptInsight and dismissInsight; reopenInsight.';
comment on column ai.insights.value is 'What was measured on that day.';
comment on column ai.insights.expected is 'What was usual, or the threshold.';
comment on column ai.insights.evidence is 'The numbers that it rests on.';

create table ai.summary_runs (
  id smallint primary key default 1 check (id = 1),
  recorded_until timestamptz not null
);
comment on table ai.summary_runs is 'Until when interactions have been summarized, by when they were told.';

create table ai.moved_organizations (
  organization_id uuid not null,
  id bigint generated always as identity,
  primary key (organization_id, id)
);
comment on table ai.moved_organizations is
  'Organizations whose days of agents begin and end elsewhere than they were counted, marked in the transaction that gave them '
  'another time zone, each time, so that nobody waits for anybody. Whoever counts anew takes the marks that it sees.';

create type ai.agent_budget as (
  allowed boolean,
  reason text,
  interactions_today bigint,
  interactions_left bigint,
  tokens_today bigint,
  tokens_left bigint,
  cost_this_month numeric(14,6),
  cost_left numeric(14,6),
  resets_at timestamptz
);
comment on type ai.agent_budget is 'What an agent has used of its limits, and whether it may act.';
comment on column ai.agent_budget.reason is 'Why not: status, interactions, tokens or cost; null when it may.';
comment on column ai.agent_budget.interactions_left is 'Null: no limit. So for the others.';
comment on column ai.agent_budget.resets_at is 'When the day of the organization ends.';

create type ai.interaction_draft as (
  row_id uuid,
  agent_id uuid,
  occurred_at timestamptz,
  conversation_id uuid,
  model text,
  outcome text,
  error text,
  request text,
  response text,
  tool_calls jsonb,
  input_tokens integer,
  output_tokens integer,
  latency_ms integer,
  cost_micros bigint,
  currency char(3),
  metadata jsonb
);
comment on type ai.interaction_draft is 'What an agent did, as log_agent_interaction takes it.';
comment on column ai.interaction_draft.row_id is
  'An id that the program has chosen: told again, it is logged and counted once. Left out, one is made.';
comment on column ai.interaction_draft.agent_id is 'Whose doing it was; needed.';
comment on column ai.interaction_draft.occurred_at is
  'When, within the last twelve months and not in the future; left out: now.';
comment on column ai.interaction_draft.conversation_id is
  'An id that the program has chosen for what belongs together; left out: it stands by itself.';
comment on column ai.interaction_draft.model is 'The model that answered; left out: the agent''s.';
comment on column ai.interaction_draft.outcome is
  'How it ended: refused is by the model, cancelled by a person; errors and timeouts count as failures. Needed. One of: '
  'success, error, refused, timeout, cancelled.';
comment on column ai.interaction_draft.error is 'What went wrong, in words.';
comment on column ai.interaction_draft.request is 'What was asked; left out where it is not to be kept.';
comment on column ai.interaction_draft.response is 'What was answered; left out where it is not to be kept.';
comment on column ai.interaction_draft.tool_calls is
  'A list of what tools were called with, as the program has it; left out: [].';
comment on column ai.interaction_draft.input_tokens is 'How many tokens were read, 0 or more; left out: 0.';
comment on column ai.interaction_draft.output_tokens is 'How many tokens were written, 0 or more; left out: 0.';
comment on column ai.interaction_draft.latency_ms is 'From the question to the whole answer, in milliseconds; needed.';
comment on column ai.interaction_draft.cost_micros is
  'What the model''s provider asks for it, in millionths of the currency, 0 or more; left out: 0.';
comment on column ai.interaction_draft.currency is 'ISO 4217, three capital letters; left out: the agent''s.';
comment on column ai.interaction_draft.metadata is 'An object with whatever the program wants to find again; left out: {}.';
