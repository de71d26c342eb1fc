-- The part of JSON Schema (draft 2020-12) that settings are described with. A schema that says anything else is refused,
-- so that nothing stands there unchecked.

create or replace function platform.is_json_schema(schema jsonb) returns boolean
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  keywords constant text[] :=
    '{type,properties,required,additionalProperties,items,minItems,maxItems,uniqueItems,enum,const,minimum,maximum,'
    'minLength,maxLength,pattern,format,default,title,description}'::text[];
begin
  if jsonb_typeof(schema) <> 'object' then
    return false;
  end if;
  return not exists (select from jsonb_object_keys(schema) as k (keyword) where k.keyword <> all (keywords))
     and coalesce(
           schema ->> 'type' in ('object', 'array', 'string', 'number', 'integer', 'boolean'),
           schema ? 'enum' or schema ? 'const')
     and coalesce(schema ->> 'format' in ('email', 'uri', 'time-zone'), true)
     and coalesce(jsonb_typeof(schema -> 'enum') = 'array', true)
     and coalesce(jsonb_typeof(schema -> 'required') = 'array', true)
     and (not schema ? 'items' or platform.is_json_schema(schema -> 'items'))
     and (not schema ? 'additionalProperties'
          or schema -> 'additionalProperties' = 'false'
          or platform.is_json_schema(schema -> 'additionalProperties'))
     and not exists (
           select from jsonb_each(coalesce(schema -> 'properties', '{}')) as p
            where not platform.is_json_schema(p.value)
         );
end
$$;

comment on function platform.is_json_schema(jsonb) is
  'Whether a schema says only what json_schema_violations checks.';

