create or replace function projects.number_version_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two at once would count to the same number.
  perform pg_advisory_xact_lock(hashtextextended(new.project_id || new.name, 5678003));
  new.version := 1 + coalesce((
    select max(v.version)
      from projects.design_versions v
     where v.organization_id = new.organization_id and v.project_id = new.project_id and v.name = new.name
  ), 0);
  return new;
end
$$;

comment on function projects.number_version_trigger() is
  'The next version number of a design. Definer: archived versions, and those in workspaces that the caller does not '
  'see, count too.';
