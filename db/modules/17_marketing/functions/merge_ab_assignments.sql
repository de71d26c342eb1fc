create or replace function marketing.merge_ab_assignments(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := merge_ab_assignments.organization_id;
begin
  for attempt in 1 .. 3 loop
    begin
      -- What was drawn for the one and never shown gives way to what the other has met.
      delete from marketing.ab_test_assignments k
       using marketing.ab_test_assignments m
        join marketing.ab_tests t on t.organization_id = m.organization_id and t.id = m.ab_test_id and t.status = 'running'
       where m.organization_id = organization
         and m.lead_id = merged_id
         and m.exposed_at is not null
         and k.organization_id = organization
         and k.ab_test_id = m.ab_test_id
         and k.unit = kept_id::text
         and k.exposed_at is null;
      update marketing.ab_test_assignments m
         set lead_id = kept_id, unit = kept_id::text
       where m.organization_id = organization
         and m.lead_id = merged_id
         and not exists (
               select
                 from marketing.ab_test_assignments k
                where k.organization_id = organization and k.ab_test_id = m.ab_test_id and k.unit = kept_id::text);
      return;
    exception when unique_violation then
      -- The one that is kept was drawn meanwhile: from the beginning, now that this is there.
      null;
    end;
  end loop;
end
$$;

comment on function marketing.merge_ab_assignments(uuid, uuid, uuid) is
  'Two leads become one: in A/B tests the one that is kept has the variant that the other had, and what followed. Where both have '
  'met a variant each keeps its own, and what follows counts for the one that is kept. Part of crm.merge_leads.';
grant execute on function marketing.merge_ab_assignments(uuid, uuid, uuid) to callboard_service;
