create or replace function authz.permission_list(permissions text[]) returns text
language sql immutable parallel safe
return ',' || array_to_string(permissions, ',') || ',';

comment on function authz.permission_list(text[]) is
  'Permissions as the setting authz.permissions has them: each between commas, so that one is found without taking the '
  'list apart.';
-- A row computes it for whoever writes the row.
grant execute on function authz.permission_list(text[]) to callboard_member, callboard_service;
