grant usage on schema crm to callboard_anonymous, callboard_member, callboard_service;

-- People outside of the organization: not for guests.
select authz.define_permission('crm.read', 'Read leads, deals and what they bring.', '{owner,admin,member}');
select authz.define_permission('crm.write', 'Write leads and deals, and move deals.', '{owner,admin,member}');

call platform.protect('crm.lead_sources', 'tenant');
call platform.protect(
  'crm.leads', 'tenant',
  read_only => '{score,score_fit,score_behaviour,score_engagement,score_negative,scored_at,last_activity_at,converted_at,merged_into_lead_id}');

call platform.allow_transitions('crm.leads', 'status', '{
  "new": ["contacted", "qualified", "unqualified", "converted", "lost"],
  "contacted": ["new", "qualified", "unqualified", "converted", "lost"],
  "qualified": ["contacted", "unqualified", "converted", "lost"],
  "unqualified": ["new", "contacted", "qualified"],
  "lost": ["new", "contacted", "qualified", "converted"]
}');

create or replace trigger _150_lead before insert or update of email, email_consent, email_consent_at on crm.leads
  for each row execute function crm.keep_lead_trigger();
