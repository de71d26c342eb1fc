-- The hot path: every transaction of the API begins here. So it is one statement over two rows, each found by its key: the
-- session, which lives as long as its user is active, and the member's row, on which triggers keep what the member may
-- do. Every function that the statement calls is paid for at each request, so there are few, and the arguments are no JSON.
-- Whatever is not plain, such as a grant that has just ended, is left to the slow way.
create or replace function authz.enter_session(
  user_id uuid,
  organization_id uuid,
  session_id uuid,
  request_id text
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config(
            'authz.caller',
            concat(
              s.user_id, '|', m.organization_id, '|', m.role_key, '|', s.id, '|',
              case when strpos(m.permission_list, ',workspaces.all,') = 0
                then authz.workspaces_of(m.organization_id, m.user_id, m.effective_permissions) end,
              '|||', enter_session.request_id),
            true),
          set_config('authz.permissions', m.permission_list, true)
     from identity.session_families s
     join tenancy.organization_members m
       on m.organization_id = enter_session.organization_id and m.user_id = s.user_id
    where s.id = enter_session.session_id
      and s.user_id = enter_session.user_id
      and s.revoked_at is null
      and s.expires_at > now()
      and m.may_enter
      and (m.permissions_valid_until > now()) is not false;
  if not found then
    perform authz.enter_user(
      enter_session.user_id, enter_session.organization_id, enter_session.session_id, enter_session.request_id);
  end if;
end
$$;

comment on function authz.enter_session(uuid, uuid, uuid, text) is
  'Opens a transaction for whoever shows the access token of a session. See authz.enter. '
  'Errors: CB001 for a session or an account that is over: never are they taken for nobody. Definer: the caller has no '
  'rights before it. Granted to the server''s login alone, so nobody enters twice.';
grant execute on function authz.enter_session(uuid, uuid, uuid, text) to callboard_authenticator, callboard_service;

create or replace function authz.enter(claims jsonb) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  request_id constant text := claims ->> 'request_id';
begin
  if claims ->> 'api_key' is not null then
    perform authz.enter_with_key(decode(claims ->> 'api_key', 'hex'), request_id);
  elsif claims ->> 'user_id' is not null then
    perform authz.enter_user(
      (claims ->> 'user_id')::uuid, (claims ->> 'organization_id')::uuid, (claims ->> 'session_id')::uuid, request_id);
  else
    perform set_config('authz.caller', '|||||||' || coalesce(request_id, ''), true), set_config('authz.permissions', '', true);
  end if;
end
$$;

comment on function authz.enter(jsonb) is
  'Opens a transaction for a caller: reads who they are and what they may do from the tables, never from the token, and '
  'keeps the answer in settings that end with the transaction. Without it nothing is seen. Claims: user_id, '
  'organization_id, session_id, request_id; without a session for jobs, on behalf of a user; or api_key, the SHA-256 of a '
  'key in hex. Errors: CB001 for a session, a key or an account that is over: never are they taken for nobody. Definer: the '
  'caller has no rights before it. Granted to the server''s login alone, so nobody enters twice.';
grant execute on function authz.enter(jsonb) to callboard_authenticator, callboard_service;

create or replace function authz.enter_user(
  user_id uuid,
  organization_id uuid,
  session_id uuid,
  request_id text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config(
            'authz.caller',
            concat(
              u.id, '|', m.organization_id, '|', m.role_key, '|', enter_user.session_id, '|',
              case when 'workspaces.all' <> all (tenancy.permissions_now(m))
                then authz.workspaces_of(m.organization_id, m.user_id, tenancy.permissions_now(m)) end,
              '|||', enter_user.request_id),
            true),
          set_config('authz.permissions', authz.permission_list(tenancy.permissions_now(m)), true)
     from identity.users u
     left join tenancy.organization_members m
       on m.organization_id = enter_user.organization_id and m.user_id = u.id and m.may_enter
    where u.id = enter_user.user_id
      and u.is_active
      and (enter_user.session_id is null or exists (
             select
               from identity.session_families s
              where s.id = enter_user.session_id
                and s.user_id = u.id
                and s.revoked_at is null
                and s.expires_at > now()
           ));
  if not found then
    perform platform.refuse(
      'CB001', case when session_id is null then 'The account is not active.' else 'The session is over. Sign in again.' end);
  end if;
end
$$;

comment on function authz.enter_user(uuid, uuid, uuid, text) is
  'Enters a user, with a session or, on behalf of a job, without one: whatever authz.enter_session leaves. Errors: CB001.';

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
      on m.organization_id = k.organization_id and m.user_id = k.created_by and m.may_enter
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
              '|', '', key.organization_id, '', '', coalesce(seen, ''), key.id, key.created_by, coalesce(request_id, '')),
            true),
          set_config('authz.permissions', authz.permission_list(held), true);
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
