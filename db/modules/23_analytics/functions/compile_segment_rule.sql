create or replace function analytics.compile_segment_rule(subject text, rule jsonb, path text default 'rule')
returns analytics.segment_condition
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result analytics.segment_condition;
  parts analytics.segment_condition[] := array[]::analytics.segment_condition[];
  connective text;
  element jsonb;
  number integer := 0;
begin
  if rule is null or jsonb_typeof(rule) <> 'object' then
    perform platform.refuse('CB002', 'A rule is an object.', field => path);
  end if;
  connective := (select k.key from jsonb_object_keys(rule) as k (key) where k.key in ('all', 'any', 'not') limit 1);
  if connective is null then
    return analytics.compile_segment_condition(subject, rule, path);
  elsif (select count(*) from jsonb_object_keys(rule)) > 1 then
    perform platform.refuse('CB002', format('Beside %s there is nothing else in a rule.', connective), field => path);
  elsif length(path) > 200 then
    perform platform.refuse('CB002', 'The rule is nested too deeply.', field => path);
  end if;
  if connective = 'not' then
    result := analytics.compile_segment_rule(subject, rule -> 'not', path || '.not');
    result.predicate := format('not (%s)', result.predicate);
    return result;
  end if;
  if jsonb_typeof(rule -> connective) <> 'array' or jsonb_array_length(rule -> connective) not between 1 and 50 then
    perform platform.refuse('CB002', format('%s takes a list of 1 to 50 rules.', connective), field => path || '.' || connective);
  end if;
  for element in select e.value from jsonb_array_elements(rule -> connective) as e (value) loop
    parts := array_append(
      parts, analytics.compile_segment_rule(subject, element, format('%s.%s.%s', path, connective, number)));
    number := number + 1;
  end loop;
  result.predicate := (
    select string_agg('(' || p.predicate || ')', case connective when 'all' then ' and ' else ' or ' end)
      from unnest(parts) p);
  result.changes := array(select c.change from unnest(parts) p cross join lateral unnest(p.changes) as c (change));
  return result;
end
$$;

comment on function analytics.compile_segment_rule(text, jsonb, text) is
  E'@behavior -*\nThe rule of a segment as a condition in SQL about the row s, in the organization $1, with the expressions that say '
  'when time alone may change it. Names come from segment_fields, everything else is a quoted literal. Errors: INVALID_INPUT '
  'naming the place in the rule.';
grant execute on function analytics.compile_segment_rule(text, jsonb, text) to callboard_service;

create or replace function analytics.compile_segment_condition(subject text, condition jsonb, path text)
returns analytics.segment_condition
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result analytics.segment_condition;
  kind constant text := case
    when condition ? 'field' then 'field' when condition ? 'event' then 'event' when condition ? 'seen' then 'seen' end;
  unknown text;
begin
  if kind is null then
    perform platform.refuse(
      'CB002', 'A condition names a field, an event, or seen.', field => path,
      hint => 'Or it is all, any or not of further rules.');
  end if;
  unknown := (
    select min(k.key)
      from jsonb_object_keys(condition) as k (key)
     where k.key <> all (case kind
             when 'field' then '{field,op,value}' when 'event' then '{event,op,count,days}' else '{seen,days}'
           end::text[]));
  if unknown is not null then
    perform platform.refuse('CB002', format('%s is not part of such a condition.', unknown), field => path || '.' || unknown);
  end if;
  case kind
    when 'field' then result := analytics.compile_field_condition(subject, condition, path);
    when 'event' then result := analytics.compile_event_condition(subject, condition, path);
    else result := analytics.compile_seen_condition(subject, condition, path);
  end case;
  return result;
end
$$;

comment on function analytics.compile_segment_condition(text, jsonb, text) is
  E'@behavior -*\nOne condition of a rule. Errors: INVALID_INPUT naming the place in the rule.';
grant execute on function analytics.compile_segment_condition(text, jsonb, text) to callboard_service;

create or replace function analytics.compile_event_condition(subject text, condition jsonb, path text)
returns analytics.segment_condition
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result analytics.segment_condition;
  operator constant text := coalesce(condition ->> 'op', '>=');
  wanted integer;
  days integer;
  events text;
