create or replace function platform.today(organization_id uuid) returns date
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select (now() at time zone coalesce(
           (select o.time_zone from tenancy.organizations o where o.id = today.organization_id), 'UTC'))::date
$$;

comment on function platform.today(uuid) is 'The day that it is now where the organization is.';
grant execute on function platform.today(uuid) to callboard_member, callboard_service;
