create or replace function analytics.save_dashboard(
  dashboard analytics.dashboard_draft,
  widgets analytics.dashboard_widget_draft[] default null
) returns analytics.dashboards
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  saved analytics.dashboards;
  draft record;
  saved_id uuid;
  kept uuid[] := array[]::uuid[];
begin
  perform analytics.check_time_range((dashboard).time_range, 'dashboard.time_range');
  if (dashboard).is_personal then
    perform authz.require_user();
  end if;
  if (dashboard).row_id is null then
    insert into analytics.dashboards (name, description, owner_id, time_range, comparison, workspace_id)
    values (
      (dashboard).name, (dashboard).description, case when (dashboard).is_personal then authz.user_id() end,
      coalesce((dashboard).time_range, 'last_30_days'), coalesce((dashboard).comparison, 'previous_period'),
      (dashboard).workspace_id)
    returning * into saved;
  else
    update analytics.dashboards d
       set name = (dashboard).name,
           description = (dashboard).description,
           owner_id = case (dashboard).is_personal when true then authz.user_id() when false then null else d.owner_id end,
           time_range = coalesce((dashboard).time_range, d.time_range),
           comparison = coalesce((dashboard).comparison, d.comparison),
           workspace_id = (dashboard).workspace_id
     where d.organization_id = organization
       and d.id = (dashboard).row_id
       and d.deleted_at is null
       and ((dashboard).expected_updated_at is null or d.updated_at = (dashboard).expected_updated_at)
    returning * into saved;
    if saved.id is null then
      perform platform.refuse_unsaved('analytics.dashboards', (dashboard).row_id, 'dashboard');
    end if;
  end if;

  if widgets is null then
    return saved;
  end if;
  if cardinality(widgets) > 60 then
    perform platform.refuse('CB002', 'A dashboard has at most 60 widgets.', field => 'widgets');
  end if;
  if (select count(w.row_id) <> count(distinct w.row_id) from unnest(widgets) w) then
    perform platform.refuse('CB002', 'The same widget is given twice.', field => 'widgets');
  end if;
  update analytics.dashboard_widgets w
     set deleted_at = clock_timestamp()
   where w.organization_id = organization
     and w.dashboard_id = saved.id
     and w.deleted_at is null
     and w.id not in (select n.row_id from unnest(widgets) n where n.row_id is not null);
  for draft in
    select n.*, format('widgets.%s.', n.number - 1) as path
      from unnest(widgets) with ordinality
             as n (row_id, title, description, kind, source_key, parameters, time_range, grain, comparison, options,
                   places, number)
     order by n.number
  loop
    if coalesce(btrim(draft.title), '') = '' then
      perform platform.refuse('CB002', 'A widget has a title.', field => draft.path || 'title');
    end if;
    perform analytics.check_time_range(draft.time_range, draft.path || 'time_range');
    perform analytics.check_widget(
      draft.kind, draft.source_key, coalesce(draft.parameters, '{}'), coalesce(draft.options, '{}'), draft.path);
    if draft.row_id is null then
      insert into analytics.dashboard_widgets
        (dashboard_id, title, description, kind, source_key, parameters, time_range, grain, comparison, options, position)
      values (
        saved.id, draft.title, draft.description, draft.kind, draft.source_key, coalesce(draft.parameters, '{}'),
        draft.time_range, coalesce(draft.grain, 'auto'), draft.comparison, coalesce(draft.options, '{}'), draft.number)
      returning id into saved_id;
    else
      update analytics.dashboard_widgets w
         set title = draft.title,
             description = draft.description,
             kind = draft.kind,
             source_key = draft.source_key,
             parameters = coalesce(draft.parameters, '{}'),
             time_range = draft.time_range,
             grain = coalesce(draft.grain, 'auto'),
             comparison = draft.comparison,
             options = coalesce(draft.options, '{}'),
             position = draft.number
       where w.organization_id = organization
         and w.dashboard_id = saved.id
         and w.id = draft.row_id
         and w.deleted_at is null
      returning w.id into saved_id;
      if saved_id is null then
        perform platform.refuse(
          'CB004', 'There is no such widget on this dashboard.', field => draft.path || 'row_id');
      end if;
    end if;
    kept := kept || saved_id;
  end loop;

  -- An arrangement is written anew where places are given: with those of widgets that say nothing, as they stand.
  for draft in
    select distinct p.breakpoint
      from unnest(widgets) w
     cross join lateral unnest(w.places) p
     order by 1
  loop
    if analytics.grid_columns(draft.breakpoint) is null then
      perform platform.refuse('CB002', 'A breakpoint is lg, md or sm.', field => 'widgets.places');
    end if;
    perform analytics.write_places(
      saved.id, null, draft.breakpoint,
      array(
        select (kept[w.number], p.breakpoint, p.x, p.y, p.width, p.height)::analytics.widget_place
          from unnest(widgets) with ordinality
                 as w (row_id, title, description, kind, source_key, parameters, time_range, grain, comparison, options,
                       places, number)
         cross join lateral unnest(w.places) p
         where p.breakpoint = draft.breakpoint)
      || array(
        select (l.widget_id, l.breakpoint, l.x, l.y, l.width, l.height)::analytics.widget_place
          from analytics.dashboard_layouts l
         where l.organization_id = organization
           and l.dashboard_id = saved.id
           and l.breakpoint = draft.breakpoint
           and l.user_id is null
           and l.widget_id not in (
                 select kept[w.number]
                   from unnest(widgets) with ordinality
                          as w (row_id, title, description, kind, source_key, parameters, time_range, grain, comparison,
                                options, places, number)
                  where w.places is not null)),
      'widgets.places');
  end loop;
  return saved;
