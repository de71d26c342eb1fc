create or replace function analytics.compile_field_condition(subject text, condition jsonb, path text)
returns analytics.segment_condition
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result analytics.segment_condition;
  named constant text := condition ->> 'field';
  operator constant text := coalesce(condition ->> 'op', '=');
  value constant jsonb := condition -> 'value';
  expression text;
  type text;
  allowed text[];
  age interval;
begin
  if jsonb_typeof(condition -> 'field') <> 'string' then
    perform platform.refuse('CB002', 'A field is a name.', field => path || '.field');
  elsif subject = 'lead' and named ~ '^custom\.[a-z][a-z0-9_]{0,99}$' then
    -- What it is compared with says what it is taken for.
    type := case jsonb_typeof(case jsonb_typeof(value) when 'array' then value -> 0 else value end)
      when 'number' then 'number' when 'boolean' then 'boolean' else 'text' end;
    expression := format(
      case type
        when 'text' then '(s.custom_fields ->> %1$L)'
        else '(case jsonb_typeof(s.custom_fields -> %1$L) when %2$L then s.custom_fields -> %1$L end)::%3$s'
      end, substr(named, 8), type, replace(type, 'number', 'numeric'));
  else
    select f.expression, f.type
      into expression, type
      from analytics.segment_fields f
     where f.subject = compile_field_condition.subject and f.field = named;
    if expression is null then
      perform platform.refuse(
        'CB002', format('A %s has no field %s.', subject, left(named, 100)), field => path || '.field',
        hint => (
          select 'There are ' || string_agg(f.field, ', ' order by f.field) || '.'
            from analytics.segment_fields f
           where f.subject = compile_field_condition.subject));
    end if;
  end if;

  allowed := '{is_set,is_not_set}'::text[] || case type
    when 'text' then '{=,!=,in,not_in,contains,starts_with}'
    when 'number' then '{=,!=,>,>=,<,<=,in,not_in}'
    when 'time' then '{>,>=,<,<=,within_days,before_days}'
    when 'boolean' then '{=,!=}'
    else '{contains}'
  end::text[];
  if operator <> all (allowed) then
    perform platform.refuse(
      'CB002', format('%s does not go with %s.', left(operator, 20), named), field => path || '.op',
      hint => format('It goes with %s.', array_to_string(allowed, ', ')));
  end if;

  result.changes := '{}';
  if operator in ('is_set', 'is_not_set') then
    if value is not null then
      perform platform.refuse('CB002', format('%s takes no value.', operator), field => path || '.value');
    end if;
    result.predicate := expression || case operator when 'is_set' then ' is not null' else ' is null' end;
  elsif operator in ('within_days', 'before_days') then
    -- null is no whole number either
    age := analytics.whole_number(coalesce(value, 'null'), null, 0, 36500, path || '.value') * interval '24 hours';
    result.predicate := format(
      'coalesce(%s %s $2 - %L::interval, false)', expression, case operator when 'within_days' then '>' else '<=' end, age);
    result.changes := array[format('case when %1$s > $2 - %2$L::interval then %1$s + %2$L::interval end', expression, age)];
  elsif operator in ('in', 'not_in') then
    result.predicate := format(
      'coalesce(%s %s (%s), %s)', expression, case operator when 'in' then '= any' else '<> all' end,
      analytics.list_literal(type, value, path || '.value'), (operator = 'not_in')::text);
  else
    result.predicate := format(
      case operator
        when '=' then 'coalesce(%1$s = %3$s, false)'
        when '!=' then '%1$s is distinct from %3$s'
        when 'contains' then
          case type when 'list' then '%1$s @> array[%3$s]' else 'coalesce(strpos(lower(%1$s), lower(%3$s)) > 0, false)' end
        when 'starts_with' then 'coalesce(starts_with(lower(%1$s), lower(%3$s)), false)'
        else 'coalesce(%1$s %2$s %3$s, false)'
      end, expression, operator, analytics.value_literal(type, value, path || '.value'));
  end if;
  return result;
end
$$;

comment on function analytics.compile_field_condition(text, jsonb, text) is
  E'@behavior -*\nWhat a field of somebody is. What is not known is not equal to anything, nor greater or smaller. Errors: '
  'INVALID_INPUT.';
grant execute on function analytics.compile_field_condition(text, jsonb, text) to callboard_service;

create or replace function analytics.value_literal(type text, value jsonb, path text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  given constant text := value #>> '{}';
begin
  case
    when type in ('text', 'list') and jsonb_typeof(value) = 'string' and length(given) between 1 and 500 then
      return format('%L::text', given);
    when type = 'number' and jsonb_typeof(value) = 'number' then
      return format('%L::numeric', given);
    when type = 'boolean' and jsonb_typeof(value) = 'boolean' then
      return format('%L::boolean', given);
    when type = 'time' and jsonb_typeof(value) = 'string' and analytics.says_its_zone(given)
         and isfinite(analytics.read_time(given)) then
      return format('%L::timestamptz', given);
    else
      perform platform.refuse(
        'CB002', format('It takes %s.', case type
          when 'number' then 'a number' when 'boolean' then 'true or false'
          when 'time' then 'a time with its zone, as in 2026-05-04T10:00:00Z' else 'a text of 1 to 500 characters' end),
        field => path);
  end case;
  return null;
end
$$;

comment on function analytics.value_literal(text, jsonb, text) is
  E'@behavior -*\nA value as a literal in SQL. Errors: INVALID_INPUT.';
grant execute on function analytics.value_literal(text, jsonb, text) to callboard_service;

create or replace function analytics.list_literal(type text, value jsonb, path text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if value is null or jsonb_typeof(value) <> 'array' or jsonb_array_length(value) not between 1 and 200 then
    perform platform.refuse('CB002', 'It takes a list of 1 to 200 values.', field => path);
  end if;
  return (
    select format('array[%s]', string_agg(analytics.value_literal(type, e.value, path || '.' || (e.number - 1)), ', '))
      from jsonb_array_elements(value) with ordinality as e (value, number));
end
$$;

comment on function analytics.list_literal(text, jsonb, text) is
  E'@behavior -*\nA list of values as an array in SQL. Errors: INVALID_INPUT.';
grant execute on function analytics.list_literal(text, jsonb, text) to callboard_service;
