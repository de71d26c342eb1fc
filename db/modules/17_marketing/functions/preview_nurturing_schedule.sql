create or replace function marketing.preview_nurturing_schedule(
  sequence_id uuid,
  lead_id uuid,
  starting_at timestamptz default null,
  takes_branches boolean default false
) returns setof marketing.nurturing_schedule_entry
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.read');
  most_steps constant integer := 50;
  sequence marketing.nurturing_sequences;
  lead crm.leads;
  facts jsonb;
  segment_ids uuid[];
  zone text;
  enrollment marketing.nurturing_enrollments;
  step marketing.nurturing_steps;
  test marketing.ab_tests;
  variant uuid;
  target uuid;
  entry marketing.nurturing_schedule_entry;
  moment timestamptz := coalesce(starting_at, now());
  -- A lead that is in the sequence goes on from where it is.
  begins_at timestamptz;
begin
  select s.*
    into sequence
    from marketing.nurturing_sequences s
   where s.organization_id = organization and s.id = preview_nurturing_schedule.sequence_id;
  if sequence.id is null then
    perform platform.refuse('CB004', 'There is no such sequence, or you may not read it.', field => 'sequence_id');
  elsif not isfinite(moment) or moment not between timestamptz '1970-01-01' and timestamptz '2200-01-01' then
    perform platform.refuse('CB002', 'This is no time to begin at.', field => 'starting_at');
  end if;
  select l.*
    into lead
    from crm.leads l
   where l.organization_id = organization and l.id = preview_nurturing_schedule.lead_id;
  if lead.id is null then
    perform platform.refuse('CB004', 'There is no such lead, or you may not read it.', field => 'lead_id');
  end if;
  facts := marketing.lead_facts(lead);
  zone := coalesce(lead.time_zone, (select o.time_zone from tenancy.organizations o where o.id = organization));
  if sequence.goal_condition::text like '%"segment"%' or exists (
    select
      from marketing.nurturing_steps s
     where s.organization_id = organization and s.sequence_id = sequence.id and s.condition::text like '%"segment"%'
  ) then
    select m.segment_ids into segment_ids from marketing.segments_of_leads(organization, array[lead.id]) m;
  end if;

  entry.arrived_by := 'start';
  if starting_at is null then
    select e.*
      into enrollment
      from marketing.nurturing_enrollments e
     where e.organization_id = organization
       and e.sequence_id = sequence.id
       and e.lead_id = lead.id
       and e.status in ('active', 'paused');
  end if;
  if enrollment.id is not null then
    begins_at := greatest(enrollment.next_run_at, now());
    select s.*
      into step
      from marketing.nurturing_steps s
     where s.organization_id = organization and s.id = enrollment.step_id;
    if enrollment.phase = 'branch' then
      moment := case when takes_branches then now() else begins_at end;
      begins_at := null;
      entry.arrived_by := case when takes_branches then 'branch' else 'next' end;
      entry.assumed := case when takes_branches then step.branch_on else 'not ' || step.branch_on end;
      select s.*
        into step
        from marketing.nurturing_steps s
       where s.organization_id = organization
         and s.id = marketing.living_step(
               organization, case when takes_branches then step.branch_step_id else step.next_step_id end);
    end if;
  else
    select s.*
      into step
      from marketing.nurturing_steps s
     where s.organization_id = organization and s.sequence_id = sequence.id and s.deleted_at is null
     order by s.position, s.id
     limit 1;
  end if;

  for n in 1 .. most_steps loop
    exit when step.id is null;
    entry.step_id := step.id;
    entry.step_key := step.key;
    entry.time_zone := zone;
    entry.due_at := coalesce(begins_at, marketing.after_delay(moment, zone, step.delay, step.counts_working_days));
    begins_at := null;
    entry.sends_at := marketing.next_window(entry.due_at, zone, step.send_days, step.send_from, step.send_until);
    entry.applies := marketing.condition_applies(step.condition, facts, segment_ids, entry.sends_at);
    entry.template_id := null;
    if entry.applies then
      entry.template_id := step.template_id;
      if step.ab_test_id is not null then
        select t.* into test from marketing.ab_tests t where t.organization_id = organization and t.id = step.ab_test_id;
        variant := case
          when test.status = 'running' then
            coalesce(
              (select a.variant_id
                 from marketing.ab_test_assignments a
                where a.organization_id = organization and a.ab_test_id = test.id and a.unit = lead.id::text),
              (select d.variant_id from marketing.draw_ab_variants(organization, array[test.id], array[lead.id::text]) d))
          else
            coalesce(
              test.winner_variant_id,
              (select v.id
                 from marketing.ab_test_variants v
                where v.organization_id = organization and v.ab_test_id = test.id and v.is_control
                  and v.deleted_at is null))
        end;
        entry.template_id := coalesce(
          (select v.template_id from marketing.ab_test_variants v where v.organization_id = organization and v.id = variant),
          step.template_id);
      end if;
    end if;
    return next entry;

    moment := entry.sends_at;
    entry.assumed := null;
    if not entry.applies then
      entry.arrived_by := case when step.otherwise_step_id is null then 'next' else 'otherwise' end;
      target := coalesce(step.otherwise_step_id, step.next_step_id);
    elsif step.branch_on is null then
      entry.arrived_by := 'next';
      target := step.next_step_id;
    elsif takes_branches then
      entry.arrived_by := 'branch';
      entry.assumed := step.branch_on;
      target := step.branch_step_id;
    else
      entry.arrived_by := 'next';
      entry.assumed := 'not ' || step.branch_on;
      moment := marketing.after_delay(moment, zone, step.branch_wait, false);
      target := step.next_step_id;
    end if;
    select s.*
      into step
      from marketing.nurturing_steps s
     where s.organization_id = organization and s.id = marketing.living_step(organization, target);
  end loop;
end
$$;

comment on function marketing.preview_nurturing_schedule(uuid, uuid, timestamptz, boolean) is
  'When a lead would get which mail of a sequence, with delays and send windows, if it were enrolled at starting_at; without '
  'that, now, or for a lead that is in the sequence from where it is. Conditions are looked at as the lead is now. Where a step '
  'branches the lead is taken not to have opened, clicked or replied; with takes_branches, to have done so at once. At most 50 '
  'steps. Nothing is changed. Needs marketing.read, and to see the lead. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT.';
grant execute on function marketing.preview_nurturing_schedule(uuid, uuid, timestamptz, boolean)
  to callboard_member, callboard_service;
