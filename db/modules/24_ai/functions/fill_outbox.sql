create or replace function ai.fill_outbox(model_id smallint, at_most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
  fill ai.embedding_fills;
  looked_at integer;
begin
  select f.* into fill from ai.embedding_fills f where f.model_id = fill_outbox.model_id for update skip locked;
  if not found then
    return 0;
  end if;
  with page as materialized (
    select d.organization_id, d.namespace, d.id
      from ai.search_documents d
     where (d.organization_id, d.namespace, d.id)
             > (fill.after_organization_id, fill.after_namespace, fill.after_document_id)
     order by d.organization_id, d.namespace, d.id
     limit at_most
  ),
  present as materialized (
    select d.organization_id, d.namespace, d.id
      from ai.search_documents d
     where (d.organization_id, d.namespace, d.id) in (select p.organization_id, p.namespace, p.id from page p)
       for key share skip locked
  ),
  queued as (
    insert into ai.embedding_outbox as o (organization_id, namespace, document_id, model_id)
    select p.organization_id, p.namespace, p.id, fill.model_id
      from present p
     order by p.organization_id, p.namespace, p.id
    on conflict on constraint embedding_outbox_pkey do update
      set (marked_at, due_at, attempts, claim, failed_at, reason)
        = (excluded.marked_at, excluded.due_at, 0, null, null, null)
  ),
  -- What is being deleted right now waits until it is known whether it goes.
  going as (
    insert into ai.embedding_marks (organization_id, namespace, document_id)
    select p.organization_id, p.namespace, p.id from page p
    except all
    select p.organization_id, p.namespace, p.id from present p
  ),
  counted as (select count(*)::integer as documents from page)
  select c.documents, l.organization_id, l.namespace, l.id
    into looked_at, fill.after_organization_id, fill.after_namespace, fill.after_document_id
    from counted c
    left join lateral (
           select p.* from page p order by p.organization_id desc, p.namespace desc, p.id desc limit 1
         ) l on true;
  if looked_at < at_most then
    delete from ai.embedding_fills f where f.model_id = fill.model_id;
  else
    update ai.embedding_fills f
       set (after_organization_id, after_namespace, after_document_id)
         = (fill.after_organization_id, fill.after_namespace, fill.after_document_id)
     where f.model_id = fill.model_id;
  end if;
  return looked_at;
end
$$;

comment on function ai.fill_outbox(smallint, integer) is
  'Puts the next texts into the outbox of a model that began to build after they were written, and returns how many it looked '
  'at: 0 when all are there, or somebody else is at it. What is written meanwhile is marked.';
grant execute on function ai.fill_outbox(smallint, integer) to callboard_service;
