grant usage on schema security to callboard_anonymous, callboard_authenticator, callboard_member, callboard_service;

select authz.define_permission('security.read', 'Read the audit log.', '{owner,admin}');

call platform.protect('security.audit_logs', 'tenant_log', retention => '7 years');
select platform.maintain_partitions();

call platform.protect('security.security_events', 'custom');
create policy own_read on security.security_events for select to callboard_member
  using (user_id = (select authz.user_id()));
grant select on security.security_events to callboard_member;

call platform.protect('security.rate_limits', 'internal');
call platform.protect('security.failed_login_attempts', 'internal');
