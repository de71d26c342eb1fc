create or replace function crm.organizations_to_score(due boolean default false) returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select o.id
    from tenancy.organizations o
   where case
           when due then exists (
             select from crm.leads l where l.organization_id = o.id and l.rescore_at <= now() and l.deleted_at is null)
           else exists (select from crm.leads_to_score q where q.organization_id = o.id)
         end
   order by o.id
$$;

comment on function crm.organizations_to_score(boolean) is
  'The organizations for which score_queued_leads, or with due score_due_leads, has something to do. For jobs.';
grant execute on function crm.organizations_to_score(boolean) to callboard_service;

create or replace function crm.score_queued_leads(organization_id uuid, batch integer default 500) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  ids uuid[];
begin
  with gone as (
    delete from crm.leads_to_score q
     where q.organization_id = score_queued_leads.organization_id
       and q.id in (
             select w.id
               from crm.leads_to_score w
              where w.organization_id = score_queued_leads.organization_id
              order by w.id
              limit batch
                for update skip locked)
    returning q.lead_id
  )
  select coalesce(array_agg(g.lead_id), '{}') into ids from gone g;
  perform crm.store_lead_scores(organization_id, array(select distinct i.id from unnest(ids) as i (id)));
  return cardinality(ids);
end
$$;

comment on function crm.score_queued_leads(uuid, integer) is
  'Scores the leads of an organization that changes have called for, a batch at a time; returns how many entries it took, 0 '
  'when none is left. Workers that do this at the same time take different ones.';
grant execute on function crm.score_queued_leads(uuid, integer) to callboard_service;

create or replace function crm.score_due_leads(organization_id uuid, batch integer default 500) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  ids uuid[];
begin
  ids := array(
    select l.id
      from crm.leads l
     where l.organization_id = score_due_leads.organization_id and l.rescore_at <= now() and l.deleted_at is null
     order by l.rescore_at
     limit batch
       for no key update skip locked);
  perform crm.store_lead_scores(organization_id, ids);
  return cardinality(ids);
end
$$;

comment on function crm.score_due_leads(uuid, integer) is
  'Scores the leads of an organization whose score has moved because time went by, and no others, a batch at a time; returns '
  'how many, 0 when none is left.';
grant execute on function crm.score_due_leads(uuid, integer) to callboard_service;

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
