grant usage on schema crm to callboard_anonymous, callboard_member, callboard_service;

-- People outside of the organization: not for guests.
select authz.define_permission('crm.read', 'Read leads, deals and what they bring.', '{owner,admin,member}');
select authz.define_permission('crm.write', 'Write leads and deals, and move deals.', '{owner,admin,member}');

call platform.protect('crm.lead_sources', 'tenant');
call platform.protect(
  'crm.leads', 'tenant',
  read_only => '{score,score_fit,score_behaviour,score_engagement,score_negative,scored_at,rescore_at,last_activity_at,converted_at,merged_into_lead_id}');
call platform.protect('crm.lead_sessions', 'tenant_log', parent => 'lead_id');
call platform.protect('crm.lead_touchpoints', 'tenant_log', parent => 'lead_id');
call platform.protect('crm.lead_activities', 'tenant', parent => 'lead_id');

call platform.protect('crm.pipeline_stages', 'tenant');
call platform.protect(
  'crm.deals', 'tenant', parent => 'lead_id', read_only => '{status,stage_entered_at,closed_at}');
call platform.protect('crm.deal_contacts', 'tenant', parent => 'deal_id');
call platform.protect('crm.deal_stage_changes', 'tenant_log', parent => 'deal_id');
call platform.protect('crm.pipeline_forecasts', 'tenant_log');
call platform.protect('crm.pipeline_metrics', 'tenant_log');

-- What was earned stays when a lead or a deal is archived.
call platform.protect(
  'crm.conversions', 'tenant', parent => 'lead_id', outlives_parent => true, read_only => '{makes_customer}');
call platform.protect('crm.revenue_events', 'tenant', parent => 'conversion_id');

call platform.protect('crm.lead_score_rules', 'tenant');
call platform.protect('crm.leads_to_score', 'internal');
-- One row each, which is there as long as the organization.
call platform.protect('crm.crm_settings', 'custom', audit => true);
call platform.keep_values_finite('crm.crm_settings');
create policy tenant_read on crm.crm_settings for select to callboard_member
  using (organization_id = (select authz.allowed('crm.read')));
create policy tenant_update on crm.crm_settings for update to callboard_member
  using (organization_id = (select authz.allowed('crm.write')))
  with check (organization_id = (select authz.allowed('crm.write')));
grant select on crm.crm_settings to callboard_member;
call platform.grant_columns('crm.crm_settings', 'update', '{organization_id,id,created_at,updated_at}');

call platform.allow_transitions('crm.leads', 'status', '{
  "new": ["contacted", "qualified", "unqualified", "converted", "lost"],
  "contacted": ["new", "qualified", "unqualified", "converted", "lost"],
  "qualified": ["contacted", "unqualified", "converted", "lost"],
  "unqualified": ["new", "contacted", "qualified", "converted"],
  "lost": ["new", "contacted", "qualified", "converted"],
  "converted": ["qualified"]
}');

create or replace trigger _150_lead before insert or update on crm.leads
  for each row execute function crm.keep_lead_trigger();
create or replace trigger _105_activity before insert or update of deal_id, lead_id on crm.lead_activities
  for each row execute function crm.keep_activity_trigger();
create or replace trigger _150_deal before insert or update on crm.deals
  for each row execute function crm.keep_deal_trigger();
create or replace trigger _300_stage before update on crm.pipeline_stages
  for each row when (old.deleted_at is distinct from new.deleted_at or old.kind <> new.kind)
  execute function crm.keep_stage_trigger();
create or replace trigger _500_stage_insert after insert on crm.deals
  for each row execute function crm.note_deal_stage_trigger();
create or replace trigger _500_stage_update after update on crm.deals
  for each row when (old.stage_id <> new.stage_id) execute function crm.note_deal_stage_trigger();
create or replace trigger _510_move_conversion after update of lead_id on crm.deals
  for each row when (old.lead_id <> new.lead_id and new.status = 'won')
  execute function crm.move_deal_conversion_trigger();
create or replace trigger _500_customer_insert after insert on crm.conversions
  for each row execute function crm.settle_conversion_trigger();
create or replace trigger _500_customer_update after update of lead_id, kind, occurred_at, deleted_at on crm.conversions
  for each row execute function crm.settle_conversion_trigger();

create or replace trigger _150_check before insert or update of signal, operands on crm.lead_score_rules
  for each row when (new.signal = 'inactive_days') execute function crm.check_score_rule_trigger();

-- What a score is made of.
create or replace trigger _600_score_insert after insert on crm.leads
  referencing new table as new_rows for each statement execute function crm.queue_changed_leads_trigger();
create or replace trigger _600_score_update after update on crm.leads
  referencing old table as old_rows new table as new_rows
  for each statement execute function crm.queue_changed_leads_trigger();
create or replace trigger _600_score_insert after insert on crm.lead_touchpoints
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_update after update on crm.lead_touchpoints
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_insert after insert on crm.lead_activities
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_update after update on crm.lead_activities
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_insert after insert on marketing.email_interactions
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_update after update on marketing.email_interactions
  referencing new table as new_rows for each statement execute function crm.queue_lead_scores_trigger();
create or replace trigger _600_score_update after update of name, channel on crm.lead_sources
  for each row when (old.name <> new.name or old.channel <> new.channel)
  execute function crm.queue_source_scores_trigger();
create or replace trigger _600_score_insert after insert on crm.lead_score_rules
  referencing new table as new_rows for each statement execute function crm.queue_all_scores_trigger();
create or replace trigger _600_score_update after update on crm.lead_score_rules
  referencing new table as new_rows for each statement execute function crm.queue_all_scores_trigger();
create or replace trigger _600_score_update after update on crm.crm_settings
  referencing new table as new_rows for each statement execute function crm.queue_all_scores_trigger();

create or replace trigger _700_pipeline after insert on tenancy.organizations
  for each row execute function crm.make_defaults_trigger();
-- for organizations that were there before
select crm.make_defaults();
