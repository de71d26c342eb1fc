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
  tried record;
  refused identity.session_grant;
begin
  tried := identity.try_password(sign_in.email, sign_in.password);
  if tried.refusal is not null then
    refused.refusal := tried.refusal;
    return refused;
  end if;
  return identity.complete_first_factor(tried.user_id, sign_in.organization_id, sign_in.device);
end
$$;

comment on function identity.sign_in(text, text, uuid, jsonb) is
  'A new session by e-mail address and password, in the organization asked for or the one used last. Errors: '
  'INVALID_CREDENTIALS, the same for an unknown address and a wrong password; TOO_MANY_ATTEMPTS; FORBIDDEN for an '
  'organization of others. Definer: whoever calls has no rights yet.';
grant execute on function identity.sign_in(text, text, uuid, jsonb) to callboard_anonymous, callboard_member;
