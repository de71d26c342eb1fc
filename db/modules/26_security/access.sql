grant usage on schema security to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission('security.read', 'Read the audit log.', '{owner,admin}');

call platform.protect('security.audit_logs', 'tenant_log', retention => '7 years');
select platform.maintain_partitions();
