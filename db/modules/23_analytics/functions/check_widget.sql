create or replace function analytics.check_source(source_key text, parameters jsonb, path text default '') returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  source analytics.data_sources;
  wrong record;
begin
  select s.* into source from analytics.data_sources s where s.key = check_source.source_key;
  if source.key is null then
    perform platform.refuse(
      'CB002', 'There is no such data source.', field => path || 'source_key',
      hint => 'dataSources has those that there are.');
  end if;
  select v.* into wrong from platform.json_schema_violations(source.parameters, check_source.parameters) v limit 1;
  if found then
    perform platform.refuse(
      'CB002', format('The parameter %s %s.', coalesce(nullif(wrong.field, ''), 'object'), wrong.problem),
      field => path || 'parameters' || coalesce('.' || nullif(wrong.field, ''), ''));
  end if;
  if source.key = 'analytics.metric' and not exists (
    select from analytics.metric_definitions d where d.key = check_source.parameters ->> 'metric'
  ) then
    perform platform.refuse(
      'CB002', 'There is no such metric.', field => path || 'parameters.metric',
      hint => 'metricDefinitions has those that there are.');
  end if;
end
$$;

comment on function analytics.check_source(text, jsonb, text) is
  E'@behavior -*\nRefuses a data source that there is not, and parameters that do not fit its schema, naming the path. '
  'Errors: INVALID_INPUT.';

create or replace function analytics.check_widget(
  kind text,
  source_key text,
  parameters jsonb,
  options jsonb,
  path text default ''
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  schema constant jsonb := '{
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "min": {"type": "number"},
      "max": {"type": "number"},
      "target": {"type": "number"},
      "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
      "smooth": {"type": "boolean"},
      "horizontal": {"type": "boolean"},
      "legend": {"type": "boolean"},
      "colors": {"type": "array", "maxItems": 12, "items": {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}}
    }
  }'::jsonb;
  kinds text[];
  wrong record;
begin
  perform analytics.check_source(source_key, parameters, path);
  select s.kinds into kinds from analytics.data_sources s where s.key = check_widget.source_key;
  if kind is null or kind <> all (kinds) then
    perform platform.refuse(
      'CB002', format('%s cannot be drawn as %s.', source_key, coalesce(kind, 'nothing')), field => path || 'kind',
      hint => 'It can be: ' || array_to_string(kinds, ', ') || '.');
  end if;
  select v.* into wrong from platform.json_schema_violations(schema, check_widget.options) v limit 1;
  if found then
    perform platform.refuse(
      'CB002', format('The option %s %s.', coalesce(nullif(wrong.field, ''), 'object'), wrong.problem),
      field => path || 'options' || coalesce('.' || nullif(wrong.field, ''), ''));
  end if;
  if (options ->> 'max')::numeric <= coalesce((options ->> 'min')::numeric, 0) then
    perform platform.refuse('CB002', 'The option max has to be more than min.', field => path || 'options.max');
  end if;
end
$$;

comment on function analytics.check_widget(text, text, jsonb, jsonb, text) is
  E'@behavior -*\nRefuses a widget that cannot be drawn: source, kind, parameters and options have to fit, and the error '
  'names the path. Errors: INVALID_INPUT.';
grant execute on function
  analytics.check_source(text, jsonb, text), analytics.check_widget(text, text, jsonb, jsonb, text)
  to callboard_member, callboard_service;

create or replace function analytics.check_widget_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform analytics.check_widget(new.kind, new.source_key, new.parameters, new.options);
  return new;
end
$$;

comment on function analytics.check_widget_trigger() is 'Before a widget is written, whoever writes it: it can be drawn.';

create or replace function analytics.check_report_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.source_key is not null then
    perform analytics.check_widget(new.kind, new.source_key, new.parameters, '{}');
  end if;
  return new;
end
$$;

comment on function analytics.check_report_trigger() is 'Before a report is written: its source can be drawn.';
