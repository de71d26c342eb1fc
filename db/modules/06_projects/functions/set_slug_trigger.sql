create or replace function projects.set_slug_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.slug := coalesce(platform.slugify(new.name), 'project');
  -- Of two at once with the same name, the second waits and then sees that the slug is taken.
  perform pg_advisory_xact_lock(hashtextextended(new.organization_id || new.slug, 5678005));
  -- Row security does not matter here: what hides a project from the caller still holds its slug, and the suffix is new.
  if projects.is_slug_taken(new.organization_id, new.slug) then
    new.slug := left(new.slug, 67) || '-' || right(replace(new.id::text, '-', ''), 12);
  end if;
  return new;
end
$$;

comment on function projects.set_slug_trigger() is 'A project without a slug gets one from its name.';

create or replace function projects.is_slug_taken(organization_id uuid, slug text) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from projects.projects p
     where p.organization_id = is_slug_taken.organization_id
       and p.slug = is_slug_taken.slug
       -- only ever asked about the caller's own organization, or by the back office
       and (p.organization_id = authz.organization_id() or authz.actor_id() is null)
  )
$$;

comment on function projects.is_slug_taken(uuid, text) is
  'Whether a slug is used in the organization. Definer: projects in private workspaces count too.';
grant execute on function projects.is_slug_taken(uuid, text) to callboard_member, callboard_service;
