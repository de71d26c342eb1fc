create or replace function ai.claim_texts(model_id smallint, at_most integer, seconds integer) returns table (
  organization_id uuid,
  namespace text,
  document_id uuid,
  content_hash uuid,
  claim uuid,
  attempts smallint,
  chunk integer,
  starts_at integer,
  characters integer,
  content text
)
language sql volatile
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select ai.collect_marks(at_most * 10);
  select ai.fill_outbox(model_id, at_most * 10)
   where not exists (
           select
             from ai.embedding_outbox o
            where o.model_id = claim_texts.model_id and o.failed_at is null and o.due_at <= clock_timestamp());
  with due as (
    select o.organization_id, o.namespace, o.document_id
      from ai.embedding_outbox o
     where o.model_id = claim_texts.model_id and o.failed_at is null and o.due_at <= clock_timestamp()
     order by o.due_at, o.marked_at
     limit at_most
       for update skip locked
  ),
  claimed as (
    update ai.embedding_outbox o
       set due_at = clock_timestamp() + make_interval(secs => seconds), claim = gen_random_uuid(), attempts = o.attempts + 1
      from due
     where o.organization_id = due.organization_id
       and o.namespace = due.namespace
       and o.document_id = due.document_id
       and o.model_id = claim_texts.model_id
    returning o.*
  )
  select c.organization_id, c.namespace, c.document_id, d.content_hash, c.claim, c.attempts, p.chunk, p.starts_at,
         p.characters, ai.chunk_text(d, p.starts_at, p.characters)
    from claimed c
    join ai.embedding_models m on m.id = c.model_id
    join ai.search_documents d
      on d.organization_id = c.organization_id and d.namespace = c.namespace and d.id = c.document_id
   cross join lateral ai.split_text(d.body, m.chunk_characters, m.chunk_overlap) p
   order by c.marked_at, c.organization_id, c.namespace, c.document_id, p.chunk
$$;

comment on function ai.claim_texts(smallint, integer, integer) is
  'Takes texts out of the outbox, and before that into it, to embed them, in parts, each with its title; for so many seconds '
  'nobody else gets them, and whoever dies meanwhile holds nobody up.';
grant execute on function ai.claim_texts(smallint, integer, integer) to callboard_service;

create or replace function ai.chunk_text(document ai.search_documents, starts_at integer, characters integer) returns text
language sql immutable parallel safe
return concat_ws(E'\n', document.title, nullif(substr(document.body, starts_at + 1, characters), ''));

comment on function ai.chunk_text(ai.search_documents, integer, integer) is
  E'@behavior -*\nWhat is embedded of a part of a document: its title, so that it says what it is about, and the part.';
grant execute on function ai.chunk_text(ai.search_documents, integer, integer) to callboard_member, callboard_service;

