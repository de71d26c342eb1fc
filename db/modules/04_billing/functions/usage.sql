create or replace function billing.figures(
  organization_id uuid,
  metric text default null,
  at timestamptz default now()
) returns setof billing.usage_figure
language sql stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
  select m.key, m.name, m.unit, m.kind, u.used, l.limit_value, greatest(l.limit_value - u.used, 0),
         round(100 * u.used / nullif(l.limit_value, 0)::numeric, 1),
         l.limit_value is null or u.used < l.limit_value,
         case when m.kind = 'counter' then p.starts_at end,
         case when m.kind = 'counter' then p.ends_at end
    from billing.usage_metrics m
    join tenancy.organizations o on o.id = figures.organization_id
   cross join lateral (
           select date_trunc('month', figures.at at time zone o.time_zone) as month
         ) d
   cross join lateral (
           select platform.begins_at(d.month::date, o.time_zone) as starts_at,
                  platform.begins_at((d.month + interval '1 month')::date, o.time_zone) as ends_at
         ) p
   cross join lateral (
           -- a gauge that nothing has been counted of stands at 0; parts may be below it
           select greatest(coalesce(sum(c.used), 0), 0)::bigint as used
             from billing.usage_counters c
            where c.organization_id = o.id
              and c.metric_key = m.key
              and c.period = case m.kind when 'gauge' then '-infinity' else d.month::date end
         ) u
    left join billing.limits_of(figures.organization_id) l on l.metric_key = m.key
   where figures.metric is null or m.key = figures.metric
   order by m.position, m.key
$$;

comment on function billing.figures(uuid, text, timestamptz) is
  'What an organization uses of each metric, or of one, and what it may. For functions that have checked who asks.';
grant execute on function billing.figures(uuid, text, timestamptz) to callboard_service;

create or replace function billing.usage() returns setof billing.usage_figure
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 10
as $$
begin
  return query select f.* from billing.figures(authz.require('tenancy.read')) f;
end
$$;

comment on function billing.usage() is
  'What the organization uses now of everything that is measured, and what its plan allows. The months that are over are in '
  'organizationUsages. Needs tenancy.read. Errors: UNAUTHENTICATED, FORBIDDEN. Definer: the counters are internal, and '
  'plans are for those who pay.';
grant execute on function billing.usage() to callboard_member;

create or replace function billing.metered_tenant(tenant_id uuid, permission text default null) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Workers and the back office have not entered, and may ask about anybody.
  if current_setting('role') not in ('callboard_member', 'callboard_anonymous') and authz.actor_id() is null then
    if tenant_id is null then
      perform platform.refuse('CB002', 'Name the organization.', field => 'tenant_id');
    end if;
    return tenant_id;
  end if;
  if authz.actor_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if authz.organization_id() is null or tenant_id <> authz.organization_id() then
    perform platform.refuse('CB003', 'Only the active organization can be asked about.', field => 'tenant_id');
  end if;
  if permission is not null then
    perform authz.require(permission);
  end if;
  return authz.organization_id();
end
$$;

comment on function billing.metered_tenant(uuid, text) is
  'The organization that a caller may ask about: the active one, with the permission where one is named; any for the back '
  'office. Errors: CB001, CB002, CB003.';

create or replace function billing.known_metric(metric text, field text) returns billing.usage_metrics
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  known billing.usage_metrics;
begin
  select m.* into known from billing.usage_metrics m where m.key = known_metric.metric;
  if known.key is null then
    perform platform.refuse(
      'CB002', 'There is no such metric.', field => known_metric.field,
      hint => (select 'One of ' || string_agg(m.key, ', ' order by m.position, m.key) || '.' from billing.usage_metrics m));
  end if;
  return known;
end
$$;

comment on function billing.known_metric(text, text) is
  'The metric with this key. Errors: CB002 with all of them in the hint when there is none.';
grant execute on function billing.known_metric(text, text) to callboard_service;
