create or replace function ai.embedding_status() returns ai.embedding_status
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.read');
  status ai.embedding_status;
begin
  select m.provider, m.model, m.dimension, b.model,
         (select count(*)
            from ai.embedding_outbox o
           where o.organization_id = organization and o.failed_at is null and o.model_id in (m.id, b.id))
         + (select count(distinct (e.namespace, e.document_id))
              from ai.embedding_marks e
             where e.organization_id = organization
               and not exists (
                     select
                       from ai.embedding_outbox o
                      where o.organization_id = organization
                        and o.namespace = e.namespace
                        and o.document_id = e.document_id
                        and o.failed_at is null
                   ))
         + (select count(*)
              from ai.embedding_fills f
              join ai.search_documents d
                on (d.organization_id, d.namespace, d.id)
                     > (f.after_organization_id, f.after_namespace, f.after_document_id)
             where f.model_id = b.id
               and d.organization_id = organization
               and not exists (
                     select
                       from ai.embedding_outbox o
                      where o.organization_id = d.organization_id
                        and o.namespace = d.namespace
                        and o.document_id = d.id
                        and o.model_id = f.model_id
                   )),
         (select count(*)
            from ai.embedding_outbox o
           where o.organization_id = organization and o.failed_at is not null and o.model_id in (m.id, b.id)),
         coalesce((select sum(s.chunks)
            from ai.search_sizes s
           where s.organization_id = organization and s.model_id = m.id), 0),
         null::ai.embedding_failure[]
    into status
    from ai.embedding_models m
    left join ai.embedding_models b on b.status = 'building'
   where m.status = 'active';
  status.failures := array(
    select row(o.namespace, o.document_id, d.title, o.reason, o.failed_at)::ai.embedding_failure
      from ai.embedding_outbox o
      join ai.search_documents d
        on d.organization_id = o.organization_id and d.namespace = o.namespace and d.id = o.document_id
     where o.organization_id = organization and o.failed_at is not null and ai.is_visible(d)
     order by o.failed_at desc, o.namespace, o.document_id
     limit 50);
  return status;
end
$$;

comment on function ai.embedding_status() is
  'How far the organization''s texts are embedded, and which could not be. Needs ai.read. Errors: UNAUTHENTICATED, FORBIDDEN. '
  'Definer: the outbox is internal.';
grant execute on function ai.embedding_status() to callboard_member;

create or replace function ai.retry_embeddings() returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.write');
  retried integer;
begin
  update ai.embedding_outbox o
     set failed_at = null, attempts = 0, due_at = '-infinity', claim = null
   where o.organization_id = organization and o.failed_at is not null;
  get diagnostics retried = row_count;
  if retried > 0 then
    perform ai.wake_embedder();
  end if;
  return retried;
end
$$;

comment on function ai.retry_embeddings() is
  E'@resultFieldName retried\nHas texts embedded again that were given up; returns how many. Needs ai.write. Errors: '
  'UNAUTHENTICATED, FORBIDDEN. Definer: the outbox is internal.';
grant execute on function ai.retry_embeddings() to callboard_member;
