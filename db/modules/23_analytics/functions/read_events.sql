create or replace function analytics.read_events(rows jsonb) returns table (
  index integer,
  event jsonb,
  id uuid,
  name text,
  given_time timestamptz,
  user_id uuid,
  lead_id uuid,
  anonymous_id text,
  session_key text,
  source text,
  url text,
  value jsonb,
  properties jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 5000
as $$
begin
  -- All at once, as is right for nearly all that is sent. It fails before the first row is out.
  return query
  select (t.number - 1)::integer, t.event, t.id, t.name, t."occurredAt", t."userId", t."leadId", t."anonymousId",
         t."sessionKey", t.source, t.url, t.value, t.properties
    from rows from (
           jsonb_array_elements(read_events.rows),
           jsonb_to_recordset(read_events.rows)
             as (id uuid, name text, "occurredAt" timestamptz, "userId" uuid, "leadId" uuid, "anonymousId" text,
                 "sessionKey" text, source text, url text, value jsonb, properties jsonb)
         ) with ordinality
           as t (event, id, name, "occurredAt", "userId", "leadId", "anonymousId", "sessionKey", source, url, value,
                 properties, number);
exception when data_exception then
  return query
  select (t.number - 1)::integer, t.event, analytics.read_uuid(r.id), r.name, analytics.read_time(r."occurredAt"),
         analytics.read_uuid(r."userId"), analytics.read_uuid(r."leadId"), r."anonymousId", r."sessionKey", r.source, r.url,
         r.value, r.properties
    from jsonb_array_elements(read_events.rows) with ordinality as t (event, number)
   cross join lateral jsonb_to_record(case jsonb_typeof(t.event) when 'object' then t.event else '{}' end)
           as r (id text, name text, "occurredAt" text, "userId" text, "leadId" text, "anonymousId" text,
                 "sessionKey" text, source text, url text, value jsonb, properties jsonb);
end
$$;

comment on function analytics.read_events(jsonb) is
  'The elements of a list, each with what it says of an event: null for what is missing or cannot be read as what it is.';
grant execute on function analytics.read_events(jsonb) to callboard_service;

create or replace function analytics.read_uuid(given text) returns uuid
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return given::uuid;
exception when data_exception then
  return null;
end
$$;

comment on function analytics.read_uuid(text) is 'A UUID, or null for a text that is none.';
grant execute on function analytics.read_uuid(text) to callboard_service;

create or replace function analytics.read_time(given text) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return given::timestamptz;
exception when data_exception then
  return null;
end
$$;

comment on function analytics.read_time(text) is 'A time, or null for a text that is none.';
grant execute on function analytics.read_time(text) to callboard_service;

create or replace function analytics.time_of_id(id uuid) returns timestamptz
language sql immutable parallel safe
return case
  when substr(id::text, 15, 1) = '7' and substr(id::text, 20, 1) = any ('{8,9,a,b}')
    then to_timestamp(('x' || left(id::text, 8) || substr(id::text, 10, 4))::bit(48)::bigint / 1000.0::double precision)
end;

comment on function analytics.time_of_id(uuid) is 'The time in an id of version 7, to the millisecond; null for any other.';
grant execute on function analytics.time_of_id(uuid) to callboard_service;

create or replace function analytics.storable_rows(given json, out list jsonb, out unstorable integer[])
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  list := given::jsonb;
exception when data_exception then
  select jsonb_agg(coalesce(r.element, 'null') order by e.number),
         array_agg((e.number - 1)::integer) filter (where r.element is null)
    into list, unstorable
    from json_array_elements(given) with ordinality as e (element, number)
   cross join lateral (select analytics.read_jsonb(e.element) as element) r;
end
$$;

comment on function analytics.storable_rows(json) is
  'A list as jsonb, and the places in it of what cannot be stored, which is null there: json is any text that has its form, '
  'also with characters in it that texts cannot hold.';
grant execute on function analytics.storable_rows(json) to callboard_service;

create or replace function analytics.read_jsonb(given json) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return given::jsonb;
exception when data_exception then
  return null;
end
$$;

comment on function analytics.read_jsonb(json) is 'A value of JSON, or null for one that has a text or a number that cannot be stored.';
grant execute on function analytics.read_jsonb(json) to callboard_service;
