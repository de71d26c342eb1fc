create or replace function ai.make_embedding_partition(model ai.embedding_models) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  name constant text := 'embeddings_' || model.id;
begin
  if to_regclass('ai.' || quote_ident(name)) is null then
    -- Rows change their workspace without their index entries, if their page has room.
    execute format(
      'create table ai.%I partition of ai.embeddings for values in (%s) with (fillfactor = 90)', name, model.id);
    execute format(
      'alter table ai.%I add check (extensions.vector_dims(embedding) = %s), alter embedding set storage plain',
      name, model.dimension);
    -- With pgvector's 64 how near it comes to all differs from build to build; this takes half as long again to build.
    execute format(
      'create index %I on ai.%I using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops) '
      'with (ef_construction = 128)',
      name || '_nearest', name, model.dimension);
    call platform.close_partition(format('ai.%I', name)::regclass);
  end if;
  -- The index is found by its dimension, so each model has a query of its own; as a function it is planned once for a
  -- connection, and it comes in order already: anything else would have to be sorted.
  execute format(
    $sql$
    create or replace function ai.%1$I(
      embedding extensions.halfvec,
      namespaces text[],
      at_most integer
    ) returns setof ai.nearest_chunk
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_sort = off
    set enable_seqscan = off
    set jit = off
    rows 50
    as $body$
    begin
      return query
        select n.namespace, n.document_id, n.chunk, (1 - n.distance)::real
          from (
                 select e.namespace, e.document_id, e.chunk,
                        (e.embedding::extensions.halfvec(%2$s))
                          operator(extensions.<=>) %1$I.embedding::extensions.halfvec(%2$s) as distance
                   from ai.embeddings e
                  where e.model_id = %3$s
                    and e.organization_id = (select authz.organization_id())
                    and (namespaces is null or e.namespace = any (namespaces))
                  order by (e.embedding::extensions.halfvec(%2$s))
                             operator(extensions.<=>) %1$I.embedding::extensions.halfvec(%2$s)
                  limit at_most
               ) n
         order by n.distance, n.namespace, n.document_id, n.chunk;
    end
    $body$
    $sql$,
    'nearest_in_' || model.id, model.dimension, model.id);
  execute format(
    'comment on function ai.%I(extensions.halfvec, text[], integer) is %L', 'nearest_in_' || model.id,
    E'@behavior -*\nThe parts of documents that the index of a model finds nearest to an embedding, as it is set up. Written by '
    'ai.make_embedding_partition.');
  execute format(
    'grant execute on function ai.%I(extensions.halfvec, text[], integer) to callboard_member', 'nearest_in_' || model.id);
end
$$;

comment on function ai.make_embedding_partition(ai.embedding_models) is
  'Makes the place where the embeddings of a model go, with an index of their own, and the query that goes by it.';

create or replace function ai.use_embedding_model(
  provider text,
  model text,
  dimension integer,
  chunk_characters integer default 1200,
  chunk_overlap integer default 150
) returns smallint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  called constant text := concat_ws(':', provider, model, dimension, chunk_characters, chunk_overlap);
  wanted ai.embedding_models;
  has_place boolean;
