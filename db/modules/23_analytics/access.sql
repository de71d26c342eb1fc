grant usage on schema analytics to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission(
  'analytics.read', 'See what users do, figures, segments and dashboards.', '{owner,admin,member}');
select authz.define_permission(
  'analytics.write', 'Record events and figures, keep segments and dashboards.', '{owner,admin,member}');

call platform.protect('analytics.metric_definitions', 'catalog');
call platform.protect('analytics.metrics_daily', 'tenant_log');
call platform.protect('analytics.metrics_log', 'tenant_log', retention => '13 months');
call platform.protect('analytics.app_events', 'tenant_log', retention => '25 months');
-- What a lead did is seen by those who see the lead. It is in the workspace that the lead is in by now: a column would have to be
-- written in every event of a lead that moves.
create policy lead_is_seen on analytics.app_events as restrictive for select to callboard_member
  using (lead_id is null or lead_id not in (select crm.hidden_lead_ids()));
select platform.maintain_partitions();

call platform.protect('analytics.dirty_days', 'internal');
call platform.protect('analytics.trimmed_until', 'internal');
call platform.protect('analytics.open_days', 'internal');
call platform.protect('analytics.event_batches', 'internal');
create or replace trigger _500_note_events after insert on analytics.app_events
  referencing new table as new_rows for each statement execute function analytics.note_events_trigger();
call platform.protect('analytics.sessions', 'tenant_log', parent => 'lead_id');
call platform.protect('analytics.activation_rules', 'tenant');
call platform.protect('analytics.user_activations', 'tenant_log');
call platform.protect('analytics.nps_responses', 'tenant', parent => 'lead_id');
call platform.protect('analytics.pmf_metrics_snapshots', 'tenant_log');
call platform.protect('analytics.segment_fields', 'catalog');
call platform.protect('analytics.segments', 'tenant');
call platform.protect('analytics.user_segments', 'tenant_log', parent => 'lead_id');
call platform.protect('analytics.segment_checks', 'internal');
call platform.protect('analytics.touched_subjects', 'internal');
call platform.protect('analytics.due_segments', 'internal');

-- What figures, segments and activations follow from is marked by whoever changes it.
create or replace trigger _500_note_answers_insert after insert on analytics.nps_responses
  referencing new table as new_rows for each statement execute function analytics.note_answers_trigger();
create or replace trigger _500_note_answers_update after update on analytics.nps_responses
  referencing old table as old_rows new table as new_rows
  for each statement execute function analytics.note_answers_trigger();
create or replace trigger _500_note_members_insert after insert on tenancy.organization_members
  referencing new table as new_rows for each statement execute function analytics.note_members_trigger();
create or replace trigger _500_note_members_update after update on tenancy.organization_members
  referencing old table as old_rows new table as new_rows
  for each statement execute function analytics.note_members_trigger();
create or replace trigger _500_note_leads_insert after insert on crm.leads
  referencing new table as new_rows for each statement execute function analytics.note_leads_trigger();
create or replace trigger _500_note_leads_update after update on crm.leads
  referencing new table as new_rows for each statement execute function analytics.note_leads_trigger();
create or replace trigger _500_note_lead_source after update of name on crm.lead_sources
  for each row when (old.name <> new.name) execute function analytics.note_lead_source_trigger();
create or replace trigger _500_note_person after update of email, name, time_zone on identity.users
  for each row when ((old.email, old.name, old.time_zone) is distinct from (new.email, new.name, new.time_zone))
  execute function analytics.note_person_trigger();
create or replace trigger _500_note_time_zone after update of time_zone on tenancy.organizations
  for each row when (old.time_zone <> new.time_zone) execute function analytics.note_time_zone_trigger();
create or replace trigger _500_forget_person after update of deleted_at on identity.users
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function analytics.forget_person_trigger();
create or replace trigger _500_note_rules after insert or update on analytics.activation_rules
  for each row execute function analytics.note_activation_rule_trigger();
create or replace trigger _500_note_segment after insert or update on analytics.segments
  for each row execute function analytics.note_segment_trigger();
create or replace trigger _150_check_rule before insert or update on analytics.segments
  for each row execute function analytics.check_segment_trigger();
grant select on analytics.metrics_dashboard to callboard_member, callboard_service;
create or replace trigger _500_enroll_entered after insert on analytics.user_segments
  referencing new table as new_rows for each statement execute function analytics.enroll_entered_trigger();
