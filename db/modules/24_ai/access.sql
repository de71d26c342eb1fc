grant usage on schema ai to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission('ai.read', 'Search, and read agents and how they fare.', '{owner,admin,member}');

call platform.protect('ai.embedding_models', 'custom');
create policy everyone_reads on ai.embedding_models for select to callboard_member using (true);
grant select on ai.embedding_models to callboard_member;

call platform.protect('ai.searchable_tables', 'internal');

-- As the tables that it stands for: their permission, their workspace, their owner.
call platform.protect('ai.search_documents', 'custom');
create policy readers on ai.search_documents for select to callboard_member
  using (
    organization_id = (select authz.organization_id())
    and read_permission = any ((select authz.permissions())::text[])
    and (owner_id is null or owner_id = (select authz.user_id())));
call platform.keep_to_workspaces('ai.search_documents');
grant select on ai.search_documents to callboard_member;

call platform.protect('ai.embeddings', 'custom');
create policy readers on ai.embeddings for select to callboard_member
  using (
    organization_id = (select authz.organization_id())
    and read_permission = any ((select authz.permissions())::text[])
    and (owner_id is null or owner_id = (select authz.user_id())));
call platform.keep_to_workspaces('ai.embeddings');
grant select on ai.embeddings to callboard_member;

call platform.protect('ai.embedding_outbox', 'internal');
call platform.protect('ai.embedding_fills', 'internal');
call platform.protect('ai.embedding_marks', 'internal');
call platform.protect('ai.search_sizes', 'custom');
create policy own_read on ai.search_sizes for select to callboard_member
  using (organization_id = (select authz.organization_id()));
grant select on ai.search_sizes to callboard_member;

-- A new database begins with what is there without a network.
select ai.use_embedding_model('built_in', 'hashed-words-1', 768) where not exists (select from ai.embedding_models);
select ai.make_embedding_partition(m) from ai.embedding_models m where m.status <> 'retired';

call platform.protect('ai.agents', 'tenant');
call platform.allow_transitions('ai.agents', 'status', '{
  "draft": ["active", "retired"],
  "active": ["paused", "retired"],
  "paused": ["active", "retired"]
}');
call platform.protect('ai.agent_interactions', 'tenant_log', parent => 'agent_id', retention => '13 months');
call platform.protect('ai.interaction_feedback', 'tenant_log', parent => 'agent_id');
call platform.protect('ai.health_metrics', 'tenant_log', parent => 'agent_id');
call platform.protect('ai.insight_rules', 'catalog');
call platform.protect('ai.insights', 'tenant', parent => 'agent_id',
  read_only => '{rule_key,day,status,value,expected,decided_by,decided_at,reason}');
call platform.protect('ai.summary_runs', 'internal');
call platform.protect('ai.moved_organizations', 'internal');
select platform.maintain_partitions();

create or replace trigger _500_reindex after insert or update or delete on tenancy.organization_settings
  for each row execute function ai.reindex_organization_trigger();
create or replace trigger _500_note_moved_organization after update of time_zone on tenancy.organizations
  for each row when (old.time_zone <> new.time_zone) execute function ai.note_moved_organization_trigger();

-- What can be found. Each table once: its title, then columns that weigh less and less.
call ai.make_searchable('projects.projects', 'r.name',
  b => '{client_name,tags}', c => '{description}', d => '{location,kind}', codes => '{slug}');
call ai.make_searchable('projects.project_tasks', 'r.title', c => '{description}');
call ai.make_searchable('projects.project_milestones', 'r.name', c => '{description}');
call ai.make_searchable('projects.project_phases', 'r.name', c => '{description}');
call ai.make_searchable('projects.project_resources', 'r.name', d => '{kind}');
call ai.make_searchable('projects.project_compliance', 'r.name',
  b => '{authority,reference_number}', c => '{notes}', d => '{location,kind}', codes => '{reference_number}');
call ai.make_searchable('projects.project_safety', 'r.title', c => '{description,mitigation}', d => '{kind}');
call ai.make_searchable('projects.design_versions', 'r.name', c => '{notes}');
call ai.make_searchable('finance.accounts', $$r.code || ' ' || r.name$$, codes => '{code}');
call ai.make_searchable('finance.budgets', 'r.name', c => '{notes}');
call ai.make_searchable('finance.budget_line_items', 'r.name', b => '{category}', c => '{notes}');
call ai.make_searchable('finance.transactions', $$coalesce(nullif(r.description, ''), nullif(r.counterparty, ''), r.kind)$$,
  b => '{counterparty,reference}', d => '{category}', codes => '{reference}');
call ai.make_searchable('ai.agents', 'r.name', c => '{description}', d => '{purpose}', codes => '{key}');
call ai.make_searchable('ai.insights', 'r.title', c => '{body}');
call ai.make_searchable('crm.lead_sources', 'r.name', c => '{description}', d => '{channel}');
call ai.make_searchable('crm.leads', 'coalesce(r.full_name, r.company_name, r.email)',
  b => '{email,company_name,job_title}', c => '{industry,interests,city}', d => '{notes}', codes => '{email,phone}');
call ai.make_searchable('marketing.email_templates', 'r.name', b => '{subject,category}', c => '{description}', d => '{text_source}');
call ai.make_searchable('marketing.campaigns', 'r.name', c => '{description}');
call ai.make_searchable('crm.deals', 'r.name', c => '{description}', d => '{lost_reason}');
call ai.make_searchable('crm.lead_activities', 'r.subject', c => '{body}', d => '{outcome,kind}');
call ai.make_searchable('marketing.ab_tests', 'r.name', c => '{hypothesis}');
call ai.make_searchable('marketing.nurturing_sequences', 'r.name', c => '{description}');
call ai.make_searchable('analytics.segments', 'r.name', c => '{description}');
call ai.make_searchable('analytics.dashboards', 'r.name', c => '{description}', owner => 'r.owner_id');
call ai.make_searchable('analytics.reports', 'r.name', c => '{description}', owner => 'r.owner_id');
