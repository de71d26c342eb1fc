create or replace function identity.set_oauth_providers(providers jsonb) returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  with given as (
    select p.key, p.name, p.issuer, p.client_id, p.scopes
      from jsonb_to_recordset(set_oauth_providers.providers)
             as p (key text, name text, issuer text, client_id text, scopes text[])
  ),
  gone as (
    update identity.oauth_providers o
       set is_configured = false
     where o.is_configured and not exists (select from given g where g.key = o.key)
  )
  insert into identity.oauth_providers as o (key, name, issuer, client_id, scopes)
  select g.key, g.name, g.issuer, g.client_id, g.scopes from given g order by g.key
  on conflict (key) do update
    set (name, issuer, client_id, scopes, is_configured)
      = (excluded.name, excluded.issuer, excluded.client_id, excluded.scopes, true)
  where (o.name, o.issuer, o.client_id, o.scopes, o.is_configured)
        is distinct from (excluded.name, excluded.issuer, excluded.client_id, excluded.scopes, true)
$$;

comment on function identity.set_oauth_providers(jsonb) is
  'Makes the providers those that a starting server has settings for: key, name, issuer, client_id, scopes. Whether one is '
  'enabled stays as it is. Definer: the server''s login may write nothing.';
grant execute on function identity.set_oauth_providers(jsonb) to callboard_authenticator;
