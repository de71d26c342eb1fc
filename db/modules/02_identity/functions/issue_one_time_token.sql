create or replace function identity.issue_one_time_token(
  purpose text,
  email text,
  user_id uuid default null,
  asked_at timestamptz default now()
) returns table (id uuid, token text, variables jsonb)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  address constant text := lower(btrim(issue_one_time_token.email));
  lifetime constant interval := case issue_one_time_token.purpose
    -- Read when it comes, because it was asked for a minute ago.
    when 'password_reset' then interval '1 hour'
    -- Read when there is time.
    else interval '1 day'
  end;
  -- Nobody's mailbox is filled by whoever knows their address.
  most_in_an_hour constant integer := 5;
  secret constant text := encode(extensions.gen_random_bytes(32), 'hex');
  account record;
begin
  -- Everything that changes an account takes this lock first.
  perform
     from identity.users u
    where u.email = address and issue_one_time_token.purpose = 'password_reset' or u.id = issue_one_time_token.user_id
      for no key update;
  select u.id, u.name
    into account
    from identity.users u
    left join identity.credentials c on c.user_id = u.id
   where u.is_active
     and case issue_one_time_token.purpose
           when 'password_reset' then u.email = address
           when 'email_verification'
             then u.id = issue_one_time_token.user_id and u.email = address and u.email_verified_at is null
           when 'email_change'
             then u.id = issue_one_time_token.user_id
                  and not exists (select from identity.users o where o.email = address)
         end
     -- Whoever asked before the password was changed may have been the reason for changing it.
     and (c.changed_at is null or c.changed_at <= issue_one_time_token.asked_at);
  if account.id is null or (
       select count(*)
         from identity.one_time_tokens t
        where t.user_id = account.id
          and t.purpose = issue_one_time_token.purpose
          and t.created_at > now() - interval '1 hour'
     ) >= most_in_an_hour then
    return;
  end if;
  return query
    insert into identity.one_time_tokens as t (user_id, purpose, email, token_hash, expires_at)
    values (
      account.id, issue_one_time_token.purpose, address, sha256(convert_to(secret, 'UTF8')), now() + lifetime)
    returning t.id, secret, jsonb_build_object(
      'name', account.name,
      'hours', (extract(epoch from lifetime) / 3600)::int::text,
      'minutes', (extract(epoch from lifetime) / 60)::int::text);
end
$$;

comment on function identity.issue_one_time_token(text, text, uuid, timestamptz) is
  'Makes the token of a link for the mail that is about to be sent to an address, and what the mail says of it. No row when '
  'there is nobody to make it for, which is how an unknown address costs its sender no time, and when five went out within '
  'the hour. asked_at is when it was asked for.';
grant execute on function identity.issue_one_time_token(text, text, uuid, timestamptz) to callboard_service;
