create or replace function marketing.keep_cost_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  new.campaign := nullif(lower(btrim(new.campaign)), '');
  new.ends_on := coalesce(new.ends_on, new.starts_on);
  new.currency := coalesce(
    new.currency, (select o.currency from tenancy.organizations o where o.id = new.organization_id));
  return new;
end
$$;

comment on function marketing.keep_cost_trigger() is
  'Fills what follows from the rest of a cost. Definer: the currency of the organization counts for everybody.';

create or replace function marketing.track_roi(organization_id uuid, from_month date, to_month date) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  model constant text := (
    select s.attribution_model from crm.crm_settings s where s.organization_id = track_roi.organization_id);
  written integer;
begin
  -- Two at once would each write what the other has not seen yet.
  perform pg_advisory_xact_lock(hashtextextended(organization_id::text, 5678048));
  delete from marketing.roi_tracking t
   where t.organization_id = track_roi.organization_id and t.month between from_month and to_month;
  insert into marketing.roi_tracking
    (organization_id, month, dimension, key, model, currency, cost, revenue, leads, conversions, customers)
  select track_roi.organization_id, m.month::date, l.dimension, l.key, model, l.currency, l.cost, l.revenue, l.leads,
         l.conversions, l.customers
    from generate_series(from_month::timestamp, to_month::timestamp, interval '1 month') as m (month)
   cross join (values ('channel'), ('campaign')) as d (dimension)
   cross join lateral marketing.roi_lines(
           track_roi.organization_id, m.month::date, (m.month + interval '1 month' - interval '1 day')::date, model,
           d.dimension) l;
  get diagnostics written = row_count;
  return written;
end
$$;

comment on function marketing.track_roi(uuid, date, date) is
  'Computes what is in marketing.roi_tracking for some months of an organization (their first days) anew; returns the lines.';
grant execute on function marketing.track_roi(uuid, date, date) to callboard_service;

create or replace function marketing.call_for_roi(organization_id uuid, from_day date, to_day date) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  month_day date;
  job_key text;
begin
  for month_day in
    select m.month::date
      from generate_series(
             -- a mistyped day before our era, which jobs cannot be told of, brought nothing
             greatest(date_trunc('month', from_day::timestamp), timestamp '0001-01-01'), to_day::timestamp,
             interval '1 month') as m (month)
     -- as many as a cost can touch
     limit 62
  loop
    job_key := format('track_roi:%s:%s', organization_id, month_day);
    -- as for scores: nobody waits for a job that is there
    if not exists (
      select
        from graphile_worker.jobs j
       where j.key = job_key and j.locked_at is null and j.attempts < j.max_attempts
         and j.run_at > now() + interval '1 second'
    ) then
      perform platform.enqueue(
        'track_roi', jsonb_build_object('organization_id', organization_id, 'month', month_day), job_key => job_key,
        run_at => now() + interval '20 seconds');
    end if;
  end loop;
end
$$;

comment on function marketing.call_for_roi(uuid, date, date) is
  'Has what is kept about the months of some days computed anew soon, once for all changes of a few seconds.';

create or replace function marketing.follow_costs_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform marketing.call_for_roi(r.organization_id, min(r.starts_on), max(r.ends_on))
     from new_rows r
    group by r.organization_id, r.starts_on, r.ends_on;
  if tg_op = 'UPDATE' then
    perform marketing.call_for_roi(r.organization_id, min(r.starts_on), max(r.ends_on))
       from (
              select o.organization_id, o.starts_on, o.ends_on from old_rows o
              except
              select n.organization_id, n.starts_on, n.ends_on from new_rows n
            ) r
      group by r.organization_id, r.starts_on, r.ends_on;
  end if;
  return null;
end
$$;

comment on function marketing.follow_costs_trigger() is
  'Other costs mean another return. Definer: callers may not add jobs.';

create or replace function marketing.follow_earnings_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform marketing.call_for_roi(d.organization_id, d.day, d.day)
     from (
            select distinct r.organization_id,
                   date_trunc('month', r.occurred_at at time zone o.time_zone)::date as day
              from new_rows r
              join tenancy.organizations o on o.id = r.organization_id
          ) d;
  return null;
end
$$;

comment on function marketing.follow_earnings_trigger() is
  'Other conversions and other revenue mean another return. Definer: callers may not add jobs.';
