create or replace function analytics.refusal_of(sqlstate_code text, message text, field text) returns jsonb
language sql immutable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
  'code', case sqlstate_code
            when 'CB001' then 'UNAUTHENTICATED'
            when 'CB002' then 'INVALID_INPUT'
            when 'CB003' then 'FORBIDDEN'
            when 'CB004' then 'NOT_FOUND_OR_FORBIDDEN'
            when '42501' then 'FORBIDDEN'
            else 'INVALID_INPUT'
          end,
  'message', case when sqlstate_code ~ '^CB' then message when sqlstate_code = '42501' then 'You may not do this.'
                  else 'A value has the wrong form or is out of range.' end,
  'field', nullif(field, '')));

comment on function analytics.refusal_of(text, text, text) is
  E'@behavior -*\nA refusal as part of an answer: the code that clients know, the message and the field.';

create or replace function analytics.try_chart(
  source_key text,
  kind text,
  parameters jsonb,
  time_range text,
  from_day date,
  to_day date,
  grain text,
  comparison text,
  today date
) returns analytics.chart
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  days constant daterange := analytics.shown_days(time_range, from_day, to_day, today);
  result analytics.chart;
  failed_code text;
  failed_field text;
begin
  return analytics.draw_chart(
    source_key, kind, parameters, lower(days), upper(days) - 1, grain,
    analytics.previous_days(case when from_day is null then time_range end, lower(days), upper(days) - 1, comparison));
exception
  when sqlstate 'CB001' or sqlstate 'CB002' or sqlstate 'CB003' or sqlstate 'CB004' or insufficient_privilege
       or data_exception then
    get stacked diagnostics failed_code = returned_sqlstate, failed_field = column_name;
    result.source_key := source_key;
    result.kind := kind;
    result.from_day := lower(days);
    result.to_day := upper(days) - 1;
    result.labels := '{}';
    result.series := '{}';
    result.options := '{}';
    result.refusal := analytics.refusal_of(failed_code, sqlerrm, failed_field);
    return result;
end
$$;

comment on function analytics.try_chart(text, text, jsonb, text, date, date, text, text, date) is
  E'@behavior -*\nA chart, or why there is none: what the caller may not see does not spoil the rest of a dashboard.';

create or replace function analytics.chart_of_widget(
  widget analytics.dashboard_widgets,
  dashboard analytics.dashboards,
  from_day date,
  to_day date,
  today date
) returns analytics.chart
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  own_range constant boolean := widget.time_range is not null;
  result analytics.chart;
begin
  result := analytics.try_chart(
    widget.source_key, widget.kind, widget.parameters, coalesce(widget.time_range, dashboard.time_range),
    case when not own_range then from_day end, case when not own_range then to_day end,
    widget.grain, coalesce(widget.comparison, dashboard.comparison), today);
  result.widget_id := widget.id;
  result.title := widget.title;
  result.options := widget.options;
  return result;
end
$$;

comment on function analytics.chart_of_widget(
    analytics.dashboard_widgets, analytics.dashboards, date, date, date) is
  E'@behavior -*\nThe chart of a widget: days that are asked for count unless it has a range of its own.';

create or replace function analytics.check_span(from_day date, to_day date) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if (from_day is null) <> (to_day is null) then
    perform platform.refuse(
      'CB002', 'Say both days, or none.', field => case when from_day is null then 'from_day' else 'to_day' end);
  end if;
  if not isfinite(from_day) or not isfinite(to_day) or to_day < from_day or to_day - from_day > 3660 then
    perform platform.refuse(
      'CB002', 'The days are to be in their order, and not more than ten years.', field => 'to_day');
  end if;
end
$$;

comment on function analytics.check_span(date, date) is
  E'@behavior -*\nRefuses days that are no span: both or none, in their order, ten years at most. Errors: INVALID_INPUT.';

create or replace function analytics.widget_data(widget_id uuid, from_day date default null, to_day date default null)
returns analytics.chart
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
  widget analytics.dashboard_widgets;
  dashboard analytics.dashboards;
begin
  perform analytics.check_span(from_day, to_day);
  select w.*
    into widget
    from analytics.dashboard_widgets w
   where w.organization_id = organization and w.id = widget_data.widget_id;
  if widget.id is null then
    perform platform.refuse('CB004', 'There is no such widget, or you may not see it.', field => 'widget_id');
  end if;
  select d.*
    into dashboard
    from analytics.dashboards d
   where d.organization_id = organization and d.id = widget.dashboard_id;
  return analytics.chart_of_widget(widget, dashboard, from_day, to_day, platform.today(organization));
end
$$;

comment on function analytics.widget_data(uuid, date, date) is
  'What a chart library needs to draw a widget: labels, series, units, totals, and the same for the span it is compared '
  'with. Without days it shows those of its range; a range of its own counts in any case. Figures are those that the '
  'caller may see: for a source that they may not read the chart has a refusal (FORBIDDEN) and no series. Needs '
  'analytics.read. Errors: INVALID_INPUT, NOT_FOUND_OR_FORBIDDEN.';

