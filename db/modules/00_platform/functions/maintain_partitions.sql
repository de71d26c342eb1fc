create or replace function platform.maintain_partitions(months_ahead integer default 3) returns table (
  partition_name text,
  action text
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parent record;
  old_partition record;
  month_start date;
  wanted text;
begin
  -- Two at once would make the same table twice.
  perform pg_advisory_xact_lock(5678002);
  for parent in
    select t.table_id, t.retention, n.nspname as schema_name, c.relname as table_name
      from platform.protected_tables t
      join pg_class c on c.oid = t.table_id
      join pg_namespace n on n.oid = c.relnamespace
      join pg_partitioned_table k on k.partrelid = c.oid
     -- by month, that is, not by what a row is
     where k.partstrat = 'r'
  loop
    for month_start in
      select generate_series(
               date_trunc('month', now() at time zone 'UTC'),
               date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead),
               interval '1 month')::date
    loop
      wanted := parent.table_name || to_char(month_start, '_YYYY_MM');
      if to_regclass(format('%I.%I', parent.schema_name, wanted)) is null then
        perform platform.make_month_partition(parent.table_id, parent.schema_name, wanted, month_start);
        partition_name := wanted;
        action := 'made';
        return next;
      end if;
    end loop;
    for old_partition in
      select c.oid::regclass as id, c.relname as name
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
       where i.inhparent = parent.table_id
         and c.relname ~ '_\d{4}_\d{2}$'
         and parent.retention is not null
         and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' < now() - parent.retention
    loop
      execute format('drop table %s', old_partition.id);
      partition_name := old_partition.name;
      action := 'dropped';
      return next;
    end loop;
  end loop;
end
$$;

comment on function platform.maintain_partitions(integer) is
  'Makes the month partitions of the coming months and drops those past their retention; a job calls it daily. '
  'Definer: only the owner makes tables.';
grant execute on function platform.maintain_partitions(integer) to callboard_service;

create or replace function platform.make_month_partition(
  parent regclass,
  schema_name text,
  partition_name text,
  month_start date
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  from_time constant timestamptz := month_start::timestamp at time zone 'UTC';
  to_time constant timestamptz := (month_start + interval '1 month')::timestamp at time zone 'UTC';
  default_partition constant regclass := (
    select c.oid::regclass
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
     where i.inhparent = parent and c.relname like '%\_default'
  );
begin
  execute format('create table %I.%I (like %s including all)', schema_name, partition_name, parent);
  -- Rows that came before their partition wait in the default one: they move, or Postgres refuses the new partition.
  execute format(
    'with moved as (delete from %s where occurred_at >= $1 and occurred_at < $2 returning *) '
    'insert into %I.%I select * from moved', default_partition, schema_name, partition_name)
    using from_time, to_time;
  execute format('alter table %s attach partition %I.%I for values from (%L) to (%L)',
    parent, schema_name, partition_name, from_time, to_time);
  call platform.close_partition(format('%I.%I', schema_name, partition_name)::regclass);
end
$$;

comment on function platform.make_month_partition(regclass, text, text, date) is
  'One month''s partition of a log, by the month in UTC.';

create or replace procedure platform.close_partition(partition regclass)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('alter table %s enable row level security', partition);
  execute format('alter table %s force row level security', partition);
  if not exists (select from pg_policy p where p.polrelid = partition and p.polname = 'back_office') then
    execute format(
      'create policy back_office on %s to callboard_owner, callboard_service using (true) with check (true)', partition);
  end if;
end
$$;

comment on procedure platform.close_partition(regclass) is
  'A partition is read and written through its table only: asked directly, it shows nothing.';
