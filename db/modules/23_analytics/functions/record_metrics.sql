create or replace function analytics.record_metrics(rows json) returns analytics.taken_rows
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  known constant text[] := '{id,metric,value,kind,source,unit,labels,occurredAt}'::text[];
  kept_from constant timestamptz := platform.kept_from('analytics.metrics_log');
  list jsonb;
  unstorable integer[];
  result analytics.taken_rows;
  good integer;
begin
  if rows is null or json_typeof(rows) <> 'array' then
    perform platform.refuse('CB002', 'Values are given as a list.', field => 'rows');
  elsif json_array_length(rows) > 10000 then
    perform platform.refuse('CB002', 'At most 10000 values at once.', field => 'rows');
  end if;
  select s.list, s.unstorable into list, unstorable from analytics.storable_rows(rows) s;
  with sent as materialized (
    select m.*, coalesce(analytics.time_of_id(m.id), m.given_time, case when m.event ->> 'id' is null then now() end) as at
      from analytics.read_metrics(list) m
  ),
  checked as materialized (
    select s.index, s.event, coalesce(s.id, platform.uuidv7()) as id, s.at, s.metric, coalesce(s.kind, 'business') as kind,
           coalesce(s.source, '') as source, s.unit, coalesce(s.labels, '{}') as labels,
           case jsonb_typeof(s.value) when 'number' then s.value::numeric end as value,
           case
             when s.index = any (unstorable)
               then array[null, 'has a character that texts cannot hold, such as U+0000, or a number that is too large']
             when jsonb_typeof(s.event) <> 'object' then array[null, 'is no object']
             when s.event - known <> '{}'
               then array[(select min(k.key) from jsonb_object_keys(s.event - known) as k (key)), 'is not known']
             when s.event ->> 'id' is not null and s.id is null then array['id', 'must be a UUID']
             when s.metric is null or s.metric !~ '^[a-z][a-z0-9_.]*$' or length(s.metric) > 100
               then array['metric', 'must be of at most 100 small letters, digits, _ and .']
             when jsonb_typeof(s.value) is distinct from 'number' or abs(s.value::numeric) >= 1e15
               then array['value', 'must be a number']
             when s.kind not in ('performance', 'business', 'system')
               then array['kind', 'must be performance, business or system']
             when length(s.source) > 100 then array['source', 'must have at most 100 characters']
             when length(s.unit) > 40 then array['unit', 'must have at most 40 characters']
             when jsonb_typeof(s.labels) <> 'object' then array['labels', 'must be an object']
             when pg_column_size(s.labels) > 4096 then array['labels', 'must not be larger than 4 kB']
             when s.event ->> 'occurredAt' is not null
                  and (s.given_time is null or not analytics.says_its_zone(s.event ->> 'occurredAt'))
               then array['occurredAt', 'must be a time with its zone, as in 2026-05-04T10:00:00Z']
             when s.at is null then array['occurredAt', 'is required with an id that is not of version 7']
             when s.at > now() + interval '1 day' then array['occurredAt', 'lies more than a day ahead']
             when s.at < kept_from then array['occurredAt', 'is longer ago than values are kept']
           end as wrong
      from sent s
  ),
  taken as (
    insert into analytics.metrics_log (organization_id, id, occurred_at, kind, metric, source, value, unit, labels)
    select organization, c.id, c.at, c.kind, c.metric, c.source, c.value, c.unit, c.labels
      from checked c
     where c.wrong is null
     order by c.id, c.at
    on conflict do nothing
    returning 1
  )
  select (select count(*) from taken),
         count(*) filter (where c.wrong is null),
         coalesce(
           array_agg((c.index, c.event ->> 'id', c.wrong[1], c.wrong[2])::analytics.rejected_row order by c.index)
             filter (where c.wrong is not null), '{}')
    into result.inserted, good, result.rejected
    from checked c;
  result.duplicates := good - result.inserted;
  return result;
end
$$;