create or replace function analytics.draw_dashboard(
  dashboard analytics.dashboards,
  time_range text,
  from_day date,
  to_day date,
  today date
) returns analytics.drawn_dashboard
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  days constant daterange := analytics.shown_days(time_range, from_day, to_day, today);
  shown analytics.dashboards := dashboard;
  result analytics.drawn_dashboard;
begin
  shown.time_range := time_range;
  result.dashboard_id := dashboard.id;
  result.from_day := lower(days);
  result.to_day := upper(days) - 1;
  result.charts := array(
    select analytics.chart_of_widget(w, shown, from_day, to_day, today)
      from analytics.dashboard_widgets w
     where w.organization_id = dashboard.organization_id
       and w.dashboard_id = dashboard.id
       and w.deleted_at is null
     order by w.position, w.id);
  return result;
end
$$;

comment on function analytics.draw_dashboard(analytics.dashboards, text, date, date, date) is
  E'@behavior -*\nThe charts of a dashboard, with another range or other days than its own.';

create or replace function analytics.dashboard_data(
  dashboard_id uuid,
  time_range text default null,
  from_day date default null,
  to_day date default null
) returns analytics.drawn_dashboard
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
  dashboard analytics.dashboards;
begin
  perform analytics.check_span(from_day, to_day);
  perform analytics.check_time_range(time_range);
  select d.*
    into dashboard
    from analytics.dashboards d
   where d.organization_id = organization and d.id = dashboard_data.dashboard_id;
  if dashboard.id is null then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'dashboard_id');
  end if;
  return analytics.draw_dashboard(
    dashboard, coalesce(dashboard_data.time_range, dashboard.time_range), from_day, to_day,
    platform.today(organization));
end
$$;

comment on function analytics.dashboard_data(uuid, text, date, date) is
  'The charts of all widgets of a dashboard, in their order, for its own range or for another one: a time range such as '
  'last_7_days, or days. A widget with a range of its own keeps it. What the caller may not see is a refusal in its chart '
  'and does not spoil the rest. Needs analytics.read. Errors: INVALID_INPUT, NOT_FOUND_OR_FORBIDDEN.';

create or replace function analytics.check_time_range(time_range text, field text default 'time_range') returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if time_range !~ '^(today|yesterday|(last|next)_[1-9]\d{0,2}_days|(this|last)_(week|month|quarter|year))$' then
    perform platform.refuse(
      'CB002', 'There is no such time range.', field => check_time_range.field,
      hint => 'Such as last_7_days, this_month or next_30_days.');
  end if;
end
$$;

comment on function analytics.check_time_range(text, text) is
  E'@behavior -*\nRefuses a text that is no time range. Errors: INVALID_INPUT.';

create or replace function analytics.report_charts(
  report_id uuid,
  as_of date default null
) returns analytics.chart[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
  today constant date := coalesce(as_of, platform.today(organization));
  report analytics.reports;
  dashboard analytics.dashboards;
  chart analytics.chart;
begin
  select r.*
    into report
    from analytics.reports r
   where r.organization_id = organization and r.id = report_charts.report_id and r.deleted_at is null;
  if report.id is null then
    perform platform.refuse('CB004', 'There is no such report, or you may not see it.', field => 'report_id');
  end if;
  if report.dashboard_id is null then
    chart := analytics.try_chart(
      report.source_key, report.kind, report.parameters, report.time_range, null, null, report.grain,
      report.comparison, today);
    chart.title := coalesce(chart.title, report.name);
    return array[chart];
  end if;
  select d.*
    into dashboard
    from analytics.dashboards d
   where d.organization_id = organization and d.id = report.dashboard_id and d.deleted_at is null;
  if dashboard.id is null then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'dashboard_id');
  end if;
  dashboard.comparison := report.comparison;
  return (analytics.draw_dashboard(dashboard, report.time_range, null, null, today)).charts;
end
$$;

comment on function analytics.report_charts(uuid, date) is
  'The charts of a report, for its range as of a day, today when left out, with the rights of the caller. Needs '
  'analytics.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

grant execute on function
  analytics.refusal_of(text, text, text),
  analytics.try_chart(text, text, jsonb, text, date, date, text, text, date),
  analytics.chart_of_widget(analytics.dashboard_widgets, analytics.dashboards, date, date, date),
  analytics.check_span(date, date), analytics.widget_data(uuid, date, date),
  analytics.draw_dashboard(analytics.dashboards, text, date, date, date),
  analytics.dashboard_data(uuid, text, date, date), analytics.check_time_range(text, text),
  analytics.report_charts(uuid, date)
  to callboard_member, callboard_service;