create or replace function ai.store_embeddings(model_id smallint, texts jsonb) returns table (
  stored integer,
  superseded integer,
  failed integer
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  given record;
  present uuid;
  removed integer;
  added integer;
  grown jsonb := jsonb '{}';
  place text;
begin
  stored := 0; superseded := 0; failed := 0;
  for given in
    select t.*
      from jsonb_to_recordset(texts) as t (
             organization_id uuid, namespace text, document_id uuid, content_hash uuid, claim uuid, parts jsonb, reason text,
             retry_after integer)
     order by t.organization_id, t.namespace, t.document_id
  loop
    -- A change of the text waits for this, or this sees it: the older embedding never wins. What is being changed right now
    -- is left alone; if its text stays, somebody else takes it once the claim is over.
    select d.content_hash
      into present
      from ai.search_documents d
     where d.organization_id = given.organization_id and d.namespace = given.namespace and d.id = given.document_id
       for no key update skip locked;
    perform
       from ai.embedding_outbox o
      where o.organization_id = given.organization_id
        and o.namespace = given.namespace
        and o.document_id = given.document_id
        and o.model_id = store_embeddings.model_id
        and o.claim = given.claim
        for update;
    if not found or present is distinct from given.content_hash then
      superseded := superseded + 1;
      continue;
    end if;
    if given.reason is not null then
      update ai.embedding_outbox o
         set reason = left(given.reason, 1000),
             claim = null,
             due_at = clock_timestamp() + make_interval(secs => coalesce(given.retry_after, 0)),
             failed_at = case when given.retry_after is null then clock_timestamp() end
       where o.organization_id = given.organization_id
         and o.namespace = given.namespace
         and o.document_id = given.document_id
         and o.model_id = store_embeddings.model_id;
      failed := failed + 1;
      continue;
    end if;
    delete from ai.embeddings e
     where e.organization_id = given.organization_id
       and e.namespace = given.namespace
       and e.document_id = given.document_id
       and e.model_id = store_embeddings.model_id;
    get diagnostics removed = row_count;
    insert into ai.embeddings
      (organization_id, namespace, document_id, chunk, model_id, workspace_id, read_permission, owner_id, starts_at,
       characters, embedding)
    select d.organization_id, d.namespace, d.id, p.chunk, store_embeddings.model_id, d.workspace_id, d.read_permission,
           d.owner_id, p.starts_at, p.characters,
           -- first as numbers of four bytes, since a half has no place for those above 65 504
           extensions.l2_normalize(p.embedding::extensions.vector)::extensions.halfvec
      from ai.search_documents d
     cross join lateral jsonb_to_recordset(given.parts) as p (
             chunk integer, starts_at integer, characters integer, embedding text)
     where d.organization_id = given.organization_id and d.namespace = given.namespace and d.id = given.document_id
       -- a text without a word has no embedding
       and p.embedding is not null;
    get diagnostics added = row_count;
    place := given.organization_id || ' ' || given.namespace;
    grown := grown || jsonb_build_object(place, coalesce((grown ->> place)::integer, 0) + added - removed);
    delete from ai.embedding_outbox o
     where o.organization_id = given.organization_id
       and o.namespace = given.namespace
       and o.document_id = given.document_id
       and o.model_id = store_embeddings.model_id;
    stored := stored + 1;
  end loop;
  insert into ai.search_sizes as s (organization_id, model_id, namespace, chunks)
  select split_part(g.key, ' ', 1)::uuid, store_embeddings.model_id, split_part(g.key, ' ', 2), greatest(g.value::integer, 0)
    from jsonb_each_text(grown) g
   where g.value <> '0'
   order by 1, 3
  on conflict on constraint search_sizes_pkey do update
    set chunks = greatest(s.chunks + (grown ->> (s.organization_id || ' ' || s.namespace))::integer, 0);
  return next;
end
$$;

comment on function ai.store_embeddings(smallint, jsonb) is
  'Stores what became of texts that were claimed: {organization_id, namespace, document_id, content_hash, claim} with the '
  'embeddings of all parts {chunk, starts_at, characters, embedding}, or with a reason for which there are none, and after '
  'how many seconds to try again: never, if it says none. What is for another text than the present one, or comes after '
  'somebody else has taken over, is left out.';
grant execute on function ai.store_embeddings(smallint, jsonb) to callboard_service;

create or replace function ai.embed_built_in(at_most integer default 100, model_id smallint default null) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  model record;
  texts jsonb;
  embedded integer := 0;
begin
  for model in
    select m.id, m.dimension
      from ai.embedding_models m
     where m.provider = 'built_in'
       and m.status <> 'retired'
       and (embed_built_in.model_id is null or m.id = embed_built_in.model_id)
     order by m.status
  loop
    select jsonb_agg(t)
      into texts
      from (
             select c.organization_id, c.namespace, c.document_id, c.content_hash, c.claim,
                    jsonb_agg(jsonb_build_object(
                      'chunk', c.chunk, 'starts_at', c.starts_at, 'characters', c.characters,
                      'embedding', ai.embed_text(c.content, model.dimension)::text)) as parts
               from ai.claim_texts(model.id, embed_built_in.at_most, 60) c
              group by c.organization_id, c.namespace, c.document_id, c.content_hash, c.claim
           ) t;
    if texts is not null then
      perform ai.store_embeddings(model.id, texts);
      embedded := embedded + jsonb_array_length(texts);
    end if;
  end loop;
  return embedded;
end
$$;

comment on function ai.embed_built_in(integer, smallint) is
  'Embeds texts of the outbox by the built-in provider, in one transaction; returns how many it took, 0 when none is left. For '
  'few texts, such as those of the demo: the task embed_texts goes a little at a time.';
grant execute on function ai.embed_built_in(integer, smallint) to callboard_service;

create or replace function ai.count_embeddings(model_id smallint, organization_ids uuid[] default null) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  with counted as (
    select e.organization_id, e.namespace, count(*) as chunks
      from ai.embeddings e
     where e.model_id = count_embeddings.model_id
       and (organization_ids is null or e.organization_id = any (organization_ids))
     group by e.organization_id, e.namespace
  ),
  gone as (
    delete from ai.search_sizes s
     where s.model_id = count_embeddings.model_id
       and (organization_ids is null or s.organization_id = any (organization_ids))
       and not exists (
             select from counted c where c.organization_id = s.organization_id and c.namespace = s.namespace
           )
  )
  insert into ai.search_sizes as s (organization_id, model_id, namespace, chunks)
  select c.organization_id, count_embeddings.model_id, c.namespace, c.chunks
    from counted c
   order by c.organization_id, c.namespace
  on conflict (organization_id, model_id, namespace) do update
    set (chunks, counted_at) = (excluded.chunks, excluded.counted_at)
$$;

comment on function ai.count_embeddings(smallint, uuid[]) is
  'Counts the embeddings of organizations, of all unless some are named.';
grant execute on function ai.count_embeddings(smallint, uuid[]) to callboard_service;
