create or replace function analytics.upsert_events(rows json) returns analytics.taken_rows
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
begin
  return analytics.take_events(organization, rows);
end
$$;

comment on function analytics.upsert_events(json) is
  'Records events, at most 10000 at once: a list of {"id", "name", "occurredAt", "userId", "leadId", "anonymousId", '
  '"sessionKey", "source", "url", "value", "properties"}, of which id and name are required. Rows that are wrong come back '
  'with their place and the reason, also one with a character that texts cannot hold; the others are recorded. A row that is sent again is recorded once, whoever sends it: an '
  'event is known by its id together with its time. An id of version 7 has its time in it; occurredAt may be left out '
  'then, and else lies within a minute of it. With any other id occurredAt is required, and the same id at another time is '
  'another event. What is sent of a lead that was merged into another is recorded of that one. Events lie no more than a day '
  'ahead, and no further back than the organization keeps them. Needs analytics.write. Errors: INVALID_INPUT for what is no '
  'list, or too long. Definer: nobody writes events directly.';
grant execute on function analytics.upsert_events(json) to callboard_member, callboard_service;

create or replace function analytics.take_events(organization_id uuid, rows json) returns analytics.taken_rows
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  known constant text[] :=
    '{id,name,occurredAt,userId,leadId,anonymousId,sessionKey,source,url,value,properties}'::text[];
  kept_from constant timestamptz := analytics.events_kept_from(take_events.organization_id);
  list jsonb;
  unstorable integer[];
  result analytics.taken_rows;
  good integer;
begin
  if rows is null or json_typeof(rows) <> 'array' then
    perform platform.refuse('CB002', 'Events are given as a list.', field => 'rows');
  elsif json_array_length(rows) > 10000 then
    perform platform.refuse('CB002', 'At most 10000 events at once.', field => 'rows');
  end if;
  select s.list, s.unstorable into list, unstorable from analytics.storable_rows(rows) s;
  with sent as materialized (
    select e.*, analytics.time_of_id(e.id) as id_time from analytics.read_events(list) e
  ),
  checked as materialized (
    select s.index, s.event, s.id, coalesce(s.id_time, s.given_time) as occurred_at, s.name, s.user_id,
           -- whoever still knows a lead by the id that it had before it was merged
           coalesce(l.merged_into_lead_id, l.id) as lead_id,
           s.anonymous_id, s.session_key, coalesce(s.source, 'api') as source, s.url,
           case jsonb_typeof(s.value) when 'number' then s.value::numeric end as value,
           coalesce(s.properties, '{}') as properties,
           case
             when s.index = any (unstorable)
               then array[null, 'has a character that texts cannot hold, such as U+0000, or a number that is too large']
             when jsonb_typeof(s.event) <> 'object' then array[null, 'is no object']
             when s.event - known <> '{}'
               then array[(select min(k.key) from jsonb_object_keys(s.event - known) as k (key)), 'is not known']
             when s.id is null then array['id', 'must be a UUID']
             when s.name is null or s.name !~ '^[a-z][a-z0-9_.]*$' or length(s.name) > 100
               then array['name', 'must be of at most 100 small letters, digits, _ and .']
             when s.event ->> 'occurredAt' is not null
                  and (s.given_time is null or not analytics.says_its_zone(s.event ->> 'occurredAt'))
               then array['occurredAt', 'must be a time with its zone, as in 2026-05-04T10:00:00Z']
             when s.id_time is null and s.given_time is null
               then array['occurredAt', 'is required with an id that is not of version 7']
             when s.given_time not between s.id_time - interval '1 minute' and s.id_time + interval '1 minute'
               then array['occurredAt', 'is not the time in the id']
             when coalesce(s.id_time, s.given_time) > now() + interval '1 day'
               then array['occurredAt', 'lies more than a day ahead']
             when coalesce(s.id_time, s.given_time) < kept_from
               then array['occurredAt', 'is longer ago than events are kept']
             when s.event ->> 'userId' is not null and m.user_id is null
               then array['userId', 'is no member of the organization']
             when s.event ->> 'leadId' is not null and l.id is null
               then array['leadId', 'is no lead of the organization']
             when s.anonymous_id is not null and length(s.anonymous_id) not between 1 and 200
               then array['anonymousId', 'must have 1 to 200 characters']
             when s.session_key is not null and length(s.session_key) not between 1 and 200
               then array['sessionKey', 'must have 1 to 200 characters']
             when s.source !~ '^[a-z][a-z0-9_-]*$' or length(s.source) > 40
               then array['source', 'must be of at most 40 small letters, digits, _ and -']
             when length(s.url) > 2000 then array['url', 'must have at most 2000 characters']
             when s.value <> 'null' and (jsonb_typeof(s.value) <> 'number' or abs(s.value::numeric) >= 1e15)
               then array['value', 'must be a number']
             when jsonb_typeof(s.properties) <> 'object' then array['properties', 'must be an object']
             when pg_column_size(s.properties) > 16384 then array['properties', 'must not be larger than 16 kB']
           end as wrong
      from sent s
      -- Whose account has ended is nobody any more.
      left join (tenancy.organization_members m join identity.users u on u.id = m.user_id and u.deleted_at is null)
        on m.organization_id = take_events.organization_id and m.user_id = s.user_id
      left join crm.leads l on l.organization_id = take_events.organization_id and l.id = s.lead_id
  ),
  taken as (
    insert into analytics.app_events
      (organization_id, id, occurred_at, name, user_id, lead_id, anonymous_id, session_key, source, url, value, properties)
    select take_events.organization_id, c.id, c.occurred_at, c.name, c.user_id, c.lead_id,
           case when c.user_id is null and c.lead_id is null then coalesce(c.anonymous_id, c.session_key)
                else c.anonymous_id end,
           c.session_key, c.source, c.url, c.value, c.properties
      from checked c
     where c.wrong is null
     -- Two that send the same events wait for each other, and would for ever if each did it in an order of its own.
     order by c.id, c.occurred_at
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

comment on function analytics.take_events(uuid, json) is
  'upsert_events of an organization, for functions that have checked who asks.';
grant execute on function analytics.take_events(uuid, json) to callboard_service;

create or replace function analytics.says_its_zone(given text) returns boolean
language sql immutable parallel safe
return given like '____-__-__T__:__%Z' or given like '____-__-__T__:__%+__:__' or given like '____-__-__T__:__%-__:__';

comment on function analytics.says_its_zone(text) is
  'Whether a text that Postgres reads as a time is one in ISO 8601 with its zone, and not a word such as yesterday.';
grant execute on function analytics.says_its_zone(text) to callboard_service;