comment on function analytics.record_metrics(json) is
  'Records values, at most 10000 at once: a list of {"metric", "value", "kind", "source", "unit", "labels", "occurredAt", '
  '"id"}, of which metric and value are required; kind is performance, business (unless said otherwise) or system. Rows that '
  'are wrong come back with their place and the reason. With an id, a row that is sent again is recorded once, as upsert_events '
  'does it. Needs analytics.write. Errors: INVALID_INPUT for what is no list, or too long. Definer: nobody writes values '
  'directly.';
grant execute on function analytics.record_metrics(json) to callboard_member, callboard_service;

create or replace function analytics.read_metrics(rows jsonb) returns table (
  index integer,
  event jsonb,
  id uuid,
  metric text,
  value jsonb,
  kind text,
  source text,
  unit text,
  labels jsonb,
  given_time timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 1000
as $$
begin
  return query
  select (t.number - 1)::integer, t.event, t.id, t.metric, t.value, t.kind, t.source, t.unit, t.labels, t."occurredAt"
    from rows from (
           jsonb_array_elements(read_metrics.rows),
           jsonb_to_recordset(read_metrics.rows)
             as (id uuid, metric text, value jsonb, kind text, source text, unit text, labels jsonb, "occurredAt" timestamptz)
         ) with ordinality as t (event, id, metric, value, kind, source, unit, labels, "occurredAt", number);
exception when data_exception then
  -- One of them cannot be read: each by itself, as read_events does it.
  return query
  select (t.number - 1)::integer, t.event, analytics.read_uuid(r.id), r.metric, r.value, r.kind, r.source, r.unit, r.labels,
         analytics.read_time(r."occurredAt")
    from jsonb_array_elements(read_metrics.rows) with ordinality as t (event, number)
   cross join lateral jsonb_to_record(case jsonb_typeof(t.event) when 'object' then t.event else '{}' end)
           as r (id text, metric text, value jsonb, kind text, source text, unit text, labels jsonb, "occurredAt" text);
end
$$;

comment on function analytics.read_metrics(jsonb) is
  'The elements of a list, each with what it says of a recorded value: null for what is missing or cannot be read.';

create or replace function analytics.get_latest_metrics_per_source(per_source integer default 1)
returns setof analytics.metrics_log
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
  organization constant uuid := authz.require('analytics.read');
begin
  if per_source is null or per_source not between 1 and 100 then
    perform platform.refuse('CB002', 'It takes 1 to 100 values of each.', field => 'per_source');
  end if;
  return query
  -- From one source and metric to the next in the index, however many values lie between.
  with recursive kinds as (
    (select l.source, l.metric
       from analytics.metrics_log l
      where l.organization_id = organization
      order by l.source, l.metric
      limit 1)
    union all
    select n.source, n.metric
      from kinds k
     cross join lateral (
             select l.source, l.metric
               from analytics.metrics_log l
              where l.organization_id = organization and (l.source, l.metric) > (k.source, k.metric)
              order by l.source, l.metric
              limit 1
           ) n
  )
  select v.*
    from kinds k
   cross join lateral (
           select l.*
             from analytics.metrics_log l
            where l.organization_id = organization and l.source = k.source and l.metric = k.metric
            order by l.occurred_at desc, l.id desc
            limit per_source
         ) v;
end
$$;

comment on function analytics.get_latest_metrics_per_source(integer) is
  'Of everything that each source records the newest values, at most so many (1 to 100), by source and metric. Needs '
  'analytics.read. Errors: INVALID_INPUT.';
grant execute on function analytics.get_latest_metrics_per_source(integer) to callboard_member, callboard_service;

create or replace function analytics.list_recorded_metrics() returns table (
  metric text,
  sources text[]
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 50
as $$
begin
  return query
  select l.metric, array_agg(l.source order by l.source)
    from (select distinct v.metric, v.source from analytics.get_latest_metrics_per_source(1) v) l
   group by l.metric
   order by l.metric;
end
$$;

comment on function analytics.list_recorded_metrics() is
  'What is recorded in metrics_log, and where: metric_series draws these as well. Needs analytics.read. Errors: FORBIDDEN.';
grant execute on function analytics.list_recorded_metrics() to callboard_member, callboard_service;
