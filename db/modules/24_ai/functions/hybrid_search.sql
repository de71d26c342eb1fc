create or replace function ai.hybrid_search(
  query_text text,
  query_embedding real[] default null,
  threshold real default null,
  count integer default 10,
  namespace text default null,
  types text[] default null,
  text_weight real default 1,
  vector_weight real default 1,
  k integer default 60,
  skip integer default 0
) returns setof ai.found_document
language plpgsql stable
set search_path = pg_catalog, pg_temp
-- To plan the query that joins both lists takes longer than to run it, and what is asked for makes no difference to it.
set plan_cache_mode = force_generic_plan
rows 10
as $$
declare
  wanted constant integer := coalesce(count, 10);
  -- So many from the best on decide about a page. What else there is to know makes no difference to its order.
  needed constant integer := coalesce(skip, 0) + wanted;
  -- A list that is fused with none need not be longer than what is shown of it.
  depth_of_meaning constant integer := case
    when query_text is null or coalesce(text_weight, 1) = 0 then ceil(needed / 20.0) * 20
    else ceil(needed::numeric / ai.fused_places()) * ai.fused_places()
  end;
  namespaces constant text[] := case
    when namespace is null then types
    when types is null then array[namespace]
    else array(select t.name from unnest(types) as t (name) where t.name = namespace)
  end;
  model ai.embedding_models;
  embedding extensions.halfvec;
begin
  if authz.actor_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  perform ai.check_search(threshold, count, skip);
  perform ai.check_query(query_text);
  if not (text_weight between 0 and 1000 and vector_weight between 0 and 1000) then
    perform platform.refuse(
      'CB002', 'A weight is from 0 to 1000.',
      field => case when text_weight between 0 and 1000 then 'vector_weight' else 'text_weight' end);
  end if;
  if k not between 1 and 10000 then
    perform platform.refuse('CB002', 'k is from 1 to 10000.', field => 'k');
  end if;
  select m.* into model from ai.embedding_models m where m.status = 'active';
  if query_embedding is not null then
    perform ai.check_embedding(query_embedding, model, 'query_embedding');
    -- its direction alone counts, and a half has no place for numbers above 65 504
    embedding := extensions.l2_normalize(query_embedding::extensions.vector)::extensions.halfvec;
  elsif model.provider = 'built_in' and coalesce(vector_weight, 1) > 0 then
    embedding := ai.embed_text(query_text, model.dimension);
  end if;
  return query
    with by_words as materialized (
      select w.namespace, w.id, w.place, w.score
        from ai.find_by_words(query_text, namespaces, needed) w
       where coalesce(text_weight, 1) > 0 and query_text is not null
    ),
    by_meaning as materialized (
      select n.namespace, n.document_id as id, n.chunk, n.similarity,
             (row_number() over (order by n.similarity desc, n.namespace, n.document_id))::integer as place
        from ai.nearest_documents(embedding, model, namespaces, depth_of_meaning) n
       where coalesce(vector_weight, 1) > 0
         and embedding is not null
         and n.similarity >= coalesce(threshold, model.threshold)
    ),
    fused as (
      -- What stands far down a list scores by its best place alone: then no page has to know how far down the other list it
      -- stands, and each goes on where the one before ended.
      select u.namespace, u.id,
             greatest(coalesce(sum(u.score) filter (where u.place <= ai.fused_places()), 0), max(u.score)) as score
        from (
               select w.namespace, w.id, w.place,
                      coalesce(text_weight, 1)::double precision / (coalesce(k, 60) + w.place) as score
                 from by_words w
                union all
               select m.namespace, m.id, m.place,
                      coalesce(vector_weight, 1)::double precision / (coalesce(k, 60) + m.place)
                 from by_meaning m
             ) u
       group by u.namespace, u.id
    ),
    page as (
      -- The table's own policies have the last word.
      select f.score, d as document
        from fused f
        join ai.search_documents d
          on d.organization_id = (select authz.organization_id()) and d.namespace = f.namespace and d.id = f.id
       order by f.score desc, f.namespace, f.id
       limit wanted
      offset coalesce(skip, 0)
    )
    select (p.document).namespace, (p.document).id, (p.document).key, (p.document).title,
           ai.snippet(
             p.document, query_text,
             (select e.starts_at
                from ai.embeddings e
               where e.organization_id = (p.document).organization_id
                 and e.namespace = (p.document).namespace
                 and e.document_id = (p.document).id
                 and e.chunk = m.chunk
                 and e.model_id = model.id
                 and w.id is null)),
           p.score, w.place, w.score, m.place, m.similarity,
           case when w.id is null then 'meaning' when m.id is null then 'words' else 'both' end, (p.document).metadata
      from page p
      left join by_words w on w.namespace = (p.document).namespace and w.id = (p.document).id
      left join by_meaning m on m.namespace = (p.document).namespace and m.id = (p.document).id
     order by p.score desc, (p.document).namespace, (p.document).id;
