create or replace function identity.sign_in(
  email text,
  password text,
  organization_id uuid default null,
  device jsonb default null
) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
  matches boolean;
begin
  select u.id, c.password_hash
    into account
    from identity.users u
    join identity.credentials c on c.user_id = u.id
   where u.email = lower(btrim(sign_in.email)) and u.is_active;
  if account.id is null then
    -- An unknown address costs as much time as a wrong password.
    perform identity.hash_password(coalesce(sign_in.password, ''));
  end if;
  matches := account.id is not null
    and identity.matches_password(coalesce(sign_in.password, ''), account.password_hash);
  if not matches then
    perform platform.refuse('CB008', 'E-mail address and password do not match.');
  end if;
  return identity.complete_first_factor(account.id, sign_in.organization_id, sign_in.device);
end
$$;

comment on function identity.sign_in(text, text, uuid, jsonb) is
  'A new session by e-mail address and password, in the organization asked for or the one used last. Errors: '
  'INVALID_CREDENTIALS, the same for an unknown address and a wrong password; FORBIDDEN for an organization of others. '
  'Definer: whoever calls has no rights yet.';
grant execute on function identity.sign_in(text, text, uuid, jsonb) to callboard_anonymous, callboard_member;
