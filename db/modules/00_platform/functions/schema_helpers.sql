create or replace procedure platform.add_foreign_key(protected regclass, definition text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  columns constant text := substring(definition from '^\(([^)]+)\)');
begin
  if not exists (
    select
      from pg_constraint c
     where c.conrelid = protected
       and c.contype = 'f'
       and (select string_agg(a.attname, ', ' order by k.position)
              from unnest(c.conkey) with ordinality as k (attnum, position)
              join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum) = columns
  ) then
    execute format('alter table %s add foreign key %s', protected, definition);
  end if;
end
$$;

comment on procedure platform.add_foreign_key(regclass, text) is
  'Adds a foreign key unless its columns have one.';

create or replace procedure platform.add_index(protected regclass, columns text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select
      from pg_index i
     where i.indrelid = protected
       and i.indpred is null
       -- an index that starts with these columns serves as well
       and pg_get_indexdef(i.indexrelid) like '% USING btree (' || rtrim(columns, ')') || '%'
  ) then
    execute format('create index on %s %s', protected, columns);
  end if;
end
$$;

comment on procedure platform.add_index(regclass, text) is
  'Adds a b-tree index unless one starts with its columns.';

create or replace procedure platform.grant_columns(protected regclass, privilege text, except_columns text[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  columns constant text := (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
      from pg_attribute a
     where a.attrelid = protected
       and a.attnum > 0
       and not a.attisdropped
       and a.attgenerated = ''
       and a.attidentity <> 'a'
       and a.attname <> all (except_columns)
  );
begin
  if columns is not null then
    execute format('grant %s (%s) on table %s to callboard_member', privilege, columns, protected);
  end if;
end
$$;

comment on procedure platform.grant_columns(regclass, text, text[]) is
  'Grants insert or update on every column but the named ones and those that Postgres computes.';

create or replace function platform.referenced_table(referencing regclass, column_name text) returns regclass
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select c.confrelid::regclass
    from pg_constraint c
   where c.conrelid = referencing
     and c.contype = 'f'
     and exists (
           select
             from pg_attribute a
            where a.attrelid = c.conrelid and a.attnum = c.conkey[cardinality(c.conkey)] and a.attname = column_name
         )
   order by c.oid
   limit 1
$$;

comment on function platform.referenced_table(regclass, text) is
  'The table that the foreign key ending in this column leads to.';

create or replace procedure platform.keep_users_inside(protected regclass)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  reference record;
  added record;
begin
  for reference in
    select a.attname as name
      from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.conrelid = protected
       and c.contype = 'f'
       and c.confrelid = 'identity.users'::regclass
       and a.attname <> 'created_by'
     order by a.attnum
  loop
    call platform.add_foreign_key(
      protected,
      format('(organization_id, %I) references tenancy.organization_members (organization_id, user_id)', reference.name));
    call platform.add_index(protected, format('(organization_id, %I)', reference.name));
  end loop;
  -- The way to the user is in the API already; this one is there to refuse.
  for added in
    select c.conname as name
      from pg_constraint c
     where c.conrelid = protected
       and c.contype = 'f'
       and c.confrelid = 'tenancy.organization_members'::regclass
  loop
    execute format('comment on constraint %I on %s is %L', added.name, protected, '@behavior -*');
  end loop;
end
$$;

comment on procedure platform.keep_users_inside(regclass) is
  'Whoever a row names, such as an assignee, is a member of its organization: users belong to no tenant, so the key to '
  'them alone would let a row name anybody.';

create or replace procedure platform.keep_values_finite(protected regclass)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  endless record;
begin
  for endless in
    select a.attname as name, a.atttypid = 'numeric'::regtype as is_number,
           format('%s_%s_finite', c.relname, a.attname) as constraint_name
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
     where a.attrelid = protected
       and a.attnum > 0
       and not a.attisdropped
       and a.attgenerated = ''
       and a.atttypid in ('numeric'::regtype, 'date'::regtype, 'timestamptz'::regtype)
       and a.attname not in ('created_at', 'updated_at', 'deleted_at')
       and not exists (
             select
               from pg_constraint k
              where k.conrelid = protected and k.conname = format('%s_%s_finite', c.relname, a.attname)
           )
     order by a.attnum
  loop
    execute format(
      'alter table %s add constraint %I check (%s)', protected, endless.constraint_name,
      format(case when endless.is_number then '%I <> ''NaN''' else 'isfinite(%I)' end, endless.name));
  end loop;
end
$$;

comment on procedure platform.keep_values_finite(regclass) is
  'Postgres takes NaN for a number and infinity for a day; one such row would spoil every sum and every calendar.';
