create or replace function crm.score_queued_leads(batch integer default 500) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  taken integer;
  leads_of record;
begin
  for leads_of in
    with gone as (
      delete from crm.leads_to_score q
       where (q.organization_id, q.id) in (
               select w.organization_id, w.id
                 from crm.leads_to_score w
                order by w.id
                limit batch
                  for update skip locked)
      returning q.organization_id, q.lead_id
    )
    select g.organization_id, array_agg(distinct g.lead_id) as ids, count(*)::integer as entries
      from gone g
     group by g.organization_id
     order by g.organization_id
  loop
    perform crm.store_lead_scores(leads_of.organization_id, leads_of.ids);
    taken := coalesce(taken, 0) + leads_of.entries;
  end loop;
  return coalesce(taken, 0);
end
$$;

comment on function crm.score_queued_leads(integer) is
  'Scores the leads that changes have called for, a batch at a time; returns how many entries it took, 0 when none is left. '
  'Workers that do this at the same time take different ones.';
grant execute on function crm.score_queued_leads(integer) to callboard_service;

create or replace function crm.score_due_leads(batch integer default 500) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  taken integer;
  leads_of record;
begin
  for leads_of in
    select d.organization_id, array_agg(d.id) as ids, count(*)::integer as leads
      from (
             select l.organization_id, l.id
               from crm.leads l
              where l.rescore_at <= now() and l.deleted_at is null
              order by l.rescore_at
              limit batch
                for no key update skip locked
           ) d
     group by d.organization_id
     order by d.organization_id
  loop
    perform crm.store_lead_scores(leads_of.organization_id, leads_of.ids);
    taken := coalesce(taken, 0) + leads_of.leads;
  end loop;
  return coalesce(taken, 0);
end
$$;

comment on function crm.score_due_leads(integer) is
  'Scores the leads whose score has moved because time went by, and no others, a batch at a time; returns how many, 0 when '
  'none is left.';
grant execute on function crm.score_due_leads(integer) to callboard_service;

create or replace function crm.score_leads_after(organization_id uuid, after_id uuid default null, batch integer default 500)
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  ids uuid[];
begin
  ids := array(
    select l.id
      from crm.leads l
     where l.organization_id = score_leads_after.organization_id
       and l.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
       and l.deleted_at is null
     order by l.id
     limit batch);
  perform crm.store_lead_scores(organization_id, ids);
  return ids[cardinality(ids)];
end
$$;

comment on function crm.score_leads_after(uuid, uuid, integer) is
  'Scores the next leads of an organization in the order of their ids; returns the last one, to go on after; null at the end.';
grant execute on function crm.score_leads_after(uuid, uuid, integer) to callboard_service;
