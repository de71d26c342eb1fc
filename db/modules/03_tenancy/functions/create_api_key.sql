create or replace function tenancy.create_api_key(
  name text,
  scopes text[],
  workspace_ids uuid[] default null,
  expires_at timestamptz default null
) returns tenancy.issued_api_key
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  maker_id constant uuid := authz.require_user();
  active_id constant uuid := authz.require('tenancy.manage_api_keys');
  wanted constant text[] := array(
    select distinct s.key collate "C" from unnest(create_api_key.scopes) as s (key) order by 1);
  chosen constant uuid[] := array(select distinct w.id from unnest(create_api_key.workspace_ids) as w (id) order by 1);
  wrong text;
  prefix constant text := 'cb_live_' || encode(extensions.gen_random_bytes(4), 'hex');
  token constant text := prefix || '_' || encode(extensions.gen_random_bytes(32), 'hex');
  issued tenancy.issued_api_key;
begin
  if btrim(coalesce(create_api_key.name, '')) = '' or length(create_api_key.name) > 200 then
    perform platform.refuse('CB002', 'A name has 1 to 200 characters.', field => 'name');
  end if;
  if wanted = '{}' then
    perform platform.refuse(
      'CB002', 'A key without a scope could do nothing.', field => 'scopes', hint => 'Name permissions, such as projects.read.');
  end if;
  wrong := (
    select string_agg(coalesce('"' || w.key || '"', 'null'), ', ')
      from unnest(wanted) as w (key)
     where not exists (select from authz.permissions p where p.key = w.key));
  if wrong is not null then
    perform platform.refuse('CB002', format('There is no permission %s.', wrong), field => 'scopes');
  end if;
  wrong := (select string_agg(w.key, ', ') from unnest(wanted) as w (key) where not tenancy.is_scope(w.key));
  if wrong is not null then
    perform platform.refuse(
      'CB002', format('A key cannot hold %s.', wrong), field => 'scopes',
      detail => 'Who belongs to the organization, and what they may do, is for people to decide. Which rows a key sees '
        'follows from workspace_ids.');
  end if;
  wrong := (select string_agg(w.key, ', ') from unnest(wanted) as w (key) where not authz.has(w.key));
  if wrong is not null then
    perform platform.refuse(
      'CB003', 'You cannot give a key what you may not do yourself.', field => 'scopes',
      detail => format('You do not hold %s.', wrong));
  end if;
  if create_api_key.expires_at <= now() or not isfinite(create_api_key.expires_at) then
    perform platform.refuse('CB002', 'A key ends in the future, or never.', field => 'expires_at');
  end if;
  if exists (
    select
      from unnest(chosen) as c (id)
     where not exists (
             select
               from tenancy.workspaces w
              where w.organization_id = active_id
                and w.id = c.id
                and authz.sees_workspace(w.id)
           )
  ) then
    perform platform.refuse(
      'CB004', 'There is no such workspace, or none that you see.', field => 'workspace_ids');
  end if;
  -- What has expired leaves its place in the plan to this one.
  perform tenancy.end_what_expired(active_id);
  -- The lock: whoever is being removed at the same moment has gone, or is cleared out with this key.
  perform
     from tenancy.organization_members m
    where m.organization_id = active_id and m.user_id = maker_id and m.status = 'active'
      for share;
  if not found then
    perform platform.refuse('CB003', 'You are not a member any more.');
  end if;
  insert into tenancy.api_keys as k
    (organization_id, name, prefix, secret_hash, scopes, workspace_ids, expires_at, created_by)
  values (
    active_id, btrim(create_api_key.name), prefix, sha256(convert_to(token, 'UTF8')), wanted, nullif(chosen, '{}'),
    create_api_key.expires_at, maker_id)
  returning k.id, k.name, k.prefix, token, k.scopes, k.workspace_ids, k.expires_at into issued;
  return issued;
end
$$;

comment on function tenancy.create_api_key(text, text[], uuid[], timestamptz) is
  E'@resultFieldName apiKey\n'
  'A new API key for the active organization. scopes are permissions that the caller holds; workspace_ids narrow what it '
  'sees; without expires_at it serves until it is revoked. Needs tenancy.manage_api_keys. Errors: INVALID_INPUT for a scope '
  'that is unknown or not for keys, FORBIDDEN for one that the caller does not hold, NOT_FOUND_OR_FORBIDDEN for a workspace. '
  'Definer: keys are written by functions only.';
grant execute on function tenancy.create_api_key(text, text[], uuid[], timestamptz) to callboard_member;

create or replace function tenancy.is_scope(permission text) returns boolean
language sql immutable parallel safe
return permission !~ '^(tenancy\.(own|manage_)|workspaces\.)';

comment on function tenancy.is_scope(text) is
  'Whether an API key can hold a permission. Who belongs to an organization and what they may do is decided by people; '
  'which workspaces a key sees is said by naming them.';
