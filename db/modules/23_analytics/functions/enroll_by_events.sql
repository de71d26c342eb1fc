create or replace function analytics.enroll_by_events(organization_id uuid, lead_events jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  event_names text[];
  lead_ids uuid[];
begin
  select array_agg(d.event_name order by d.event_name, d.lead_id), array_agg(d.lead_id order by d.event_name, d.lead_id)
    into event_names, lead_ids
    from (
           select distinct e.key as event_name, t.id as lead_id
             from jsonb_array_elements(lead_events) as b (events)
            cross join lateral jsonb_each(b.events) e
            cross join lateral jsonb_array_elements_text(e.value) as l (value)
             join crm.leads k on k.organization_id = enroll_by_events.organization_id and k.id = l.value::uuid
             -- Who was merged since has done it as the other; who was archived has not.
             join crm.leads t
               on t.organization_id = k.organization_id
              and t.id = coalesce(k.merged_into_lead_id, k.id)
              and t.deleted_at is null
         ) d;
  if event_names is not null then
    perform marketing.enroll_by_event(organization_id, event_names, lead_ids);
  end if;
end
$$;

comment on function analytics.enroll_by_events(uuid, jsonb) is
  'Tells sequences what leads have just done: a list of {"<event>": ["<lead>", …]}. For the job that digests events.';
grant execute on function analytics.enroll_by_events(uuid, jsonb) to callboard_service;

create or replace function analytics.enroll_entered_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entered record;
begin
  for entered in
    select n.organization_id, array_agg(n.segment_id order by n.id) as segment_ids, array_agg(n.lead_id order by n.id) as lead_ids
      from new_rows n
     where n.lead_id is not null and n.left_at is null
     group by n.organization_id
  loop
    perform marketing.enroll_by_segment(entered.organization_id, entered.segment_ids, entered.lead_ids);
  end loop;
  return null;
end
$$;

comment on function analytics.enroll_entered_trigger() is
  'Leads that have come into a segment enter the sequences that begin with it. Definer: enrolments are written by functions '
  'alone.';
