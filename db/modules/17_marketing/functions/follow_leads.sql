create or replace function marketing.follow_leads_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  leaving record;
begin
  -- What matters is how leads are now; whether that is new, the enrolment that still lives says.
  for leaving in
    select e.organization_id, e.reason, array_agg(e.id) as ids
      from (
        select e.organization_id, e.id,
               case
                 when n.deleted_at is not null then 'lead_archived'
                 when n.status = 'converted' then 'converted'
                 else 'disqualified'
               end as reason
          from new_rows n
         cross join lateral (
                 select e.organization_id, e.id, e.sequence_id
                   from marketing.nurturing_enrollments e
                  where e.organization_id = n.organization_id
                    and e.lead_id = n.id
                    and e.status in ('active', 'paused')
                 offset 0
               ) e
          join marketing.nurturing_sequences s on s.organization_id = e.organization_id and s.id = e.sequence_id
         where n.deleted_at is not null
            or n.status = 'converted' and 'converted' = any (s.exit_on)
            or n.status in ('unqualified', 'lost') and 'disqualified' = any (s.exit_on)
      ) e
     group by e.organization_id, e.reason
  loop
    perform marketing.end_enrollments(leaving.organization_id, leaving.ids, leaving.reason);
  end loop;
  for leaving in
    select a.organization_id, array_agg(a.ab_test_id) as tests, array_agg(a.unit) as units,
           array_agg(a.converted_at) as moments
      from (
        select n.organization_id, a.ab_test_id, a.unit, n.converted_at
          from new_rows n
         cross join lateral (
                 select a.ab_test_id, a.unit, a.id
                   from marketing.ab_test_assignments a
                  where a.organization_id = n.organization_id and a.lead_id = n.id
                 offset 0
               ) a
         where n.converted_at is not null
           and not exists (
                 select
                   from marketing.ab_test_conversions c
                  where c.organization_id = n.organization_id
                    and c.ab_test_id = a.ab_test_id
                    and c.assignment_id = a.id
                    and c.goal = 'converted'
               )
      ) a
     group by a.organization_id
  loop
    perform marketing.record_ab_conversions(
              leaving.organization_id, leaving.tests, leaving.units,
              array_fill('converted'::text, array[cardinality(leaving.units)]), leaving.moments);
  end loop;
  return null;
end
$$;

comment on function marketing.follow_leads_trigger() is
  'Leads that are converted, disqualified or archived leave the sequences that say so, and converted ones count in A/B tests. '
  'Definer: whoever changes a lead may write neither.';
