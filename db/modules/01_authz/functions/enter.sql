-- The hot path: every transaction of the API begins here. So it is one statement over two rows, each found by its key: the
-- session, which lives as long as its user is active, and the member's row, on which triggers keep what the member may
-- do. Whoever comes in another way, an API key or a job, pays for a few rows more.
create or replace function authz.enter(claims jsonb) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if claims ->> 'session_id' is null then
    perform authz.enter_without_session(claims);
    return;
  end if;
  perform set_config(
            'authz.caller',
            concat(
              s.user_id, '|', m.organization_id, '|', m.role_key, '|', s.id, '|',
              case when 'workspaces.all' <> all (tenancy.permissions_now(m))
                then authz.workspaces_of(m.organization_id, m.user_id, tenancy.permissions_now(m)) end,
              '|', replace(claims ->> 'request_id', '|', '')),
            true),
          set_config('authz.permissions', ',' || array_to_string(tenancy.permissions_now(m), ',') || ',', true)
     from identity.sessions s
     left join tenancy.organization_members m
       on m.organization_id = (claims ->> 'organization_id')::uuid
      and m.user_id = s.user_id
      and m.status = 'active'
      and m.is_open
    where s.id = (claims ->> 'session_id')::uuid
      and s.user_id = (claims ->> 'user_id')::uuid
      and s.revoked_at is null
      and s.expires_at > now();
  if not found then
    perform platform.refuse('CB001', 'The session is over. Sign in again.');
  end if;
end
$$;

comment on function authz.enter(jsonb) is
  'Opens a transaction for a caller: reads who they are and what they may do from the tables, never from the token, and '
  'keeps the answer in settings that end with the transaction. Without it nothing is seen. Claims: user_id, '
  'organization_id, session_id, request_id; or api_key, the SHA-256 of a key in hex. Errors: CB001 for a session, a key or '
  'an account that is over: never are they taken for nobody. Definer: the caller has no rights before it. Granted to the '
  'server''s login alone, so nobody enters twice.';
grant execute on function authz.enter(jsonb) to callboard_authenticator, callboard_service;

create or replace function authz.enter_without_session(claims jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  request_id constant text := replace(claims ->> 'request_id', '|', '');
begin
  if claims ->> 'api_key' is not null then
    perform authz.enter_with_key(decode(claims ->> 'api_key', 'hex'), request_id);
  elsif claims ->> 'user_id' is not null then
    perform set_config(
              'authz.caller',
              concat(
                u.id, '|', m.organization_id, '|', m.role_key, '||',
                case when 'workspaces.all' <> all (tenancy.permissions_now(m))
                  then authz.workspaces_of(m.organization_id, m.user_id, tenancy.permissions_now(m)) end,
                '|', request_id),
              true),
            set_config('authz.permissions', ',' || array_to_string(tenancy.permissions_now(m), ',') || ',', true)
       from identity.users u
       left join tenancy.organization_members m
         on m.organization_id = (claims ->> 'organization_id')::uuid
        and m.user_id = u.id
        and m.status = 'active'
        and m.is_open
      where u.id = (claims ->> 'user_id')::uuid
        and u.is_active;
    if not found then
      perform platform.refuse('CB001', 'The account is not active.');
    end if;
  else
    perform set_config('authz.caller', '|||||' || coalesce(request_id, ''), true), set_config('authz.permissions', '', true);
  end if;
end
$$;

comment on function authz.enter_without_session(jsonb) is
  'Enters an API key, a user on whose behalf a job works, or nobody.';

create or replace function authz.enter_with_key(secret_hash bytea, request_id text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  key record;
  held text[];
  seen text;
begin
  select k.id, k.organization_id, k.created_by, k.scopes, k.workspace_ids, tenancy.permissions_now(m) as permissions
    into key
    from tenancy.api_keys k
    join tenancy.organization_members m
      on m.organization_id = k.organization_id and m.user_id = k.created_by and m.status = 'active' and m.is_open
    join identity.users u on u.id = k.created_by and u.is_active
   where k.secret_hash = enter_with_key.secret_hash
     and k.revoked_at is null
     and (k.expires_at is null or k.expires_at > now());
  if not found then
    perform platform.refuse('CB001', 'The API key is not valid, or not any more.');
  end if;
  -- Scopes say what, workspaces.* where: a key sees the workspaces that whoever made it sees, unless it names its own.
  held := array(
    select p.permission
      from unnest(key.permissions) as p (permission)
     where case
             when p.permission in ('workspaces.all', 'workspaces.shared') then key.workspace_ids is null
             else p.permission = any (key.scopes)
           end);
  if key.workspace_ids is not null then
    -- A list of none, if none is left, and not the empty setting.
    seen := array(
      select w.id
        from tenancy.workspaces w
       where w.organization_id = key.organization_id
         and w.id = any (key.workspace_ids)
         and ('workspaces.all' = any (key.permissions)
              or w.id = any (authz.workspaces_of(key.organization_id, key.created_by, key.permissions)::uuid[])))::text;
  elsif 'workspaces.all' <> all (key.permissions) then
    seen := authz.workspaces_of(key.organization_id, key.created_by, key.permissions);
  end if;
  perform set_config(
            'authz.caller',
            concat_ws(
              '|', '', key.organization_id, '', '', coalesce(seen, ''), coalesce(request_id, ''), key.id, key.created_by),
            true),
          set_config('authz.permissions', ',' || array_to_string(held, ',') || ',', true);
end
$$;

comment on function authz.enter_with_key(bytea, text) is
  'Enters an API key: it does in its organization what its scopes say, as far as whoever made it may do that at this '
  'moment. It is no person: authz.user_id() is null.';

create or replace function authz.workspaces_of(organization_id uuid, user_id uuid, permissions text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  seen uuid[] := array(
    select wm.workspace_id
      from tenancy.workspace_members wm
     where wm.organization_id = workspaces_of.organization_id and wm.user_id = workspaces_of.user_id);
begin
  if 'workspaces.shared' = any (permissions) then
    -- the id of zeros stands for rows in no workspace
    seen := seen || '00000000-0000-0000-0000-000000000000'::uuid || array(
      select w.id
        from tenancy.workspaces w
       where w.organization_id = workspaces_of.organization_id and not w.is_private);
  end if;
  return seen::text;
end
$$;

comment on function authz.workspaces_of(uuid, uuid, text[]) is
  'The workspaces whose rows a member sees who does not see all: those that list the member, and, with '
  'workspaces.shared, those that are not private and the id of zeros for rows in none. As the text of an array.';
