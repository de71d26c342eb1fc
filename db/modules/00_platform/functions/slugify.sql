create or replace function platform.slugify(name text) returns text
language sql stable parallel safe
return nullif(
  btrim(left(btrim(regexp_replace(lower(extensions.unaccent(name)), '[^a-z0-9]+', '-', 'g'), '-'), 60), '-'), '');

comment on function platform.slugify(text) is 'A name as it stands in an address; null when nothing of it is left.';
grant execute on function platform.slugify(text) to callboard_member, callboard_service;
