create or replace function ai.index_rows(
  namespace text,
  read_permission text,
  language text,
  rows ai.searchable_row[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  languages constant jsonb := (
    select jsonb_object_agg(o.id, coalesce(index_rows.language, ai.language_of(o.id)))
      from (select distinct r.organization_id as id from unnest(rows) r) o);
  outdated record;
begin
  with texts as materialized (
    select r.organization_id, r.id, r.workspace_id, r.owner_id, coalesce(nullif(btrim(r.title), ''), '—') as title,
           nullif(btrim(r.b), '') as b, nullif(btrim(r.c), '') as c, nullif(btrim(r.d), '') as d,
           (select coalesce(array_agg(distinct lower(btrim(k.code))), '{}')
              from unnest(r.codes) as k (code)
             where btrim(k.code) <> '' and length(k.code) <= 320) as codes,
           languages ->> r.organization_id::text as language
      from unnest(rows) r
  ),
  prepared as materialized (
    -- A text search vector holds a megabyte, and nobody looks for words that far back.
    select t.*, concat_ws(E'\n', t.b, t.c, t.d) as body, ai.words_in(t.language) as words
      from texts t
  ),
  hashed as materialized (
    select p.*, md5(p.title || E'\n' || p.body)::uuid as content_hash,
           setweight(to_tsvector(p.words, left(p.title, 10000)), 'A')
           -- as it is written as well, for what is found while it is being typed
           || setweight(to_tsvector('ai.simple', left(p.title, 10000)), 'A')
           || setweight(to_tsvector(p.words, left(p.b, 100000)), 'B')
           || setweight(to_tsvector(p.words, left(coalesce(p.c, ''), 100000)), 'C')
           || setweight(to_tsvector(p.words, left(coalesce(p.d, ''), 100000)), 'D') as search_vector,
           known.content_hash as known_hash
      from (select q.organization_id, q.id, q.workspace_id, q.owner_id, q.title, coalesce(q.b, '') as b, q.c, q.d, q.codes,
                   q.language, q.body, q.words
              from prepared q) p
      left join lateral (
             select d.content_hash
               from ai.search_documents d
              where d.organization_id = p.organization_id and d.namespace = index_rows.namespace and d.id = p.id
           ) known on true
  ),
  written as (
    insert into ai.search_documents as d
      (organization_id, namespace, id, workspace_id, read_permission, owner_id, title, title_key, body, codes, language,
       content_hash, search_vector)
    select h.organization_id, index_rows.namespace, h.id, h.workspace_id, index_rows.read_permission, h.owner_id, h.title,
           left(lower(extensions.unaccent('extensions.unaccent'::regdictionary, h.title)), 1000), h.body, h.codes, h.language,
           h.content_hash, h.search_vector
      from hashed h
     order by h.organization_id, h.id
    on conflict on constraint search_documents_pkey do update
      set (workspace_id, read_permission, owner_id, title, title_key, body, codes, language, content_hash, search_vector,
           updated_at)
        = (excluded.workspace_id, excluded.read_permission, excluded.owner_id, excluded.title, excluded.title_key,
           excluded.body, excluded.codes, excluded.language, excluded.content_hash, excluded.search_vector, now())
    where (d.workspace_id, d.read_permission, d.owner_id, d.title, d.body, d.codes, d.language, d.search_vector)
            is distinct from
          (excluded.workspace_id, excluded.read_permission, excluded.owner_id, excluded.title, excluded.body,
           excluded.codes, excluded.language, excluded.search_vector)
  )
  select array_agg(h.organization_id) as organization_ids, array_agg(h.id) as ids
    into outdated
    from hashed h
   where h.known_hash is distinct from h.content_hash;
  -- Whoever may not see the row any more must not find its parts, whenever they are embedded again.
  update ai.embeddings e
     set workspace_id = r.workspace_id, owner_id = r.owner_id, read_permission = index_rows.read_permission
    from unnest(rows) r
   where e.organization_id = r.organization_id
     and e.namespace = index_rows.namespace
     and e.document_id = r.id
     and (e.workspace_id, e.owner_id, e.read_permission)
           is distinct from (r.workspace_id, r.owner_id, index_rows.read_permission);
  -- After the documents: whoever stores embeddings goes the same way.
  insert into ai.embedding_outbox as o (organization_id, namespace, document_id, model_id)
  select u.organization_id, index_rows.namespace, u.id, m.id
    from unnest(outdated.organization_ids, outdated.ids) as u (organization_id, id)
   cross join ai.embedding_models m
   where m.status in ('active', 'building')
   order by u.organization_id, u.id, m.id
  on conflict on constraint embedding_outbox_pkey do update
    set (marked_at, due_at, attempts, claim, failed_at, reason)
      = (excluded.marked_at, excluded.due_at, 0, null, null, null);
  if found then
    perform ai.wake_embedder();
  end if;
end
$$;

comment on function ai.index_rows(text, text, text, ai.searchable_row[]) is
  'Writes what can be found of rows, and marks those to be embedded whose text is another than before. For functions that '
  'have checked who asks.';
grant execute on function ai.index_rows(text, text, text, ai.searchable_row[]) to callboard_service;

create or replace function ai.wake_embedder() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One job is enough, and nobody waits for anybody to add it: what another transaction has not committed yet cannot be
  -- seen. The timetable runs the job as well, for what falls between.
  if pg_try_advisory_xact_lock(5678024) and not exists (
    select from graphile_worker._private_jobs j where j.key = 'embed_texts' and j.locked_at is null
  ) then
    perform platform.enqueue('embed_texts', job_key => 'embed_texts', run_at => now() + interval '1 second');
  end if;
end
$$;

comment on function ai.wake_embedder() is 'Has texts embedded soon after this transaction.';
grant execute on function ai.wake_embedder() to callboard_service;
