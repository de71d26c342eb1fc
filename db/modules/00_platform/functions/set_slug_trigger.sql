create or replace function platform.set_slug_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  fallback constant text := tg_argv[0];
  longest constant integer := tg_argv[1]::integer;
  is_taken boolean;
begin
  new.slug := coalesce(platform.slugify(new.name), fallback);
  -- Of two at once with the same name, the second waits and then sees that the slug is taken.
  perform pg_advisory_xact_lock(
            hashtextextended(format('%s:%s:%s', tg_relid, new.organization_id, new.slug), 5678005));
  execute format('select exists (select from %s r where r.organization_id = $1 and r.slug = $2)', tg_relid::regclass)
     into is_taken
    using new.organization_id, new.slug;
  if is_taken then
    -- a hyphen, and the end of the id
    new.slug := rtrim(left(new.slug, longest - 13), '-') || '-' || right(replace(new.id::text, '-', ''), 12);
  end if;
  return new;
end
$$;

comment on function platform.set_slug_trigger() is
  'A row without a slug gets one from its name, unique in the organization. Arguments: the slug where nothing of the name is '
  'left, and how long one may be. Definer: rows that the caller does not see hold their slugs all the same.';
