grant usage on schema authz to callboard_authenticator, callboard_anonymous, callboard_member, callboard_service;

call platform.protect('authz.permissions', 'internal');

select authz.define_permission(
  'workspaces.all', 'See the rows of every workspace, private ones too.', '{owner,admin}');
select authz.define_permission(
  'workspaces.shared', 'See rows that are in no workspace or in one that is not private.', '{owner,admin,member}');