create or replace function platform.is_of_format(value text, format text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case format
    when 'email' then value ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(value) <= 254
    when 'uri' then value ~* '^https?://[^\s/?#]+[^\s]*$'
    when 'time-zone' then platform.is_time_zone(value)
  end
$$;

comment on function platform.is_of_format(text, text) is
  'Whether a text is an e-mail address (email), an http or https address (uri), the name of a time zone (time-zone).';

create or replace function platform.is_of_type(value jsonb, type text) returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case type
    when 'integer' then jsonb_typeof(value) = 'number' and value::text::numeric % 1 = 0
    else jsonb_typeof(value) = type
  end
$$;

comment on function platform.is_of_type(jsonb, text) is 'Whether a value is of a type of JSON Schema.';

create or replace function platform.json_schema_violations(schema jsonb, value jsonb, path text default '')
returns table (field text, problem text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  content constant text := value #>> '{}';
  inside constant text := case when path = '' then '' else path || '.' end;
begin
  field := path;
  if not platform.is_of_type(value, schema ->> 'type') then
    problem := 'has to be of type ' || (schema ->> 'type');
    return next;
    return; -- what follows would say nothing
  end if;
  for problem in
    select c.problem
      from (values
             (schema ? 'const' and value <> schema -> 'const', 'has to be ' || (schema -> 'const')::text),
             (schema ? 'enum' and not exists (select from jsonb_array_elements(schema -> 'enum') as e (allowed) where e.allowed = value),
              'has to be one of ' || (schema -> 'enum')::text)
           ) as c (is_wrong, problem)
     where c.is_wrong
  loop
    return next;
  end loop;
  case jsonb_typeof(value)
    when 'number' then
      for problem in
        select c.problem
          from (values
                 (content::numeric < (schema ->> 'minimum')::numeric, 'has to be at least ' || (schema ->> 'minimum')),
                 (content::numeric > (schema ->> 'maximum')::numeric, 'has to be at most ' || (schema ->> 'maximum'))
               ) as c (is_wrong, problem)
         where c.is_wrong
      loop
        return next;
      end loop;
    when 'string' then
      for problem in
        select c.problem
          from (values
                 (char_length(content) < (schema ->> 'minLength')::integer,
                  format('has to have at least %s characters', schema ->> 'minLength')),
                 (char_length(content) > (schema ->> 'maxLength')::integer,
                  format('has to have at most %s characters', schema ->> 'maxLength')),
                 (content !~ (schema ->> 'pattern'), 'has to look like ' || (schema ->> 'pattern')),
                 (not platform.is_of_format(content, schema ->> 'format'),
                  case schema ->> 'format'
                    when 'email' then 'has to be an e-mail address'
                    when 'uri' then 'has to be an http or https address'
                    else 'has to be the name of a time zone'
                  end)
               ) as c (is_wrong, problem)
         where c.is_wrong
      loop
        return next;
      end loop;
    when 'array' then
      for problem in
        select c.problem
          from (values
                 (jsonb_array_length(value) < (schema ->> 'minItems')::integer,
                  format('has to have at least %s items', schema ->> 'minItems')),
                 (jsonb_array_length(value) > (schema ->> 'maxItems')::integer,
                  format('has to have at most %s items', schema ->> 'maxItems')),
                 (schema -> 'uniqueItems' = 'true'
                  and jsonb_array_length(value) > (select count(distinct e) from jsonb_array_elements(value) e),
                  'has to have each item once')
               ) as c (is_wrong, problem)
         where c.is_wrong
      loop
        return next;
      end loop;
      return query
        select v.field, v.problem
          from jsonb_array_elements(value) with ordinality as item (content, position)
         cross join lateral platform.json_schema_violations(
                 schema -> 'items', item.content, inside || (item.position - 1)) v
         where schema ? 'items';
    when 'object' then
      return query
        select inside || r.name, 'is missing'
          from jsonb_array_elements_text(coalesce(schema -> 'required', '[]')) as r (name)
         where not value ? r.name;
      return query
        select coalesce(v.field, inside || member.key), coalesce(v.problem, 'is not known')
          from jsonb_each(json_schema_violations.value) as member (key, content)
         cross join lateral (
                select coalesce(schema -> 'properties' -> member.key, schema -> 'additionalProperties') as schema
              ) known
          left join lateral platform.json_schema_violations(
                 nullif(known.schema, 'false'), member.content, inside || member.key) v on known.schema <> 'false'
         where v.field is not null or known.schema = 'false';
    else
      null;
  end case;
end
$$;

comment on function platform.json_schema_violations(jsonb, jsonb, text) is
  'Where a value does not fit a schema, and why: a path such as quietHours.from or domains.2, and what would be right. No '
  'rows: it fits.';

create or replace function platform.with_defaults(schema jsonb, value jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if value is null and schema ? 'default' then
    return schema -> 'default';
  end if;
  if schema ->> 'type' <> 'object' or not schema ? 'properties' then
    return value;
  end if;
  return coalesce(value, '{}') || (
    select coalesce(jsonb_object_agg(p.key, filled.content) filter (where filled.content is not null), '{}')
      from jsonb_each(schema -> 'properties') as p (key, schema)
     cross join lateral (select platform.with_defaults(p.schema, with_defaults.value -> p.key) as content) filled
  );
end
$$;

comment on function platform.with_defaults(jsonb, jsonb) is
  'A value with what its schema says of properties that it does not have.';

create or replace function platform.merge_patch(target jsonb, patch jsonb) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(patch) is distinct from 'object' then
    return patch;
  end if;
  if jsonb_typeof(target) is distinct from 'object' then
    return jsonb_strip_nulls(patch);
  end if;
  return (
    select coalesce(jsonb_object_agg(merged.key, merged.value), '{}')
      from (
        select coalesce(t.key, p.key) as key,
               case when p.key is null then t.value else platform.merge_patch(t.value, p.value) end as value
          from jsonb_each(target) as t
          full join jsonb_each(patch) as p on p.key = t.key
         where p.value is distinct from 'null'
      ) merged
  );
end
$$;

comment on function platform.merge_patch(jsonb, jsonb) is
  'A value changed by a JSON merge patch (RFC 7396): null takes a property away, what is not mentioned stays.';
grant execute on function
  platform.is_json_schema(jsonb), platform.is_of_format(text, text), platform.is_of_type(jsonb, text),
  platform.json_schema_violations(jsonb, jsonb, text), platform.with_defaults(jsonb, jsonb),
  platform.merge_patch(jsonb, jsonb)
  to callboard_member, callboard_service;
