create or replace function ai.nearest_chunks(
  embedding extensions.halfvec,
  model ai.embedding_models,
  namespaces text[],
  at_most integer
) returns setof ai.nearest_chunk
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 50
as $$
declare
  organization constant uuid := authz.organization_id();
  mine constant bigint := (
    select sum(s.chunks)
      from ai.search_sizes s
     where s.organization_id = organization
       and s.model_id = model.id
       and (namespaces is null or s.namespace = any (namespaces)));
  everybodys constant real := (
    select greatest(c.reltuples, mine) from pg_class c where c.oid = to_regclass('ai.embeddings_' || model.id));
  nearest ai.nearest_chunk[];
begin
  -- To look at all of an organization's own takes time with their number; to walk through the index, with that of the
  -- others'' that lie between. They cost the same where own² is about 4 × wanted × all, as measured.
  if mine::double precision ^ 2 > 4.0 * at_most * everybodys and mine > 2000 then
    nearest := array(select n from ai.nearest_by_index(embedding, model, namespaces, at_most, mine) n);
    -- With fewer the index gave up, where the caller may see little of what there is.
    if cardinality(nearest) = at_most then
      return query select n.* from unnest(nearest) n;
      return;
    end if;
  end if;
  return query select n.* from ai.nearest_by_looking(embedding, model, namespaces, at_most) n;
end
$$;

comment on function ai.nearest_chunks(extensions.halfvec, ai.embedding_models, text[], integer) is
  E'@behavior -*\nThe parts of documents that are nearest to an embedding, of those that the caller may see, the nearest first: '
  'as many as are asked for, if there are so many.';
grant execute on function ai.nearest_chunks(extensions.halfvec, ai.embedding_models, text[], integer) to callboard_member;

create or replace function ai.nearest_by_looking(
  embedding extensions.halfvec,
  model ai.embedding_models,
  namespaces text[],
  at_most integer
) returns setof ai.nearest_chunk
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
rows 50
as $$
begin
  return query
    select e.namespace, e.document_id, e.chunk, (1 - e.distance)::real
      from (
             select v.namespace, v.document_id, v.chunk,
                    v.embedding operator(extensions.<=>) nearest_by_looking.embedding as distance
               from ai.embeddings v
              where v.model_id = model.id
                and v.organization_id = (select authz.organization_id())
                and (namespaces is null or v.namespace = any (namespaces))
             -- not for the index
             offset 0
           ) e
     order by e.distance, e.namespace, e.document_id, e.chunk
     limit at_most;
end
$$;

comment on function ai.nearest_by_looking(extensions.halfvec, ai.embedding_models, text[], integer) is
  E'@behavior -*\nThe nearest parts, by looking at all of the organization''s.';
grant execute on function ai.nearest_by_looking(extensions.halfvec, ai.embedding_models, text[], integer) to callboard_member;

create or replace function ai.nearest_by_index(
  embedding extensions.halfvec,
  model ai.embedding_models,
  namespaces text[],
  at_most integer,
  mine bigint
) returns setof ai.nearest_chunk
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 50
as $$
begin
  -- Not in the head of the function: who is no superuser may put them there only while the extension is loaded.
  -- After so many tuples it would have been quicker to look at all of the organization's own.
  perform set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '250', true),
          set_config('hnsw.max_scan_tuples', least(greatest(mine / 2, 5000), 200000)::text, true);
  return query execute format('select n.* from ai.%I($1, $2, $3) n', 'nearest_in_' || model.id)
    using embedding, namespaces, at_most;
end
$$;

comment on function ai.nearest_by_index(extensions.halfvec, ai.embedding_models, text[], integer, bigint) is
  E'@behavior -*\nThe nearest parts, by the index of the model, which goes on to the next ones until there are enough that the '
  'caller may see.';
grant execute on function ai.nearest_by_index(extensions.halfvec, ai.embedding_models, text[], integer, bigint) to callboard_member;
