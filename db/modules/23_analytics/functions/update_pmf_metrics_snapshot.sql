create or replace function analytics.update_pmf_metrics_snapshot() returns analytics.pmf_metrics_snapshots
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
begin
  return analytics.take_pmf_snapshot(organization, platform.today(organization));
end
$$;

comment on function analytics.update_pmf_metrics_snapshot() is
  'Writes how well the product fits its market as of today, or brings today''s row up to date; a job does so every hour. '
  'Needs analytics.write. Errors: FORBIDDEN. Definer: nobody writes figures directly.';
grant execute on function analytics.update_pmf_metrics_snapshot() to callboard_member, callboard_service;

create or replace function analytics.take_pmf_snapshot(organization_id uuid, day date)
returns analytics.pmf_metrics_snapshots
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := take_pmf_snapshot.organization_id;
  zone constant text := (select o.time_zone from tenancy.organizations o where o.id = organization);
  ends_at constant timestamptz := platform.begins_at(day + 1, zone);
  activation constant analytics.rate_of_cohorts := analytics.activation_rate_of(organization, 90, day);
  retention_7 constant analytics.rate_of_cohorts := analytics.retention_rate_of(organization, 7, 90, day);
  retention_28 constant analytics.rate_of_cohorts := analytics.retention_rate_of(organization, 28, 90, day);
  nps constant analytics.nps_result := analytics.nps_of(organization, 90, day);
  active record;
  snapshot analytics.pmf_metrics_snapshots;
begin
  select count(*) filter (where u.last_at >= platform.begins_at(day, zone))::integer as day_1,
         count(*) filter (where u.last_at >= platform.begins_at(day - 6, zone))::integer as day_7,
         count(*)::integer as day_28
    into active
    from (
           select e.user_id, max(e.occurred_at) as last_at
             from analytics.app_events e
            where e.organization_id = organization
              and e.user_id is not null
              and e.occurred_at >= platform.begins_at(day - 27, zone)
              and e.occurred_at < ends_at
            group by e.user_id
         ) u;
  insert into analytics.pmf_metrics_snapshots as t
    (organization_id, day, members, active_users_1, active_users_7, active_users_28, stickiness, activated, activation_base,
     activation_rate, retained_7, retention_base_7, retention_7, retained_28, retention_base_28, retention_28, nps_answers,
     nps_score)
  values (
    organization, take_pmf_snapshot.day,
    (select count(*)
       from tenancy.organization_members m
      where m.organization_id = organization and m.status = 'active' and m.joined_at < ends_at),
    active.day_1, active.day_7, active.day_28, round(100.0 * active.day_1 / nullif(active.day_28, 0), 4),
    activation.numerator, activation.denominator, activation.rate, retention_7.numerator, retention_7.denominator,
    retention_7.rate, retention_28.numerator, retention_28.denominator, retention_28.rate, nps.n, nps.score)
  on conflict on constraint pmf_metrics_snapshots_day_key do update
    set (members, active_users_1, active_users_7, active_users_28, stickiness, activated, activation_base, activation_rate,
         retained_7, retention_base_7, retention_7, retained_28, retention_base_28, retention_28, nps_answers, nps_score,
         updated_at)
      = (excluded.members, excluded.active_users_1, excluded.active_users_7, excluded.active_users_28, excluded.stickiness,
         excluded.activated, excluded.activation_base, excluded.activation_rate, excluded.retained_7,
         excluded.retention_base_7, excluded.retention_7, excluded.retained_28, excluded.retention_base_28,
         excluded.retention_28, excluded.nps_answers, excluded.nps_score, now())
  returning * into snapshot;
  insert into analytics.metrics_daily as t (organization_id, metric, day, value, numerator, denominator)
  select organization, f.metric, take_pmf_snapshot.day, f.value, f.numerator, f.denominator
    from (
           values ('stickiness', snapshot.stickiness, snapshot.active_users_1, snapshot.active_users_28),
                  ('activation_rate', snapshot.activation_rate, snapshot.activated, snapshot.activation_base),
                  ('retention_7', snapshot.retention_7, snapshot.retained_7, snapshot.retention_base_7),
                  ('retention_28', snapshot.retention_28, snapshot.retained_28, snapshot.retention_base_28)
         ) as f (metric, value, numerator, denominator)
  on conflict on constraint metrics_daily_key do update
    set (value, numerator, denominator, computed_at)
      = (excluded.value, excluded.numerator, excluded.denominator, excluded.computed_at);
  return snapshot;
end
$$;

comment on function analytics.take_pmf_snapshot(uuid, date) is
  'update_pmf_metrics_snapshot of an organization as of a day, for jobs and functions that have checked who asks.';
grant execute on function analytics.take_pmf_snapshot(uuid, date) to callboard_service;

create or replace function analytics.take_pmf_snapshots(organization_id uuid) returns integer
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select count(analytics.take_pmf_snapshot(o.id, d.day))::integer
    from (
           select w.id, w.time_zone, w.today, least((w.created_at at time zone w.time_zone)::date, w.today) as first_day,
                  (select min(s.day) from analytics.pmf_metrics_snapshots s where s.organization_id = w.id) as first_taken
             from (select t.*, platform.today(t.id) as today from tenancy.organizations t) w
            where w.id = take_pmf_snapshots.organization_id
         ) o
   cross join lateral (
           select n.day::date as day
             from generate_series(
                    greatest(
                      o.first_day, o.today - 27, least(o.first_taken, o.today - 1),
                      -- four weeks of events go into each, which may be more than are kept
                      least(analytics.first_day_kept(o.id, o.time_zone) + 27, o.today - 1))::timestamp,
                    o.today::timestamp, interval '1 day') as n (day)
         ) d
   -- yesterday again, for what came after the last hour of it
   where d.day >= o.today - 1
      or not exists (
           select
             from analytics.pmf_metrics_snapshots s
            where s.organization_id = o.id
              and s.day = d.day
              and s.updated_at >= platform.begins_at(d.day + 1, o.time_zone))
$$;

comment on function analytics.take_pmf_snapshots(uuid) is
  'Takes the snapshots of an organization of today and yesterday, and of those of the last four weeks, since it has any, that '
  'were not taken after their day was over, as far back as there are events to take them from; returns how many. For jobs.';
grant execute on function analytics.take_pmf_snapshots(uuid) to callboard_service;

create or replace function analytics.lively_organizations() returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select o.id
    from tenancy.organizations o
   where o.status = 'active'
     -- where nothing happens there is nothing to tell, until something does
     and exists (
           select
             from analytics.app_events e
            where e.organization_id = o.id and e.occurred_at > now() - interval '28 days')
   order by o.id
$$;

comment on function analytics.lively_organizations() is
  'The organizations in which anything happened lately, of which snapshots are taken. For jobs.';
grant execute on function analytics.lively_organizations() to callboard_service;