end
$$;

comment on function ai.hybrid_search(text, real[], real, integer, text, text[], real, real, integer, integer) is
  E'@behavior -*\nWhat fits a query by its words or by its meaning, of everything that the caller may see: reciprocal rank fusion, '
  'in which a document at place p of a list scores weight ÷ (k + p), and the scores of the first 40 places of both lists are '
  'added; further down the better one counts. The order does not depend on count and skip. Either argument may be null; '
  'without an embedding the text is embedded here where the active model is the built-in one. threshold is the least cosine '
  'similarity in the list by meaning, that of the model unless said. namespace is one, types are several of them. count is 1 '
  'to 500, skip up to 5000; ties are in the order of namespace and id. Errors: CB001, CB002; CB070 for an embedding of '
  'another dimension.';
grant execute on function ai.hybrid_search(text, real[], real, integer, text, text[], real, real, integer, integer)
  to callboard_member;

create or replace function ai.fused_places() returns integer
language sql immutable parallel safe
return 40;

comment on function ai.fused_places() is
  E'@behavior -*\nSo many places of both lists are fused by ai.hybrid_search. Each costs every search, the first page as well: so many '
  'of both have to be looked for.';
grant execute on function ai.fused_places() to callboard_member;

create or replace function ai.check_query(query text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if length(query) > 4000 then
    perform platform.refuse('CB002', 'A query has at most 4000 characters.', field => 'query_text');
  end if;
end
$$;

comment on function ai.check_query(text) is E'@behavior -*\nRefuses queries that are too long. Errors: CB002.';
grant execute on function ai.check_query(text) to callboard_member;

create or replace function ai.nearest_documents(
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
  chunks integer := at_most;
  nearest ai.nearest_chunk[];
begin
  if embedding is null then
    return;
  end if;
  -- Long documents may take several places with their parts: then more parts are asked for.
  loop
    nearest := array(select n from ai.nearest_chunks(embedding, model, namespaces, chunks) n);
    exit when cardinality(nearest) < chunks
           or (select count(distinct (n.namespace, n.document_id)) from unnest(nearest) n) >= at_most;
    chunks := chunks * 4;
  end loop;
  return query
    select d.*
      from (
             select distinct on (n.namespace, n.document_id) n.*
               from unnest(nearest) n
              order by n.namespace, n.document_id, n.similarity desc, n.chunk
           ) d
     order by d.similarity desc, d.namespace, d.document_id
     limit at_most;
end
$$;

comment on function ai.nearest_documents(extensions.halfvec, ai.embedding_models, text[], integer) is
  E'@behavior -*\nThe documents that are nearest to an embedding, each by its nearest part: as many as are asked for, if there are '
  'so many that the caller may see.';
grant execute on function ai.nearest_documents(extensions.halfvec, ai.embedding_models, text[], integer) to callboard_member;
