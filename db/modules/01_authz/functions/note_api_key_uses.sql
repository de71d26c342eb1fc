create or replace function authz.note_api_key_uses(
  reporter_id uuid,
  number bigint,
  secret_hashes text[],
  uses bigint[]
) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  used record;
  noted integer;
begin
  if not billing.begin_report(reporter_id, number) then
    return 0;
  end if;
  -- By organization, in the order in which other processes count too.
  for used in
    select k.organization_id, sum(u.uses)::bigint as requests
      from unnest(secret_hashes, note_api_key_uses.uses) as u (hash, uses)
      join tenancy.api_keys k on k.secret_hash = decode(u.hash, 'hex')
     where k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now())
     group by k.organization_id
     order by k.organization_id
  loop
    perform billing.note_usage(used.organization_id, 'api_calls', used.requests);
  end loop;
  -- Several servers may tell of the same minute: nobody waits for one who is just doing so.
  with due as (
    select k.organization_id, k.id
      from tenancy.api_keys k
     where k.secret_hash in (select decode(h.hash, 'hex') from unnest(secret_hashes) as h (hash))
       and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now())
       and (k.last_used_at is null or k.last_used_at < now() - interval '50 seconds')
       for no key update skip locked
  )
  update tenancy.api_keys k
     set last_used_at = now()
    from due d
   where k.organization_id = d.organization_id and k.id = d.id;
  get diagnostics noted = row_count;
  return noted;
end
$$;

comment on function authz.note_api_key_uses(uuid, bigint, text[], bigint[]) is
  'Counts requests with API keys, by the SHA-256 of each in hex, towards the metric api_calls of their organizations, and '
  'writes down that the keys have been used, about once a minute for each. Returns how many that were. The server reports '
  'now and then, apart from the requests themselves; a report that comes again counts nothing. Definer: the server''s login '
  'may write nothing.';
grant execute on function authz.note_api_key_uses(uuid, bigint, text[], bigint[]) to callboard_authenticator;
