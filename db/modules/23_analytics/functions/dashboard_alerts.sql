create or replace function analytics.check_recipients(
  organization_id uuid,
  recipient_ids uuid[],
  present_ids uuid[],
  field text
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  stranger bigint;
begin
  select r.number - 1
    into stranger
    from unnest(recipient_ids) with ordinality as r (user_id, number)
   where (r.user_id = any (present_ids)) is not true
     and not exists (
           select
             from tenancy.organization_members m
            where m.organization_id = check_recipients.organization_id and m.user_id = r.user_id and m.status = 'active'
         )
   order by r.number
   limit 1;
  if stranger is not null then
    perform platform.refuse(
      'CB002', 'Recipients are members of the organization.', field => format('%s.%s', field, stranger));
  end if;
end
$$;

comment on function analytics.check_recipients(uuid, uuid[], uuid[], text) is
  'Refuses recipients that are no active members. Those who are recipients already may have left since: they get nothing, and '
  'are in nobody''s way. Errors: INVALID_INPUT, whose field names the first in the list.';

create or replace function analytics.settle_alert_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_new constant boolean := tg_op = 'INSERT';
  is_changed boolean := true;
begin
  if not is_new then
    is_changed := (new.source_key, new.parameters, new.series, new.time_range, new.measure, new.comparison, new.threshold,
                   new.clear_threshold, new.dashboard_id)
      is distinct from (old.source_key, old.parameters, old.series, old.time_range, old.measure, old.comparison,
                        old.threshold, old.clear_threshold, old.dashboard_id);
  end if;
  if is_changed then
    perform analytics.check_source(new.source_key, new.parameters);
    select s.permission into new.permission from analytics.data_sources s where s.key = new.source_key;
    -- An API key may see less than whoever made it, and is not there when the alert looks.
    if authz.api_key_id() is not null then
      perform authz.require_user();
    end if;
    new.runs_as_id := coalesce(authz.user_id(), new.runs_as_id);
    -- What is watched now is another matter: it begins from the start.
    new.state := 'ok';
    -- The clock's time: a look that was claimed while this transaction was open was at what is watched no more.
    new.state_since := clock_timestamp();
    new.last_value := null;
    new.last_refusal := null;
    new.next_check_at := now();
  end if;
  if is_new or new.recipient_ids is distinct from old.recipient_ids then
    perform analytics.check_recipients(
      new.organization_id, new.recipient_ids, case when not is_new then old.recipient_ids end, 'recipient_ids');
    new.recipient_ids := array(select distinct r.user_id from unnest(new.recipient_ids) as r (user_id) order by 1);
  end if;
  if not is_new and new.is_active and new.deleted_at is null and not (old.is_active and old.deleted_at is null) then
    new.next_check_at := now();
    -- Nobody looked meanwhile, so the minutes for which it has to be beyond the threshold begin again.
    if new.state = 'pending' then
      new.state := 'ok';
      new.state_since := clock_timestamp();
    end if;
  end if;
  return new;
end
$$;

comment on function analytics.settle_alert_trigger() is
  'Before an alert is written: its source and parameters fit, its new recipients are members, and it looks with the eyes of '
  'whoever last said what is watched. Definer: those columns are nobody''s to set.';

create or replace function analytics.save_dashboard_alert(alert analytics.dashboard_alert_draft)
returns analytics.dashboard_alerts
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  needed text;
  saved analytics.dashboard_alerts;
begin
  perform authz.require_user();
  perform analytics.check_time_range((alert).time_range, 'alert.time_range');
  perform analytics.check_source((alert).source_key, coalesce((alert).parameters, '{}'), 'alert.');
  select s.permission into needed from analytics.data_sources s where s.key = (alert).source_key;
  perform authz.require(needed);
  if analytics.hides_named((alert).parameters) then
    perform platform.refuse(
      'CB004', 'There is no such project or budget, or you may not see it.', field => 'alert.parameters');
  end if;
  if (alert).threshold is null then
    perform platform.refuse('CB002', 'An alert has a threshold.', field => 'alert.threshold');
  end if;
  if ((alert).comparison in ('above', 'at_least') and (alert).clear_threshold > (alert).threshold)
     or ((alert).comparison in ('below', 'at_most') and (alert).clear_threshold < (alert).threshold) then
    perform platform.refuse(
      'CB002', 'Where it is well again cannot be beyond the threshold.', field => 'alert.clear_threshold');
  end if;
  if not exists (
    select
      from analytics.dashboards d
     where d.organization_id = organization and d.id = (alert).dashboard_id and d.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such dashboard, or you may not see it.', field => 'alert.dashboard_id');
  end if;
  if (alert).row_id is null then
    insert into analytics.dashboard_alerts
      (dashboard_id, name, source_key, parameters, series, time_range, measure, comparison, threshold, clear_threshold,
       for_minutes, check_every_minutes, is_active, recipient_ids)
    values (
      (alert).dashboard_id, (alert).name, (alert).source_key, coalesce((alert).parameters, '{}'), (alert).series,
      coalesce((alert).time_range, 'last_7_days'), coalesce((alert).measure, 'value'), (alert).comparison,
      (alert).threshold, (alert).clear_threshold, coalesce((alert).for_minutes, 0),
      coalesce((alert).check_every_minutes, 15), coalesce((alert).is_active, true),
      coalesce((alert).recipient_ids, array[authz.user_id()]))
    returning * into saved;
    return saved;
  end if;
  update analytics.dashboard_alerts a
     set dashboard_id = (alert).dashboard_id,
         name = (alert).name,
         source_key = (alert).source_key,
         parameters = coalesce((alert).parameters, '{}'),
         series = (alert).series,
         time_range = coalesce((alert).time_range, a.time_range),
         measure = coalesce((alert).measure, a.measure),
         comparison = (alert).comparison,
         threshold = (alert).threshold,
         clear_threshold = (alert).clear_threshold,
         for_minutes = coalesce((alert).for_minutes, a.for_minutes),
         check_every_minutes = coalesce((alert).check_every_minutes, a.check_every_minutes),
         is_active = coalesce((alert).is_active, a.is_active),
         recipient_ids = coalesce((alert).recipient_ids, a.recipient_ids)
   where a.organization_id = organization and a.id = (alert).row_id and a.deleted_at is null
  returning * into saved;
  if saved.id is null then
    perform platform.refuse('CB004', 'There is no such alert, or you may not change it.', field => 'alert.row_id');
  end if;
  return saved;
end
$$;

comment on function analytics.save_dashboard_alert(analytics.dashboard_alert_draft) is
  'An alert on a figure: new, or with row_id changed. Its recipients, the caller alone when left out, get a mail when the '
  'figure has been beyond the threshold for so many minutes, and one when it is well again. The figure is looked at with '
  'the eyes of the caller; who may not see it themselves is not told. What is watched begins from the start when it '
  'changes. Needs analytics.write and the permission of the source. Errors: INVALID_INPUT, whose field is a path; '
  'NOT_FOUND_OR_FORBIDDEN; FORBIDDEN, also for an API key.';
grant execute on function analytics.save_dashboard_alert(analytics.dashboard_alert_draft)
  to callboard_member, callboard_service;

create or replace function analytics.alert_value(
  source_key text,
  parameters jsonb,
  series text,
  time_range text,
  measure text
) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  days constant daterange := analytics.range_days(
    time_range, platform.today(authz.organization_id()), analytics.week_starts_on());
  chart analytics.chart;
  value numeric;
  previous numeric;
begin
  -- as a table: with the figure of each series
  chart := analytics.draw_chart(
    source_key, 'table', parameters, lower(days), upper(days) - 1, 'auto',
    case when measure <> 'value' then
      analytics.previous_days(time_range, lower(days), upper(days) - 1, 'previous_period') end);
  if alert_value.series is null then
    value := chart.total;
    previous := chart.previous_total;
  else
    select s.total, s.previous_total into value, previous from unnest(chart.series) s where s.name = alert_value.series;
    value := coalesce(
      value, analytics.undrawn_value(source_key, chart.from_day, chart.to_day, parameters, alert_value.series));
    if measure <> 'value' and previous is null then
      previous := analytics.undrawn_value(
        source_key, chart.previous_from_day, chart.previous_to_day, parameters, alert_value.series);
    end if;
  end if;
  return case
    when measure = 'value' then value
    when measure = 'change' then value - previous
    -- what has not changed has changed by nothing, also where there is nothing to divide by
    when value = previous then 0
    else round(100 * (value - previous) / nullif(abs(previous), 0), 2)
  end;
end
$$;

comment on function analytics.alert_value(text, jsonb, text, text, text) is
  E'@behavior -*\nWhat an alert compares, with the rights of the caller; null where there is no figure. A series that has nothing '
  'any more is zero where it is counted or added, however small it is beside others. Errors: INVALID_INPUT, FORBIDDEN.';
grant execute on function analytics.alert_value(text, jsonb, text, text, text) to callboard_member, callboard_service;

create or replace function analytics.undrawn_value(
  source_key text,
  from_day date,
  to_day date,
  parameters jsonb,
  series text
) returns numeric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  source analytics.data_sources;
  value numeric;
begin
  select s.* into source from analytics.data_sources s where s.key = undrawn_value.source_key;
  -- It may be there, only not among the largest.
  if source.shape = 'time' and source.parameters #> '{properties,limit}' is not null then
    select sum(p.value)
      into value
      from analytics.source_points(source.key, from_day, to_day, 'total', parameters || '{"limit": 1000000}') p
     where p.series = undrawn_value.series
    having count(*) > 0;
    if found then
      return value;
    end if;
  end if;
  if source.adds_up <> 'none' then
    return 0;
  end if;
  -- Of a metric that counts there is none, if it is known at all how much there was on these days.
  return (
    select 0
      from analytics.source_points(source.key, from_day, to_day, 'total', parameters - 'dimension') p
      join analytics.metric_definitions d on d.key = parameters ->> 'metric' and d.rollup in ('sum', 'distinct')
     where source.key = 'analytics.metric' and p.value is not null
     limit 1);
end
$$;

comment on function analytics.undrawn_value(text, date, date, jsonb, text) is
  E'@behavior -*\nWhat a series has over days whose chart does not have it: its figure where others are larger; else zero, or null '
  'of what is no number of things, such as a ratio. Errors: INVALID_INPUT, FORBIDDEN.';
grant execute on function analytics.undrawn_value(text, date, date, jsonb, text) to callboard_member, callboard_service;
