create or replace function analytics.merge_lead_events(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := merge_lead_events.organization_id;
begin
  update analytics.nps_responses r set lead_id = kept_id where r.organization_id = organization and r.lead_id = merged_id;
  -- A visit that a digest is just writing is not waited for: the next one moves it.
  update analytics.sessions s
     set lead_id = kept_id
   where s.organization_id = organization
     and s.id in (
           select o.id
             from analytics.sessions o
            where o.organization_id = organization and o.lead_id = merged_id
              for no key update skip locked
         );
  -- Visits of the two may be one now, and segments count the events of the other: the digest of both sees to that.
  with moved as (
    update analytics.app_events e
       set lead_id = kept_id
     where e.organization_id = organization and e.lead_id = merged_id
    returning e.occurred_at
  )
  insert into analytics.event_batches (organization_id, first_at, last_at, user_ids, lead_ids, anonymous_ids, lead_events)
  select organization, min(m.occurred_at), max(m.occurred_at), '{}', array[kept_id, merged_id], '{}', '{}'
    from moved m
  having count(*) > 0;
end
$$;

comment on function analytics.merge_lead_events(uuid, uuid, uuid) is
  'Two leads become one: the answers, events and visits of the one that is merged are those of the one that is kept, and its '
  'visits and segments are looked at again. Part of crm.merge_leads, before the other lead is archived, and of digest_events, '
  'for what was being recorded meanwhile.';
grant execute on function analytics.merge_lead_events(uuid, uuid, uuid) to callboard_service;
