create or replace function ai.reindex(
  namespace text,
  organization_id uuid default null,
  after_organization uuid default null,
  after_id uuid default null,
  at_most integer default 5000
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  searchable ai.searchable_tables;
  batch ai.searchable_row[];
  last_organization uuid := after_organization;
  last_id uuid := after_id;
begin
  select s.* into searchable from ai.searchable_tables s where s.namespace = reindex.namespace;
  if searchable.table_id is null then
    return;
  end if;
  if after_id is null then
    execute format(
      'delete from ai.search_documents d where d.namespace = $1 and ($2 is null or d.organization_id = $2) '
      'and not exists (select from (%s) r where r.organization_id = d.organization_id and r.id = d.id)',
      replace(searchable.rows_query, '%s', searchable.table_id::text))
      using reindex.namespace, reindex.organization_id;
  end if;
  for turn in 1 .. ceil(at_most / 500.0) loop
    batch := ai.rows_to_index(searchable, reindex.organization_id, last_organization, last_id);
    exit when batch is null;
    perform ai.index_rows(searchable.namespace, searchable.read_permission, searchable.language, batch);
    last_organization := batch[cardinality(batch)].organization_id;
    last_id := batch[cardinality(batch)].id;
  end loop;
  -- The rest is for the worker: a migration does not wait for a million rows.
  if batch is not null and cardinality(batch) = 500 then
    perform platform.enqueue(
      'reindex_search',
      jsonb_strip_nulls(jsonb_build_object(
        'namespace', reindex.namespace, 'organization_id', reindex.organization_id,
        'after_organization', last_organization, 'after_id', last_id)));
  end if;
end
$$;

comment on function ai.reindex(text, uuid, uuid, uuid, integer) is
  'Brings what can be found of a table to what its rows are: of the first rows at once, of the rest by a job that goes on '
  'after a row. Doing it twice changes nothing. For functions that have checked who asks.';
grant execute on function ai.reindex(text, uuid, uuid, uuid, integer) to callboard_service;

create or replace function ai.rows_to_index(
  searchable ai.searchable_tables,
  organization_id uuid,
  after_organization uuid,
  after_id uuid
) returns ai.searchable_row[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
-- Who writes several of these rows takes them in another order than this. Less than deadlock_timeout: it is this job that
-- gives up and comes back, never they.
set lock_timeout = '500ms'
as $$
declare
  rows ai.searchable_row[];
begin
  execute format(
    'select array_agg(row(t.*)::ai.searchable_row order by t.organization_id, t.id) from (select * from (%s) r '
    'where ($1 is null or r.organization_id = $1) and ($2 is null or (r.organization_id, r.id) > ($2, $3)) '
    'order by r.organization_id, r.id limit 500 for share) t',
    replace(searchable.rows_query, '%s', searchable.table_id::text))
     into rows
    using rows_to_index.organization_id, after_organization, rows_to_index.after_id;
  return rows;
end
$$;

comment on function ai.rows_to_index(ai.searchable_tables, uuid, uuid, uuid) is
  'The next 500 rows of a table that can be searched, null behind the last. Nobody changes them before what can be found of '
  'them has been written: who archives one meanwhile waits, and then takes out of the search what was written. Fails with '
  'lock_not_available where somebody else is at one of them for longer.';
grant execute on function ai.rows_to_index(ai.searchable_tables, uuid, uuid, uuid) to callboard_service;

create or replace function ai.reindex_organization_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := coalesce(new.organization_id, old.organization_id);
  -- As ai.language_of reads it: all else in the settings, the country as well, makes no difference to words.
  language_before constant text := case
    when old.section = 'general' then split_part(old.value ->> 'locale', '-', 1)
  end;
  language_now constant text := case
    when new.section = 'general' then split_part(new.value ->> 'locale', '-', 1)
  end;
begin
  if coalesce(language_before, 'en') = coalesce(language_now, 'en') then
    return null;
  end if;
  perform platform.enqueue(
    'reindex_search', jsonb_build_object('organization_id', organization), job_key => 'reindex_search:' || organization);
  return null;
end
$$;

comment on function ai.reindex_organization_trigger() is
  'Another language takes the words of texts apart in another way. Definer: callers may not add jobs.';

create or replace function ai.reindex_own_documents(organization_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  place record;
  batch ai.searchable_row[];
  last uuid;
begin
  for place in
    select distinct d.organization_id, d.namespace, d.read_permission
      from ai.search_documents d
     where d.organization_id = reindex_own_documents.organization_id and d.key is not null
  loop
    last := null;
    loop
      batch := array(
        select row(d.organization_id, d.id, d.workspace_id, d.owner_id, d.title, d.body, null, null, d.codes)::ai.searchable_row
          from ai.search_documents d
         where d.organization_id = place.organization_id
           and d.namespace = place.namespace
           and (last is null or d.id > last)
         order by d.id
         limit 500
           for no key update);
      exit when batch = '{}';
      perform ai.index_rows(place.namespace, place.read_permission, null, batch);
      last := batch[cardinality(batch)].id;
    end loop;
  end loop;
end
$$;

comment on function ai.reindex_own_documents(uuid) is
  'Takes the words of an organization''s own documents apart anew, in the language that it has now.';
grant execute on function ai.reindex_own_documents(uuid) to callboard_service;
