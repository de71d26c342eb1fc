create or replace function tenancy.end_what_expired() returns table (what text, rows_changed bigint)
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  with settled as (
    update tenancy.organization_members m
       set effective_permissions = '{}' -- the trigger knows better
     where m.permissions_valid_until <= now()
    returning 1
  )
  select 'invitations', tenancy.lapse_invitations()
  union all
  select 'members', (select count(*) from settled)
$$;

comment on function tenancy.end_what_expired() is
  'Frees the seats of invitations that have expired, and writes to members'' rows what holds since a '
  'grant or a denial ended. Nothing depends on when it runs: whoever asks sees what has expired as expired.';
grant execute on function tenancy.end_what_expired() to callboard_service;