end
$$;

comment on function analytics.save_dashboard(analytics.dashboard_draft, analytics.dashboard_widget_draft[]) is
  'A dashboard with all its widgets and where they stand, in one call: what is given is how it will be. Widgets with a '
  'row_id change, those without are new, those that are missing are archived; their order is kept. Without widgets at all '
  'they stay as they are. Nothing is saved when anything is wrong. Needs analytics.write. Errors: INVALID_INPUT, whose '
  'field is a path such as widgets.2.parameters.projectId; NOT_FOUND_OR_FORBIDDEN; CONFLICT when it has changed since '
  'expected_updated_at, or would no longer be shared.';
grant execute on function analytics.save_dashboard(analytics.dashboard_draft, analytics.dashboard_widget_draft[])
  to callboard_member, callboard_service;

create or replace function analytics.duplicate_dashboard(
  dashboard_id uuid,
  name text default null,
  is_personal boolean default true
) returns analytics.dashboards
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  copied analytics.dashboards;
begin
  if is_personal then
    perform authz.require_user();
  end if;
  insert into analytics.dashboards (name, description, owner_id, time_range, comparison, workspace_id, custom_fields)
  select coalesce(duplicate_dashboard.name, left(d.name, 193) || ' (copy)'), d.description,
         case when duplicate_dashboard.is_personal then authz.user_id() end,
         d.time_range, d.comparison, d.workspace_id, d.custom_fields
    from analytics.dashboards d
   where d.organization_id = organization and d.id = duplicate_dashboard.dashboard_id and d.deleted_at is null
  returning * into copied;
  if copied.id is null then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'dashboard_id');
  end if;
  with originals as (
    select w.*, platform.uuidv7() as new_id
      from analytics.dashboard_widgets w
     where w.organization_id = organization
       and w.dashboard_id = duplicate_dashboard.dashboard_id
       and w.deleted_at is null
  ),
  copies as (
    insert into analytics.dashboard_widgets
      (id, dashboard_id, title, description, kind, source_key, parameters, time_range, grain, comparison, options,
       position, custom_fields)
    select o.new_id, copied.id, o.title, o.description, o.kind, o.source_key, o.parameters, o.time_range, o.grain,
           o.comparison, o.options, o.position, o.custom_fields
      from originals o
     order by o.position, o.id
  )
  -- as the caller sees it
  insert into analytics.dashboard_layouts (dashboard_id, widget_id, user_id, breakpoint, x, y, width, height)
  select copied.id, o.new_id, null, l.breakpoint, l.x, l.y, l.width, l.height
    from originals o
    join analytics.dashboard_layouts l
      on l.organization_id = o.organization_id and l.dashboard_id = o.dashboard_id and l.widget_id = o.id
   where l.user_id is not distinct from (
           select m.user_id
             from analytics.dashboard_layouts m
            where m.organization_id = organization
              and m.dashboard_id = o.dashboard_id
              and m.breakpoint = l.breakpoint
              and m.user_id = (select authz.user_id())
            limit 1);
  return copied;
end
$$;

comment on function analytics.duplicate_dashboard(uuid, text, boolean) is
  'A copy of a dashboard with its widgets, arranged as the caller has it: personal, or shared. Alerts, reports and '
  'subscriptions stay with the original. Needs analytics.write. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function analytics.duplicate_dashboard(uuid, text, boolean) to callboard_member, callboard_service;

create or replace function analytics.set_default_dashboard(dashboard_id uuid) returns analytics.dashboards
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  chosen analytics.dashboards;
begin
  select d.*
    into chosen
    from analytics.dashboards d
   where d.organization_id = organization and d.id = set_default_dashboard.dashboard_id and d.deleted_at is null;
  if chosen.id is null then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'dashboard_id');
  end if;
  -- Two who choose at once: one after the other, and before either holds a row.
  perform pg_advisory_xact_lock(hashtextextended(
            format('analytics.default:%s:%s', organization, coalesce(chosen.owner_id::text, '')), 0));
  update analytics.dashboards d
     set is_default = true
   where d.organization_id = organization and d.id = chosen.id
  returning * into chosen;
  return chosen;
end
$$;

comment on function analytics.set_default_dashboard(uuid) is
  'Makes a dashboard the one that comes up first: a shared one for everybody, a personal one for the caller. The one '
  'before it is not any more. Needs analytics.write. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function analytics.set_default_dashboard(uuid) to callboard_member, callboard_service;

create or replace function analytics.default_dashboard() returns analytics.dashboards
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select d.*
    from analytics.dashboards d
   where d.organization_id = (select authz.organization_id()) and d.deleted_at is null
   order by d.is_default and d.owner_id is not null desc, d.is_default desc, d.owner_id is null desc, d.id
   limit 1
$$;

comment on function analytics.default_dashboard() is
  'The dashboard that comes up first: the caller''s own default, else the organization''s, else the oldest that is shared. '
  'Null when there is none.';
grant execute on function analytics.default_dashboard() to callboard_member, callboard_service;
