create or replace procedure analytics.define_data_source(
  key text,
  function_name text,
  permission text,
  title text,
  description text,
  shape text,
  kinds text[] default null,
  parameters jsonb default '{}',
  unit text default null,
  adds_up text default 'all',
  is_headline boolean default false,
  "position" integer default 1000
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regprocedure(function_name || '(date,date,text,jsonb)') is null then
    raise exception 'analytics.define_data_source(%): there is no function %(date, date, text, jsonb).', key, function_name;
  end if;
  insert into analytics.data_sources as s
    (key, function_name, permission, title, description, shape, kinds, parameters, unit, adds_up, is_headline, position)
  values (
    define_data_source.key, define_data_source.function_name, define_data_source.permission,
    define_data_source.title, define_data_source.description, define_data_source.shape,
    coalesce(
      define_data_source.kinds,
      case define_data_source.shape
        when 'time' then '{number,line,area,bar,stacked_bar,pie,table,gauge,heat_map}'
        when 'category' then '{number,bar,stacked_bar,pie,table,funnel,heat_map}'
        else '{number,gauge,table}'
      end::text[]),
    '{"type": "object", "additionalProperties": false}'::jsonb || define_data_source.parameters,
    define_data_source.unit, define_data_source.adds_up, define_data_source.is_headline, define_data_source."position")
  on conflict on constraint data_sources_pkey do update
    set (function_name, permission, title, description, shape, kinds, parameters, unit, adds_up, is_headline, position)
      = (excluded.function_name, excluded.permission, excluded.title, excluded.description, excluded.shape,
         excluded.kinds, excluded.parameters, excluded.unit, excluded.adds_up, excluded.is_headline, excluded.position);
end
$$;

comment on procedure analytics.define_data_source(
    text, text, text, text, text, text, text[], jsonb, text, text, boolean, integer) is
  'Registers what widgets can draw; for access files of any module. The function takes (from_day date, to_day date, grain '
  'text, parameters jsonb) and returns setof analytics.data_point with the rights of its caller: for the shape time a '
  'bucket each (analytics.bucket_of; the grain total asks for all days as one), for category a label each. parameters is '
  'the part of a JSON Schema with properties and required.';
