create or replace function billing.track_usage(
  tenant_id uuid,
  metric_type text,
  increment bigint default 1
) returns billing.usage_figure
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := billing.metered_tenant(tenant_id, 'billing.write');
  metric constant billing.usage_metrics := billing.known_metric(metric_type, 'metric_type');
  figure billing.usage_figure;
begin
  if exists (select from billing.metered_tables t where t.metric_key = metric.key) then
    perform platform.refuse('CB002', 'This metric counts rows, and is not told.', field => 'metric_type');
  end if;
  perform billing.count_usage(organization, metric.key, increment);
  select f.* into figure from billing.figures(organization, metric.key) f;
  return figure;
end
$$;

comment on function billing.track_usage(uuid, text, bigint) is
  E'@resultFieldName usage\nCounts so much more of a metric that is told rather than counted from rows, such as emails or ai_tokens; for a gauge '
  'such as storage_bytes also less. Returns where it stands. Exact whoever calls at the same time. Needs billing.write. '
  'Errors: FORBIDDEN for another organization than the active one; INVALID_INPUT for an unknown metric, or an increment of '
  'nothing, below 0 or above 1000000000000; LIMIT_REACHED. Definer: the counters are internal.';
grant execute on function billing.track_usage(uuid, text, bigint) to callboard_member, callboard_service;

create or replace function billing.count_usage(organization_id uuid, metric text, increment bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant bigint := 1000000000000;
  known constant billing.usage_metrics := billing.known_metric(count_usage.metric, 'metric_type');
  period constant date := billing.usage_period(organization_id, known.key);
begin
  if increment is null or increment = 0 or increment < 0 and known.kind = 'counter' or abs(increment) > most then
    perform platform.refuse(
      'CB002',
      format('An increment of %s is a whole number from %s to %s, and not 0.',
             known.key, case known.kind when 'counter' then 1 else - most end, most),
      field => 'increment');
  end if;
  if period is null then
    perform platform.refuse('CB004', 'There is no such organization.', field => 'tenant_id');
  end if;
  if increment < 0 then
    perform billing.take_usage(organization_id, known.key, period, 0);
    perform
       from billing.usage_counters c
      where c.organization_id = count_usage.organization_id and c.metric_key = known.key and c.period = '-infinity'
      order by c.part
        for update;
    if (select sum(c.used)
          from billing.usage_counters c
         where c.organization_id = count_usage.organization_id and c.metric_key = known.key and c.period = '-infinity')
       + increment < 0 then
      perform platform.refuse('CB002', 'There is less than that.', field => 'increment');
    end if;
  end if;
  perform billing.take_usage(organization_id, known.key, period, increment);
end
$$;

comment on function billing.count_usage(uuid, text, bigint) is
  'Counts so much of a metric for an organization, in the present month for a counter. For functions that do what is '
  'counted. Errors: CB002 for an unknown metric or an increment that is none; CB004; CB025 when the limit of a hard metric '
  'is reached.';
grant execute on function billing.count_usage(uuid, text, bigint) to callboard_service;
