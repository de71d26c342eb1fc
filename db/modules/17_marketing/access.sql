grant usage on schema marketing to callboard_authenticator, callboard_anonymous, callboard_member, callboard_service;

-- People outside of the organization: not for guests.
select authz.define_permission('marketing.read', 'Read templates, mails and campaigns, and what became of them.', '{owner,admin,member}');
select authz.define_permission('marketing.write', 'Write templates and campaigns, and say who gets no mail.', '{owner,admin,member}');
select authz.define_permission('marketing.manage', 'Send mails again that may have gone out, change how mail is sent, and who may report about it.', '{owner,admin}');

call platform.protect('marketing.email_templates', 'tenant', read_only => '{version,subject,html_source,text_source,variables}');
call platform.protect('marketing.email_template_versions', 'tenant_log');
call platform.protect('marketing.campaigns', 'tenant', read_only => '{status,scheduled_at,started_at,audience_taken_at,finished_at}');
call platform.protect('marketing.campaign_recipients', 'tenant_log', parent => 'lead_id');
call platform.protect('marketing.email_queue', 'tenant_log', parent => 'lead_id');
call platform.protect('marketing.email_interactions', 'tenant_log', parent => 'lead_id');
call platform.protect('marketing.email_suppressions', 'tenant_log');
call platform.protect('marketing.sending_states', 'internal');

call platform.allow_transitions('marketing.campaigns', 'status', '{
  "draft": ["scheduled", "running", "cancelled"],
  "scheduled": ["draft", "running", "cancelled"],
  "running": ["paused", "completed", "cancelled"],
  "paused": ["running", "cancelled"]
}');

create or replace trigger _250_started_stays before update of template_id, audience, segment_id, lead_statuses, minimum_score, variables
  on marketing.campaigns
  for each row when (old.status in ('running', 'paused', 'completed', 'cancelled'))
  execute function marketing.keep_started_campaign_trigger();
create or replace trigger _240_end_archived before update of deleted_at on marketing.campaigns
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function marketing.end_archived_campaign_trigger();
create or replace trigger _500_stop_archived after update of deleted_at on marketing.campaigns
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function marketing.stop_archived_campaign_trigger();

create or replace trigger _500_send after insert on marketing.email_queue
  referencing new table as new_rows
  for each statement execute function marketing.send_queued_trigger();
create or replace trigger _500_leave_sequences after insert on marketing.email_suppressions
  referencing new table as new_rows
  for each statement execute function marketing.follow_suppressions_trigger();
create or replace trigger _600_follow_consent after update of email_consent on crm.leads
  for each row when (old.email_consent is distinct from new.email_consent)
  execute function marketing.follow_consent_trigger();

-- A/B tests.
call platform.protect('marketing.ab_tests', 'tenant', read_only => '{started_at,stopped_at}');
call platform.protect('marketing.ab_test_variants', 'tenant', parent => 'ab_test_id');
call platform.protect('marketing.ab_test_assignments', 'tenant_log');
create policy lead_is_seen on marketing.ab_test_assignments as restrictive for select to callboard_member
  using (lead_id is null or lead_id not in (select crm.hidden_lead_ids()));
call platform.protect('marketing.ab_test_conversions', 'tenant_log');

call platform.allow_transitions('marketing.ab_tests', 'status', '{
  "draft": ["running"],
  "running": ["stopped"]
}');
create or replace trigger _250_check_test before update on marketing.ab_tests
  for each row execute function marketing.check_ab_test_trigger();
create or replace trigger _250_keep_variants before insert or update on marketing.ab_test_variants
  for each row execute function marketing.keep_ab_variants_trigger();

-- Nurturing.
call platform.protect('marketing.nurturing_sequences', 'tenant', read_only => '{activated_at}');
call platform.protect('marketing.nurturing_steps', 'tenant', parent => 'sequence_id');
call platform.protect('marketing.nurturing_enrollments', 'tenant_log', parent => 'lead_id');
call platform.protect('marketing.nurturing_wakes', 'internal');

-- What is left of mails that were deleted.
call platform.protect('marketing.trimmed_emails', 'internal');
call platform.protect('marketing.email_tallies', 'tenant_log');
call platform.protect('marketing.interaction_tallies', 'tenant_log');

call platform.allow_transitions('marketing.nurturing_sequences', 'status', '{
  "draft": ["active", "archived"],
  "active": ["paused", "archived"],
  "paused": ["active", "archived"]
}');
create or replace trigger _250_check_sequence before insert or update on marketing.nurturing_sequences
  for each row execute function marketing.check_nurturing_sequence_trigger();
create or replace trigger _250_check_step before insert or update on marketing.nurturing_steps
  for each row execute function marketing.check_nurturing_step_trigger();
create or replace trigger _500_follow_sequence after update on marketing.nurturing_sequences
  for each row
  when (old.status is distinct from new.status or old.deleted_at is distinct from new.deleted_at)
  execute function marketing.follow_nurturing_sequence_trigger();
create or replace trigger _500_check_graph_insert after insert on marketing.nurturing_steps
  referencing new table as new_rows for each statement execute function marketing.check_nurturing_graph_trigger();
create or replace trigger _500_check_graph_update after update on marketing.nurturing_steps
  referencing new table as new_rows for each statement execute function marketing.check_nurturing_graph_trigger();
create or replace trigger _600_go_on after insert on marketing.email_interactions
  referencing new table as new_rows for each statement execute function marketing.follow_interactions_trigger();
create or replace trigger _600_leave_sequences after update on crm.leads
  referencing new table as new_rows for each statement execute function marketing.follow_leads_trigger();
