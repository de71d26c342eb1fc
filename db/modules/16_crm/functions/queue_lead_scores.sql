create or replace function crm.call_for_scores(organization_id uuid, all_leads boolean default false) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  job_key constant text := concat('recompute_lead_scores:', case when all_leads then 'all:' end, organization_id);
begin
  -- Adding a job whose key is there waits for whoever is adding it at the moment. One that waits to run serves this change
  -- too, unless it begins before this transaction ends: then the timetable brings the next.
  if exists (
    select
      from graphile_worker.jobs j
     where j.key = job_key and j.locked_at is null and j.attempts < j.max_attempts and j.run_at > now() + interval '1 second'
  ) then
    return;
  end if;
  perform platform.enqueue(
    'recompute_lead_scores',
    jsonb_build_object('organization_id', organization_id, 'all', all_leads),
    job_key => job_key,
    run_at => now() + interval '3 seconds');
end
$$;

comment on function crm.call_for_scores(uuid, boolean) is
  'Has the scores of an organization''s leads computed soon, once for all changes of a few seconds: of those in '
  'crm.leads_to_score, or of all.';

create or replace function crm.queue_leads(organization_id uuid, lead_ids uuid[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into crm.leads_to_score (organization_id, lead_id)
  select queue_leads.organization_id, l.id from (select distinct unnest(lead_ids) as id) l where l.id is not null;
  if found then
    perform crm.call_for_scores(organization_id);
  end if;
end
$$;

comment on function crm.queue_leads(uuid, uuid[]) is
  'Has the scores of some leads computed soon. For triggers on what a score is made of.';

create or replace function crm.queue_lead_scores_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform crm.queue_leads(r.organization_id, array_agg(distinct r.lead_id)) from new_rows r group by r.organization_id;
  return null;
end
$$;

comment on function crm.queue_lead_scores_trigger() is
  'The leads of new or changed rows are scored anew. Definer: the queue is internal.';

create or replace function crm.queue_changed_leads_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    perform crm.queue_leads(r.organization_id, array_agg(r.id)) from new_rows r group by r.organization_id;
    return null;
  end if;
  perform crm.queue_leads(c.organization_id, array_agg(distinct c.id))
     from (
            select n.organization_id, n.id, n.email, n.full_name, n.company_name, n.job_title, n.phone, n.website, n.industry,
                   n.employees, n.city, n.country, n.time_zone, n.locale, n.status, n.email_consent, n.budget_amount,
                   n.interests, n.lead_source_id, n.custom_fields, n.deleted_at
              from new_rows n
            except
            select o.organization_id, o.id, o.email, o.full_name, o.company_name, o.job_title, o.phone, o.website, o.industry,
                   o.employees, o.city, o.country, o.time_zone, o.locale, o.status, o.email_consent, o.budget_amount,
                   o.interests, o.lead_source_id, o.custom_fields, o.deleted_at
              from old_rows o
          ) c
    where c.deleted_at is null
    group by c.organization_id;
  return null;
end
$$;

comment on function crm.queue_changed_leads_trigger() is
  'Leads are scored when they come and when a field changes that rules ask for; not when the score does. Definer: the queue is '
  'internal.';

create or replace function crm.queue_all_scores_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform crm.call_for_scores(r.organization_id, true) from (select distinct n.organization_id from new_rows n) r;
  return null;
end
$$;

comment on function crm.queue_all_scores_trigger() is
  'Other weights or rules mean other scores for all leads. Definer: callers may not add jobs.';

create or replace function crm.queue_source_scores_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform crm.call_for_scores(new.organization_id, true);
  return null;
end
$$;

comment on function crm.queue_source_scores_trigger() is
  'A source of another name or channel may mean other scores. Definer: callers may not add jobs.';
