create or replace function ai.upsert_embeddings(namespace text, rows ai.document_draft[]) returns ai.upserted_documents
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.write');
  model ai.embedding_models;
  wrong record;
  result ai.upserted_documents;
  known jsonb;
  given constant uuid[] := array(select ai.document_id(r.key) from unnest(rows) r where r.embedding is not null);
begin
  if namespace is null or namespace !~ '^[a-z][a-z0-9_]{0,62}$' then
    perform platform.refuse(
      'CB002', 'A namespace is of lower-case letters, digits and underscores, begins with a letter and has at most 63.',
      field => 'namespace');
  end if;
  if rows is null or cardinality(rows) not between 1 and 1000 then
    perform platform.refuse('CB002', 'There have to be 1 to 1000 rows.', field => 'rows');
  end if;
  select m.* into model from ai.embedding_models m where m.status = 'active';
  select r.position, w.problem
    into wrong
    from unnest(rows) with ordinality
           as r (key, title, content, metadata, workspace_id, is_private, embedding, position)
   cross join lateral (
           select case
             when r.key is null or btrim(r.key) = '' or length(r.key) > 200 then 'has no key of 1 to 200 characters'
             when length(r.title) > 1000 then 'has a title of more than 1000 characters'
             when btrim(concat(r.title, r.content)) = '' then 'has neither title nor content'
             when length(r.content) > 1000000 then 'has more than 1000000 characters'
             when jsonb_typeof(r.metadata) <> 'object' then 'has metadata that are no object'
             when r.workspace_id is not null and not (
                    exists (select from tenancy.workspaces s
                             where s.organization_id = organization and s.id = r.workspace_id)
                    and authz.sees_workspace(r.workspace_id))
               then 'is in a workspace that there is not'
             when r.workspace_id is null and not authz.sees_workspace(null) then 'needs a workspace'
             when r.is_private and authz.user_id() is null then 'is private, but an API key is nobody'
           end as problem
         ) w
   where w.problem is not null
   order by r.position
   limit 1;
  if wrong.problem is not null then
    perform platform.refuse('CB002', format('Row %s %s.', wrong.position, wrong.problem), field => 'rows');
  end if;
  if (select count(distinct r.key) from unnest(rows) r) < cardinality(rows) then
    perform platform.refuse('CB002', 'Two rows have the same key.', field => 'rows');
  end if;
  perform ai.check_embedding(r.embedding, model, 'rows') from unnest(rows) r where r.embedding is not null;

  -- Two who replace the same documents go one after the other; and what is not the caller's to change stays as it is.
  perform
     from ai.search_documents d
    where d.organization_id = organization
      and d.namespace = upsert_embeddings.namespace
      and d.id in (select ai.document_id(r.key) from unnest(rows) r)
    order by d.id
      for no key update;
  if exists (
    select
      from ai.search_documents d
     where d.organization_id = organization
       and d.namespace = upsert_embeddings.namespace
       and d.id in (select ai.document_id(r.key) from unnest(rows) r)
       and not ai.may_change(d)
  ) then
    perform platform.refuse('CB004', 'A row has the key of a document that you may not change.', field => 'rows');
  end if;
  select coalesce(jsonb_object_agg(d.key, d.content_hash), '{}')
    into known
    from ai.search_documents d
   where d.organization_id = organization
     and d.namespace = upsert_embeddings.namespace
     and d.id in (select ai.document_id(r.key) from unnest(rows) r);
  perform ai.index_rows(
            upsert_embeddings.namespace, 'ai.read', null,
            (select array_agg(row(organization, ai.document_id(r.key), r.workspace_id,
                                  case when r.is_private then authz.user_id() end,
                                  coalesce(nullif(btrim(r.title), ''), r.key), r.content, null, null, array[r.key]
                                 )::ai.searchable_row)
               from unnest(rows) r),
            given);
  update ai.search_documents d
     set key = r.key, metadata = coalesce(r.metadata, '{}')
    from unnest(rows) r
   where d.organization_id = organization
     and d.namespace = upsert_embeddings.namespace
     and d.id = ai.document_id(r.key)
     and (d.key, d.metadata) is distinct from (r.key, coalesce(r.metadata, '{}'));
  -- What waits for an embedding has it now, and needs it of another model alone.
  delete from ai.embedding_marks m
   where m.organization_id = organization
     and m.namespace = upsert_embeddings.namespace
     and m.document_id = any (given);
  insert into ai.embedding_outbox as o (organization_id, namespace, document_id, model_id)
  select organization, upsert_embeddings.namespace, g.id, m.id
    from unnest(given) as g (id)
   cross join ai.embedding_models m
   where m.status = 'building'
   order by g.id, m.id
  on conflict on constraint embedding_outbox_pkey do update
    set (marked_at, due_at, attempts, claim, failed_at, reason)
      = (excluded.marked_at, excluded.due_at, 0, null, null, null);
  perform ai.store_given_embedding(d, model, r.embedding)
     from unnest(rows) r
     join ai.search_documents d
       on d.organization_id = organization and d.namespace = upsert_embeddings.namespace and d.id = ai.document_id(r.key)
    where r.embedding is not null;
  select count(*) filter (where known -> d.key is null),
         count(*) filter (where known ->> d.key <> d.content_hash::text),
         count(*) filter (where known ->> d.key = d.content_hash::text)
    into result
    from ai.search_documents d
   where d.organization_id = organization
     and d.namespace = upsert_embeddings.namespace
     and d.id in (select ai.document_id(r.key) from unnest(rows) r);
  return result;
