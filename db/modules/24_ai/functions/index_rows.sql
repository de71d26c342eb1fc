create or replace function ai.index_rows(
  namespace text,
  read_permission text,
  language text,
  rows ai.searchable_row[],
  embedded_ids uuid[] default '{}'
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
           case when r.codes is null then '{}' else ai.codes_of(r.codes) end as codes,
           languages ->> r.organization_id::text as language
      from unnest(rows) r
  ),
  hashed as materialized (
    select t.*, ai.body_of(t.b, t.c, t.d) as body,
           md5(t.title || E'\n' || ai.body_of(t.b, t.c, t.d))::uuid as content_hash,
           ai.words_of(ai.words_in(t.language), t.title, t.b, t.c, t.d) as search_vector,
           known.content_hash as known_hash
      from texts t
      left join lateral (
             select d.content_hash
               from ai.search_documents d
              where d.organization_id = t.organization_id and d.namespace = index_rows.namespace and d.id = t.id
           ) known on true
  ),
  written as (
    insert into ai.search_documents as d
      (organization_id, namespace, id, workspace_id, read_permission, owner_id, title, title_key, body, codes, language,
       content_hash, search_vector)
    select h.organization_id, index_rows.namespace, h.id, h.workspace_id, index_rows.read_permission, h.owner_id, h.title,
           ai.title_key_of(h.title), h.body, h.codes, h.language, h.content_hash, h.search_vector
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
  insert into ai.embedding_marks (organization_id, namespace, document_id)
  select u.organization_id, index_rows.namespace, u.id
    from unnest(outdated.organization_ids, outdated.ids) as u (organization_id, id)
   where u.id <> all (embedded_ids);
  if outdated.ids is not null then
    perform ai.wake_embedder();
  end if;
end
$$;

comment on function ai.index_rows(text, text, text, ai.searchable_row[], uuid[]) is
  'Writes what can be found of rows, and marks those to be embedded whose text is another than before, but for embedded_ids, '
  'whose embeddings the caller brings along. For functions that have checked who asks.';
grant execute on function ai.index_rows(text, text, text, ai.searchable_row[], uuid[]) to callboard_service;

-- What a document is made of. In SQL without settings of their own: they are planned as a part of the statements that use
-- them, of which there is one for each change of a searchable row.

create or replace function ai.body_of(b text, c text, d text) returns text
language sql stable parallel safe
return concat_ws(E'\n', b, c, d);

comment on function ai.body_of(text, text, text) is E'@behavior -*\nWhat there is to find besides the title, a line each.';
grant execute on function ai.body_of(text, text, text) to callboard_service;

create or replace function ai.words_of(words regconfig, title text, b text, c text, d text) returns tsvector
language sql stable parallel safe
-- A text search vector holds a megabyte, and nobody looks for words that far back.
return setweight(to_tsvector(words, left(title, 10000)), 'A')
  -- as it is written as well, for what is found while it is being typed
  || setweight(to_tsvector('ai.simple'::regconfig, left(title, 10000)), 'A')
  || case when b is null then ''::tsvector else setweight(to_tsvector(words, left(b, 100000)), 'B') end
  || case when c is null then ''::tsvector else setweight(to_tsvector(words, left(c, 100000)), 'C') end
  || case when d is null then ''::tsvector else setweight(to_tsvector(words, left(d, 100000)), 'D') end;

comment on function ai.words_of(regconfig, text, text, text, text) is
  E'@behavior -*\nThe words of a title and of texts that weigh less and less.';
grant execute on function ai.words_of(regconfig, text, text, text, text) to callboard_service;

create or replace function ai.title_key_of(title text) returns text
language sql stable parallel safe
return left(lower(extensions.unaccent('extensions.unaccent'::regdictionary, title)), 1000);

comment on function ai.title_key_of(text) is E'@behavior -*\nA title in lower case, without accents.';
grant execute on function ai.title_key_of(text) to callboard_service;

create or replace function ai.codes_of(codes text[]) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct lower(btrim(k.code)) as code
      from unnest(codes) as k (code)
     where btrim(k.code) <> '' and length(k.code) <= 320
     order by code);
end
$$;

comment on function ai.codes_of(text[]) is
  E'@behavior -*\nCodes as they are looked for: in lower case, each once, without those that are empty or too long for one.';
grant execute on function ai.codes_of(text[]) to callboard_service;

create or replace function ai.wake_embedder() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One job is enough, and nobody waits for anybody to add it: what another transaction has not committed yet cannot be
  -- seen. The timetable runs the job as well, for what falls between.
  if not exists (
    select from graphile_worker._private_jobs j where j.key = 'embed_texts' and j.locked_at is null
  ) and pg_try_advisory_xact_lock(5678024) then
    perform platform.enqueue('embed_texts', job_key => 'embed_texts', run_at => now() + interval '1 second');
  end if;
end
$$;

comment on function ai.wake_embedder() is 'Has texts embedded soon after this transaction.';
grant execute on function ai.wake_embedder() to callboard_service;
