create table analytics.dashboards (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 2000),
  owner_id uuid references identity.users,
  is_default boolean not null default false,
  time_range text not null default 'last_30_days'
    check (time_range ~ '^(today|yesterday|(last|next)_[1-9]\d{0,2}_days|(this|last)_(week|month|quarter|year))$'),
  comparison text not null default 'previous_period' check (comparison in ('none', 'previous_period', 'previous_year'))
);
create unique index on analytics.dashboards (organization_id, owner_id) nulls not distinct
  where is_default and deleted_at is null;
create index on analytics.dashboards (organization_id, name);
comment on table analytics.dashboards is E'@behavior -insert -update\n'
  'A page of widgets (seed dashboards): shared with all who may read what is in it, or somebody''s own.';
comment on column analytics.dashboards.owner_id is
  'Whose own it is: nobody else sees it. Null: it is shared. What is shared stays shared.';
comment on column analytics.dashboards.is_default is
  'Whether it is what comes up first: one for the organization, and one for each person. set_default_dashboard changes it.';
comment on column analytics.dashboards.time_range is
  'The days that it is about, counted from today as the organization has it: today, yesterday, last_7_days (up to today) and '
  'next_30_days (from today) with any number up to 999, this_week, this_month, this_quarter or this_year (up to today), '
  'last_week, last_month, last_quarter or last_year.';
comment on column analytics.dashboards.comparison is
  'What figures are compared with: the span before, the same days of the year before, or nothing.';

create table analytics.dashboard_widgets (
  like platform.tenant_row including all,
  dashboard_id uuid not null,
  owner_id uuid,
  title text not null check (btrim(title) <> '' and length(title) <= 200),
  description text check (length(description) <= 2000),
  kind text not null
    check (kind in ('number', 'line', 'area', 'bar', 'stacked_bar', 'pie', 'table', 'funnel', 'gauge', 'heat_map')),
  source_key text not null references analytics.data_sources,
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object' and length(parameters::text) <= 8192),
  time_range text
    check (time_range ~ '^(today|yesterday|(last|next)_[1-9]\d{0,2}_days|(this|last)_(week|month|quarter|year))$'),
  grain text not null default 'auto' check (grain in ('auto', 'day', 'week', 'month', 'quarter', 'year')),
  comparison text check (comparison in ('none', 'previous_period', 'previous_year')),
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object' and length(options::text) <= 8192),
  position integer not null default 0,
  unique (organization_id, dashboard_id, id),
  foreign key (organization_id, dashboard_id) references analytics.dashboards
);
create index on analytics.dashboard_widgets (source_key);
comment on table analytics.dashboard_widgets is E'@behavior -insert -update\n'
  'What a dashboard shows (seeds dashboard_widgets, widgets): which figures, and how they are drawn.';
comment on column analytics.dashboard_widgets.owner_id is E'@behavior -*\nThat of the dashboard.';
comment on column analytics.dashboard_widgets.source_key is 'One of dataSources.';
comment on column analytics.dashboard_widgets.parameters is
  'What the source asks for, such as {"projectId": …}; it fits the schema of the source.';
comment on column analytics.dashboard_widgets.time_range is 'As that of a dashboard; null: the dashboard''s.';
comment on column analytics.dashboard_widgets.grain is 'The span of a bucket over time; auto: as suits the range.';
comment on column analytics.dashboard_widgets.comparison is 'As that of a dashboard; null: the dashboard''s.';
comment on column analytics.dashboard_widgets.options is
  'How to draw it: min, max and target (numbers, of a gauge), decimals (0 to 6), smooth, horizontal and legend (true or '
  'false), colors (up to 12 as #rrggbb).';

create table analytics.dashboard_layouts (
  organization_id uuid not null default authz.organization_id(),
  id uuid not null default platform.uuidv7(),
  dashboard_id uuid not null,
  widget_id uuid not null,
  user_id uuid default authz.user_id(),
  breakpoint text not null check (breakpoint in ('lg', 'md', 'sm')),
  x integer not null check (x >= 0),
  y integer not null check (y between 0 and 999),
  width integer not null check (width >= 1),
  height integer not null check (height between 1 and 50),
  column_span int4range not null generated always as (int4range(x, x + width)) stored,
  row_span int4range not null generated always as (int4range(y, y + height)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, dashboard_id) references analytics.dashboards (organization_id, id),
  foreign key (organization_id, dashboard_id, widget_id)
    references analytics.dashboard_widgets (organization_id, dashboard_id, id),
  constraint dashboard_layouts_member
    foreign key (organization_id, user_id) references tenancy.organization_members (organization_id, user_id),
  constraint dashboard_layouts_in_grid
    check (x + width <= case breakpoint when 'lg' then 12 when 'md' then 8 else 4 end),
  unique nulls not distinct (organization_id, dashboard_id, widget_id, user_id, breakpoint),
  constraint dashboard_layouts_no_overlap exclude using gist (
    organization_id extensions.gist_uuid_ops with =,
    dashboard_id extensions.gist_uuid_ops with =,
    (coalesce(user_id, '00000000-0000-0000-0000-000000000000')) extensions.gist_uuid_ops with =,
    breakpoint extensions.gist_text_ops with =,
    column_span with &&,
    row_span with &&)
);
create index on analytics.dashboard_layouts (organization_id, user_id);
comment on table analytics.dashboard_layouts is E'@behavior -*\n'
  'Where widgets stand on a dashboard (seed dashboard_layouts), in cells of a grid: a row for each widget, for everybody or '
  'for one person, at each width of the screen. No two overlap.';