end
$$;

comment on function ai.upsert_embeddings(text, ai.document_draft[]) is
  E'@resultFieldName upserted\nPuts documents of the users'' own among what is searched, at most 1000 at a time; one with a '
  'key that is there replaces it. Words are found at once; by meaning when the text has been embedded, which takes a moment. '
  'Texts of any length are embedded in parts. Needs ai.write. Errors: FORBIDDEN; INVALID_INPUT naming the row; '
  'EMBEDDING_MISMATCH for an embedding that is not of the active model; NOT_FOUND_OR_FORBIDDEN for a document that somebody '
  'else keeps to themselves. Definer: what is searched is written by functions alone.';
grant execute on function ai.upsert_embeddings(text, ai.document_draft[]) to callboard_member;

create or replace function ai.may_change(document ai.search_documents) returns boolean
language sql stable
-- An API key is nobody: nothing of what somebody keeps to themselves is its own.
return (document.owner_id is null or document.owner_id is not distinct from authz.user_id())
  and authz.sees_workspace(document.workspace_id);

comment on function ai.may_change(ai.search_documents) is
  E'@behavior -*\nWhether a document of the users'' own in the active organization is the caller''s to replace and to take out, '
  'for definers that have asked for ai.write. What a program puts in, it may not be allowed to read.';

create or replace function ai.document_id(key text) returns uuid
language sql immutable parallel safe
return md5(key)::uuid;

comment on function ai.document_id(text) is E'@behavior -*\nThe id of a document of the users'' own, from its key.';
grant execute on function ai.document_id(text) to callboard_member, callboard_service;

create or replace function ai.store_given_embedding(
  document ai.search_documents,
  model ai.embedding_models,
  embedding real[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from ai.embeddings e
   where e.organization_id = document.organization_id
     and e.namespace = document.namespace
     and e.document_id = document.id
     and e.model_id = model.id;
  insert into ai.embeddings
    (organization_id, namespace, document_id, chunk, model_id, workspace_id, read_permission, owner_id, starts_at, characters,
     embedding)
  values
    (document.organization_id, document.namespace, document.id, 0, model.id, document.workspace_id, document.read_permission,
     document.owner_id, 0, length(document.body),
     extensions.l2_normalize(embedding::extensions.vector)::extensions.halfvec);
  delete from ai.embedding_outbox o
   where o.organization_id = document.organization_id
     and o.namespace = document.namespace
     and o.document_id = document.id
     and o.model_id = model.id;
end
$$;

comment on function ai.store_given_embedding(ai.search_documents, ai.embedding_models, real[]) is
  E'@behavior -*\nKeeps the embedding that came with a document, so that none has to be made.';

create or replace function ai.check_embedding(embedding real[], model ai.embedding_models, field text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(embedding) <> model.dimension then
    perform platform.refuse(
      'CB070',
      format('The embedding has %s numbers, but those of the active model have %s.', cardinality(embedding), model.dimension),
      field => field,
      detail => jsonb_build_object(
        'model', model.model, 'dimension', model.dimension, 'given', cardinality(embedding))::text);
  end if;
  if array_ndims(embedding) <> 1 or array_position(embedding, null) is not null
     or 'NaN'::real = any (embedding) or 'Infinity'::real = any (embedding) or '-Infinity'::real = any (embedding) then
    perform platform.refuse('CB002', 'An embedding is a list of finite numbers.', field => field);
  end if;
  if 0::real = all (embedding) then
    perform platform.refuse('CB002', 'An embedding of nothing but zeros is near to nothing.', field => field);
  end if;
end
$$;

comment on function ai.check_embedding(real[], ai.embedding_models, text) is
  E'@behavior -*\nRefuses what cannot be compared with the embeddings of a model. Errors: CB002; CB070 for another dimension, '
  'with JSON in the detail: model, dimension, given.';
grant execute on function ai.check_embedding(real[], ai.embedding_models, text) to callboard_member, callboard_service;

create or replace function ai.delete_embeddings(namespace text, keys text[] default null) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.write');
  deleted integer;
begin
  if namespace is null or namespace like '%.%' then
    perform platform.refuse(
      'CB002', 'Rows of tables leave the search when they are archived; name a namespace of your own.', field => 'namespace');
  end if;
  delete from ai.search_documents d
   where d.organization_id = organization
     and d.namespace = delete_embeddings.namespace
     and (keys is null or d.id in (select ai.document_id(k.key) from unnest(keys) as k (key)))
     and ai.may_change(d);
  get diagnostics deleted = row_count;
  return deleted;
end
$$;

comment on function ai.delete_embeddings(text, text[]) is
  E'@resultFieldName deleted\nTakes documents of the users'' own out of the search: those with these keys, or all of the namespace '
  'that the caller may change. Returns how many there were. Needs ai.write. Errors: FORBIDDEN, INVALID_INPUT. Definer: what is '
  'searched is written by functions alone.';
grant execute on function ai.delete_embeddings(text, text[]) to callboard_member;