begin
  if current_setting('role') in ('callboard_member', 'callboard_anonymous') then
    perform platform.refuse('CB003', 'This is for the back office.');
  end if;
  perform pg_advisory_xact_lock(5678025);
  select m.*
    into wanted
    from ai.embedding_models m
   where m.name = called;
  if wanted.status = 'active' then
    -- Somebody has gone back to it before another was ready.
    update ai.embedding_models m set status = 'retired', retired_at = now() where m.status = 'building';
    delete from ai.embedding_fills;
    return wanted.id;
  elsif wanted.status = 'building' then
    return wanted.id;
  end if;
  update ai.embedding_models m set status = 'retired', retired_at = now() where m.status = 'building';
  delete from ai.embedding_fills;
  insert into ai.embedding_models as m (name, provider, model, dimension, chunk_characters, chunk_overlap, threshold)
  values (called, use_embedding_model.provider, use_embedding_model.model, use_embedding_model.dimension,
          use_embedding_model.chunk_characters, use_embedding_model.chunk_overlap,
          case use_embedding_model.provider when 'built_in' then 0.12 else 0.25 end)
  on conflict (name) do update set status = 'building', retired_at = null
  returning m.* into wanted;
  has_place := to_regclass('ai.embeddings_' || wanted.id) is not null;
  perform ai.make_embedding_partition(wanted);
  -- Nobody writes a text until a new place is there. To fill the outbox now would keep them waiting, and with a place that is
  -- there already would miss what is being written.
  insert into ai.embedding_fills (model_id)
  select wanted.id where has_place or exists (select from ai.search_documents);
  perform ai.activate_embedding_model();
  return wanted.id;
end
$$;

comment on function ai.use_embedding_model(text, text, integer, integer, integer) is
  'Has everything embedded by this model from now on. One that is not active yet begins to build: searches go on with the '
  'active one until everything is embedded anew. Returns its id. Errors: CB003. Definer: makes a partition, which only the '
  'owner does.';
grant execute on function ai.use_embedding_model(text, text, integer, integer, integer) to callboard_service;

create or replace function ai.activate_embedding_model() returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  building ai.embedding_models;
begin
  if current_setting('role') in ('callboard_member', 'callboard_anonymous') then
    perform platform.refuse('CB003', 'This is for the back office.');
  end if;
  perform pg_advisory_xact_lock(5678025);
  select m.* into building from ai.embedding_models m where m.status = 'building';
  if building.id is null or exists (
    select from ai.embedding_fills f where f.model_id = building.id
  ) or exists (
    select from ai.embedding_outbox o where o.model_id = building.id and o.failed_at is null
  ) or not exists (select from ai.embeddings e where e.model_id = building.id) and exists (
    -- what has embedded nothing of all there is takes over from nobody
    select from ai.embedding_outbox o where o.model_id = building.id
  ) then
    return false;
  end if;
  update ai.embedding_models m set status = 'retired', retired_at = now() where m.status = 'active';
  update ai.embedding_models m set status = 'active', activated_at = now() where m.id = building.id;
  return true;
end
$$;

comment on function ai.activate_embedding_model() is
  'Lets the model that is building take over once everything is embedded, or has failed for good while other texts have not. '
  'Errors: CB003. Definer: the models are read by everybody and written by nobody else.';
grant execute on function ai.activate_embedding_model() to callboard_service;

create or replace function ai.drop_retired_embeddings() returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  retired record;
  dropped integer := 0;
begin
  if current_setting('role') in ('callboard_member', 'callboard_anonymous') then
    perform platform.refuse('CB003', 'This is for the back office.');
  end if;
  perform pg_advisory_xact_lock(5678025);
  -- Searches that have begun with it have ended by then.
  for retired in
    select m.id
      from ai.embedding_models m
     where m.status = 'retired' and m.retired_at < now() - interval '10 minutes'
       and to_regclass('ai.embeddings_' || m.id) is not null
  loop
    begin
      perform set_config('lock_timeout', '2s', true);
      execute format('drop function if exists ai.%I(extensions.halfvec, text[], integer)', 'nearest_in_' || retired.id);
      execute format('drop table ai.%I', 'embeddings_' || retired.id);
      delete from ai.embedding_outbox o where o.model_id = retired.id;
      delete from ai.search_sizes s where s.model_id = retired.id;
      dropped := dropped + 1;
    exception when lock_not_available then
      null; -- next time
    end;
  end loop;
  return dropped;
end
$$;

comment on function ai.drop_retired_embeddings() is
  'Drops the embeddings of models that are not used any more; returns of how many. Errors: CB003. Definer: only the owner '
  'drops tables.';
grant execute on function ai.drop_retired_embeddings() to callboard_service;
