create or replace function ai.search_embeddings(
  query_embedding real[],
  threshold real default null,
  count integer default 10,
  namespace text default null
) returns setof ai.embedding_match
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
declare
  model ai.embedding_models;
begin
  perform authz.require('ai.read');
  perform ai.check_search(threshold, count, 0);
  if query_embedding is null then
    return;
  end if;
  select m.* into model from ai.embedding_models m where m.status = 'active';
  perform ai.check_embedding(query_embedding, model, 'query_embedding');
  return query
    select n.namespace, n.document_id, d.key, n.chunk, d.title, substr(d.body, e.starts_at + 1, e.characters), n.similarity,
           d.metadata
      from ai.nearest_chunks(
             extensions.l2_normalize(query_embedding::extensions.vector)::extensions.halfvec, model,
             case when search_embeddings.namespace is not null then array[search_embeddings.namespace] end,
             coalesce(count, 10)) n
      join ai.search_documents d
        on d.organization_id = (select authz.organization_id()) and d.namespace = n.namespace and d.id = n.document_id
      join ai.embeddings e
        on e.organization_id = (select authz.organization_id())
       and e.namespace = n.namespace
       and e.document_id = n.document_id
       and e.chunk = n.chunk
       and e.model_id = model.id
     where n.similarity >= coalesce(threshold, -1)
     order by n.similarity desc, n.namespace, n.document_id, n.chunk;
end
$$;

comment on function ai.search_embeddings(real[], real, integer, text) is
  'The parts of documents that are nearest to an embedding of the active model, the nearest first: of everything that the '
  'caller may see, or of one namespace, which is a table such as projects.projects or one of the users'' own. threshold is the '
  'least cosine similarity, -1 to 1; count is 1 to 500, 10 unless said, and so many are returned if there are so many. Needs '
  'ai.read. Errors: UNAUTHENTICATED, FORBIDDEN, INVALID_INPUT; EMBEDDING_MISMATCH for an embedding of another dimension.';
grant execute on function ai.search_embeddings(real[], real, integer, text) to callboard_member;

create or replace function ai.check_search(threshold real, count integer, skip integer) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A number that is none is greater than all.
  if threshold not between -1 and 1 then
    perform platform.refuse('CB002', 'A threshold is a cosine similarity, from -1 to 1.', field => 'threshold');
  end if;
  if count not between 1 and 500 then
    perform platform.refuse('CB002', 'There are 1 to 500 results at a time.', field => 'count');
  end if;
  if skip not between 0 and 5000 then
    perform platform.refuse('CB002', 'A search goes back to 5000 results: ask for something more precise.', field => 'skip');
  end if;
end
$$;

comment on function ai.check_search(real, integer, integer) is
  E'@behavior -*\nRefuses sizes and thresholds that are out of range. Errors: CB002.';
grant execute on function ai.check_search(real, integer, integer) to callboard_member;
