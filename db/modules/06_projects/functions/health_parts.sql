-- The parts of get_production_health. Each runs with the rights of the caller and returns has_data = false where it
-- finds nothing to judge.

create or replace function projects.schedule_health(organization_id uuid, project_id uuid, today date)
returns projects.health_part
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with critical as materialized (
    select unnest((projects.get_production_timeline(schedule_health.project_id)).critical_path) as task_id
  ),
  judged as (
    select 'task' as what,
           case t.priority when 'urgent' then 2 when 'high' then 1.5 when 'medium' then 1 else 0.5 end
             * case when exists (select from critical c where c.task_id = t.id) then 3 else 1 end as weight,
           -- what was done late weighs no more: it can no longer be helped
           case when t.status <> 'done' then greatest(schedule_health.today - t.due_on, 0) else 0 end as days_late
      from projects.project_tasks t
     where t.organization_id = schedule_health.organization_id
       and t.project_id = schedule_health.project_id
       and t.status <> 'cancelled'
       and t.due_on is not null
       and t.deleted_at is null
    union all
    select 'milestone', 5,
           case when m.status = 'achieved' then 0 else greatest(schedule_health.today - m.due_on, 0) end
      from projects.project_milestones m
     where m.organization_id = schedule_health.organization_id
       and m.project_id = schedule_health.project_id
       and m.status <> 'cancelled'
       and m.deleted_at is null
  ),
  counted as (
    -- two weeks late is as bad as it gets
    select 100 * (1 - sum(j.weight * least(j.days_late / 14.0, 1)) / sum(j.weight)) as score,
           count(*) filter (where j.what = 'task') as tasks,
           count(*) filter (where j.what = 'task' and j.days_late > 0) as overdue_tasks,
           count(*) filter (where j.what = 'milestone' and j.days_late > 0) as missed_milestones,
           coalesce(max(j.days_late), 0) as worst_days_late
      from judged j
  )
  select ('schedule', round(c.score, 1), 30, null, c.score is not null,
          case
            when c.score is null then 'No task or milestone has a day by which it is due.'
            else format('%s of %s dated tasks overdue, %s milestones missed, at worst by %s days.',
                        c.overdue_tasks, c.tasks, c.missed_milestones, c.worst_days_late)
          end,
          jsonb_build_object('datedTasks', c.tasks, 'overdueTasks', c.overdue_tasks,
                             'missedMilestones', c.missed_milestones, 'worstDaysLate', c.worst_days_late)
         )::projects.health_part
    from counted c
$$;

comment on function projects.schedule_health(uuid, uuid, date) is
  'Overdue tasks, weighted by days late (14 are the worst), priority and whether they are critical, and missed '
  'milestones, as a share of all that is dated.';

create or replace function projects.budget_health(organization_id uuid, project_id uuid, today date)
returns projects.health_part
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  counted record;
begin
  if not authz.has('finance.read') then
    return ('budget', null, 25, null, false, 'You may not read budgets.', '{}')::projects.health_part;
  end if;
  select count(*) as budgets,
         -- a quarter more than planned is as bad as it gets; the worst budget decides
         min(100 - least(greatest(-coalesce(v.variance_percent, case when v.forecast > 0 then -100 else 0 end), 0) * 4,
                         100)) as score,
         min(v.variance_percent) as worst_variance_percent,
         count(*) filter (where v.status in ('at_risk', 'over')) as endangered,
         coalesce(bool_or(v.variance_percent is null and v.forecast > 0), false) as has_unplanned
    into counted
    from finance.budgets b
   cross join lateral finance.get_budget_variance(b.id, budget_health.today) v
   where b.organization_id = budget_health.organization_id
     and b.project_id = budget_health.project_id
     and b.status in ('approved', 'closed')
     and b.deleted_at is null;
  return (
    'budget', round(counted.score, 1), 25, null, counted.budgets > 0,
    case
      when counted.budgets = 0 then 'No budget is approved.'
      when counted.has_unplanned then format(
        '%s of %s approved budgets at risk or over; one has costs and no plan.', counted.endangered, counted.budgets)
      else format('%s of %s approved budgets at risk or over; the worst varies by %s %%.',
                  counted.endangered, counted.budgets, coalesce(counted.worst_variance_percent, 0))
    end,
    jsonb_build_object('budgets', counted.budgets, 'atRiskOrOver', counted.endangered,
                       'worstVariancePercent', counted.worst_variance_percent)
  )::projects.health_part;
end
$$;

comment on function projects.budget_health(uuid, uuid, date) is
  'The worst variance among the approved budgets: 100 within plan, 0 from 25 % above it.';

