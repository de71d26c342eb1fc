create or replace function authz.note_api_key_uses(secret_hashes text[]) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  noted integer;
begin
  update tenancy.api_keys k
     set last_used_at = now()
   where k.secret_hash in (select decode(h.hash, 'hex') from unnest(secret_hashes) as h (hash))
     and k.revoked_at is null
     and (k.expires_at is null or k.expires_at > now())
     -- several servers may tell of the same minute
     and (k.last_used_at is null or k.last_used_at < now() - interval '50 seconds');
  get diagnostics noted = row_count;
  return noted;
end
$$;

comment on function authz.note_api_key_uses(text[]) is
  'Writes down that keys, by their SHA-256 in hex, have been used, and returns how many rows that changed. The server calls '
  'it now and then, apart from the requests themselves. Definer: the server''s login may write nothing.';
grant execute on function authz.note_api_key_uses(text[]) to callboard_authenticator;
