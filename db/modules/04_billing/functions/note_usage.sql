create or replace function billing.note_usage(organization_id uuid, metric text, amount bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  period constant date := billing.usage_period(organization_id, metric);
begin
  -- Nobody measures what there is no metric of.
  if period is null or amount is null or amount <= 0 then
    return;
  end if;
  if billing.hard_limit_of(organization_id, metric) is null then
    perform billing.take_usage(organization_id, metric, period, amount);
  else
    perform billing.gather_usage(organization_id, metric, period, amount, is_done => true);
  end if;
end
$$;

comment on function billing.note_usage(uuid, text, bigint) is
  'Counts what has happened already and can be refused no more, also beyond the limit. What can be refused is counted by '
  'billing.count_usage, when it is done.';
grant execute on function billing.note_usage(uuid, text, bigint) to callboard_service;

create or replace function billing.begin_report(reporter_id uuid, number bigint) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if number = 1 then
    delete from billing.usage_reports r
     where r.reporter_id in (
             select late.reporter_id
               from billing.usage_reports late
              where late.reported_at < now() - interval '7 days'
              limit 100
                for update skip locked
           );
  end if;
  -- Whoever sends the same report at this moment waits here, and is told that it has been counted.
  insert into billing.usage_reports as r (reporter_id, last_number)
  values (begin_report.reporter_id, begin_report.number)
  on conflict on constraint usage_reports_pkey do update
    set last_number = excluded.last_number, reported_at = now()
  where r.last_number < excluded.last_number;
  return found;
end
$$;

comment on function billing.begin_report(uuid, bigint) is
  'Whether the report of a process with this number has not been counted yet; in the same transaction it is, then.';
grant execute on function billing.begin_report(uuid, bigint) to callboard_service;
