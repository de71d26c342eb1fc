/** What holds for the whole schema: a query that returns who breaks it, and a case that does. */
export type CatalogRule = {
  readonly name: string;
  /** Returns one column `offender`; no rows when the rule holds. Runs as the owner. */
  readonly offenders: string;
  /** Breaks the rule, so that the test knows that the query finds it. */
  readonly violation: string;
  /** How the query names that violation. */
  readonly offender: string;
};

/** Tables of the product: partitions are covered by their parents, extensions and graphile-worker by themselves. */
const TABLES = `
  select c.oid, c.oid::regclass::text as name, n.nspname as module, c.relname, c.relrowsecurity, c.relforcerowsecurity,
         c.relacl
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p')
     and not c.relispartition
     and n.nspname !~ '^pg_'
     and n.nspname not in ('information_schema', 'extensions', 'public', 'graphile_worker')`;

const FUNCTIONS = `
  select p.oid, p.oid::regprocedure::text as name, p.proname, p.prosecdef, p.proconfig, p.prorettype, p.prolang,
         p.proacl, p.prokind, n.nspname as module,
         has_function_privilege('callboard_member', p.oid, 'execute')
           or has_function_privilege('callboard_anonymous', p.oid, 'execute') as is_public
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
   where n.nspname !~ '^pg_'
     and n.nspname not in ('information_schema', 'extensions', 'public', 'graphile_worker')`;

const FOREIGN_KEYS = `
  select c.oid, c.conname, c.conrelid, c.conkey, c.confrelid, c.confdeltype,
         c.conrelid::regclass || '.' || c.conname as name,
         (select array_agg(a.attname::text order by k.position)
            from unnest(c.conkey) with ordinality as k (attnum, position)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum) as columns
    from pg_constraint c
    join (${TABLES}) t on t.oid = c.conrelid
   where c.contype = 'f'`;

/** Tables whose rows belong to an organization: those with the column. */
const HAS_TENANT = (table: string) =>
  `exists (select from pg_attribute a where a.attrelid = ${table} and a.attname = 'organization_id')`;

const SAMPLE = `create table projects.samples (like platform.tenant_row including all);`;
const PROTECTED_SAMPLE = `${SAMPLE}
  comment on table projects.samples is 'A sample.';
  call platform.protect('projects.samples', 'tenant');`;