create or replace function projects.compliance_health(organization_id uuid, project_id uuid, as_of date)
returns projects.health_part
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with judged as (
    select case when c.is_blocking then 2 else 1 end as weight,
           case
             when c.status = 'submitted' then 0.5
             when c.status <> 'approved' then 0
             -- a permit for certain days has served when they are over: it does not expire
             when c.kind in ('permit', 'clearance') and c.valid_from is not null then 1
             when c.valid_until <= d.day_begins then 0
             when c.valid_until <= d.expiring_until and d.is_running then 0.75
             else 1
           end as fulfilled
      from projects.project_compliance c
     cross join (
             select platform.begins_at(compliance_health.as_of, o.time_zone) as day_begins,
                    -- by the calendar: two weeks with a change of the clock are not 336 hours
                    platform.begins_at(compliance_health.as_of + 14, o.time_zone) as expiring_until,
                    compliance_health.as_of >= platform.today(o.id) as is_running
               from tenancy.organizations o
              where o.id = compliance_health.organization_id
           ) d
     where c.organization_id = compliance_health.organization_id
       and c.project_id = compliance_health.project_id
       and c.status <> 'waived'
       and c.deleted_at is null
  ),
  counted as (
    select count(*) as papers,
           100 * sum(j.weight * j.fulfilled) / sum(j.weight) as score,
           count(*) filter (where j.fulfilled = 0) as missing,
           count(*) filter (where j.fulfilled = 0.75) as expiring
      from judged j
  )
  select ('compliance', round(c.score, 1), 20, null, c.papers > 0,
          case
            when c.papers = 0 then 'No permit, licence or insurance is asked for.'
            else format('%s of %s papers expired or missing, %s expire within 14 days.', c.missing, c.papers, c.expiring)
          end,
          jsonb_build_object('papers', c.papers, 'expiredOrMissing', c.missing, 'expiring', c.expiring)
         )::projects.health_part
    from counted c
$$;

comment on function projects.compliance_health(uuid, uuid, date) is
  'Papers that hold at the beginning of the day, as a share of all that are asked for; blocking ones count twice, '
  'submitted ones half, those that expire within 14 days three quarters. An approved permit for certain days counts '
  'before, on and after them.';

create or replace function projects.safety_health(organization_id uuid, project_id uuid) returns projects.health_part
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with counted as (
    select count(*) as entries,
           count(*) filter (where o.is_open) as open,
           greatest(100 - coalesce(sum(
             case s.severity when 'critical' then 70 when 'high' then 35 when 'medium' then 15 else 5 end
             -- what is mitigated is not over
             * case s.status when 'mitigated' then 0.4 else 1 end
           ) filter (where o.is_open), 0), 0) as score
      from projects.project_safety s
     cross join lateral (select s.kind in ('hazard', 'incident') and s.status <> 'closed' as is_open) o
     where s.organization_id = safety_health.organization_id
       and s.project_id = safety_health.project_id
       and s.deleted_at is null
  )
  select ('safety', case when c.entries > 0 then round(c.score, 1) end, 15, null, c.entries > 0,
          case
            when c.entries = 0 then 'Nothing about safety is recorded.'
            else format('%s hazards and incidents open.', c.open)
          end,
          jsonb_build_object('entries', c.entries, 'open', c.open)
         )::projects.health_part
    from counted c
$$;

comment on function projects.safety_health(uuid, uuid) is
  'Open hazards and incidents cost 5 (low), 15, 35 or 70 (critical) points each, mitigated ones 40 % of that.';

create or replace function projects.staffing_health(organization_id uuid, project_id uuid) returns projects.health_part
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with needed as (
    select r.quantity, r.status in ('confirmed', 'released') as is_filled
      from projects.project_resources r
     where r.organization_id = staffing_health.organization_id
       and r.project_id = staffing_health.project_id
       and r.kind = 'person'
       and r.deleted_at is null
  ),
  counted as (
    select trim_scale(coalesce(sum(n.quantity), 0)) as needed,
           trim_scale(coalesce(sum(n.quantity) filter (where not n.is_filled), 0)) as unfilled
      from needed n
  )
  select ('staffing', round(100.0 * (c.needed - c.unfilled) / nullif(c.needed, 0), 1), 10, null, c.needed > 0,
          case
            when c.needed = 0 then 'Nobody is asked for.'
            else format('%s of %s people are not confirmed.', c.unfilled, c.needed)
          end,
          jsonb_build_object('needed', c.needed, 'unfilled', c.unfilled)
         )::projects.health_part
    from counted c
$$;

comment on function projects.staffing_health(uuid, uuid) is 'The share of the people asked for who are confirmed.';

grant execute on function
  projects.schedule_health(uuid, uuid, date), projects.budget_health(uuid, uuid, date),
  projects.compliance_health(uuid, uuid, date), projects.safety_health(uuid, uuid), projects.staffing_health(uuid, uuid)
  to callboard_member, callboard_service;
