create or replace function ai.collect_marks(at_most integer default 5000) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
  collected integer;
begin
  with marked as materialized (
    select m.ctid as place, m.organization_id, m.namespace, m.document_id
      from ai.embedding_marks m
     limit at_most
       for update skip locked
  ),
  -- What is being deleted right now keeps its mark until it is known whether it goes.
  present as materialized (
    select d.organization_id, d.namespace, d.id
      from ai.search_documents d
     where (d.organization_id, d.namespace, d.id) in (select m.organization_id, m.namespace, m.document_id from marked m)
       for key share skip locked
  ),
  queued as (
    insert into ai.embedding_outbox as o (organization_id, namespace, document_id, model_id)
    select p.organization_id, p.namespace, p.id, m.id
      from present p
     cross join ai.embedding_models m
     where m.status in ('active', 'building')
     order by p.organization_id, p.namespace, p.id, m.id
    on conflict on constraint embedding_outbox_pkey do update
      set (marked_at, due_at, attempts, claim, failed_at, reason)
        = (excluded.marked_at, excluded.due_at, 0, null, null, null)
  )
  delete from ai.embedding_marks e
   where e.ctid = any (array(
           select m.place
             from marked m
             left join present p
               on p.organization_id = m.organization_id and p.namespace = m.namespace and p.id = m.document_id
            where p.id is not null
               or not exists (
                    select
                      from ai.search_documents d
                     where d.organization_id = m.organization_id and d.namespace = m.namespace and d.id = m.document_id
                  )));
  get diagnostics collected = row_count;
  return collected;
end
$$;

comment on function ai.collect_marks(integer) is
  'Puts texts that have changed into the outbox, for each model that is in use; returns how many marks it took, 0 when none is '
  'left but of what is being deleted.';
grant execute on function ai.collect_marks(integer) to callboard_service;
