create table analytics.data_sources (
  key text primary key check (key ~ '^[a-z][a-z_]*\.[a-z][a-z_]*$'),
  title text not null check (title <> ''),
  description text not null check (description <> ''),
  permission text not null references authz.permissions,
  shape text not null check (shape in ('time', 'category', 'number')),
  kinds text[] not null
    check (kinds <> '{}'
           and kinds <@ '{number,line,area,bar,stacked_bar,pie,table,funnel,gauge,heat_map}'::text[]),
  parameters jsonb not null default '{"type": "object", "additionalProperties": false}'
    check (platform.is_json_schema(parameters) and parameters ->> 'type' = 'object'),
  unit text,
  adds_up text not null default 'all' check (adds_up in ('all', 'series', 'none')),
  is_headline boolean not null default false,
  position integer not null default 1000,
  function_name text not null check (function_name ~ '^[a-z_]+\.[a-z_]+$')
);
create index on analytics.data_sources (permission);
comment on table analytics.data_sources is
  'What a widget can draw, a report can contain and an alert can watch. Part of the product: access files register them.';
comment on column analytics.data_sources.permission is 'What it takes to see its figures.';
comment on column analytics.data_sources.shape is
  'time: a figure for each day, week, month…; category: figures by something else, such as a status; number: one figure.';
comment on column analytics.data_sources.kinds is 'The kinds of widgets that can draw it.';
comment on column analytics.data_sources.parameters is 'A JSON Schema of its parameters, with defaults.';
comment on column analytics.data_sources.unit is
  'What it is counted in, such as tasks or percent. Null: points say so themselves, as money does with its currency.';
comment on column analytics.data_sources.adds_up is 
  'Of which figures the sum means something: of all; of those of a series, such as what is planned and what is spent; of '
  'none, as of percentages.';
comment on column analytics.data_sources.is_headline is 'Whether get_dashboard_metrics tells it.';
comment on column analytics.data_sources.function_name is E'@behavior -*\n'
  'The function that answers: (from_day date, to_day date, grain text, parameters jsonb) returns setof analytics.data_point.';

create type analytics.data_point as (
  bucket date,
  label text,
  label_position integer,
  series text,
  series_position integer,
  value numeric,
  unit text
);
comment on type analytics.data_point is
  'A figure of a data source. bucket is the first day of the span of time that it is about, label what else it is about.';

create type analytics.chart_series as (
  name text,
  unit text,
  points numeric[],
  previous_points numeric[],
  total numeric,
  previous_total numeric
);
comment on type analytics.chart_series is 'One line, or one colour, of a chart.';
comment on column analytics.chart_series.points is 'A figure for each label; null where there is none.';
comment on column analytics.chart_series.previous_points is
  'The same for the span that it is compared with: by label, or over time the first bucket beside the first, and so on.';
comment on column analytics.chart_series.total is
  'The figure of the whole span, which is not always the sum: of users each counts once. Null where there is no such thing.';

create type analytics.chart as (
  widget_id uuid,
  title text,
  kind text,
  source_key text,
  from_day date,
  to_day date,
  grain text,
  previous_from_day date,
  previous_to_day date,
  unit text,
  labels text[],
  series analytics.chart_series[],
  total numeric,
  previous_total numeric,
  change numeric,
  change_percent numeric,
  options jsonb,
  refusal jsonb
);
comment on type analytics.chart is 'What a chart library needs to draw a widget.';
comment on column analytics.chart.to_day is 'The last day that counts.';
comment on column analytics.chart.grain is 'What a label of a chart over time stands for; null for other charts.';
comment on column analytics.chart.previous_from_day is 'What it is compared with; null where with nothing.';
comment on column analytics.chart.unit is 'Of all series, where they share it.';
comment on column analytics.chart.labels is 'Over time the first day of each bucket (YYYY-MM-DD), otherwise names.';
comment on column analytics.chart.total is 'Of all series together, where that means something.';
comment on column analytics.chart.change is 'total − previous_total.';
comment on column analytics.chart.change_percent is 'The change in percent of the previous total; null where that is zero.';
comment on column analytics.chart.options is 'How to draw it, as the widget says.';
comment on column analytics.chart.refusal is
  'Why there is nothing to draw: {"code": "FORBIDDEN", "message": …, "field": …}. Null for a chart that is there.';

create type analytics.dashboard_metric as (
  key text,
  title text,
  unit text,
  from_day date,
  to_day date,
  value numeric,
  previous_value numeric,
  change numeric,
  change_percent numeric
);
comment on type analytics.dashboard_metric is 'One figure of the front page.';
comment on column analytics.dashboard_metric.key is 'The data source that it comes from.';
comment on column analytics.dashboard_metric.unit is 'What it is counted in; a currency for money.';
comment on column analytics.dashboard_metric.previous_value is 'Of as many days just before.';
comment on column analytics.dashboard_metric.change_percent is
  'The change in percent of the previous value; null where that is zero.';

create type analytics.drawn_dashboard as (
  dashboard_id uuid,
  from_day date,
  to_day date,
  charts analytics.chart[]
);
comment on type analytics.drawn_dashboard is 'What it takes to draw a dashboard.';
comment on column analytics.drawn_dashboard.charts is 'Those of its widgets, in their order.';
