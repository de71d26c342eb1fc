create or replace function tenancy.end_what_expired(organization_id uuid default null)
returns table (what text, rows_changed bigint)
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  with lapsed as (
    update tenancy.invitations i
       set lapsed_at = now()
     where (end_what_expired.organization_id is null or i.organization_id = end_what_expired.organization_id)
       and i.expires_at <= now()
       and i.accepted_at is null
       and i.revoked_at is null
       and i.lapsed_at is null
    returning 1
  ), keys as (
    update tenancy.api_keys k
       set lapsed_at = now()
     where (end_what_expired.organization_id is null or k.organization_id = end_what_expired.organization_id)
       and k.expires_at <= now()
       and k.revoked_at is null
       and k.lapsed_at is null
    returning 1
  ), settled as (
    update tenancy.organization_members m
       set effective_permissions = '{}' -- the trigger knows better
     where (end_what_expired.organization_id is null or m.organization_id = end_what_expired.organization_id)
       and m.permissions_valid_until <= now()
    returning 1
  )
  select 'invitations', (select count(*) from lapsed)
  union all
  select 'API keys', (select count(*) from keys)
  union all
  select 'members', (select count(*) from settled)
$$;

comment on function tenancy.end_what_expired(uuid) is
  'Frees the seats of invitations and the places of API keys that have expired, and writes to members'' rows what holds since '
  'a grant or a denial ended: of one organization or, by a job every hour, of all. Nothing depends on when it runs but how '
  'much of the plan is free: whoever asks sees what has expired as expired.';
grant execute on function tenancy.end_what_expired(uuid) to callboard_service;
