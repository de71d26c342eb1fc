-- What projects give to dashboards. Each function answers with the rights of its caller.

create or replace function analytics.source_projects_open(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, null::text, null::integer, null::text, null::integer, count(*)::numeric, null::text
    from projects.projects p
   cross join (select o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) z
   where p.organization_id = (select authz.organization_id())
     and p.deleted_at is null
     and not p.is_template
     and p.status <> 'cancelled'
     and least(p.starts_on, (p.created_at at time zone z.time_zone)::date) <= to_day
     and (p.completed_at is null or (p.completed_at at time zone z.time_zone)::date > to_day)
$$;

create or replace function analytics.source_projects_by_status(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, initcap(replace(p.status, '_', ' ')),
         array_position('{planning,active,on_hold,completed,cancelled}', p.status),
         null::text, null::integer, count(*)::numeric, null::text
    from projects.projects p
   where p.organization_id = (select authz.organization_id()) and p.deleted_at is null and not p.is_template
   group by p.status
$$;

create or replace function analytics.source_projects_by_kind(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, initcap(replace(p.kind, '_', ' ')), (row_number() over (order by count(*) desc, p.kind))::integer,
         null::text, null::integer, count(*)::numeric, null::text
    from projects.projects p
   where p.organization_id = (select authz.organization_id())
     and p.deleted_at is null
     and not p.is_template
     and (not coalesce((parameters ->> 'openOnly')::boolean, false) or p.status in ('planning', 'active', 'on_hold'))
   group by p.kind
$$;

create or replace function analytics.source_projects_health(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with projects as materialized (
    select p.id, p.name, row_number() over (order by p.starts_on nulls last, p.id) as place
      from projects.projects p
     where p.organization_id = (select authz.organization_id())
       and p.deleted_at is null
       and not p.is_template
       and p.status = 'active'
     order by p.starts_on nulls last, p.id
     limit (parameters ->> 'limit')::integer
  )
  select null::date, n.name, n.place, null::text, null::integer, h.score::numeric, null::text
    from projects p
    join analytics.distinct_names(array(select o.name from projects o order by o.place)) n on n.place = p.place
   cross join lateral projects.get_production_health(p.id) h
   where h.score is not null
$$;

create or replace function analytics.source_tasks_due(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select analytics.bucket_of(t.due_on, grain, from_day), null::text, null::integer, s.name, s.place, count(*)::numeric, null::text
    from projects.project_tasks t
   cross join lateral (
           select case when not (parameters ->> 'byState')::boolean then null
                       when t.status = 'done' then 'Done'
                       when t.due_on < platform.today(t.organization_id) then 'Overdue'
                       else 'Open' end as name,
                  case when t.status = 'done' then 1 when t.due_on < platform.today(t.organization_id) then 3 else 2 end as place
         ) s
   where t.organization_id = (select authz.organization_id())
     and t.deleted_at is null
     and t.due_on between from_day and to_day
     and t.status <> 'cancelled'
     and (parameters ->> 'projectId' is null or t.project_id = (parameters ->> 'projectId')::uuid)
   group by 1, 4, 5
$$;

create or replace function analytics.source_tasks_completed(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select analytics.bucket_of(d.day, grain, from_day), null::text, null::integer, null::text, null::integer,
         count(*)::numeric, null::text
    from projects.project_tasks t
   cross join (select o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) z
   cross join lateral (select (t.completed_at at time zone z.time_zone)::date as day) d
   where t.organization_id = (select authz.organization_id())
     and t.deleted_at is null
     and t.status = 'done'
     and d.day between from_day and to_day
     and (parameters ->> 'projectId' is null or t.project_id = (parameters ->> 'projectId')::uuid)
   group by 1
$$;

create or replace function analytics.source_tasks_overdue(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, null::text, null::integer, null::text, null::integer, count(*)::numeric, null::text
    from projects.project_tasks t
   cross join (select o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) z
   where t.organization_id = (select authz.organization_id())
     and t.deleted_at is null
     and t.due_on < to_day
     and t.status <> 'cancelled'
     and (t.completed_at is null or (t.completed_at at time zone z.time_zone)::date > to_day)
     and (parameters ->> 'projectId' is null or t.project_id = (parameters ->> 'projectId')::uuid)
$$;

create or replace function analytics.source_tasks_by_status(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, initcap(replace(t.status, '_', ' ')),
         array_position('{todo,in_progress,in_review,blocked,done,cancelled}', t.status),
         null::text, null::integer, count(*)::numeric, null::text
    from projects.project_tasks t
   where t.organization_id = (select authz.organization_id())
     and t.deleted_at is null
     and (parameters ->> 'projectId' is null or t.project_id = (parameters ->> 'projectId')::uuid)
   group by t.status
$$;

create or replace function analytics.source_tasks_by_person(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with open_tasks as (
    select t.assignee_id, t.due_on < platform.today(t.organization_id) as is_late, count(*) as tasks
      from projects.project_tasks t
     where t.organization_id = (select authz.organization_id())
       and t.deleted_at is null
       and t.status not in ('done', 'cancelled')
     group by 1, 2
  ),
  people as materialized (
    select o.assignee_id, coalesce(u.name, case when o.assignee_id is null then 'Nobody' else 'Somebody' end) as name,
           row_number() over (order by sum(o.tasks) desc, o.assignee_id) as place
      from open_tasks o
      left join identity.users u on u.id = o.assignee_id
     group by o.assignee_id, u.name
     order by sum(o.tasks) desc, o.assignee_id
     limit (parameters ->> 'limit')::integer
  )
  select null::date, n.name, n.place, case when o.is_late then 'Overdue' else 'Open' end, case when o.is_late then 2 else 1 end,
         sum(o.tasks)::numeric, null::text
    from people p
    join analytics.distinct_names(array(select l.name from people l order by l.place)) n on n.place = p.place
    join open_tasks o on o.assignee_id is not distinct from p.assignee_id
   group by 2, 3, 4, 5
$$;

create or replace function analytics.source_tasks_by_weekday(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, to_char(t.due_on, 'Dy'), extract(isodow from t.due_on)::integer, initcap(t.priority),
         array_position('{low,medium,high,urgent}', t.priority), count(*)::numeric, null::text
    from projects.project_tasks t
   where t.organization_id = (select authz.organization_id())
     and t.deleted_at is null
     and t.due_on between from_day and to_day
     and t.status <> 'cancelled'
   group by 2, 3, 4, 5
$$;

create or replace function analytics.source_papers_by_status(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, initcap(c.kind), null::integer, initcap(c.status),
         array_position('{required,submitted,approved,denied,revoked,waived}', c.status), count(*)::numeric, null::text
    from projects.project_compliance c
   where c.organization_id = (select authz.organization_id()) and c.deleted_at is null
   group by c.kind, c.status
$$;
