create or replace function analytics.range_days(time_range text, today date, week_starts_on integer default 1)
returns daterange
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when d.first is null then null
    else daterange(d.first, d.last, '[]')
  end
  from (
    select today - (extract(isodow from today)::integer - week_starts_on + 7) % 7 as week,
           date_trunc('month', today)::date as month,
           date_trunc('quarter', today)::date as quarter,
           date_trunc('year', today)::date as year
  ) starts
  cross join lateral (
    select case
             when time_range = 'today' or time_range ~ '^next_\d+_days$' then today
             when time_range = 'yesterday' then today - 1
             when time_range ~ '^last_\d+_days$' then today - substring(time_range from '\d+')::integer + 1
             when time_range = 'this_week' then starts.week
             when time_range = 'last_week' then starts.week - 7
             when time_range = 'this_month' then starts.month
             when time_range = 'last_month' then (starts.month - interval '1 month')::date
             when time_range = 'this_quarter' then starts.quarter
             when time_range = 'last_quarter' then (starts.quarter - interval '3 months')::date
             when time_range = 'this_year' then starts.year
             when time_range = 'last_year' then (starts.year - interval '1 year')::date
           end as first,
           case
             when time_range = 'yesterday' then today - 1
             when time_range ~ '^next_\d+_days$' then today + substring(time_range from '\d+')::integer - 1
             when time_range = 'last_week' then starts.week - 1
             when time_range = 'last_month' then starts.month - 1
             when time_range = 'last_quarter' then starts.quarter - 1
             when time_range = 'last_year' then starts.year - 1
             else today
           end as last
  ) d
$$;

comment on function analytics.range_days(text, date, integer) is
  E'@behavior -*\nThe days of a time range, counted from today; week_starts_on is 1 for Monday to 7 for Sunday.';

create or replace function analytics.previous_days(time_range text, from_day date, to_day date, comparison text)
returns daterange
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when comparison = 'none' then null
    when comparison = 'previous_year' then
      daterange((from_day - interval '1 year')::date, (to_day - interval '1 year')::date, '[]')
    when time_range in ('last_month', 'last_quarter', 'last_year') then
      daterange((from_day - s.span)::date, from_day - 1, '[]')
    -- so far against as far: 1 to 17 May against 1 to 17 April; what April has not ends with April
    when s.span is not null then
      daterange((from_day - s.span)::date, least((to_day - s.span)::date, from_day - 1), '[]')
    else daterange(from_day - (to_day - from_day + 1), from_day - 1, '[]')
  end
  from (
    select case
             when time_range in ('this_month', 'last_month') then interval '1 month'
             when time_range in ('this_quarter', 'last_quarter') then interval '3 months'
             when time_range in ('this_year', 'last_year') then interval '1 year'
             when time_range in ('this_week', 'last_week') then interval '7 days'
           end as span
  ) s
$$;

comment on function analytics.previous_days(text, date, date, text) is
  E'@behavior -*\nWhat days are compared with: as many before, for a month (quarter, year) the one before, for one that is '
  'not over as much of it. Without a time range: as many days before.';

create or replace function analytics.grain_for(from_day date, to_day date) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when to_day - from_day < 45 then 'day'
    when to_day - from_day < 190 then 'week'
    when to_day - from_day < 1100 then 'month'
    when to_day - from_day < 2200 then 'quarter'
    else 'year'
  end
$$;

comment on function analytics.grain_for(date, date) is
  E'@behavior -*\nThe span of a bucket that suits so many days.';

create or replace function analytics.bucket_of(day date, grain text, from_day date) returns date
language sql immutable parallel safe
return case grain when 'total' then from_day else date_trunc(grain, day::timestamp)::date end;

comment on function analytics.bucket_of(date, text, date) is
  E'@behavior -*\nThe first day of the day, week (from Monday), month, quarter or year; of everything for the grain total.';

create or replace function analytics.grain_step(grain text) returns interval
language sql immutable parallel safe
return case grain when 'total' then null when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end;

comment on function analytics.grain_step(text) is
  E'@behavior -*\nHow long a day, week, month, quarter or year is; null for the grain total.';

create or replace function analytics.week_starts_on() returns integer
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((select (s.value ->> 'weekStartsOn')::integer from tenancy.get_organization_settings('general') s), 1)
$$;

comment on function analytics.week_starts_on() is
  E'@behavior -*\nThe day with which weeks begin where the organization is, from its settings.';

create or replace function analytics.shown_days(time_range text, from_day date, to_day date, today date)
returns daterange
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case
           when from_day is not null then daterange(from_day, to_day, '[]')
           else analytics.range_days(time_range, today, analytics.week_starts_on())
         end
$$;

comment on function analytics.shown_days(text, date, date, date) is
  E'@behavior -*\nThe days that were asked for, or else those of a time range.';

grant execute on function
  analytics.range_days(text, date, integer), analytics.previous_days(text, date, date, text),
  analytics.grain_for(date, date), analytics.bucket_of(date, text, date), analytics.grain_step(text),
  analytics.week_starts_on(), analytics.shown_days(text, date, date, date)
  to callboard_member, callboard_service;