comment on constraint dashboard_layouts_in_grid on analytics.dashboard_layouts is
  'A widget ends within the grid: 12 columns for lg, 8 for md, 4 for sm.';
comment on column analytics.dashboard_layouts.user_id is 'Whose arrangement it is; null: everybody''s who has none.';
comment on column analytics.dashboard_layouts.breakpoint is 'lg has 12 columns, md 8, sm 4.';
comment on constraint dashboard_layouts_member on analytics.dashboard_layouts is '@behavior -*';

create type analytics.widget_place as (
  widget_id uuid,
  breakpoint text,
  x integer,
  y integer,
  width integer,
  height integer
);
comment on type analytics.widget_place is 'Where a widget stands: cells of a grid, counted from the upper left.';
comment on column analytics.widget_place.widget_id is 'Which widget; left out where the place is given with the widget itself.';
comment on column analytics.widget_place.breakpoint is 'The width of the screen: lg (12 columns), md (8) or sm (4).';
comment on column analytics.widget_place.x is 'Its leftmost column, from 0.';
comment on column analytics.widget_place.y is 'Its uppermost line, 0 to 999.';
comment on column analytics.widget_place.width is 'How many columns; x + width is within the grid.';
comment on column analytics.widget_place.height is 'How many lines, 1 to 50.';

create type analytics.dashboard_draft as (
  row_id uuid,
  name text,
  description text,
  is_personal boolean,
  time_range text,
  comparison text,
  workspace_id uuid,
  expected_updated_at timestamptz
);
comment on type analytics.dashboard_draft is 'A dashboard as save_dashboard takes it.';
comment on column analytics.dashboard_draft.row_id is 'The dashboard to change; without it a new one is made.';
comment on column analytics.dashboard_draft.name is 'What it is called, in 200 characters at most; needed.';
comment on column analytics.dashboard_draft.description is 'In 2000 characters at most; left out, there is none.';
comment on column analytics.dashboard_draft.is_personal is
  'Whether only the caller sees it; left out: no, or what it was. A personal one can become shared, not the other way '
  'round.';
comment on column analytics.dashboard_draft.time_range is
  'The days that it is about, counted from today as the organization has it: today, yesterday, last_7_days (up to today) '
  'and next_30_days (from today) with any number up to 999, this_week, this_month, this_quarter or this_year (up to today), '
  'last_week, last_month, last_quarter or last_year. Left out: last_30_days, or what it was.';
comment on column analytics.dashboard_draft.comparison is
  'What figures are compared with: the span before, the same days of the year before, or nothing. Left out: '
  'previous_period, or what it was.';
comment on column analytics.dashboard_draft.workspace_id is
  'The workspace that it is in; left out: in none, also where it was in one.';
comment on column analytics.dashboard_draft.expected_updated_at is
  'The updated_at that was read: if somebody has changed the dashboard since, nothing is saved (CONFLICT).';

create type analytics.dashboard_widget_draft as (
  row_id uuid,
  title text,
  description text,
  kind text,
  source_key text,
  parameters jsonb,
  time_range text,
  grain text,
  comparison text,
  options jsonb,
  places analytics.widget_place[]
);
comment on type analytics.dashboard_widget_draft is 'A widget of a dashboard as save_dashboard takes it.';
comment on column analytics.dashboard_widget_draft.row_id is 'The widget to change; without it a new one is made.';
comment on column analytics.dashboard_widget_draft.title is 'What stands above it, in 200 characters at most; needed.';
comment on column analytics.dashboard_widget_draft.description is 'In 2000 characters at most; left out, there is none.';
comment on column analytics.dashboard_widget_draft.kind is 'How it is drawn; the source says which kinds suit it. Needed.';
comment on column analytics.dashboard_widget_draft.source_key is 'One of dataSources; needed.';
comment on column analytics.dashboard_widget_draft.parameters is
  'What the source asks for, such as {"projectId": …}; it fits the schema of the source. Left out: {}.';
comment on column analytics.dashboard_widget_draft.time_range is
  'The days that it is about, written as those of a dashboard; left out: the dashboard''s.';
comment on column analytics.dashboard_widget_draft.grain is
  'The span of a bucket over time; auto, also when left out: as suits the range.';
comment on column analytics.dashboard_widget_draft.comparison is
  'What figures are compared with; left out: what the dashboard''s are.';
comment on column analytics.dashboard_widget_draft.options is
  'How to draw it: min, max and target (numbers, of a gauge), decimals (0 to 6), smooth, horizontal and legend (true or '
  'false), colors (up to 12 as #rrggbb). Left out: {}.';
comment on column analytics.dashboard_widget_draft.places is
  'Where it stands for everybody, one for each breakpoint; widget_id is left out. Left out: where it was, or where there is '
  'room.';
