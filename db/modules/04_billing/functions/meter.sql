create or replace function billing.counted_amount(row_of_table jsonb, counted jsonb, amount_column text) returns bigint
language sql immutable parallel safe
return case
  when not row_of_table @> counted then 0
  when amount_column = '' then 1
  else coalesce((row_of_table ->> amount_column)::bigint, 0)
end;

comment on function billing.counted_amount(jsonb, jsonb, text) is
  'How much one row adds to its metric: 1, or what amount_column says; nothing unless it has the values of counted.';

create or replace function billing.meter_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform billing.take_usage(
            c.organization_id, tg_argv[0], '-infinity', case tg_op when 'INSERT' then c.amount else - c.amount end)
     from (
            select r.organization_id,
                   sum(billing.counted_amount(to_jsonb(r), tg_argv[1]::jsonb, tg_argv[2]))::bigint as amount
              from rows_of_statement r
             group by r.organization_id
             order by r.organization_id
          ) c
    where c.amount <> 0;
  return null;
end
$$;

comment on function billing.meter_trigger() is
  'Counts the rows that come to a metered table or go from it, once per statement. Definer: the counters are internal.';

create or replace function billing.meter_change_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  amount constant bigint := billing.counted_amount(to_jsonb(new), tg_argv[1]::jsonb, tg_argv[2])
    - billing.counted_amount(to_jsonb(old), tg_argv[1]::jsonb, tg_argv[2]);
begin
  if amount <> 0 then
    perform billing.take_usage(new.organization_id, tg_argv[0], '-infinity', amount);
  end if;
  return null;
end
$$;

comment on function billing.meter_change_trigger() is
  'Counts a row anew that is archived, restored or changed otherwise in what counts; its condition keeps all other changes '
  'away from it. Definer: the counters are internal.';

create or replace procedure billing.meter(
  metered regclass,
  metric text,
  counted jsonb default null,
  amount_column text default ''
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  counted_values constant jsonb := coalesce(
    counted,
    (select '{"deleted_at": null}'::jsonb
       from pg_attribute a
      where a.attrelid = metered and a.attname = 'deleted_at' and not a.attisdropped),
    '{}');
  changes constant text := (
    select string_agg(format('old.%1$I is distinct from new.%1$I', c.name), ' or ' order by c.name)
      from (
             select jsonb_object_keys(counted_values) as name
             union
             select nullif(meter.amount_column, '')
           ) c
     where c.name is not null
  );
  event record;
begin
  if (select m.kind from billing.usage_metrics m where m.key = metric) is distinct from 'gauge' then
    raise exception 'billing.meter(%): % is no gauge.', metered, metric;
  end if;
  for event in
    select * from (values ('insert', 'new'), ('delete', 'old')) as e (name, which)
  loop
    execute format(
      'create or replace trigger %I after %s on %s referencing %s table as rows_of_statement for each statement '
      'execute function billing.meter_trigger(%L, %L, %L)',
      format('_700_meter_%s_%s', metric, event.name), event.name, metered, event.which, metric, counted_values,
      amount_column);
  end loop;
  execute format('drop trigger if exists %I on %s', format('_700_meter_%s_update', metric), metered);
  if changes is not null then
    execute format(
      'create trigger %I after update on %s for each row when (%s) '
      'execute function billing.meter_change_trigger(%L, %L, %L)',
      format('_700_meter_%s_update', metric), metered, changes, metric, counted_values, amount_column);
  end if;

  if exists (
    select
      from billing.metered_tables t
     where (t.table_id, t.metric_key, t.counted, t.amount_column)
         = (metered, metric, counted_values, meter.amount_column)
  ) then
    return;
  end if;
  insert into billing.metered_tables as t (table_id, metric_key, counted, amount_column)
  values (metered, metric, counted_values, meter.amount_column)
  on conflict on constraint metered_tables_pkey do update
    set (counted, amount_column) = (excluded.counted, excluded.amount_column);
  -- What was there before it was metered counts from now on.
  perform billing.recount_usage(metric);
end
$$;

comment on procedure billing.meter(regclass, text, jsonb, text) is
  'Has the rows of a table counted towards a gauge, whoever writes them; called in access.sql. Counted are the rows that '
  'have these values, such as {"status": "active"}; without any, those that are not archived. Each counts as one, or as '
  'what amount_column says. Several tables may count towards one metric. Idempotent.';

create or replace function billing.recount_usage(metric text, organization_id uuid default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  counting constant text := (
    select string_agg(
             format(
               'select t.organization_id, %s as amount from %s t where ($1 is null or t.organization_id = $1)%s',
               case when m.amount_column = '' then '1' else format('coalesce(t.%I, 0)', m.amount_column) end,
               m.table_id,
               (select string_agg(format(' and t.%I::text is not distinct from %L', c.key, c.value), '' order by c.key)
                  from jsonb_each_text(m.counted) as c)),
             ' union all '
             order by m.table_id::text)
      from billing.metered_tables m
     where m.metric_key = recount_usage.metric
  );
begin
  if counting is null then
    return;
  end if;
  -- Whoever has written rows and counted them is waited for; whoever writes now counts after us.
  perform
     from billing.usage_counters c
    where c.metric_key = recount_usage.metric
      and (recount_usage.organization_id is null or c.organization_id = recount_usage.organization_id)
    order by c.organization_id, c.period, c.part
      for update;
  update billing.usage_counters c
     set used = 0, room = 0
   where c.metric_key = recount_usage.metric
     and (recount_usage.organization_id is null or c.organization_id = recount_usage.organization_id);
  execute format(
    'insert into billing.usage_counters as c (organization_id, metric_key, period, part, used, room) '
    'select r.organization_id, $2, ''-infinity'', 0, sum(r.amount), 0 from (%s) r group by r.organization_id '
    'on conflict on constraint usage_counters_pkey do update set used = excluded.used',
    counting)
    using recount_usage.organization_id, recount_usage.metric;
end
$$;

comment on function billing.recount_usage(text, uuid) is
  'Counts a gauge anew from the rows, for one organization or all: when a table becomes metered, or to put a counter '
  'right that somebody has spoilt.';
grant execute on function billing.recount_usage(text, uuid) to callboard_service;
