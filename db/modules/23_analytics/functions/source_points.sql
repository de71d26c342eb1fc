create or replace function analytics.source_points(
  source_key text,
  from_day date,
  to_day date,
  grain text,
  parameters jsonb
) returns setof analytics.data_point
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  source analytics.data_sources;
begin
  select s.* into source from analytics.data_sources s where s.key = source_points.source_key;
  if source.key is null then
    perform platform.refuse('CB002', 'There is no such data source.', field => 'source_key');
  end if;
  perform authz.require(source.permission);
  return query execute format(
      'select * from %I.%I($1, $2, $3, $4)',
      split_part(source.function_name, '.', 1), split_part(source.function_name, '.', 2))
    using from_day, to_day, grain, platform.with_defaults(source.parameters, source_points.parameters);
end
$$;

comment on function analytics.source_points(text, date, date, text, jsonb) is
  E'@behavior -*\nThe figures of a data source, as far as the caller may see them. Errors: INVALID_INPUT, FORBIDDEN.';
grant execute on function analytics.source_points(text, date, date, text, jsonb) to callboard_member, callboard_service;
