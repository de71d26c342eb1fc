create or replace function ai.global_search(
  query text,
  types text[] default null,
  "limit" integer default 20,
  "offset" integer default 0
) returns setof ai.found_document
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 20
as $$
declare
  wanted constant integer := coalesce("limit", 20);
  skipped constant integer := coalesce("offset", 0);
begin
  if authz.actor_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  perform ai.check_search(null, wanted, skipped);
  perform ai.check_query(query);
  if query is null then
    return;
  end if;
  return query
    with page as (
      select f.place, f.score, f.matched_by, d as document
        from ai.find_by_typing(query, types, wanted + skipped) f
        -- The table's own policies have the last word.
        join ai.search_documents d
          on d.organization_id = (select authz.organization_id()) and d.namespace = f.namespace and d.id = f.id
       order by f.place
       limit wanted
      offset skipped
    )
    select (p.document).namespace, (p.document).id, (p.document).key, (p.document).title, ai.snippet(p.document, query, is_typed => true),
           1 / (60 + p.place)::double precision, p.place, p.score, null::integer, null::real, p.matched_by,
           (p.document).metadata
      from page p
     order by p.place;
end
$$;

comment on function ai.global_search(text, text[], integer, integer) is
  E'@behavior -*\nOne list of everything that fits what somebody types, the best first: exactly this code, number or e-mail address; '
  'all of the words, of which the last may not be finished; a title that is spelled like it. Of what the caller may see, of '
  'all types unless some are named. Errors: CB001, CB002.';
grant execute on function ai.global_search(text, text[], integer, integer) to callboard_member;