export const RULES: readonly CatalogRule[] = [
  {
    name: 'every table has a kind',
    offenders: `
      select t.name as offender from (${TABLES}) t
       where not exists (select from platform.protected_tables p where p.table_id = t.oid)`,
    violation: SAMPLE,
    offender: 'projects.samples',
  },
  {
    name: 'row security is on and forced on every table',
    offenders: `
      select t.name as offender from (${TABLES}) t where not (t.relrowsecurity and t.relforcerowsecurity)`,
    violation: `${PROTECTED_SAMPLE} alter table projects.samples no force row level security;`,
    offender: 'projects.samples',
  },
  {
    name: 'partitions are as closed as their tables',
    offenders: `
      select c.oid::regclass::text as offender
        from pg_class c
       where c.relispartition and c.relkind = 'r'
         and (not (c.relrowsecurity and c.relforcerowsecurity)
              or has_table_privilege('callboard_member', c.oid, 'select,insert,update,delete'))`,
    violation: `alter table security.audit_logs_default disable row level security;`,
    offender: 'security.audit_logs_default',
  },
  {
    name: 'every foreign key has an index led by its columns',
    // Users are never deleted and never change their id, so nothing ever asks a tenant table for a user's rows without
    // its organization.
    offenders: `
      select f.name as offender from (${FOREIGN_KEYS}) f
       where not (f.confrelid = 'identity.users'::regclass and ${HAS_TENANT('f.conrelid')})
         and not exists (
               select from pg_index i
                where i.indrelid = f.conrelid
                  and i.indpred is null
                  and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] @> f.conkey
                  and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(f.conkey)] <@ f.conkey
             )`,
    violation: `${SAMPLE}
      alter table projects.samples add project_id uuid,
        add constraint samples_project foreign key (organization_id, project_id) references projects.projects;`,
    offender: 'projects.samples.samples_project',
  },
  {
    name: 'a policy calls functions inside a sub-select only',
    offenders: `
      select p.polrelid::regclass || ': ' || p.polname as offender
        from pg_policy p
       where regexp_replace(
               coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''),
               '\\( SELECT [a-z_]+(\\.[a-z_]+)?\\([^()]*\\) AS [a-z_]+\\)', '', 'g') ~ '[a-z_]+\\('`,
    violation: `create policy slow on projects.projects for select to callboard_member
      using (organization_id = authz.allowed('projects.read'));`,
    offender: 'projects.projects: slow',
  },
  {
    name: 'a policy that lets rows be written says USING and WITH CHECK',
    offenders: `
      select p.polrelid::regclass || ': ' || p.polname as offender
        from pg_policy p
       where p.polcmd in ('*', 'w') and (p.polqual is null or p.polwithcheck is null)
          or p.polcmd = 'a' and p.polwithcheck is null`,
    violation: `create policy half on projects.projects for update to callboard_member using (true);`,
    offender: 'projects.projects: half',
  },
  {
    name: 'tables of kind tenant have the policies, triggers and keys of their kind',
    offenders: `
      select p.table_id::text as offender
        from platform.protected_tables p
       where p.kind = 'tenant'
         -- what a table adds may only narrow
         and ((select array_agg(l.polname::text order by l.polname)
                 from pg_policy l
                where l.polrelid = p.table_id and (l.polpermissive or l.polname = 'workspace'))
                is distinct from '{back_office,tenant_insert,tenant_read,tenant_update,workspace}'::text[]
              or (select count(*) from pg_trigger t
                   where t.tgrelid = p.table_id and t.tgname ~ '^_(100_kernel_touch|900_kernel_audit_|920_kernel_announce_)')
                 <> 7
              or (select array_agg(a.attname::text order by k.position)
                    from pg_index i
                   cross join lateral unnest(i.indkey) with ordinality as k (attnum, position)
                    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                   where i.indrelid = p.table_id and i.indisprimary) is distinct from '{organization_id,id}'::text[])`,
    violation: `drop policy workspace on projects.project_tasks;`,
    offender: 'projects.project_tasks',
  },
  {
    name: 'policies of members read no table',
    // Users belong to no tenant; their policy is explained where it is made.
    offenders: `
      select p.polrelid::regclass || ': ' || p.polname as offender
        from pg_policy p
       where p.polrelid <> 'identity.users'::regclass
         and coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
             ~* '\\mfrom\\M'`,
    violation: `create policy looking_up on projects.projects for select to callboard_member
      using (exists (select from tenancy.organization_members m where m.user_id = created_by));`,
    offender: 'projects.projects: looking_up',
  },
  {
    name: 'definers pin their search path, and say why they are definers',
    offenders: `
      select f.name as offender from (${FUNCTIONS}) f
       where f.prosecdef
         and (not coalesce(f.proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'
              or coalesce(obj_description(f.oid, 'pg_proc'), '') !~ 'Definer: ')`,
    violation: `create function projects.peek() returns bigint language sql stable security definer
      set search_path = '' as 'select count(*) from projects.projects';`,
    offender: 'projects.peek()',
  },
  {
    name: 'functions in plpgsql pin their search path',
    offenders: `
      select f.name as offender from (${FUNCTIONS}) f
        join pg_language l on l.oid = f.prolang
       where l.lanname = 'plpgsql' and f.prokind = 'f'
         and f.proname <> 'refuse' -- names nothing at all
         and not coalesce(f.proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'`,
    violation: `create function projects.drift() returns void language plpgsql as 'begin end';`,
    offender: 'projects.drift()',
  },
  {
    name: 'nothing is granted to PUBLIC',
    offenders: `
      select f.name as offender from (${FUNCTIONS}) f
       where f.proacl is null or exists (select from aclexplode(f.proacl) a where a.grantee = 0)
      union all
      select t.name from (${TABLES}) t
       where exists (select from aclexplode(t.relacl) a where a.grantee = 0)
      union all
      select n.nspname::text from pg_namespace n
       where n.nspname in (select t.module from (${TABLES}) t)
         and exists (select from aclexplode(n.nspacl) a where a.grantee = 0)`,
    violation: `grant select on projects.projects to public;`,
    offender: 'projects.projects',
  },
  {
    name: 'callers through the API never delete, truncate or reference tenant rows',
    offenders: `
      select p.table_id::text as offender
        from platform.protected_tables p
       cross join (values ('callboard_member'), ('callboard_anonymous')) as r (role)
       where p.kind in ('tenant', 'tenant_log', 'published')
         and (has_table_privilege(r.role, p.table_id, 'delete,truncate,references,trigger')
              or has_any_column_privilege(r.role, p.table_id, 'references'))`,
    violation: `grant delete on projects.projects to callboard_member;`,
    offender: 'projects.projects',
  },
  {
    name: 'nobody chooses organization, author or times of a tenant row',
    offenders: `
      select p.table_id || '.' || c.name as offender
        from platform.protected_tables p
       cross join (values ('organization_id'), ('created_by'), ('created_at'), ('updated_at')) as c (name)
       where p.kind in ('tenant', 'published')
         and has_column_privilege('callboard_member', p.table_id, c.name, 'insert,update')`,
    violation: `grant insert (organization_id) on projects.projects to callboard_member;`,
    offender: 'projects.projects.organization_id',
  },
  {
    name: 'internal tables and logs cannot be written through the API, internal ones not even read',
    offenders: `
      select p.table_id::text as offender
        from platform.protected_tables p
       cross join (values ('callboard_member'), ('callboard_anonymous'), ('callboard_authenticator')) as r (role)
       where p.kind in ('internal', 'tenant_log')
         and (has_any_column_privilege(r.role, p.table_id, 'insert,update')
              or p.kind = 'internal' and has_any_column_privilege(r.role, p.table_id, 'select'))`,
    violation: `grant select on identity.credentials to callboard_member;`,
    offender: 'identity.credentials',
  },
  {
    name: 'uniqueness includes the tenant',
    // A session belongs to its user, and goes from one organization to another; what payment providers report, and API
    // keys by their hash, are looked up before anybody knows a tenant; a dead letter may be the platform's own.
    offenders: `
      select i.indexrelid::regclass::text as offender
        from pg_index i
        join (${TABLES}) t on t.oid = i.indrelid
       where (i.indisunique or i.indisexclusion)
         and ${HAS_TENANT('i.indrelid')}
         and i.indrelid not in ('identity.session_families'::regclass, 'platform.change_watchers'::regclass,
                                'billing.billing_customers'::regclass, 'identity.user_settings'::regclass,
                                'ops.dead_letters'::regclass)
         and i.indexrelid <> 'tenancy.api_keys_secret_hash_key'::regclass
         and not exists (
               select
                 from unnest(i.indkey) as k (attnum)
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                where a.attname = 'organization_id'
             )`,
    violation: `${SAMPLE} alter table projects.samples add constraint samples_unique unique (created_at);`,
    offender: 'projects.samples_unique',
  },
  {
    name: 'foreign keys between tenant tables carry the tenant and never set null',
    offenders: `
      select f.name as offender from (${FOREIGN_KEYS}) f
       where ${HAS_TENANT('f.conrelid')}
         and ${HAS_TENANT('f.confrelid')}
         and ('organization_id' <> all (f.columns) or f.confdeltype = 'n')`,
    violation: `${SAMPLE}
      alter table projects.projects add constraint projects_id_unique unique (id);
      alter table projects.samples add project_id uuid references projects.projects (id);`,
    offender: 'projects.samples.samples_project_id_fkey',
  },
  {
    name: 'whoever a tenant row names is a member of its organization',
    offenders: `
      select f.name as offender from (${FOREIGN_KEYS}) f
        join platform.protected_tables p on p.table_id = f.conrelid and p.kind in ('tenant', 'published')
       where f.confrelid = 'identity.users'::regclass
         and f.columns <> '{created_by}'
         and not exists (
               select from (${FOREIGN_KEYS}) m
                where m.conrelid = f.conrelid
                  and m.confrelid = 'tenancy.organization_members'::regclass
                  and m.columns = '{organization_id}' || f.columns
             )`,
    violation: `${PROTECTED_SAMPLE}
      alter table projects.samples add lead_id uuid references identity.users (id);`,
    offender: 'projects.samples.samples_lead_id_fkey',
  },
  {
    name: 'table names are unique across modules',
    offenders: `
      select t.relname::text as offender from (${TABLES}) t group by t.relname having count(*) > 1`,
    violation: `create table finance.projects (id uuid);`,
    offender: 'projects',
  },
  {
    name: 'what modules show has a name that nothing else there has',
    // PostGraphile knows tables and functions by their names alone, also those that it hides. Of functions with one name
    // in two modules it cannot make an API; overloads in one module are silently missing from it.
    offenders: `
      select string_agg(s.name, ' and ' order by s.name) as offender
        from (
          select f.module, f.proname as short, f.name from (${FUNCTIONS}) f
           where f.prokind = 'f' and f.prorettype <> 'trigger'::regtype
          union all
          select t.module, t.relname, t.name from (${TABLES}) t
        ) s
       where s.module not in ('platform', 'authz')
       group by s.short
      having count(*) > 1`,
    violation: `create function crm.get_budget_variance() returns void language sql begin atomic end;`,
    offender: 'crm.get_budget_variance() and finance.get_budget_variance(uuid,date)',
  },
  {
    name: 'what is kept for a time is partitioned by it, or a function deletes it',
    offenders: `
      select t.table_id::text as offender
        from platform.protected_tables t
       where t.retention is not null
         and not exists (select from pg_partitioned_table k where k.partrelid = t.table_id and k.partstrat = 'r')
         and not exists (
               select from pg_proc p
                where p.prosrc ~ ('\\mdelete from ' || t.table_id || '\\M') and p.prosrc ~ 'platform\\.kept_from')`,
    violation: `${SAMPLE}
      call platform.protect('projects.samples', 'tenant', retention => '1 year');`,
    offender: 'projects.samples',
  },
  {
    name: 'every table has a comment',
    offenders: `
      select t.name as offender from (${TABLES}) t where obj_description(t.oid, 'pg_class') is null`,
    violation: SAMPLE,
    offender: 'projects.samples',
  },
  {
    name: 'every function has a comment',
    offenders: `
      select f.name as offender from (${FUNCTIONS}) f where obj_description(f.oid, 'pg_proc') is null`,
    violation: `create function projects.silent() returns void language sql begin atomic end;`,
    offender: 'projects.silent()',
  },
  {
    name: 'every column of what a function of the API takes has a comment',
    // They are the fields of an input: what each means can be found nowhere else while one writes it.
    offenders: `
      with recursive inputs as (
        select coalesce(nullif(t.typelem, 0), t.oid) as type
          from (${FUNCTIONS}) f
          join pg_proc p on p.oid = f.oid
         cross join lateral unnest(p.proargtypes::oid[]) as argument (type)
          join pg_type t on t.oid = argument.type
         where f.is_public
           and coalesce(obj_description(f.oid, 'pg_proc'), '') !~ '^@behavior -\\*'
        union
        select coalesce(nullif(t.typelem, 0), t.oid)
          from inputs i
          join pg_class c on c.reltype = i.type and c.relkind = 'c'
          join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          join pg_type t on t.oid = a.atttypid
      )
      select c.oid::regclass || '.' || a.attname as offender
        from inputs i
        join pg_class c on c.reltype = i.type and c.relkind = 'c'
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where col_description(c.oid, a.attnum) is null`,
    // Among others, what is within an array within it.
    violation: `
      create type projects.sample_part as (length integer);
      create type projects.sample_draft as (parts projects.sample_part[]);
      comment on column projects.sample_draft.parts is 'Its parts.';
      create function projects.save_sample(sample projects.sample_draft) returns void language sql begin atomic end;
      grant execute on function projects.save_sample(projects.sample_draft) to callboard_member;`,
    offender: 'projects.sample_part.length',
  },
  {
    name: 'a check over several columns that clients write says in its comment what goes together',
    offenders: `
      select t.name || '.' || k.conname as offender
        from pg_constraint k
        join (${TABLES}) t on t.oid = k.conrelid
       where k.contype = 'c'
         and obj_description(k.oid, 'pg_constraint') is null
         and (select count(*)
                from pg_attribute a
               where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                 and a.attname <> all ('{id,deleted_at}')
                 and has_column_privilege('callboard_member', a.attrelid, a.attnum, 'insert, update')) > 1`,
    violation: `alter table projects.projects add constraint projects_silent_rule check (name <> slug) not valid;`,
    offender: 'projects.projects.projects_silent_rule',
  },
  {
    name: 'a function that refuses callers names its error codes',
    offenders: `
      select f.name as offender
        from (${FUNCTIONS}) f
        join pg_proc p on p.oid = f.oid
       where f.is_public
         and f.module <> 'platform'
         and f.prorettype <> 'trigger'::regtype
         and p.prosrc ~ 'platform\\.refuse'
         and obj_description(f.oid, 'pg_proc') !~ '(Errors: |CB\\d{3})'`,
    violation: `
      create function projects.grumpy() returns void language plpgsql
        set search_path = pg_catalog, pg_temp
        as 'begin perform platform.refuse(''CB002'', ''No.''); end';
      comment on function projects.grumpy() is 'Refuses.';
      grant execute on function projects.grumpy() to callboard_member;`,
    offender: 'projects.grumpy()',
  },
  {
    name: 'a caller who is no user is not taken for the back office',
    // authz.user_id() is null for API keys too; for the back office authz.actor_id() is.
    offenders: `
      select f.name as offender
        from (${FUNCTIONS}) f
        join pg_proc p on p.oid = f.oid
       where coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '')
             ~* '(\\mor\\s+authz\\.user_id\\(\\) is null|(<>|!=) *authz\\.user_id\\(\\))'`,
    violation: `
      create function projects.trusting() returns boolean language sql
        as 'select authz.has(''projects.read'') or authz.user_id() is null';`,
    offender: 'projects.trusting()',
  },
  {
    name: 'triggers are named _NNN_what',
    offenders: `
      select t.tgrelid::regclass || '.' || t.tgname as offender
        from pg_trigger t
        join (${TABLES}) b on b.oid = t.tgrelid
       where not t.tgisinternal and t.tgname !~ '^_\\d{3}_[a-z_]+$'`,
    violation: `create trigger later before insert on projects.projects
      for each row execute function platform.set_slug_trigger('x', '80');`,
    offender: 'projects.projects.later',
  },
  {
    name: 'names are snake_case, and references end in _id, _by or, to catalogs, _key',
    offenders: `
      select t.name as offender from (${TABLES}) t where t.relname !~ '^[a-z][a-z0-9_]*$'
      union all
      select f.name from (${FOREIGN_KEYS}) f
       where f.columns[cardinality(f.columns)] !~ '(_id|_by|_key)$'
         -- whose keys are words
         and f.confrelid not in ('authz.permissions'::regclass, 'tenancy.settings_sections'::regclass)`,
    violation: `${SAMPLE}
      alter table projects.samples add boss uuid references identity.users (id);`,
    offender: 'projects.samples.samples_boss_fkey',
  },
  {
    name: 'money is numeric(14,2) and stands beside its currency',
    offenders: `
      select t.name || '.' || a.attname as offender
        from (${TABLES}) t
        join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       where a.attname ~ '(^|_)(amount|price|cost|total|balance)$'
         and (format_type(a.atttypid, a.atttypmod)
                <> case t.name
                     when 'marketing.roi_tracking' then 'numeric(20,2)' -- sums of money
                     else 'numeric(14,2)'
                   end
              or t.name <> 'finance.budget_line_items' -- in the currency of their budget
                 and not exists (
                       select from pg_attribute c where c.attrelid = t.oid and c.attname = 'currency'
                     ))`,
    violation: `${SAMPLE} alter table projects.samples add unit_price numeric(14,2);`,
    offender: 'projects.samples.unit_price',
  },
  {
    name: 'no timestamp is without a time zone',
    offenders: `
      select t.name || '.' || a.attname as offender
        from (${TABLES}) t
        join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       where a.atttypid = 'timestamp'::regtype`,
    violation: `${SAMPLE} alter table projects.samples add due_at timestamp;`,
    offender: 'projects.samples.due_at',
  },
  {
    name: 'an advisory lock that is known by its number alone belongs to one module, or to the kernel',
    offenders: `
      select min(f.name) as offender
        from (
               select p.pronamespace, p.oid::regprocedure::text as name,
                      (regexp_matches(p.prosrc, 'advisory_(?:xact_)?lock(?:_shared)?\\((\\d+)\\)', 'g'))[1] as lock
                 from pg_proc p
                where p.prolang <> 12
             ) f
       group by f.lock
      having count(distinct f.pronamespace) > 1 and not bool_or(f.pronamespace = 'platform'::regnamespace)`,
    violation: `
      create function authz.a_lock() returns void language sql as 'select pg_advisory_xact_lock(5678025)';`,
    offender: 'ai.activate_embedding_model()',
  },
  {
    name: 'the roles of the product are no superusers and bypass nothing',
    offenders: `
      select r.rolname::text as offender from pg_roles r
       where r.rolname ~ '^callboard_(owner|authenticator|anonymous|member|service)$'
         and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb)`,
    violation: `alter role callboard_service bypassrls;`,
    offender: 'callboard_service',
  },
];
