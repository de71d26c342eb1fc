create or replace function identity.sign_up(
  email text,
  password text,
  name text,
  organization_name text default null,
  device jsonb default null
) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant text := identity.checked_email(sign_up.email);
  new_user_id uuid;
  new_organization_id uuid;
begin
  perform identity.check_password(sign_up.password, address, sign_up.name);
  if btrim(coalesce(sign_up.name, '')) = '' or length(sign_up.name) > 200 then
    perform platform.refuse('CB002', 'A name has 1 to 200 characters.', field => 'name');
  end if;
  if sign_up.organization_name is not null and (btrim(sign_up.organization_name) = '' or length(sign_up.organization_name) > 200) then
    perform platform.refuse('CB002', 'An organization''s name has 1 to 200 characters.', field => 'organization_name');
  end if;

  insert into identity.users (email, name)
  values (address, btrim(sign_up.name))
  on conflict do nothing
  returning id into new_user_id;
  if new_user_id is null then
    perform platform.refuse('CB005', 'There is an account with this e-mail address.', field => 'email');
  end if;
  insert into identity.credentials (user_id, password_hash) values (new_user_id, identity.hash_password(sign_up.password));
  if sign_up.organization_name is not null then
    new_organization_id := tenancy.create_organization(btrim(sign_up.organization_name), new_user_id);
  end if;
  perform identity.send_verification(new_user_id, address);
  update identity.users u set last_sign_in_at = now() where u.id = new_user_id;
  return identity.open_session(new_user_id, new_organization_id, sign_up.device);
end
$$;

comment on function identity.sign_up(text, text, text, text, jsonb) is
  'An account with its first session, and, when a name is given, an organization that it owns. A link to confirm the '
  'e-mail address goes out. Errors: INVALID_INPUT, CONFLICT for a known e-mail address. Definer: whoever calls has no '
  'rights yet.';
grant execute on function identity.sign_up(text, text, text, text, jsonb) to callboard_anonymous, callboard_member;
