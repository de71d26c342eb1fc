create or replace function analytics.grid_columns(breakpoint text) returns integer
language sql immutable parallel safe
return case breakpoint when 'lg' then 12 when 'md' then 8 when 'sm' then 4 end;

comment on function analytics.grid_columns(text) is E'@behavior -*\nHow many columns a grid has: lg 12, md 8, sm 4.';

create or replace function analytics.place_widgets(
  dashboard_id uuid,
  breakpoint text,
  user_id uuid
) returns analytics.widget_place[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  columns constant integer := analytics.grid_columns(breakpoint);
  places analytics.widget_place[];
  widget record;
  next_x integer := 0;
  next_y integer;
  line_height integer := 0;
begin
  select array_agg((l.widget_id, l.breakpoint, l.x, l.y, l.width, l.height)::analytics.widget_place order by l.y, l.x),
         coalesce(max(l.y + l.height), 0)
    into places, next_y
    from analytics.dashboard_layouts l
   where l.organization_id = (select authz.organization_id())
     and l.dashboard_id = place_widgets.dashboard_id
     and l.breakpoint = place_widgets.breakpoint
     and l.user_id is not distinct from place_widgets.user_id;
  -- What has no place comes below what has, in lines from the left.
  for widget in
    select w.id,
           case when w.kind in ('number', 'gauge') then case breakpoint when 'lg' then 3 else columns / 2 end
                when w.kind in ('table', 'heat_map') then columns
                else least(columns, 6)
           end as width,
           case when w.kind = 'number' then 2 when w.kind = 'table' then 5 else 4 end as height
      from analytics.dashboard_widgets w
     where w.organization_id = (select authz.organization_id())
       and w.dashboard_id = place_widgets.dashboard_id
       and w.deleted_at is null
       and not exists (select from unnest(places) p where p.widget_id = w.id)
     order by w.position, w.id
  loop
    if next_x + widget.width > columns then
      next_x := 0;
      next_y := next_y + line_height;
      line_height := 0;
    end if;
    places := places || (widget.id, breakpoint, next_x, next_y, widget.width, widget.height)::analytics.widget_place;
    next_x := next_x + widget.width;
    line_height := greatest(line_height, widget.height);
  end loop;
  return coalesce(places, '{}');
end
$$;

comment on function analytics.place_widgets(uuid, text, uuid) is
  E'@behavior -*\nWhere the widgets of a dashboard stand in somebody''s arrangement, or in everybody''s, and those that '
  'it says nothing of below.';

create or replace function analytics.dashboards_places(dashboard analytics.dashboards, breakpoint text default 'lg')
returns analytics.widget_place[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if analytics.grid_columns(breakpoint) is null then
    perform platform.refuse('CB002', 'A breakpoint is lg, md or sm.', field => 'breakpoint');
  end if;
  return analytics.place_widgets(
    dashboard.id, breakpoint,
    (select l.user_id
       from analytics.dashboard_layouts l
      where l.organization_id = (select authz.organization_id())
        and l.dashboard_id = dashboard.id
        and l.breakpoint = dashboards_places.breakpoint
        and l.user_id = (select authz.user_id())
      limit 1));
end
$$;

comment on function analytics.dashboards_places(analytics.dashboards, text) is
  'Where its widgets stand for the caller: as they arranged them themselves, otherwise as everybody has them. A place for '
  'every widget. breakpoint is lg (12 columns), md (8) or sm (4). Errors: INVALID_INPUT.';

create or replace function analytics.write_places(
  dashboard_id uuid,
  user_id uuid,
  breakpoint text,
  places analytics.widget_place[],
  path text default 'places'
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from analytics.dashboard_layouts l
   where l.organization_id = (select authz.organization_id())
     and l.dashboard_id = write_places.dashboard_id
     and l.breakpoint = write_places.breakpoint
     and l.user_id is not distinct from write_places.user_id;
  if exists (
    select
      from unnest(places) p
     where not exists (
             select
               from analytics.dashboard_widgets w
              where w.organization_id = (select authz.organization_id())
                and w.dashboard_id = write_places.dashboard_id
                and w.id = p.widget_id
                and w.deleted_at is null
           )
  ) then
    perform platform.refuse('CB004', 'A place is for a widget that is not on this dashboard.', field => path);
  end if;
  begin
    insert into analytics.dashboard_layouts (dashboard_id, widget_id, user_id, breakpoint, x, y, width, height)
    select write_places.dashboard_id, p.widget_id, write_places.user_id, write_places.breakpoint,
           p.x, p.y, p.width, p.height
      from unnest(places) p;
  exception
    when exclusion_violation or unique_violation then
      perform platform.refuse('CB002', 'Two widgets cannot stand in one place, nor one in two.', field => path);
    when check_violation or not_null_violation or data_exception then
      perform platform.refuse(
        'CB002', format('A place is inside of the grid, which has %s columns here.', analytics.grid_columns(breakpoint)),
        field => path);
  end;
end
$$;

comment on function analytics.write_places(uuid, uuid, text, analytics.widget_place[], text) is
  E'@behavior -*\nSets an arrangement at one breakpoint. Errors: INVALID_INPUT for places that overlap or leave the grid; '
  'NOT_FOUND_OR_FORBIDDEN for a widget that is not there.';

create or replace function analytics.save_dashboard_layout(
  dashboard_id uuid,
  breakpoint text,
  places analytics.widget_place[],
  for_everybody boolean default false
) returns analytics.dashboards
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require(case when for_everybody then 'analytics.write' else 'analytics.read' end);
  arranged_for constant uuid := case when not for_everybody then authz.require_user() end;
  arranged analytics.dashboards;
begin
  if analytics.grid_columns(breakpoint) is null then
    perform platform.refuse('CB002', 'A breakpoint is lg, md or sm.', field => 'breakpoint');
  end if;
  select d.*
    into arranged
    from analytics.dashboards d
   where d.organization_id = organization and d.id = save_dashboard_layout.dashboard_id and d.deleted_at is null;
  if arranged.id is null then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'dashboard_id');
  end if;
  -- Two who arrange the same one at once wait for each other.
  perform pg_advisory_xact_lock(hashtextextended(
            format('analytics.layout:%s:%s:%s', arranged.id, coalesce(arranged_for::text, ''), breakpoint), 0));
  perform analytics.write_places(arranged.id, arranged_for, breakpoint, coalesce(places, '{}'));
  return arranged;
end
$$;

comment on function analytics.save_dashboard_layout(uuid, text, analytics.widget_place[], boolean) is
  'Arranges the widgets of a dashboard at one breakpoint (lg has 12 columns, md 8, sm 4): for the caller alone, or for '
  'everybody who has no arrangement of their own. No places: back to what everybody has. Needs analytics.read, for '
  'everybody analytics.write. Errors: INVALID_INPUT for places that overlap or leave the grid; NOT_FOUND_OR_FORBIDDEN.';

grant execute on function
  analytics.grid_columns(text), analytics.place_widgets(uuid, text, uuid),
  analytics.dashboards_places(analytics.dashboards, text),
  analytics.write_places(uuid, uuid, text, analytics.widget_place[], text),
  analytics.save_dashboard_layout(uuid, text, analytics.widget_place[], boolean)
  to callboard_member, callboard_service;