begin
  if jsonb_typeof(condition -> 'event') <> 'string' or condition ->> 'event' !~ '^[a-z][a-z0-9_.]*$' then
    perform platform.refuse('CB002', 'An event is named in small letters, digits, _ and .', field => path || '.event');
  elsif operator <> all ('{=,!=,>,>=,<,<=}') then
    perform platform.refuse('CB002', 'Events are counted with =, !=, >, >=, < or <=.', field => path || '.op');
  end if;
  wanted := analytics.whole_number(condition -> 'count', 1, 0, 1000000, path || '.count');
  days := analytics.whole_number(condition -> 'days', null, 1, 760, path || '.days');
  events := format(
    'from analytics.app_events e where e.organization_id = $1 and e.%I = s.id and e.name = %L%s',
    subject || '_id', condition ->> 'event',
    case when days is not null then format(' and e.occurred_at > $2 - interval ''%s hours''', days * 24) else '' end);
  result.predicate := format('(select count(*) %s) %s %s', events, replace(operator, '!=', '<>'), wanted);
  result.changes := case
    -- when the oldest of them leaves the window
    when days is not null then array[format('(select min(e.occurred_at) + interval ''%s hours'' %s)', days * 24, events)]
    else '{}'
  end;
  return result;
end
$$;

comment on function analytics.compile_event_condition(text, jsonb, text) is
  E'@behavior -*\nHow often somebody did something, ever or in the last days. Errors: INVALID_INPUT.';
grant execute on function analytics.compile_event_condition(text, jsonb, text) to callboard_service;

create or replace function analytics.compile_seen_condition(subject text, condition jsonb, path text)
returns analytics.segment_condition
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result analytics.segment_condition;
  events constant text := format(
    'from analytics.app_events e where e.organization_id = $1 and e.%I = s.id', subject || '_id');
  days integer;
begin
  if coalesce(condition ->> 'seen', '') <> all ('{within,before,never}') then
    perform platform.refuse('CB002', 'Somebody is seen within or before some days, or never.', field => path || '.seen');
  elsif condition ->> 'seen' = 'never' then
    result.predicate := format('not exists (select %s)', events);
    result.changes := '{}';
    return result;
  end if;
  if condition -> 'days' is null then
    perform platform.refuse('CB002', 'It has to be said within how many days.', field => path || '.days');
  end if;
  days := analytics.whole_number(condition -> 'days', null, 1, 760, path || '.days');
  result.predicate := format(
    case condition ->> 'seen'
      when 'within' then 'coalesce((select max(e.occurred_at) %s) > $2 - interval ''%s hours'', false)'
      else 'coalesce((select max(e.occurred_at) %s) <= $2 - interval ''%s hours'', false)'
    end, events, days * 24);
  result.changes := array[
    format('(select nullif(greatest(max(e.occurred_at) + interval ''%1$s hours'', $2), $2) %2$s)', days * 24, events)];
  return result;
end
$$;

comment on function analytics.compile_seen_condition(text, jsonb, text) is
  E'@behavior -*\nWhen somebody last did anything. Errors: INVALID_INPUT.';
grant execute on function analytics.compile_seen_condition(text, jsonb, text) to callboard_service;

create or replace function analytics.whole_number(
  given jsonb,
  otherwise integer,
  at_least integer,
  at_most integer,
  path text
) returns integer
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if given is null then
    return otherwise;
  elsif jsonb_typeof(given) = 'number' and given::numeric between at_least and at_most and given::numeric % 1 = 0 then
    return given::numeric::integer;
  end if;
  perform platform.refuse('CB002', format('It takes a whole number from %s to %s.', at_least, at_most), field => path);
  return null;
end
$$;

comment on function analytics.whole_number(jsonb, integer, integer, integer, text) is
  E'@behavior -*\nA whole number within bounds. Errors: INVALID_INPUT.';
grant execute on function analytics.whole_number(jsonb, integer, integer, integer, text) to callboard_service;
