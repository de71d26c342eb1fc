create or replace function analytics.note_events_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Midnights are on a quarter of an hour wherever they are, and there are few quarters in a batch.
  insert into analytics.dirty_days (organization_id, day)
  select distinct q.organization_id, (q.quarter at time zone o.time_zone)::date
    from (
           select distinct n.organization_id, date_bin('15 minutes', n.occurred_at, timestamptz '1970-01-01 00:00:00Z') as quarter
             from new_rows n
         ) q
    join tenancy.organizations o on o.id = q.organization_id;
  insert into analytics.event_batches
    (organization_id, first_at, last_at, user_ids, lead_ids, anonymous_ids, lead_events)
  select n.organization_id, min(n.occurred_at), max(n.occurred_at),
         coalesce(array_agg(distinct n.user_id) filter (where n.user_id is not null), '{}'),
         coalesce(array_agg(distinct n.lead_id) filter (where n.lead_id is not null), '{}'),
         coalesce(array_agg(distinct n.anonymous_id) filter (where n.anonymous_id is not null), '{}'),
         (select coalesce(jsonb_object_agg(e.name, e.leads), '{}')
            from (
                   select l.name, jsonb_agg(distinct l.lead_id) as leads
                     from new_rows l
                    where l.organization_id = n.organization_id
                      and l.lead_id is not null
                      -- what was long ago, such as what is imported, begins nothing now
                      and l.occurred_at > now() - interval '1 day'
                    group by l.name
                 ) e)
    from new_rows n
   group by n.organization_id;
  return null;
end
$$;

comment on function analytics.note_events_trigger() is
  'Marks the days that new events lie in, in the time zone of the organization, and whose they are. Definer: the marks are '
  'internal.';
