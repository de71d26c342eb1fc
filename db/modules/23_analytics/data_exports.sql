-- Who took what away is read by those who read the audit log, and by whoever took it.
call platform.protect('analytics.data_exports', 'custom', retention => '7 years');
create policy own_or_audit_read on analytics.data_exports for select to callboard_member
  using (organization_id = (select authz.organization_id())
         and (user_id = (select authz.user_id()) or (select authz.has('security.read'))));
grant select on analytics.data_exports to callboard_member;
