create or replace function analytics.calculate_activation_rate(days_back integer default 30)
returns analytics.rate_of_cohorts
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
begin
  perform analytics.require_days(days_back, 'days_back');
  return analytics.activation_rate_of(organization, days_back, platform.today(organization));
end
$$;

comment on function analytics.calculate_activation_rate(integer) is
  'Of the members who joined in the last so many days (1 to 760), how many were activated (activationRules), by the day on '
  'which they joined. Who joined so lately that the time a rule gives is not over is left out. Needs analytics.read. '
  'Errors: INVALID_INPUT. Definer: it counts members for those who may not list them.';
grant execute on function analytics.calculate_activation_rate(integer) to callboard_member, callboard_service;

create or replace function analytics.calculate_retention_rate(days_after integer default 7, days_back integer default 90)
returns analytics.rate_of_cohorts
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
begin
  perform analytics.require_days(days_after, 'days_after');
  perform analytics.require_days(days_back, 'days_back');
  return analytics.retention_rate_of(organization, days_after, days_back, platform.today(organization));
end
$$;

comment on function analytics.calculate_retention_rate(integer, integer) is
  'Of the members who joined in the last days_back days, how many did something on the day that comes days_after days later '
  '(both 1 to 760), by the day on which they joined. Who joined so lately that this day is not over is left out, and so is '
  'who joined so long ago that the events of this day are no longer all kept. Needs analytics.read. Errors: '
  'INVALID_INPUT. Definer: it counts members for those who may not list them.';
grant execute on function analytics.calculate_retention_rate(integer, integer) to callboard_member, callboard_service;

create or replace function analytics.require_days(days integer, field text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if days is null or days not between 1 and 760 then
    perform platform.refuse('CB002', 'It takes 1 to 760 days.', field => require_days.field);
  end if;
end
$$;

comment on function analytics.require_days(integer, text) is E'@behavior -*\nRefuses a number of days that is none. Errors: INVALID_INPUT.';
grant execute on function analytics.require_days(integer, text) to callboard_member, callboard_service;

create or replace function analytics.activation_rate_of(organization_id uuid, days_back integer, today date)
returns analytics.rate_of_cohorts
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with span as materialized (
    select o.time_zone, today - days_back as from_day,
           -- The last day whose members have all had the longest time that a rule gives, of 24 hours a day.
           ((platform.begins_at(today, o.time_zone) - (select max(r.within) from analytics.activation_rules_of(o.id) r))
             at time zone o.time_zone)::date - 1 as to_day
      from tenancy.organizations o
     where o.id = activation_rate_of.organization_id
  ),
  cohorts as (
    select (m.joined_at at time zone s.time_zone)::date as day, count(*)::integer as denominator,
           count(a.user_id)::integer as numerator
      from span s
      join tenancy.organization_members m
        on m.organization_id = activation_rate_of.organization_id
       and m.joined_at >= platform.begins_at(s.from_day, s.time_zone)
       and m.joined_at < platform.begins_at(s.to_day + 1, s.time_zone)
      left join analytics.user_activations a
        on a.organization_id = m.organization_id and a.user_id = m.user_id
     group by 1
  )
  select analytics.sum_of_cohorts(
           (select s.from_day from span s), (select s.to_day from span s),
           array(select (c.day, c.numerator, c.denominator, null)::analytics.cohort_rate from cohorts c))
$$;

comment on function analytics.activation_rate_of(uuid, integer, date) is
  'calculate_activation_rate of an organization as of a day.';
grant execute on function analytics.activation_rate_of(uuid, integer, date) to callboard_service;

create or replace function analytics.retention_rate_of(
  organization_id uuid,
  days_after integer,
  days_back integer,
  today date
) returns analytics.rate_of_cohorts
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with span as materialized (
    -- What somebody did on a day whose events are no longer all kept is not known.
    select o.time_zone, greatest(today - days_back, analytics.first_day_kept(o.id, o.time_zone) - days_after) as from_day,
           today - days_after - 1 as to_day
      from tenancy.organizations o
     where o.id = retention_rate_of.organization_id
  ),
  members as (
    select m.user_id, (m.joined_at at time zone s.time_zone)::date as day
      from span s
      join tenancy.organization_members m
        on m.organization_id = retention_rate_of.organization_id
       and m.joined_at >= platform.begins_at(s.from_day, s.time_zone)
       and m.joined_at < platform.begins_at(s.to_day + 1, s.time_zone)
  ),
  -- once for each day, not for each who joined on it
  returns as materialized (
    select d.day, platform.begins_at(d.day + days_after, s.time_zone) as starts_at,
           platform.begins_at(d.day + days_after + 1, s.time_zone) as ends_at
      from span s
     cross join (select distinct m.day from members m) d
  ),
  cohorts as (
    select m.day, count(*)::integer as denominator,
           (count(*) filter (where exists (
             select
               from analytics.app_events e
              where e.organization_id = retention_rate_of.organization_id
                and e.user_id = m.user_id
                and e.occurred_at >= r.starts_at
                and e.occurred_at < r.ends_at
           )))::integer as numerator
      from members m
      join returns r on r.day = m.day
     group by m.day
  )
  select analytics.sum_of_cohorts(
           (select s.from_day from span s), (select s.to_day from span s),
           array(select (c.day, c.numerator, c.denominator, null)::analytics.cohort_rate from cohorts c))
$$;

comment on function analytics.retention_rate_of(uuid, integer, integer, date) is
  'calculate_retention_rate of an organization as of a day.';
grant execute on function analytics.retention_rate_of(uuid, integer, integer, date) to callboard_service;

create or replace function analytics.sum_of_cohorts(from_day date, to_day date, cohorts analytics.cohort_rate[])
returns analytics.rate_of_cohorts
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select (from_day, greatest(to_day, from_day - 1), coalesce(sum(c.numerator), 0)::integer,
          coalesce(sum(c.denominator), 0)::integer, round(100.0 * sum(c.numerator) / sum(c.denominator), 2),
          coalesce(
            array_agg(
              (c.day, c.numerator, c.denominator, round(100.0 * c.numerator / c.denominator, 2))::analytics.cohort_rate
              order by c.day), '{}'))::analytics.rate_of_cohorts
    from unnest(cohorts) c
$$;

comment on function analytics.sum_of_cohorts(date, date, analytics.cohort_rate[]) is
  E'@behavior -*\nCohorts with their rates, and the rate of all together.';
grant execute on function analytics.sum_of_cohorts(date, date, analytics.cohort_rate[]) to callboard_service;
