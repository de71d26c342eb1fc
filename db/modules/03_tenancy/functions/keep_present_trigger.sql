create or replace function tenancy.keep_present_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  standing text;
begin
  -- The lock: whoever is leaving at the same moment has left, or is cleared out with this row.
  select m.status
    into standing
    from tenancy.organization_members m
   where m.organization_id = new.organization_id and m.user_id = new.user_id
     for share;
  if standing = 'left' then
    perform platform.refuse('CB002', 'They have left the organization.', field => 'user_id');
  end if;
  return new;
end
$$;

comment on function tenancy.keep_present_trigger() is
  'Nobody who has left gets into a team or a workspace. Definer: the caller may not lock members.';
