--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: authz; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA authz;

--
-- Name: collaboration; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA collaboration;

--
-- Name: extensions; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA extensions;

--
-- Name: finance; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA finance;

--
-- Name: identity; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA identity;

--
-- Name: platform; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA platform;

--
-- Name: projects; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA projects;

--
-- Name: security; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA security;

--
-- Name: tenancy; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA tenancy;

--
-- Name: btree_gin; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA extensions;

--
-- Name: EXTENSION btree_gin; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';

--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA extensions;

--
-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;

--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;

--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';

--
-- Name: unaccent; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA extensions;

--
-- Name: EXTENSION unaccent; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION unaccent IS 'text search dictionary that removes accents';

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA extensions;

--
-- Name: EXTENSION vector; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';

--
-- Name: budget_draft; Type: TYPE; Schema: finance; Owner: -
--

CREATE TYPE finance.budget_draft AS (
	row_id uuid,
	project_id uuid,
	name text,
	status text,
	currency character(3),
	starts_on date,
	ends_on date,
	notes text,
	expected_updated_at timestamp with time zone
);

--
-- Name: TYPE budget_draft; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TYPE finance.budget_draft IS 'A budget as save_budget takes it.';

--
-- Name: COLUMN budget_draft.row_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_draft.row_id IS 'The budget to change; without it a new one is made.';

--
-- Name: COLUMN budget_draft.expected_updated_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_draft.expected_updated_at IS 'The updated_at that was read: if somebody has changed the budget since, nothing is saved (CONFLICT).';

--
-- Name: budget_line_draft; Type: TYPE; Schema: finance; Owner: -
--

CREATE TYPE finance.budget_line_draft AS (
	row_id uuid,
	account_id uuid,
	category text,
	name text,
	quantity numeric(12,3),
	unit text,
	unit_cost numeric(14,2),
	estimate_to_complete numeric(14,2),
	notes text
);

--
-- Name: TYPE budget_line_draft; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TYPE finance.budget_line_draft IS 'One line of a budget as save_budget takes it.';

--
-- Name: COLUMN budget_line_draft.row_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_draft.row_id IS 'The line to change; without it a new one is made.';

--
-- Name: budget_variance_category; Type: TYPE; Schema: finance; Owner: -
--

CREATE TYPE finance.budget_variance_category AS (
	category text,
	planned numeric(14,2),
	committed numeric(14,2),
	actual numeric(14,2),
	forecast numeric(14,2),
	variance numeric(14,2),
	variance_percent numeric(18,2),
	status text
);

--
-- Name: TYPE budget_variance_category; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TYPE finance.budget_variance_category IS 'The figures of one category of a budget, in its currency.';

--
-- Name: COLUMN budget_variance_category.planned; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.planned IS 'What the lines of the budget say.';

--
-- Name: COLUMN budget_variance_category.committed; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.committed IS 'Ordered, not yet received or invoiced.';

--
-- Name: COLUMN budget_variance_category.actual; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.actual IS 'Posted by the day asked about and not void then.';

--
-- Name: COLUMN budget_variance_category.forecast; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.forecast IS 'At completion: actual, committed, and what is still to come, which is the estimate of a line or else the rest of its plan.';

--
-- Name: COLUMN budget_variance_category.variance; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.variance IS 'planned − forecast: negative is too much.';

--
-- Name: COLUMN budget_variance_category.variance_percent; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.variance_percent IS 'The variance in percent of the plan; null without a plan.';

--
-- Name: COLUMN budget_variance_category.status; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_category.status IS 'under, on_track, at_risk or over: the forecast against the thresholds of the budget.';

--
-- Name: budget_variance; Type: TYPE; Schema: finance; Owner: -
--

CREATE TYPE finance.budget_variance AS (
	budget_id uuid,
	as_of date,
	currency character(3),
	planned numeric(14,2),
	committed numeric(14,2),
	actual numeric(14,2),
	forecast numeric(14,2),
	variance numeric(14,2),
	variance_percent numeric(18,2),
	status text,
	categories finance.budget_variance_category[]
);

--
-- Name: TYPE budget_variance; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TYPE finance.budget_variance IS 'Plan, commitments, actual cost and forecast of a budget, in total and per category.';

--
-- Name: COLUMN budget_variance.categories; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance.categories IS 'In the order of their first lines; what is not planned last.';

--
-- Name: budget_variance_entry; Type: TYPE; Schema: finance; Owner: -
--

CREATE TYPE finance.budget_variance_entry AS (
	category text,
	measure text,
	source_type text,
	source_id uuid,
	line_item_id uuid,
	name text,
	occurred_on date,
	amount numeric(14,2),
	currency character(3)
);

--
-- Name: TYPE budget_variance_entry; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TYPE finance.budget_variance_entry IS 'One row that a figure of a budget''s variance is made of.';

--
-- Name: COLUMN budget_variance_entry.measure; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_entry.measure IS 'planned, committed, actual, or estimate (what somebody estimates is still to come).';

--
-- Name: COLUMN budget_variance_entry.source_type; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_variance_entry.source_type IS 'The table that the row is in.';

--
-- Name: session_grant; Type: TYPE; Schema: identity; Owner: -
--

CREATE TYPE identity.session_grant AS (
	user_id uuid,
	organization_id uuid,
	session_id uuid,
	refresh_token text,
	refresh_token_expires_at timestamp with time zone
);

--
-- Name: TYPE session_grant; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TYPE identity.session_grant IS 'What opens or continues a session; the server makes the access token out of it.';

--
-- Name: health_part; Type: TYPE; Schema: projects; Owner: -
--

CREATE TYPE projects.health_part AS (
	part text,
	score numeric(5,1),
	weight numeric(5,2),
	effective_weight numeric(5,2),
	has_data boolean,
	summary text,
	figures jsonb
);

--
-- Name: TYPE health_part; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TYPE projects.health_part IS 'One part of a project''s health.';

--
-- Name: COLUMN health_part.part; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.part IS 'schedule, budget, compliance, safety or staffing.';

--
-- Name: COLUMN health_part.score; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.score IS '0 to 100; null without data.';

--
-- Name: COLUMN health_part.weight; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.weight IS 'Its share in percent when every part has data.';

--
-- Name: COLUMN health_part.effective_weight; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.effective_weight IS 'Its share in percent in this answer: parts without data leave theirs to the others.';

--
-- Name: COLUMN health_part.has_data; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.has_data IS 'False when there is nothing to judge, or nothing that the caller may read.';

--
-- Name: COLUMN health_part.summary; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.summary IS 'What the score comes from, in a sentence.';

--
-- Name: COLUMN health_part.figures; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.health_part.figures IS 'The numbers behind it.';

--
-- Name: production_health; Type: TYPE; Schema: projects; Owner: -
--

CREATE TYPE projects.production_health AS (
	project_id uuid,
	as_of date,
	score numeric(5,1),
	grade text,
	parts projects.health_part[]
);

--
-- Name: TYPE production_health; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TYPE projects.production_health IS 'How a project stands.';

--
-- Name: COLUMN production_health.score; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_health.score IS '0 to 100; null when no part has data.';

--
-- Name: COLUMN production_health.grade; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_health.grade IS 'healthy from 80, watch from 60, critical below; null without score.';

--
-- Name: timeline_task; Type: TYPE; Schema: projects; Owner: -
--

CREATE TYPE projects.timeline_task AS (
	task_id uuid,
	title text,
	status text,
	duration_days integer,
	earliest_start date,
	earliest_finish date,
	latest_start date,
	latest_finish date,
	slack_days integer,
	is_critical boolean
);

--
-- Name: TYPE timeline_task; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TYPE projects.timeline_task IS 'When a task can and must happen, in whole days; both ends are days of work.';

--
-- Name: COLUMN timeline_task.slack_days; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.timeline_task.slack_days IS 'Working days by which it can slip before the project finishes later.';

--
-- Name: COLUMN timeline_task.is_critical; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.timeline_task.is_critical IS 'Whether it cannot slip at all.';

--
-- Name: production_timeline; Type: TYPE; Schema: projects; Owner: -
--

CREATE TYPE projects.production_timeline AS (
	project_id uuid,
	starts_on date,
	finishes_on date,
	working_days integer,
	ends_on date,
	days_late integer,
	critical_path uuid[],
	tasks projects.timeline_task[]
);

--
-- Name: TYPE production_timeline; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TYPE projects.production_timeline IS 'The critical path of a project.';

--
-- Name: COLUMN production_timeline.starts_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.starts_on IS 'The first working day from the project''s start on, or from its earliest task, or from today.';

--
-- Name: COLUMN production_timeline.finishes_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.finishes_on IS 'The last day of work; null without tasks.';

--
-- Name: COLUMN production_timeline.working_days; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.working_days IS 'How many working days that takes.';

--
-- Name: COLUMN production_timeline.ends_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.ends_on IS 'The last day that was agreed on.';

--
-- Name: COLUMN production_timeline.days_late; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.days_late IS 'Days from ends_on to finishes_on; negative is time to spare, null without ends_on.';

--
-- Name: COLUMN production_timeline.critical_path; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.critical_path IS 'The critical tasks in working order.';

--
-- Name: COLUMN production_timeline.tasks; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.production_timeline.tasks IS 'In the order of their earliest starts.';

--
-- Name: allowed(text); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.allowed(permission text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (strpos(COALESCE(current_setting('authz.permissions'::text, true), ''::text), ((','::text || permission) || ','::text)) > 0) THEN (NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 2), ''::text))::uuid ELSE NULL::uuid END;

--
-- Name: FUNCTION allowed(permission text); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.allowed(permission text) IS 'The active organization when the caller holds the permission there, else null: what policies compare with.';

--
-- Name: define_permission(text, text, text[]); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.define_permission(key text, description text, default_roles text[] DEFAULT NULL::text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into authz.permissions as p (key, description, default_roles)
  values (
    define_permission.key,
    define_permission.description,
    coalesce(
      define_permission.default_roles,
      case when define_permission.key like '%.write' then '{owner,admin,member}' else '{owner,admin,member,guest}' end
        ::text[])
  )
  on conflict on constraint permissions_pkey do update
    set (description, default_roles) = (excluded.description, excluded.default_roles)
  where define_permission.default_roles is not null
    and (p.description, p.default_roles) is distinct from (excluded.description, excluded.default_roles)
$$;

--
-- Name: FUNCTION define_permission(key text, description text, default_roles text[]); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.define_permission(key text, description text, default_roles text[]) IS 'Registers a permission and which of the default roles hold it. An access file names what differs from the rule (everyone reads, all but guests write) before it protects its tables.';

--
-- Name: enter(jsonb); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.enter(claims jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller record;
begin
  select u.id as user_id,
         m.organization_id,
         r.key as role_key,
         r.permissions,
         case when 'workspaces.all' = any (r.permissions) then null else (
           select array_agg(seen.id)::text
             from (
               select w.id
                 from tenancy.workspaces w
                where w.organization_id = m.organization_id
                  and (not w.is_private and 'workspaces.shared' = any (r.permissions)
                       or exists (
                            select
                              from tenancy.workspace_members wm
                             where wm.organization_id = w.organization_id
                               and wm.workspace_id = w.id
                               and wm.user_id = u.id
                          ))
               union all
               -- stands for rows in no workspace
               select '00000000-0000-0000-0000-000000000000' where 'workspaces.shared' = any (r.permissions)
             ) seen
         ) end as workspaces,
         (select string_agg(p.role, ',') from identity.platform_roles p where p.user_id = u.id) as platform_roles
    into caller
    from identity.users u
    left join tenancy.organization_members m
           on m.organization_id = (claims ->> 'organization_id')::uuid
          and m.user_id = u.id
          and m.status = 'active'
          and exists (
                select from tenancy.organizations o where o.id = m.organization_id and o.status = 'active'
              )
    left join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
   where u.id = (claims ->> 'user_id')::uuid
     and u.is_active;

  perform set_config(
            'authz.caller',
            concat_ws('|', coalesce(caller.user_id::text, ''), coalesce(caller.organization_id::text, ''),
                      coalesce(caller.role_key, ''), coalesce(claims ->> 'session_id', ''),
                      coalesce(',' || caller.platform_roles || ',', ''), coalesce(caller.workspaces, ''),
                      replace(claims ->> 'request_id', '|', '')),
            true),
          set_config('authz.permissions', coalesce(',' || array_to_string(caller.permissions, ',') || ',', ''), true);
end
$$;

--
-- Name: FUNCTION enter(claims jsonb); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.enter(claims jsonb) IS 'Opens a transaction for a caller: reads membership, role, permissions and workspaces from the tables, never from the token, and keeps the answer in settings that end with the transaction. Without it nothing is seen. Claims: user_id, organization_id, session_id, request_id. Definer: the caller has no rights before it. Granted to the server''s login alone, so nobody enters twice.';

--
-- Name: has(text); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.has(permission text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (strpos(COALESCE(current_setting('authz.permissions'::text, true), ''::text), ((','::text || permission) || ','::text)) > 0);

--
-- Name: FUNCTION has(permission text); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.has(permission text) IS 'Whether the caller holds a permission in the active organization.';

--
-- Name: is_platform_admin(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.is_platform_admin() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (strpos(split_part(COALESCE(current_setting('authz.caller'::text, true), ''::text), '|'::text, 5), ',admin,'::text) > 0);

--
-- Name: FUNCTION is_platform_admin(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.is_platform_admin() IS 'Whether the caller administers the platform itself.';

--
-- Name: organization_id(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.organization_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 2), ''::text))::uuid;

--
-- Name: FUNCTION organization_id(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.organization_id() IS 'The active organization; null when there is none.';

--
-- Name: permissions(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.permissions() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN array_remove(string_to_array(btrim(current_setting('authz.permissions'::text, true), ','::text), ','::text), ''::text);

--
-- Name: FUNCTION permissions(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.permissions() IS 'All that the caller may do in the active organization.';

--
-- Name: request_id(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.request_id() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 7), ''::text);

--
-- Name: FUNCTION request_id(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.request_id() IS 'The id of the request, for the audit log.';

--
-- Name: require(text); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.require(permission text) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if authz.allowed(permission) is null then
    perform platform.refuse('CB003', 'Your role does not allow this.', detail => 'It takes ' || permission || '.');
  end if;
  return authz.organization_id();
end
$$;

--
-- Name: FUNCTION require(permission text); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.require(permission text) IS 'The active organization, or an error (CB001 without a session, CB003 without the permission): the first statement of functions that act on behalf of the caller.';

--
-- Name: role_key(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.role_key() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 3), ''::text);

--
-- Name: FUNCTION role_key(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.role_key() IS 'The caller''s role in the active organization: owner, admin, member, guest or one of its own.';

--
-- Name: session_id(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.session_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 4), ''::text))::uuid;

--
-- Name: FUNCTION session_id(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.session_id() IS 'The session that the caller''s token belongs to.';

--
-- Name: user_id(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(split_part(current_setting('authz.caller'::text, true), '|'::text, 1), ''::text))::uuid;

--
-- Name: FUNCTION user_id(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.user_id() IS 'Who is calling; null without a session.';

--
-- Name: visible_workspaces(); Type: FUNCTION; Schema: authz; Owner: -
--

CREATE FUNCTION authz.visible_workspaces() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE split_part(COALESCE(current_setting('authz.caller'::text, true), ''::text), '|'::text, 6) WHEN ''::text THEN '{}'::uuid[] ELSE (split_part(current_setting('authz.caller'::text, true), '|'::text, 6))::uuid[] END;

--
-- Name: FUNCTION visible_workspaces(); Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON FUNCTION authz.visible_workspaces() IS 'The workspaces whose rows the caller sees, with the id of zeros for rows that are in none. Nothing is listed for holders of workspaces.all, who see every one.';

--
-- Name: uuidv7(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.uuidv7() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$
        select encode(
            substring(int8send((t.micros / 1000)) from 3 for 6)
            || substring(int4send((28672 + (t.micros % 1000) * 4096 / 1000)::int) from 3 for 2)
            || set_byte(r.bytes, 0, (get_byte(r.bytes, 0) & 63) | 128),
            'hex'
          )::uuid
          from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint) as t (micros),
               (select substring(uuid_send(gen_random_uuid()) from 9 for 8)) as r (bytes)
      $$;

--
-- Name: FUNCTION uuidv7(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.uuidv7() IS 'A time-ordered id (UUID version 7): key order is creation order, inserts stay local.';

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: custom_fields; Type: TABLE; Schema: collaboration; Owner: -
--

CREATE TABLE collaboration.custom_fields (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    entity_type text NOT NULL,
    field_name text NOT NULL,
    label text NOT NULL,
    field_type text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_required boolean DEFAULT false NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    CONSTRAINT custom_fields_check CHECK (((field_type <> ALL (ARRAY['select'::text, 'multi_select'::text])) OR COALESCE(((jsonb_typeof((options -> 'choices'::text)) = 'array'::text) AND ((options -> 'choices'::text) <> '[]'::jsonb)), false))),
    CONSTRAINT custom_fields_entity_type_check CHECK ((entity_type ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT custom_fields_field_name_check CHECK (((field_name ~ '^[a-z][a-z0-9_]*$'::text) AND (length(field_name) <= 60))),
    CONSTRAINT custom_fields_field_type_check CHECK ((field_type = ANY (ARRAY['text'::text, 'number'::text, 'boolean'::text, 'date'::text, 'datetime'::text, 'select'::text, 'multi_select'::text, 'url'::text, 'email'::text]))),
    CONSTRAINT custom_fields_label_check CHECK ((btrim(label) <> ''::text)),
    CONSTRAINT custom_fields_options_check CHECK ((jsonb_typeof(options) = 'object'::text)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY collaboration.custom_fields FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE custom_fields; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON TABLE collaboration.custom_fields IS 'Fields that an organization, or one workspace of it, adds to an entity (seed custom_fields). Values stand in custom_fields of the rows and are checked against these definitions.';

--
-- Name: COLUMN custom_fields.organization_id; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN custom_fields.id; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN custom_fields.workspace_id; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN custom_fields.created_by; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.created_by IS 'Who created it.';

--
-- Name: COLUMN custom_fields.created_at; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.created_at IS 'When it was created.';

--
-- Name: COLUMN custom_fields.updated_at; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN custom_fields.custom_fields; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN custom_fields.deleted_at; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN custom_fields.entity_type; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.entity_type IS 'The table it belongs to, such as projects.projects.';

--
-- Name: COLUMN custom_fields.field_name; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.field_name IS 'The key of the value in customFields.';

--
-- Name: COLUMN custom_fields.label; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.label IS 'What people read beside the value.';

--
-- Name: COLUMN custom_fields.options; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.options IS 'choices (a list) for select and multi_select; min and max for number; max_length for text.';

--
-- Name: COLUMN custom_fields.is_required; Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON COLUMN collaboration.custom_fields.is_required IS 'Whether rows that are created, or whose custom fields change, must have it.';

--
-- Name: delete_custom_field(uuid); Type: FUNCTION; Schema: collaboration; Owner: -
--

CREATE FUNCTION collaboration.delete_custom_field(row_id uuid) RETURNS collaboration.custom_fields
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived collaboration.custom_fields;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update collaboration.custom_fields t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such custom field, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_custom_field(row_id uuid); Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON FUNCTION collaboration.delete_custom_field(row_id uuid) IS 'Archives a custom field with all that belongs to it; restore_custom_field puts it back. Needs collaboration.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: restore_custom_field(uuid); Type: FUNCTION; Schema: collaboration; Owner: -
--

CREATE FUNCTION collaboration.restore_custom_field(row_id uuid) RETURNS collaboration.custom_fields
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored collaboration.custom_fields;
    begin
      update collaboration.custom_fields t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived custom field, or you may not restore it.', field => 'row_id');
      end if;
      
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_custom_field(row_id uuid); Type: COMMENT; Schema: collaboration; Owner: -
--

COMMENT ON FUNCTION collaboration.restore_custom_field(row_id uuid) IS 'Puts an archived custom field back, with what was archived along with it. Needs collaboration.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: budget_variance_entries(uuid, date); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.budget_variance_entries(budget_id uuid, as_of date DEFAULT NULL::date) RETURNS SETOF finance.budget_variance_entry
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('finance.read');
  until constant date := coalesce(budget_variance_entries.as_of, platform.today(organization));
begin
  if not exists (
    select
      from finance.budgets b
     where b.organization_id = organization and b.id = budget_variance_entries.budget_id
  ) then
    perform platform.refuse('CB004', 'There is no such budget, or you may not read it.', field => 'budget_id');
  end if;
  return query
    select l.category, 'planned', 'finance.budget_line_items', l.id, l.id, l.name, null::date, l.planned_amount,
           b.currency
      from finance.budget_line_items l
      join finance.budgets b on b.organization_id = l.organization_id and b.id = l.budget_id
     where l.organization_id = organization
       and l.budget_id = budget_variance_entries.budget_id
       and l.deleted_at is null
    union all
    select l.category, 'estimate', 'finance.budget_line_items', l.id, l.id, l.name, null, l.estimate_to_complete,
           b.currency
      from finance.budget_line_items l
      join finance.budgets b on b.organization_id = l.organization_id and b.id = l.budget_id
     where l.organization_id = organization
       and l.budget_id = budget_variance_entries.budget_id
       and l.deleted_at is null
       and l.estimate_to_complete is not null
    union all
    select coalesce(l.category, t.category, 'Uncategorized'), 'actual', 'finance.transactions', t.id,
           l.id, coalesce(t.description, t.counterparty, t.reference, t.kind),
           t.posted_on, t.amount, t.currency
      from finance.transactions t
      left join finance.budget_line_items l
             on l.organization_id = t.organization_id and l.id = t.budget_line_item_id and l.deleted_at is null
     where t.organization_id = organization
       and t.budget_id = budget_variance_entries.budget_id
       and t.kind in ('expense', 'payroll', 'invoice_received', 'adjustment')
       and t.posted_on <= until
       and t.status <> 'draft'
       and (t.voided_on is null or t.voided_on > until);
end
$$;

--
-- Name: FUNCTION budget_variance_entries(budget_id uuid, as_of date); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.budget_variance_entries(budget_id uuid, as_of date) IS 'The rows behind get_budget_variance: each figure is the sum of those with its category and measure. as_of is a day of the organization, today when left out; postings count up to its end. Needs finance.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: budgets; Type: TABLE; Schema: finance; Owner: -
--

CREATE TABLE finance.budgets (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid,
    name text NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    starts_on date,
    ends_on date,
    under_below_percent numeric(6,2) DEFAULT 95 NOT NULL,
    at_risk_above_percent numeric(6,2) DEFAULT 100 NOT NULL,
    over_above_percent numeric(6,2) DEFAULT 110 NOT NULL,
    notes text,
    CONSTRAINT budgets_at_risk_above_percent_finite CHECK ((at_risk_above_percent <> 'NaN'::numeric)),
    CONSTRAINT budgets_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT budgets_check1 CHECK (((under_below_percent <= at_risk_above_percent) AND (at_risk_above_percent <= over_above_percent))),
    CONSTRAINT budgets_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT budgets_ends_on_finite CHECK (isfinite(ends_on)),
    CONSTRAINT budgets_name_check CHECK (((btrim(name) <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT budgets_over_above_percent_finite CHECK ((over_above_percent <> 'NaN'::numeric)),
    CONSTRAINT budgets_starts_on_finite CHECK (isfinite(starts_on)),
    CONSTRAINT budgets_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'submitted'::text, 'approved'::text, 'closed'::text, 'cancelled'::text]))),
    CONSTRAINT budgets_under_below_percent_check CHECK ((under_below_percent >= (0)::numeric)),
    CONSTRAINT budgets_under_below_percent_finite CHECK ((under_below_percent <> 'NaN'::numeric)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY finance.budgets FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE budgets; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TABLE finance.budgets IS 'What a project, or something else in a span of time, may cost (seeds budgets, project_budgets).';

--
-- Name: COLUMN budgets.organization_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN budgets.id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN budgets.workspace_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN budgets.created_by; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.created_by IS 'Who created it.';

--
-- Name: COLUMN budgets.created_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.created_at IS 'When it was created.';

--
-- Name: COLUMN budgets.updated_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN budgets.custom_fields; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN budgets.deleted_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN budgets.under_below_percent; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.under_below_percent IS 'The forecast is "under" below this percentage of the plan.';

--
-- Name: COLUMN budgets.at_risk_above_percent; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.at_risk_above_percent IS 'The forecast is "at_risk" above this percentage of the plan.';

--
-- Name: COLUMN budgets.over_above_percent; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budgets.over_above_percent IS 'The forecast is "over" above this percentage of the plan.';

--
-- Name: budgets_variance(finance.budgets, date); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.budgets_variance(budget finance.budgets, as_of date DEFAULT NULL::date) RETURNS finance.budget_variance
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select finance.get_budget_variance(budget.id, budgets_variance.as_of)
$$;

--
-- Name: FUNCTION budgets_variance(budget finance.budgets, as_of date); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.budgets_variance(budget finance.budgets, as_of date) IS 'Plan, actual cost and forecast of the budget: see getBudgetVariance.';

--
-- Name: accounts; Type: TABLE; Schema: finance; Owner: -
--

CREATE TABLE finance.accounts (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    parent_account_id uuid,
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    CONSTRAINT accounts_code_check CHECK (((code ~ '^[0-9A-Za-z][0-9A-Za-z.-]*$'::text) AND (length(code) <= 20))),
    CONSTRAINT accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['asset'::text, 'liability'::text, 'equity'::text, 'revenue'::text, 'expense'::text]))),
    CONSTRAINT accounts_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY finance.accounts FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE accounts; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TABLE finance.accounts IS 'The chart of accounts (seed finance_accounts).';

--
-- Name: COLUMN accounts.organization_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN accounts.id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN accounts.workspace_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN accounts.created_by; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.created_by IS 'Who created it.';

--
-- Name: COLUMN accounts.created_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.created_at IS 'When it was created.';

--
-- Name: COLUMN accounts.updated_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN accounts.custom_fields; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN accounts.deleted_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN accounts.code; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.accounts.code IS 'Its number in the chart, such as 5100.';

--
-- Name: delete_account(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.delete_account(row_id uuid) RETURNS finance.accounts
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived finance.accounts;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update finance.accounts t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such account, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_account(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.delete_account(row_id uuid) IS 'Archives a account with all that belongs to it; restore_account puts it back. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: delete_budget(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.delete_budget(row_id uuid) RETURNS finance.budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived finance.budgets;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update finance.budgets t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such budget, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_budget(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.delete_budget(row_id uuid) IS 'Archives a budget with all that belongs to it; restore_budget puts it back. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: budget_line_items; Type: TABLE; Schema: finance; Owner: -
--

CREATE TABLE finance.budget_line_items (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    budget_id uuid NOT NULL,
    account_id uuid,
    category text NOT NULL,
    name text NOT NULL,
    quantity numeric(12,3) DEFAULT 1 NOT NULL,
    unit text,
    unit_cost numeric(14,2) DEFAULT 0 NOT NULL,
    planned_amount numeric(14,2) GENERATED ALWAYS AS (round((quantity * unit_cost), 2)) STORED NOT NULL,
    estimate_to_complete numeric(14,2),
    "position" integer DEFAULT 0 NOT NULL,
    notes text,
    CONSTRAINT budget_line_items_category_check CHECK (((btrim(category) <> ''::text) AND (length(category) <= 100))),
    CONSTRAINT budget_line_items_estimate_to_complete_check CHECK ((estimate_to_complete >= (0)::numeric)),
    CONSTRAINT budget_line_items_estimate_to_complete_finite CHECK ((estimate_to_complete <> 'NaN'::numeric)),
    CONSTRAINT budget_line_items_name_check CHECK (((btrim(name) <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT budget_line_items_quantity_finite CHECK ((quantity <> 'NaN'::numeric)),
    CONSTRAINT budget_line_items_unit_cost_finite CHECK ((unit_cost <> 'NaN'::numeric)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY finance.budget_line_items FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE budget_line_items; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TABLE finance.budget_line_items IS 'The lines of a budget (seed budget_line_items).';

--
-- Name: COLUMN budget_line_items.organization_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN budget_line_items.id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN budget_line_items.workspace_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN budget_line_items.created_by; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.created_by IS 'Who created it.';

--
-- Name: COLUMN budget_line_items.created_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.created_at IS 'When it was created.';

--
-- Name: COLUMN budget_line_items.updated_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN budget_line_items.custom_fields; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN budget_line_items.deleted_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN budget_line_items.category; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.category IS 'What the lines of a budget are summed by, such as Camera.';

--
-- Name: COLUMN budget_line_items.planned_amount; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.planned_amount IS 'quantity × unit cost, rounded to cents.';

--
-- Name: COLUMN budget_line_items.estimate_to_complete; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.budget_line_items.estimate_to_complete IS 'What is still to come, where somebody has estimated it. Without it the rest of the plan is assumed.';

--
-- Name: delete_budget_line_item(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.delete_budget_line_item(row_id uuid) RETURNS finance.budget_line_items
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived finance.budget_line_items;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update finance.budget_line_items t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such budget line item, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_budget_line_item(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.delete_budget_line_item(row_id uuid) IS 'Archives a budget line item with all that belongs to it; restore_budget_line_item puts it back. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: transactions; Type: TABLE; Schema: finance; Owner: -
--

CREATE TABLE finance.transactions (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    account_id uuid NOT NULL,
    project_id uuid,
    budget_id uuid,
    budget_line_item_id uuid,
    kind text NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    category text,
    description text,
    reference text,
    counterparty text,
    amount numeric(14,2) NOT NULL,
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    posted_on date,
    voided_on date,
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text)),
    CONSTRAINT transactions_amount_finite CHECK ((amount <> 'NaN'::numeric)),
    CONSTRAINT transactions_category_check CHECK (((btrim(category) <> ''::text) AND (length(category) <= 100))),
    CONSTRAINT transactions_check CHECK (((status = 'draft'::text) OR (posted_on IS NOT NULL))),
    CONSTRAINT transactions_check1 CHECK (((status = 'void'::text) = (voided_on IS NOT NULL))),
    CONSTRAINT transactions_check2 CHECK ((voided_on >= posted_on)),
    CONSTRAINT transactions_check3 CHECK (((budget_line_item_id IS NULL) OR (budget_id IS NOT NULL))),
    CONSTRAINT transactions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT transactions_kind_check CHECK ((kind = ANY (ARRAY['expense'::text, 'payroll'::text, 'invoice_received'::text, 'revenue'::text, 'transfer'::text, 'adjustment'::text]))),
    CONSTRAINT transactions_posted_on_finite CHECK (isfinite(posted_on)),
    CONSTRAINT transactions_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'posted'::text, 'void'::text]))),
    CONSTRAINT transactions_voided_on_finite CHECK (isfinite(voided_on))
);

ALTER TABLE ONLY finance.transactions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE transactions; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON TABLE finance.transactions IS 'Money that moved (seeds financial_transactions, finance_transactions). Draft, then posted, then perhaps void: posted amounts are never edited.';

--
-- Name: COLUMN transactions.organization_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN transactions.id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN transactions.workspace_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN transactions.created_by; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.created_by IS 'Who created it.';

--
-- Name: COLUMN transactions.created_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.created_at IS 'When it was created.';

--
-- Name: COLUMN transactions.updated_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN transactions.custom_fields; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN transactions.deleted_at; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN transactions.budget_id; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.budget_id IS 'The budget it counts against. Left out, it is the only approved budget of the project.';

--
-- Name: COLUMN transactions.amount; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.amount IS 'In the currency; positive is what the kind says, negative is its opposite, such as a refund.';

--
-- Name: COLUMN transactions.posted_on; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.posted_on IS 'The day in the ledger.';

--
-- Name: COLUMN transactions.voided_on; Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON COLUMN finance.transactions.voided_on IS 'The day from which it no longer counts.';

--
-- Name: delete_transaction(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.delete_transaction(row_id uuid) RETURNS finance.transactions
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived finance.transactions;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update finance.transactions t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such transaction, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_transaction(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.delete_transaction(row_id uuid) IS 'Archives a transaction with all that belongs to it; restore_transaction puts it back. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: find_budget_trigger(); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.find_budget_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  line record;
  budget record;
begin
  if new.status <> 'draft' and new.deleted_at is not null and tg_op = 'UPDATE' and old.status = 'draft' then
    perform platform.refuse('CB005', 'This draft is archived: restore it first.', field => 'status');
  end if;
  if new.status = 'posted' and new.posted_on is null then
    new.posted_on := platform.today(new.organization_id);
  end if;
  if new.status = 'void' and new.voided_on is null then
    new.voided_on := greatest(platform.today(new.organization_id), new.posted_on);
  end if;
  if tg_op = 'UPDATE' and old.status <> 'draft' then
    return new;
  end if;
  if new.budget_line_item_id is not null then
    select l.budget_id, l.category
      into line
      from finance.budget_line_items l
     where l.organization_id = new.organization_id and l.id = new.budget_line_item_id;
    new.budget_id := coalesce(new.budget_id, line.budget_id);
    new.category := coalesce(new.category, line.category);
  end if;
  if new.budget_id is null and new.project_id is not null then
    select min(b.id::text)::uuid
      into new.budget_id
      from finance.budgets b
     where b.organization_id = new.organization_id
       and b.project_id = new.project_id
       and b.status = 'approved'
       and b.currency = new.currency
       and b.deleted_at is null
    having count(*) = 1;
  end if;
  if new.budget_id is not null then
    select b.currency, b.project_id
      into budget
      from finance.budgets b
     where b.organization_id = new.organization_id and b.id = new.budget_id
       -- a posting that comes at this moment and a change of the budget's currency wait for each other
       for share;
    if budget.currency <> new.currency then
      perform platform.refuse(
        'CB002', format('The budget is kept in %s, this amount is in %s.', budget.currency, new.currency),
        field => 'currency');
    end if;
    if new.project_id is null and budget.project_id is not null then
      new.project_id := budget.project_id;
      -- platform.follow_parent_trigger has run before the project was known
      select p.workspace_id
        into new.workspace_id
        from projects.projects p
       where p.organization_id = new.organization_id and p.id = new.project_id;
    end if;
    if new.project_id is distinct from budget.project_id and budget.project_id is not null then
      perform platform.refuse('CB002', 'The budget is another project''s.', field => 'budget_id');
    end if;
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION find_budget_trigger(); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.find_budget_trigger() IS 'Fills what follows from the rest of a posting: its day, its budget, category, project and workspace; refuses a currency that is not the budget''s. Definer: the rule holds whatever the caller sees.';

--
-- Name: get_budget_variance(uuid, date); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.get_budget_variance(budget_id uuid, as_of date DEFAULT NULL::date) RETURNS finance.budget_variance
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('finance.read');
  budget record;
  result finance.budget_variance;
begin
  with entries as materialized (
    select * from finance.budget_variance_entries(get_budget_variance.budget_id, get_budget_variance.as_of)
  ),
  lines as (
    select e.category, e.line_item_id,
           coalesce(sum(e.amount) filter (where e.measure = 'planned'), 0) as planned,
           coalesce(sum(e.amount) filter (where e.measure in ('committed', 'actual')), 0) as spent,
           sum(e.amount) filter (where e.measure = 'estimate') as estimate
      from entries e
     where e.line_item_id is not null
     group by e.category, e.line_item_id
  ),
  -- What a line has left of its plan, unless somebody has estimated it. A credit is planned below zero.
  left_over as (
    select l.category,
           coalesce(sum(l.estimate), 0) as estimated,
           coalesce(sum(greatest(l.planned - l.spent, 0)) filter (where l.estimate is null and l.planned >= 0), 0)
             as assumed_cost,
           coalesce(sum(least(l.planned - l.spent, 0)) filter (where l.estimate is null and l.planned < 0), 0)
             as assumed_credit
      from lines l
     group by l.category
  ),
  places as (
    select l.id, row_number() over (order by l.position, l.id) as place
      from finance.budget_line_items l
     where l.organization_id = organization
       and l.budget_id = get_budget_variance.budget_id
       and l.deleted_at is null
  ),
  sums as (
    select e.category,
           coalesce(sum(e.amount) filter (where e.measure = 'planned'), 0) as planned,
           coalesce(sum(e.amount) filter (where e.measure = 'committed'), 0) as committed,
           coalesce(sum(e.amount) filter (where e.measure = 'actual'), 0) as actual,
           -- spent on the category without saying on which line
           coalesce(sum(e.amount) filter (where e.measure in ('committed', 'actual') and e.line_item_id is null), 0)
             as unallocated,
           min(p.place) as first_line
      from entries e
      left join places p on p.id = e.line_item_id
     group by e.category
  ),
  forecasts as (
    select s.*,
           s.committed + s.actual + coalesce(o.estimated, 0)
             -- what was spent without a line uses up what cost lines have left, what came in what credits have left
             + greatest(coalesce(o.assumed_cost, 0) - greatest(s.unallocated, 0), 0)
             + least(coalesce(o.assumed_credit, 0) - least(s.unallocated, 0), 0) as forecast
      from sums s
      left join left_over o on o.category = s.category
  )
  select b.currency, b.organization_id, b.under_below_percent, b.at_risk_above_percent, b.over_above_percent,
         coalesce(sum(f.planned), 0) as planned, coalesce(sum(f.committed), 0) as committed,
         coalesce(sum(f.actual), 0) as actual, coalesce(sum(f.forecast), 0) as forecast,
         coalesce(
           array_agg(
             (f.category, f.planned, f.committed, f.actual, f.forecast, f.planned - f.forecast,
              round(100 * (f.planned - f.forecast) / nullif(abs(f.planned), 0), 2),
              finance.variance_status(f.planned, f.forecast, b.under_below_percent, b.at_risk_above_percent,
                                      b.over_above_percent)
             )::finance.budget_variance_category
             order by f.first_line nulls last, f.category
           ) filter (where f.category is not null), '{}') as categories
    into budget
    from finance.budgets b
    left join forecasts f on true
   where b.organization_id = organization and b.id = get_budget_variance.budget_id
   group by b.organization_id, b.id;
  if budget.organization_id is null then
    perform platform.refuse('CB004', 'There is no such budget, or you may not read it.', field => 'budget_id');
  end if;

  result.budget_id := get_budget_variance.budget_id;
  result.as_of := coalesce(get_budget_variance.as_of, platform.today(budget.organization_id));
  result.currency := budget.currency;
  result.planned := budget.planned;
  result.committed := budget.committed;
  result.actual := budget.actual;
  result.forecast := budget.forecast;
  result.variance := budget.planned - budget.forecast;
  result.variance_percent := round(100 * (budget.planned - budget.forecast) / nullif(abs(budget.planned), 0), 2);
  result.status := finance.variance_status(
    budget.planned, budget.forecast, budget.under_below_percent, budget.at_risk_above_percent,
    budget.over_above_percent);
  result.categories := budget.categories;
  return result;
end
$$;

--
-- Name: FUNCTION get_budget_variance(budget_id uuid, as_of date); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.get_budget_variance(budget_id uuid, as_of date) IS 'Planned, committed, actual, forecast at completion and variance of a budget, per category and in total, in its currency, with a status against the thresholds kept on the budget. Counts what was posted by the end of as_of (a day of the organization, today when left out). budget_variance_entries has the rows behind each figure. Needs finance.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: keep_budget_currency_trigger(); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.keep_budget_currency_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from finance.transactions t where t.organization_id = new.organization_id and t.budget_id = new.id
  ) then
    perform platform.refuse(
      'CB005', 'Amounts in the old currency count against this budget.', field => 'currency');
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION keep_budget_currency_trigger(); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.keep_budget_currency_trigger() IS 'A budget that something was posted against keeps its currency (CB005). Definer: postings that the caller does not see count too.';

--
-- Name: keep_budget_project_trigger(); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.keep_budget_project_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select
      from finance.transactions t
     where t.organization_id = new.organization_id and t.budget_id = new.id and t.project_id <> new.project_id
  ) then
    perform platform.refuse(
      'CB005', 'Amounts of another project count against this budget.', field => 'project_id');
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION keep_budget_project_trigger(); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.keep_budget_project_trigger() IS 'A budget does not move to another project than that of its postings (CB005). Definer: postings that the caller does not see count too.';

--
-- Name: keep_posted_trigger(); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.keep_posted_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  wrong text := (
    select a.key
      from jsonb_each(to_jsonb(new)) a
      join jsonb_each(to_jsonb(old)) b on b.key = a.key and b.value is distinct from a.value
     where a.key in ('account_id', 'project_id', 'budget_id', 'budget_line_item_id', 'kind', 'category', 'amount',
                     'currency', 'posted_on', 'deleted_at')
        or a.key = 'voided_on' and old.status = 'void'
     order by a.key
     limit 1
  );
begin
  if wrong is not null then
    perform platform.refuse(
      'CB005', 'What is posted stays as it is.', field => wrong, hint => 'Void it and post it anew.');
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION keep_posted_trigger(); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.keep_posted_trigger() IS 'A posted amount is never edited or archived (CB005): it is voided, and posted anew.';

--
-- Name: restore_account(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.restore_account(row_id uuid) RETURNS finance.accounts
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored finance.accounts;
    begin
      update finance.accounts t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived account, or you may not restore it.', field => 'row_id');
      end if;
      
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_account(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.restore_account(row_id uuid) IS 'Puts an archived account back, with what was archived along with it. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_budget(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.restore_budget(row_id uuid) RETURNS finance.budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored finance.budgets;
    begin
      update finance.budgets t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived budget, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this budget belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_budget(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.restore_budget(row_id uuid) IS 'Puts an archived budget back, with what was archived along with it. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_budget_line_item(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.restore_budget_line_item(row_id uuid) RETURNS finance.budget_line_items
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored finance.budget_line_items;
    begin
      update finance.budget_line_items t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived budget line item, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from finance.budgets p
         where p.organization_id = restored.organization_id and p.id = restored.budget_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this budget line item belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_budget_line_item(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.restore_budget_line_item(row_id uuid) IS 'Puts an archived budget line item back, with what was archived along with it. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_transaction(uuid); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.restore_transaction(row_id uuid) RETURNS finance.transactions
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored finance.transactions;
    begin
      update finance.transactions t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived transaction, or you may not restore it.', field => 'row_id');
      end if;
      
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_transaction(row_id uuid); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.restore_transaction(row_id uuid) IS 'Puts an archived transaction back, with what was archived along with it. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: save_budget(finance.budget_draft, finance.budget_line_draft[]); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]) RETURNS finance.budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('finance.write');
  saved finance.budgets;
  unknown_line integer;
begin
  if (budget).row_id is null then
    insert into finance.budgets (project_id, name, status, currency, starts_on, ends_on, notes)
    values (
      (budget).project_id, (budget).name, coalesce((budget).status, 'draft'),
      coalesce(
        (budget).currency, (select o.currency from tenancy.organizations o where o.id = organization)),
      (budget).starts_on, (budget).ends_on, (budget).notes)
    returning * into saved;
  else
    update finance.budgets b
       set project_id = (budget).project_id,
           name = (budget).name,
           status = coalesce((budget).status, b.status),
           currency = coalesce((budget).currency, b.currency),
           starts_on = (budget).starts_on,
           ends_on = (budget).ends_on,
           notes = (budget).notes
     where b.organization_id = organization
       and b.id = (budget).row_id
       and b.deleted_at is null
       and ((budget).expected_updated_at is null or b.updated_at = (budget).expected_updated_at)
    returning * into saved;
    if saved.id is null and exists (
      select
        from finance.budgets b
       where b.organization_id = organization and b.id = (budget).row_id and b.deleted_at is null
    ) then
      perform platform.refuse(
        'CB005', 'Somebody has changed this budget since you read it.', field => 'budget.expected_updated_at',
        hint => 'Read it again.');
    elsif saved.id is null then
      perform platform.refuse(
        'CB004', 'There is no such budget, or you may not change it.', field => 'budget.row_id');
    end if;
  end if;

  if lines is null then
    return saved;
  end if;
  select n.number
    into unknown_line
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where n.row_id is not null
     and not exists (
           select
             from finance.budget_line_items l
            where l.organization_id = organization
              and l.budget_id = saved.id
              and l.id = n.row_id
              and l.deleted_at is null
         )
   order by n.number
   limit 1;
  if unknown_line is not null then
    perform platform.refuse(
      'CB004', format('Line %s is not a line of this budget.', unknown_line),
      field => format('lines.%s.row_id', unknown_line - 1));
  end if;

  if (select count(n.row_id) <> count(distinct n.row_id) from unnest(lines) n) then
    perform platform.refuse('CB002', 'The same line is given twice.', field => 'lines');
  end if;

  update finance.budget_line_items l
     set deleted_at = now()
   where l.organization_id = organization
     and l.budget_id = saved.id
     and l.deleted_at is null
     and l.id not in (select n.row_id from unnest(lines) n where n.row_id is not null);
  update finance.budget_line_items l
     set account_id = n.account_id,
         category = n.category,
         name = n.name,
         quantity = coalesce(n.quantity, 1),
         unit = n.unit,
         unit_cost = coalesce(n.unit_cost, 0),
         estimate_to_complete = n.estimate_to_complete,
         notes = n.notes,
         position = n.number
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where l.organization_id = organization and l.budget_id = saved.id and l.id = n.row_id;
  insert into finance.budget_line_items
    (budget_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, position)
  select saved.id, n.account_id, n.category, n.name, coalesce(n.quantity, 1), n.unit, coalesce(n.unit_cost, 0),
         n.estimate_to_complete, n.notes, n.number
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where n.row_id is null
   order by n.number;
  return saved;
end
$$;

--
-- Name: FUNCTION save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]) IS 'A budget with all its lines in one call: what is given is how it will be. Lines with a row_id change, those without are new, those that are missing are archived; their order is kept. Without lines at all they stay as they are. Nothing is saved when anything is wrong. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN, CONFLICT when it has changed since expected_updated_at, and those of the columns.';

--
-- Name: variance_status(numeric, numeric, numeric, numeric, numeric); Type: FUNCTION; Schema: finance; Owner: -
--

CREATE FUNCTION finance.variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((forecast - planned) > ((abs(planned) * (over_above_percent - (100)::numeric)) / (100)::numeric)) THEN 'over'::text WHEN ((forecast - planned) > ((abs(planned) * (at_risk_above_percent - (100)::numeric)) / (100)::numeric)) THEN 'at_risk'::text WHEN ((forecast - planned) < ((abs(planned) * (under_below_percent - (100)::numeric)) / (100)::numeric)) THEN 'under'::text ELSE 'on_track'::text END;

--
-- Name: FUNCTION variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric); Type: COMMENT; Schema: finance; Owner: -
--

COMMENT ON FUNCTION finance.variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric) IS '@behavior -*
under, on_track, at_risk or over: a forecast against a plan and the thresholds of a budget.';

--
-- Name: check_password(text); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.check_password(password text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if password is null or length(password) < 10 or length(password) > 200 then
    perform platform.refuse('CB002', 'A password has 10 to 200 characters.', field => 'password');
  end if;
end
$$;

--
-- Name: FUNCTION check_password(password text); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.check_password(password text) IS 'Refuses passwords that are too short to keep anybody out (CB002).';

--
-- Name: default_organization(uuid); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.default_organization(user_id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select m.organization_id
    from tenancy.organization_members m
    join tenancy.organizations o on o.id = m.organization_id and o.status = 'active'
   where m.user_id = default_organization.user_id and m.status = 'active'
   order by (
              select max(t.created_at)
                from identity.refresh_tokens t
               where t.user_id = m.user_id and t.organization_id = m.organization_id
            ) desc nulls last,
            m.joined_at, m.organization_id
   limit 1
$$;

--
-- Name: FUNCTION default_organization(user_id uuid); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.default_organization(user_id uuid) IS 'Where a user goes on: the organization they used last, else the first they joined, else null.';

--
-- Name: handle_new_user(); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.handle_new_user() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into identity.profiles (user_id) values (new.id);
  return null;
end
$$;

--
-- Name: FUNCTION handle_new_user(); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.handle_new_user() IS 'After a user is inserted: their profile. Definer: whoever signs up has no rights yet.';

--
-- Name: hash_password(text); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.hash_password(password text) RETURNS text
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- bcrypt reads 72 bytes: a digest first, so that every character of a long password counts
  select extensions.crypt(
    encode(extensions.digest(password, 'sha256'), 'base64'),
    extensions.gen_salt('bf', coalesce(nullif(current_setting('callboard.password_cost', true), '')::int, 10)))
$$;

--
-- Name: FUNCTION hash_password(password text); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.hash_password(password text) IS 'The bcrypt hash of a password; its cost is the setting callboard.password_cost (10).';

--
-- Name: matches_password(text, text); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.matches_password(password text, hash text) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select extensions.crypt(encode(extensions.digest(password, 'sha256'), 'base64'), hash) = hash
$$;

--
-- Name: FUNCTION matches_password(password text, hash text); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.matches_password(password text, hash text) IS 'Whether a password is the one behind the hash.';

--
-- Name: me(); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.me() RETURNS TABLE(user_id uuid, email text, name text, organization_id uuid, organization_name text, role text, permissions text[], organizations jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select u.id, u.email, u.name, o.id, o.name, authz.role_key(),
         authz.permissions(),
         (select coalesce(
                   jsonb_agg(
                     jsonb_build_object('rowId', mo.id, 'name', mo.name, 'role', r.key) order by mo.name, mo.id),
                   '[]')
            from tenancy.organization_members m
            join tenancy.organizations mo on mo.id = m.organization_id and mo.status = 'active'
            join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
           where m.user_id = u.id and m.status = 'active')
    from identity.users u
    left join tenancy.organizations o on o.id = authz.organization_id()
   where u.id = authz.user_id()
$$;

--
-- Name: FUNCTION me(); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.me() IS 'Who is calling, where, and with which permissions; no row without a session. Definer: names the caller''s other organizations, which row security hides while they are not active. Reads nothing but the caller''s own.';

--
-- Name: open_session(uuid, uuid, jsonb, uuid); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.open_session(user_id uuid, organization_id uuid, device jsonb, session_id uuid DEFAULT platform.uuidv7()) RETURNS identity.session_grant
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  token constant text := encode(extensions.gen_random_bytes(32), 'hex');
  opened identity.session_grant;
begin
  insert into identity.refresh_tokens as t (user_id, organization_id, session_id, device, token_hash, expires_at)
  values (
    open_session.user_id, open_session.organization_id, open_session.session_id, coalesce(open_session.device, '{}'),
    sha256(token::bytea), now() + interval '30 days')
  returning t.user_id, t.organization_id, t.session_id, token, t.expires_at into opened;
  return opened;
end
$$;

--
-- Name: FUNCTION open_session(user_id uuid, organization_id uuid, device jsonb, session_id uuid); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.open_session(user_id uuid, organization_id uuid, device jsonb, session_id uuid) IS 'A refresh token for a session, new or going on. Only its hash is kept. The caller has checked who it is for.';

--
-- Name: refresh_session(text); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.refresh_session(refresh_token text) RETURNS identity.session_grant
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  presented record;
begin
  select t.id, t.user_id, t.session_id, t.device, t.used_at, t.revoked_at, t.expires_at,
         case when tenancy.is_active_member(t.organization_id, t.user_id) then t.organization_id end as organization_id
    into presented
    from identity.refresh_tokens t
    join identity.users u on u.id = t.user_id and u.is_active
   where t.token_hash = sha256(coalesce(refresh_session.refresh_token, '')::bytea)
     for update of t;
  if presented.id is null or presented.revoked_at is not null or presented.expires_at <= now()
     or presented.used_at is not null then
    perform platform.refuse('CB008', 'The session is over. Sign in again.', field => 'refresh_token');
  end if;
  update identity.refresh_tokens t set used_at = now() where t.id = presented.id;
  return identity.open_session(
    presented.user_id,
    coalesce(presented.organization_id, identity.default_organization(presented.user_id)),
    presented.device,
    presented.session_id);
end
$$;

--
-- Name: FUNCTION refresh_session(refresh_token text); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.refresh_session(refresh_token text) IS 'The next refresh token of a session; each serves once. Errors: INVALID_CREDENTIALS for one that is unknown, used, revoked or out of date. Definer: the caller''s access token may be over.';

--
-- Name: sign_in(text, text, uuid, jsonb); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.sign_in(email text, password text, organization_id uuid DEFAULT NULL::uuid, device jsonb DEFAULT NULL::jsonb) RETURNS identity.session_grant
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  account record;
  matches boolean;
begin
  select u.id, c.password_hash
    into account
    from identity.users u
    join identity.credentials c on c.user_id = u.id
   where u.email = lower(btrim(sign_in.email)) and u.is_active;
  if account.id is null then
    -- An unknown address costs as much time as a wrong password.
    perform identity.hash_password(coalesce(sign_in.password, ''));
  end if;
  matches := account.id is not null
    and identity.matches_password(coalesce(sign_in.password, ''), account.password_hash);
  if not matches then
    perform platform.refuse('CB008', 'E-mail address and password do not match.');
  end if;
  if sign_in.organization_id is not null and not tenancy.is_active_member(sign_in.organization_id, account.id) then
    perform platform.refuse('CB003', 'You are not a member of this organization.', field => 'organization_id');
  end if;
  update identity.users u set last_sign_in_at = now() where u.id = account.id;
  return identity.open_session(
    account.id, coalesce(sign_in.organization_id, identity.default_organization(account.id)), sign_in.device);
end
$$;

--
-- Name: FUNCTION sign_in(email text, password text, organization_id uuid, device jsonb); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.sign_in(email text, password text, organization_id uuid, device jsonb) IS 'A new session by e-mail address and password, in the organization asked for or the one used last. Errors: INVALID_CREDENTIALS, the same for an unknown address and a wrong password; FORBIDDEN for an organization of others. Definer: whoever calls has no rights yet.';

--
-- Name: sign_out(); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.sign_out() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  update identity.refresh_tokens t
     set revoked_at = now(), revoked_reason = 'signed_out'
   where t.user_id = authz.user_id()
     and t.session_id = authz.session_id()
     and t.revoked_at is null;
  return found;
end
$$;

--
-- Name: FUNCTION sign_out(); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.sign_out() IS 'Ends the session of this device: it cannot be refreshed. Errors: UNAUTHENTICATED. Definer: tokens are internal.';

--
-- Name: sign_up(text, text, text, text, jsonb); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.sign_up(email text, password text, name text, organization_name text DEFAULT NULL::text, device jsonb DEFAULT NULL::jsonb) RETURNS identity.session_grant
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  address constant text := lower(btrim(sign_up.email));
  new_user_id uuid;
  new_organization_id uuid;
begin
  if address is null or address !~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' or length(address) > 254 then
    perform platform.refuse('CB002', 'This is not an e-mail address.', field => 'email');
  end if;
  perform identity.check_password(sign_up.password);
  if btrim(coalesce(sign_up.name, '')) = '' or length(sign_up.name) > 200 then
    perform platform.refuse('CB002', 'A name has 1 to 200 characters.', field => 'name');
  end if;
  if sign_up.organization_name is not null and (btrim(sign_up.organization_name) = '' or length(sign_up.organization_name) > 200) then
    perform platform.refuse('CB002', 'An organization''s name has 1 to 200 characters.', field => 'organization_name');
  end if;

  insert into identity.users (email, name)
  values (address, btrim(sign_up.name))
  on conflict do nothing
  returning id into new_user_id;
  if new_user_id is null then
    perform platform.refuse('CB005', 'There is an account with this e-mail address.', field => 'email');
  end if;
  insert into identity.credentials (user_id, password_hash) values (new_user_id, identity.hash_password(sign_up.password));
  if sign_up.organization_name is not null then
    new_organization_id := tenancy.create_organization(btrim(sign_up.organization_name), new_user_id);
  end if;
  update identity.users u set last_sign_in_at = now() where u.id = new_user_id;
  return identity.open_session(new_user_id, new_organization_id, sign_up.device);
end
$_$;

--
-- Name: FUNCTION sign_up(email text, password text, name text, organization_name text, device jsonb); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.sign_up(email text, password text, name text, organization_name text, device jsonb) IS 'An account with its first session, and, when a name is given, an organization that it owns. Errors: INVALID_INPUT, CONFLICT for a known e-mail address. Definer: whoever calls has no rights yet.';

--
-- Name: switch_organization(uuid); Type: FUNCTION; Schema: identity; Owner: -
--

CREATE FUNCTION identity.switch_organization(organization_id uuid) RETURNS identity.session_grant
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  session_device jsonb;
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if switch_organization.organization_id is null
     or not tenancy.is_active_member(switch_organization.organization_id, authz.user_id()) then
    perform platform.refuse('CB003', 'You are not a member of this organization.', field => 'organization_id');
  end if;
  -- The token of the session that has not served yet is replaced: refreshing goes on in the new organization.
  update identity.refresh_tokens t
     set used_at = now()
   where t.user_id = authz.user_id()
     and t.session_id = authz.session_id()
     and t.used_at is null
     and t.revoked_at is null
  returning t.device into session_device;
  if not found then
    perform platform.refuse('CB001', 'The session is over. Sign in again.');
  end if;
  return identity.open_session(
    authz.user_id(), switch_organization.organization_id, session_device, authz.session_id());
end
$$;

--
-- Name: FUNCTION switch_organization(organization_id uuid); Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON FUNCTION identity.switch_organization(organization_id uuid) IS 'Makes another organization of the caller the active one: new tokens for the same session. Errors: UNAUTHENTICATED, FORBIDDEN for an organization of others. Definer: tokens are internal.';

--
-- Name: add_foreign_key(regclass, text); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.add_foreign_key(IN protected regclass, IN definition text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: PROCEDURE add_foreign_key(IN protected regclass, IN definition text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.add_foreign_key(IN protected regclass, IN definition text) IS 'Adds a foreign key unless its columns have one.';

--
-- Name: add_index(regclass, text); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.add_index(IN protected regclass, IN columns text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: PROCEDURE add_index(IN protected regclass, IN columns text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.add_index(IN protected regclass, IN columns text) IS 'Adds a b-tree index unless one starts with its columns.';

--
-- Name: allow_transitions(regclass, text, jsonb); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.allow_transitions(IN protected regclass, IN status_column text, IN transitions jsonb)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  execute format(
    $sql$create or replace trigger _200_transition_%1$s before update of %1$I on %2$s for each row
      when (old.%1$I is distinct from new.%1$I)
      execute function platform.check_transition_trigger(%1$L, %3$L)$sql$,
    status_column, protected, transitions);
end
$_$;

--
-- Name: PROCEDURE allow_transitions(IN protected regclass, IN status_column text, IN transitions jsonb); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.allow_transitions(IN protected regclass, IN status_column text, IN transitions jsonb) IS 'Which status may follow which: {"planning": ["active", "cancelled"], …}. Every other change is refused (CB006).';

--
-- Name: announce_change(uuid, text, text, jsonb); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.announce_change(organization_id uuid, entity_type text, operation text, ids jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select pg_notify(
    'changes:' || organization_id,
    jsonb_build_object('type', entity_type, 'operation', operation, 'ids', ids)::text
  )
$$;

--
-- Name: FUNCTION announce_change(organization_id uuid, entity_type text, operation text, ids jsonb); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.announce_change(organization_id uuid, entity_type text, operation text, ids jsonb) IS 'One message on the topic of an organization. Rows are read again under the rights of whoever listens.';

--
-- Name: announce_changes_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.announce_changes_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  announced record;
begin
  -- A commit that notifies takes a lock shared by the whole server, so nothing is said while nobody listens.
  if not exists (select from platform.change_watchers w where w.expires_at > now()) then
    return null;
  end if;
  if tg_op = 'DELETE' then
    for announced in
      select batched.organization_id, jsonb_agg(batched.id) as ids
        from (
          select r.organization_id, r.id,
                 (row_number() over (partition by r.organization_id order by r.id) - 1) / 100 as batch
            from old_rows r
           where exists (
                   select from platform.change_watchers w
                    where w.organization_id = r.organization_id and w.expires_at > now()
                 )
        ) batched
       group by batched.organization_id, batched.batch
    loop
      perform platform.announce_change(
        announced.organization_id, tg_table_schema || '.' || tg_table_name, lower(tg_op), announced.ids);
    end loop;
  else
    for announced in
      select batched.organization_id, jsonb_agg(batched.id) as ids
        from (
          select r.organization_id, r.id,
                 (row_number() over (partition by r.organization_id order by r.id) - 1) / 100 as batch
            from new_rows r
           where exists (
                   select from platform.change_watchers w
                    where w.organization_id = r.organization_id and w.expires_at > now()
                 )
        ) batched
       group by batched.organization_id, batched.batch
    loop
      perform platform.announce_change(
        announced.organization_id, tg_table_schema || '.' || tg_table_name, lower(tg_op), announced.ids);
    end loop;
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION announce_changes_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.announce_changes_trigger() IS 'Tells those who watch an organization which rows changed: ids only, a hundred a message. Definer: callers may neither read who watches nor notify by themselves.';

--
-- Name: audit_changes_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.audit_changes_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  unsaid constant text[] := '{organization_id,id,updated_at}'::text[];
begin
  if tg_op = 'INSERT' then
    insert into security.audit_logs (organization_id, actor_id, request_id, entity_type, entity_id, action, after)
    -- an organization is its own tenant
    select coalesce(j.n ->> 'organization_id', j.n ->> 'id')::uuid, authz.user_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.n ->> 'id')::uuid, 'insert', jsonb_strip_nulls(j.n - unsaid)
      from (select to_jsonb(r) as n from new_rows r) j;
  elsif tg_op = 'UPDATE' then
    insert into security.audit_logs
      (organization_id, actor_id, request_id, entity_type, entity_id, action, before, after)
    select coalesce(j.n ->> 'organization_id', j.n ->> 'id')::uuid, authz.user_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.n ->> 'id')::uuid,
           case
             when not changed.after ? 'deleted_at' then 'update'
             when changed.after -> 'deleted_at' <> 'null' then 'delete'
             else 'restore'
           end,
           changed.before, changed.after
      from (
             select to_jsonb(o) as o, to_jsonb(n) as n
               from new_rows n
               join old_rows o on o.id = n.id
           ) j
     cross join lateral (
             select jsonb_object_agg(b.key, b.value) as before, jsonb_object_agg(a.key, a.value) as after
               from jsonb_each(j.o) b
               join jsonb_each(j.n) a on a.key = b.key and a.value is distinct from b.value
              where a.key <> 'updated_at'
           ) changed
     where changed.after is not null;
  else
    insert into security.audit_logs (organization_id, actor_id, request_id, entity_type, entity_id, action, before)
    select coalesce(j.o ->> 'organization_id', j.o ->> 'id')::uuid, authz.user_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.o ->> 'id')::uuid, 'purge', jsonb_strip_nulls(j.o - unsaid)
      from (select to_jsonb(r) as o from old_rows r) j;
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION audit_changes_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.audit_changes_trigger() IS 'Writes who changed what to security.audit_logs, one insert per statement. Definer: callers may not write the log.';

--
-- Name: check_custom_fields_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.check_custom_fields_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  entity constant text := tg_table_schema || '.' || tg_table_name;
  wrong record;
begin
  if tg_op = 'INSERT' then
    select f.* into wrong
      from new_rows n
     cross join lateral platform.invalid_custom_fields(n.organization_id, entity, n.workspace_id, n.custom_fields) f
     limit 1;
  else
    -- A definition that came later does not stand in the way of other changes.
    select f.* into wrong
      from new_rows n
      join old_rows o on o.organization_id = n.organization_id and o.id = n.id
     cross join lateral platform.invalid_custom_fields(n.organization_id, entity, n.workspace_id, n.custom_fields) f
     where n.custom_fields is distinct from o.custom_fields
     limit 1;
  end if;
  if found then
    perform platform.refuse(
      'CB009', format('Custom field "%s" %s.', wrong.field_name, wrong.reason),
      field => 'custom_fields.' || wrong.field_name);
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION check_custom_fields_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.check_custom_fields_trigger() IS 'Refuses rows whose custom fields do not fit their definitions. Definer: the definitions count for callers who may not read them.';

--
-- Name: check_transition_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.check_transition_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  old_status constant text := to_jsonb(old) ->> tg_argv[0];
  new_status constant text := to_jsonb(new) ->> tg_argv[0];
  allowed constant jsonb := coalesce(tg_argv[1]::jsonb -> old_status, '[]');
begin
  if not allowed ? new_status then
    perform platform.refuse(
      'CB006', format('%s cannot follow %s.', new_status, old_status),
      field => tg_argv[0],
      hint => case
        when allowed = '[]' then format('%s is final.', old_status)
        else format('After %s: %s.', old_status,
          (select string_agg(next, ', ') from jsonb_array_elements_text(allowed) as t (next)))
      end);
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION check_transition_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.check_transition_trigger() IS 'Refuses a status that cannot follow the present one.';

--
-- Name: close_partition(regclass); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.close_partition(IN partition regclass)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format('alter table %s enable row level security', partition);
  execute format('alter table %s force row level security', partition);
  if not exists (select from pg_policy p where p.polrelid = partition and p.polname = 'back_office') then
    execute format(
      'create policy back_office on %s to callboard_owner, callboard_service using (true) with check (true)', partition);
  end if;
end
$$;

--
-- Name: PROCEDURE close_partition(IN partition regclass); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.close_partition(IN partition regclass) IS 'A partition is read and written through its table only: asked directly, it shows nothing.';

--
-- Name: custom_field_expectation(text, jsonb); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.custom_field_expectation(field_type text, options jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case field_type
    when 'number' then 'a number'
      || coalesce(' of at least ' || (options ->> 'min'), '') || coalesce(' of at most ' || (options ->> 'max'), '')
    when 'boolean' then 'true or false'
    when 'multi_select' then 'a list out of ' || coalesce(options ->> 'choices', '[]')
    when 'select' then 'one of ' || coalesce(options ->> 'choices', '[]')
    when 'url' then 'an http or https address'
    when 'email' then 'an e-mail address'
    when 'date' then 'a date such as 2026-02-28'
    when 'datetime' then 'a time such as 2026-02-28T18:30:00Z'
    else 'a text of at most ' || coalesce(options ->> 'max_length', '10000') || ' characters'
  end
$$;

--
-- Name: FUNCTION custom_field_expectation(field_type text, options jsonb); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.custom_field_expectation(field_type text, options jsonb) IS 'What a custom field takes, in the words of an error message.';

--
-- Name: fits_custom_field(jsonb, text, jsonb); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.fits_custom_field(value jsonb, field_type text, options jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  content constant text := value #>> '{}';
begin
  case field_type
    when 'number' then
      return jsonb_typeof(value) = 'number'
         and (options ->> 'min' is null or content::numeric >= (options ->> 'min')::numeric)
         and (options ->> 'max' is null or content::numeric <= (options ->> 'max')::numeric);
    when 'boolean' then
      return jsonb_typeof(value) = 'boolean';
    when 'multi_select' then
      return jsonb_typeof(value) = 'array' and coalesce(options -> 'choices', '[]') @> value;
    else
      if jsonb_typeof(value) <> 'string' then
        return false;
      end if;
  end case;
  case field_type
    when 'text' then
      return char_length(content) <= coalesce((options ->> 'max_length')::int, 10000);
    when 'select' then
      return coalesce(options -> 'choices', '[]') ? content;
    when 'url' then
      return content ~* '^https?://[^\s]+$';
    when 'email' then
      return content ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$';
    when 'date' then
      perform content::date;
      return content ~ '^\d{4}-\d{2}-\d{2}$';
    when 'datetime' then
      perform content::timestamptz;
      return content ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}';
    else
      return false;
  end case;
exception
  when datetime_field_overflow or invalid_datetime_format then
    return false;
end
$_$;

--
-- Name: FUNCTION fits_custom_field(value jsonb, field_type text, options jsonb); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.fits_custom_field(value jsonb, field_type text, options jsonb) IS 'Whether a value is one of the field''s type and within its options (choices, min, max, max_length).';

--
-- Name: follow_parent_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.follow_parent_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  parent_id uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if parent_id is not null then
    execute format('select p.workspace_id from %s p where p.organization_id = $1 and p.id = $2', tg_argv[0])
       into new.workspace_id
      using new.organization_id, parent_id;
  end if;
  return new;
end
$_$;

--
-- Name: FUNCTION follow_parent_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.follow_parent_trigger() IS 'A row is in the workspace of what it belongs to. Definer: the caller may not see that workspace, and is then refused by the policy that hides it.';

--
-- Name: grant_columns(regclass, text, text[]); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.grant_columns(IN protected regclass, IN privilege text, IN except_columns text[])
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: PROCEDURE grant_columns(IN protected regclass, IN privilege text, IN except_columns text[]); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.grant_columns(IN protected regclass, IN privilege text, IN except_columns text[]) IS 'Grants insert or update on every column but the named ones and those that Postgres computes.';

--
-- Name: invalid_custom_fields(uuid, text, uuid, jsonb); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.invalid_custom_fields(organization_id uuid, entity_type text, workspace_id uuid, fields jsonb) RETURNS TABLE(field_name text, reason text)
    LANGUAGE sql STABLE ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with defined as (
    select distinct on (c.field_name) c.field_name, c.field_type, c.options, c.is_required
      from collaboration.custom_fields c
     where c.organization_id = invalid_custom_fields.organization_id
       and c.entity_type = invalid_custom_fields.entity_type
       and (c.workspace_id is null or c.workspace_id = invalid_custom_fields.workspace_id)
       and c.deleted_at is null
     -- the workspace's own definition comes before the organization's
     order by c.field_name, c.workspace_id nulls last
  )
  select coalesce(d.field_name, given.key),
         case
           when d.field_name is null then 'is not defined'
           when d.is_required and (given.value is null or given.value in ('null', '""')) then 'is required'
           else 'must be ' || platform.custom_field_expectation(d.field_type, d.options)
         end
    from defined d
    full join jsonb_each(fields) as given (key, value) on given.key = d.field_name
   where d.field_name is null
      or d.is_required and (given.value is null or given.value in ('null', '""'))
      or given.value is not null and given.value <> 'null'
         and not platform.fits_custom_field(given.value, d.field_type, d.options)
$$;

--
-- Name: FUNCTION invalid_custom_fields(organization_id uuid, entity_type text, workspace_id uuid, fields jsonb); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.invalid_custom_fields(organization_id uuid, entity_type text, workspace_id uuid, fields jsonb) IS 'What is wrong with the custom fields of one row: none when all fit.';

--
-- Name: is_time_zone(text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.is_time_zone(name text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  perform now() at time zone name;
  -- offsets such as +02 and POSIX rules have no daylight saving of a place: only names count
  return name ~ '^[A-Za-z]+([/_+-][A-Za-z0-9_+-]+)*$';
exception when invalid_parameter_value then
  return false;
end
$_$;

--
-- Name: FUNCTION is_time_zone(name text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.is_time_zone(name text) IS 'Whether Postgres knows a time zone of this name.';

--
-- Name: keep_users_inside(regclass); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.keep_users_inside(IN protected regclass)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: PROCEDURE keep_users_inside(IN protected regclass); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.keep_users_inside(IN protected regclass) IS 'Whoever a row names, such as an assignee, is a member of its organization: users belong to no tenant, so the key to them alone would let a row name anybody.';

--
-- Name: keep_values_finite(regclass); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.keep_values_finite(IN protected regclass)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: PROCEDURE keep_values_finite(IN protected regclass); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.keep_values_finite(IN protected regclass) IS 'Postgres takes NaN for a number and infinity for a day; one such row would spoil every sum and every calendar.';

--
-- Name: lead_children_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.lead_children_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  child record;
begin
  if not exists (
    select
      from new_rows n
      join old_rows o on o.organization_id = n.organization_id and o.id = n.id
     where n.workspace_id is distinct from o.workspace_id or n.deleted_at is distinct from o.deleted_at
  ) then
    return null;
  end if;
  for child in
    select t.table_id, t.parent_column, t.outlives_parent
      from platform.protected_tables t
     where t.parent_table = tg_relid
     order by t.table_id::text
  loop
    execute format(
      $sql$
      update %1$s c
         set workspace_id = n.workspace_id,
             deleted_at = case
               when %3$L then c.deleted_at
               when o.deleted_at is null then coalesce(c.deleted_at, n.deleted_at)
               -- only what went with the parent comes back with it
               when n.deleted_at is null and c.deleted_at = o.deleted_at then null
               else c.deleted_at
             end
        from new_rows n
        join old_rows o on o.organization_id = n.organization_id and o.id = n.id
       where c.organization_id = n.organization_id
         and c.%2$I = n.id
         and (c.workspace_id is distinct from n.workspace_id
              or not %3$L and (
                   o.deleted_at is null and n.deleted_at is not null and c.deleted_at is null
                   or o.deleted_at is not null and n.deleted_at is null and c.deleted_at = o.deleted_at))
      $sql$, child.table_id, child.parent_column, child.outlives_parent);
  end loop;
  return null;
end
$_$;

--
-- Name: FUNCTION lead_children_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.lead_children_trigger() IS 'What belongs to a row changes workspace, is archived and restored with it. Definer: the rows below may lie in modules that the caller may not write.';

--
-- Name: maintain_partitions(integer); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.maintain_partitions(months_ahead integer DEFAULT 3) RETURNS TABLE(partition_name text, action text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
     where c.relkind = 'p'
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
$_$;

--
-- Name: FUNCTION maintain_partitions(months_ahead integer); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.maintain_partitions(months_ahead integer) IS 'Makes the month partitions of the coming months and drops those past their retention; a job calls it daily. Definer: only the owner makes tables.';

--
-- Name: make_archive_functions(regclass, text, text, regclass, text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.make_archive_functions(protected regclass, module_name text, parent text, parent_id regclass, singular text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  table_name constant text := (select c.relname from pg_class c where c.oid = protected);
  entity constant text := coalesce(singular, platform.singular(table_name));
  label constant text := replace(entity, '_', ' ');
begin
  execute format(
    $sql$
    create or replace function %1$I.%2$I(row_id uuid) returns %3$s
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    as $body$
    declare
      archived %3$s;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update %3$s t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such %4$s, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $body$
    $sql$,
    module_name, 'delete_' || entity, protected, label);
  execute format(
    $sql$
    comment on function %I.%I(uuid) is %L
    $sql$,
    module_name, 'delete_' || entity,
    format('Archives a %s with all that belongs to it; restore_%s puts it back. Needs %s.write. '
           'Errors: NOT_FOUND_OR_FORBIDDEN.', label, entity, module_name));
  execute format('grant execute on function %I.%I(uuid) to callboard_member, callboard_service',
    module_name, 'delete_' || entity);

  execute format(
    $sql$
    create or replace function %1$I.%2$I(row_id uuid) returns %3$s
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    as $body$
    declare
      restored %3$s;
    begin
      update %3$s t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived %4$s, or you may not restore it.', field => 'row_id');
      end if;
      %5$s
      return restored;
    end
    $body$
    $sql$,
    module_name, 'restore_' || entity, protected, label,
    case when parent is not null then format(
      $check$if exists (
        select from %s p
         where p.organization_id = restored.organization_id and p.id = restored.%I and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this %s belongs to is archived: restore that first.', field => 'row_id');
      end if;$check$, parent_id, parent, label) else '' end);
  execute format('comment on function %I.%I(uuid) is %L', module_name, 'restore_' || entity,
    format('Puts an archived %s back, with what was archived along with it. Needs %s.write. '
           'Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.', label, module_name));
  execute format('grant execute on function %I.%I(uuid) to callboard_member, callboard_service',
    module_name, 'restore_' || entity);
end
$_$;

--
-- Name: FUNCTION make_archive_functions(protected regclass, module_name text, parent text, parent_id regclass, singular text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.make_archive_functions(protected regclass, module_name text, parent text, parent_id regclass, singular text) IS 'Makes delete_<singular>(row_id) and restore_<singular>(row_id) for a tenant table.';

--
-- Name: make_month_partition(regclass, text, text, date); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.make_month_partition(parent regclass, schema_name text, partition_name text, month_start date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
$_$;

--
-- Name: FUNCTION make_month_partition(parent regclass, schema_name text, partition_name text, month_start date); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.make_month_partition(parent regclass, schema_name text, partition_name text, month_start date) IS 'One month''s partition of a log, by the month in UTC.';

--
-- Name: protect(regclass, text, text, text[], text, interval, boolean, boolean); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.protect(IN protected regclass, IN kind text, IN parent text DEFAULT NULL::text, IN read_only text[] DEFAULT '{}'::text[], IN singular text DEFAULT NULL::text, IN retention interval DEFAULT NULL::interval, IN audit boolean DEFAULT false, IN outlives_parent boolean DEFAULT false)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  module_name constant text := (
    select n.nspname
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where c.oid = protected
  );
  parent_id regclass;
  unprotect record;
begin
  if parent is not null then
    parent_id := platform.referenced_table(protected, parent);
    if parent_id is null then
      raise exception 'platform.protect(%): no foreign key leads from % to a table.', protected, parent;
    end if;
  end if;

  insert into platform.protected_tables as t
    (table_id, kind, module, parent_table, parent_column, outlives_parent, retention)
  values (protected, protect.kind, module_name, parent_id, parent, protect.outlives_parent, protect.retention)
  on conflict (table_id) do update
    set (kind, module, parent_table, parent_column, outlives_parent, retention)
      = (excluded.kind, excluded.module, excluded.parent_table, excluded.parent_column, excluded.outlives_parent,
         excluded.retention);

  -- From nothing each time: what an earlier release allowed does not stay.
  execute format('revoke all on table %s from public, callboard_anonymous, callboard_member, callboard_service', protected);
  execute format('alter table %s enable row level security', protected);
  execute format('alter table %s force row level security', protected);
  for unprotect in select p.polname as name from pg_policy p where p.polrelid = protected loop
    execute format('drop policy %I on %s', unprotect.name, protected);
  end loop;
  for unprotect in
    select t.tgname as name from pg_trigger t where t.tgrelid = protected and t.tgname ~ '^_\d{3}_kernel_'
  loop
    execute format('drop trigger %I on %s', unprotect.name, protected);
  end loop;
  execute format(
    'create policy back_office on %s to callboard_owner, callboard_service using (true) with check (true)', protected);
  execute format('grant select, insert, update, delete on table %s to callboard_service', protected);

  case kind
    when 'tenant', 'published' then
      call platform.protect_tenant(protected, module_name, parent, parent_id, read_only, kind = 'published');
      perform platform.make_archive_functions(
        protected, module_name, case when not outlives_parent then parent end, parent_id, singular);
    when 'tenant_log' then
      call platform.protect_log(protected, module_name);
    when 'personal' then
      call platform.protect_personal(protected, read_only);
    when 'catalog' then
      call platform.protect_catalog(protected, read_only);
    when 'internal', 'custom' then
      -- internal: nothing is granted to those who call through the API; custom: access.sql says the rest
      null;
  end case;

  if audit or kind in ('tenant', 'published') then
    call platform.watch_statements(protected, '_900_kernel_audit', 'audit_changes_trigger', '{insert,update,delete}');
  end if;
  if kind not in ('tenant', 'published') and exists (
    select from pg_attribute a where a.attrelid = protected and a.attname = 'updated_at' and not a.attisdropped
  ) then
    execute format(
      'create trigger _100_kernel_touch before update on %s '
      'for each row execute function platform.touch_updated_at_trigger()', protected);
  end if;
end
$$;

--
-- Name: PROCEDURE protect(IN protected regclass, IN kind text, IN parent text, IN read_only text[], IN singular text, IN retention interval, IN audit boolean, IN outlives_parent boolean); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.protect(IN protected regclass, IN kind text, IN parent text, IN read_only text[], IN singular text, IN retention interval, IN audit boolean, IN outlives_parent boolean) IS 'Gives a table all that its kind stands for: row security, policies, grants, triggers, foreign keys, archive functions. Idempotent; called once per table in access.sql. parent is the column that says what a row belongs to; read_only lists columns that only functions and triggers set; singular names one row where the rule of platform.singular does not; retention says after how long log partitions are dropped; audit has changes logged for other kinds as well; with outlives_parent a row is not archived with what it belongs to.';

--
-- Name: protect_catalog(regclass, text[]); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.protect_catalog(IN protected regclass, IN read_only text[])
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format('create policy everyone_reads on %s for select to callboard_member using (true)', protected);
  execute format(
    'create policy administrators_insert on %s for insert to callboard_member '
    'with check ((select authz.is_platform_admin()))', protected);
  execute format(
    'create policy administrators_update on %s for update to callboard_member '
    'using ((select authz.is_platform_admin())) with check ((select authz.is_platform_admin()))', protected);
  execute format(
    'create policy administrators_delete on %s for delete to callboard_member '
    'using ((select authz.is_platform_admin()))', protected);
  execute format('grant select, delete on table %s to callboard_member', protected);
  call platform.grant_columns(protected, 'insert', read_only || '{created_at,updated_at}'::text[]);
  call platform.grant_columns(protected, 'update', read_only || '{id,created_at,updated_at}'::text[]);
end
$$;

--
-- Name: PROCEDURE protect_catalog(IN protected regclass, IN read_only text[]); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.protect_catalog(IN protected regclass, IN read_only text[]) IS 'The rules of kind catalog: everyone signed in reads, platform administrators write.';

--
-- Name: protect_log(regclass, text); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.protect_log(IN protected regclass, IN module_name text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  partition regclass;
begin
  perform authz.define_permission(module_name || '.read', format('Read what is in %s.', module_name));
  -- No foreign key to the organization: what is logged comes from rows that have one.
  execute format(
    'create policy tenant_read on %s for select to callboard_member using (organization_id = (select authz.allowed(%L)))',
    protected, module_name || '.read');
  execute format('grant select on table %s to callboard_member', protected);
  for partition in select i.inhrelid from pg_inherits i where i.inhparent = protected loop
    call platform.close_partition(partition);
  end loop;
end
$$;

--
-- Name: PROCEDURE protect_log(IN protected regclass, IN module_name text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.protect_log(IN protected regclass, IN module_name text) IS 'The rules of kind tenant_log: read by permission, written by functions and triggers alone.';

--
-- Name: protect_personal(regclass, text[]); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.protect_personal(IN protected regclass, IN read_only text[])
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format(
    'create policy own on %s to callboard_member using (user_id = (select authz.user_id())) '
    'with check (user_id = (select authz.user_id()))', protected);
  execute format('grant select, delete on table %s to callboard_member', protected);
  call platform.grant_columns(protected, 'insert', read_only || '{user_id,created_at,updated_at}'::text[]);
  call platform.grant_columns(protected, 'update', read_only || '{id,user_id,created_at,updated_at}'::text[]);
end
$$;

--
-- Name: PROCEDURE protect_personal(IN protected regclass, IN read_only text[]); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.protect_personal(IN protected regclass, IN read_only text[]) IS 'The rules of kind personal: a row is the user''s own, whatever the organization.';

--
-- Name: protect_tenant(regclass, text, text, regclass, text[], boolean); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.protect_tenant(IN protected regclass, IN module_name text, IN parent text, IN parent_id regclass, IN read_only text[], IN is_published boolean)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  read_key constant text := module_name || '.read';
  write_key constant text := module_name || '.write';
begin
  perform authz.define_permission(read_key, format('Read what is in %s.', module_name));
  perform authz.define_permission(write_key, format('Create, change, archive and restore what is in %s.', module_name));

  call platform.add_foreign_key(protected, '(organization_id) references tenancy.organizations (id)');
  call platform.add_foreign_key(
    protected, '(organization_id, workspace_id) references tenancy.workspaces (organization_id, id)');
  call platform.add_foreign_key(protected, '(created_by) references identity.users (id)');
  call platform.add_index(protected, '(organization_id, workspace_id)');
  call platform.keep_users_inside(protected);
  call platform.keep_values_finite(protected);

  -- One policy per command: two that allow the same command are joined by OR, and the key no longer serves.
  if is_published then
    execute format(
      $sql$create policy tenant_read on %s for select to callboard_member using (
        published_at <= (select now()) and deleted_at is null or organization_id = (select authz.allowed(%L)))$sql$,
      protected, write_key);
    execute format(
      $sql$create policy published_read on %s for select to callboard_anonymous using (
        published_at <= (select now()) and deleted_at is null)$sql$,
      protected);
    execute format('grant select on table %s to callboard_anonymous', protected);
  else
    execute format(
      'create policy tenant_read on %s for select to callboard_member using (organization_id = (select authz.allowed(%L)))',
      protected, read_key);
  end if;
  execute format(
    $sql$create policy tenant_insert on %s for insert to callboard_member
      with check (organization_id = (select authz.allowed(%L)))$sql$,
    protected, write_key);
  execute format(
    $sql$create policy tenant_update on %s for update to callboard_member
      using (organization_id = (select authz.allowed(%2$L)))
      with check (organization_id = (select authz.allowed(%2$L)))$sql$,
    protected, write_key);
  -- Two sub-selects, of which owners need the first. The planner takes either to be likely, as it is.
  execute format(
    $sql$create policy workspace on %1$s as restrictive to callboard_member
      using (%2$s %3$s)
      with check (%2$s)$sql$,
    protected,
    $sql$(select authz.has('workspaces.all'))
      or coalesce(workspace_id, '00000000-0000-0000-0000-000000000000')
         = any ((select authz.visible_workspaces())::uuid[])$sql$,
    case when is_published then 'or published_at <= (select now())' else '' end);

  execute format('grant select on table %s to callboard_member', protected);
  call platform.grant_columns(
    protected, 'insert', read_only || '{organization_id,created_by,created_at,updated_at,deleted_at}'::text[]);
  -- deleted_at is how rows are archived; the API reaches it through delete_* and restore_* only
  call platform.grant_columns(
    protected, 'update', read_only || '{organization_id,id,created_by,created_at,updated_at}'::text[]);

  execute format(
    'create trigger _100_kernel_touch before update on %s for each row execute function platform.touch_row_trigger()',
    protected);
  if parent is not null then
    execute format(
      $sql$create trigger _110_kernel_follow_parent before insert or update of %I, workspace_id on %s
        for each row execute function platform.follow_parent_trigger(%L, %L)$sql$,
      parent, protected, parent_id, parent);
    execute format(
      'create or replace trigger _910_kernel_lead_children after update on %s referencing old table as old_rows '
      'new table as new_rows for each statement execute function platform.lead_children_trigger()',
      parent_id);
  end if;
  if exists (select from platform.protected_tables t where t.parent_table = protected) then
    execute format(
      'create or replace trigger _910_kernel_lead_children after update on %s referencing old table as old_rows '
      'new table as new_rows for each statement execute function platform.lead_children_trigger()',
      protected);
  end if;
  call platform.watch_statements(protected, '_800_kernel_custom_fields', 'check_custom_fields_trigger', '{insert,update}');
  call platform.watch_statements(protected, '_920_kernel_announce', 'announce_changes_trigger', '{insert,update,delete}');
end
$_$;

--
-- Name: PROCEDURE protect_tenant(IN protected regclass, IN module_name text, IN parent text, IN parent_id regclass, IN read_only text[], IN is_published boolean); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.protect_tenant(IN protected regclass, IN module_name text, IN parent text, IN parent_id regclass, IN read_only text[], IN is_published boolean) IS 'The rules of kinds tenant and published; called by platform.protect.';

--
-- Name: ran_files(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.ran_files() RETURNS TABLE(path text, hash text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select m.path, m.hash from platform.migrations m
$$;

--
-- Name: FUNCTION ran_files(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.ran_files() IS 'Which files have run, from which text: whether the database is what a server expects. Definer: the server''s login may read nothing before it enters.';

--
-- Name: referenced_table(regclass, text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.referenced_table(referencing regclass, column_name text) RETURNS regclass
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

--
-- Name: FUNCTION referenced_table(referencing regclass, column_name text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.referenced_table(referencing regclass, column_name text) IS 'The table that the foreign key ending in this column leads to.';

--
-- Name: refuse(text, text, text, text, text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.refuse(code text, message text, field text DEFAULT NULL::text, detail text DEFAULT NULL::text, hint text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
begin
  raise exception using
    errcode = code,
    message = message,
    column = coalesce(field, ''),
    detail = coalesce(detail, ''),
    hint = coalesce(hint, '');
end
$$;

--
-- Name: FUNCTION refuse(code text, message text, field text, detail text, hint text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.refuse(code text, message text, field text, detail text, hint text) IS 'Ends the statement with a coded error. The codes are those of plugins/errors/registry.ts; field is the argument or column, in snake case, that the caller has to change.';

--
-- Name: singular(text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.singular(plural text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (plural ~ '(ss|ness|ance|ety|show)$'::text) THEN plural WHEN (plural ~ 'people$'::text) THEN regexp_replace(plural, 'people$'::text, 'person'::text) WHEN (plural ~ 'ies$'::text) THEN regexp_replace(plural, 'ies$'::text, 'y'::text) WHEN ((plural ~ '(ses|xes|ches|shes)$'::text) AND (plural !~ '(cases|phases|leases|expenses|responses|purchases|releases)$'::text)) THEN regexp_replace(plural, 'es$'::text, ''::text) WHEN (plural ~ 's$'::text) THEN regexp_replace(plural, 's$'::text, ''::text) ELSE plural END;

--
-- Name: FUNCTION singular(plural text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.singular(plural text) IS 'One of what a table name counts: project_tasks → project_task. Names delete_* and restore_* functions.';

--
-- Name: slugify(text); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.slugify(name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(btrim("left"(btrim(regexp_replace(lower(extensions.unaccent(name)), '[^a-z0-9]+'::text, '-'::text, 'g'::text), '-'::text), 60), '-'::text), ''::text);

--
-- Name: FUNCTION slugify(name text); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.slugify(name text) IS 'A name as it stands in an address; null when nothing of it is left.';

--
-- Name: today(uuid); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.today(organization_id uuid) RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select (now() at time zone coalesce(
           (select o.time_zone from tenancy.organizations o where o.id = today.organization_id), 'UTC'))::date
$$;

--
-- Name: FUNCTION today(organization_id uuid); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.today(organization_id uuid) IS 'The day that it is now where the organization is.';

--
-- Name: topological_order(integer, integer[], integer[]); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.topological_order(nodes integer, sources integer[], targets integer[]) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  waiting integer[] := array_fill(0, array[nodes]);
  first_edge integer[] := array_fill(0, array[nodes]);
  next_edge integer[] := array_fill(0, array[cardinality(sources)]);
  ordered integer[] := array_fill(null::integer, array[nodes]);
  known integer := 0;
  done integer := 0;
  edge integer;
begin
  for edge in 1 .. cardinality(sources) loop
    waiting[targets[edge]] := waiting[targets[edge]] + 1;
    next_edge[edge] := first_edge[sources[edge]];
    first_edge[sources[edge]] := edge;
  end loop;
  for node in 1 .. nodes loop
    if waiting[node] = 0 then
      known := known + 1;
      ordered[known] := node;
    end if;
  end loop;
  while done < known loop
    done := done + 1;
    edge := first_edge[ordered[done]];
    while edge <> 0 loop
      waiting[targets[edge]] := waiting[targets[edge]] - 1;
      if waiting[targets[edge]] = 0 then
        known := known + 1;
        ordered[known] := targets[edge];
      end if;
      edge := next_edge[edge];
    end loop;
  end loop;
  return ordered[:known];
end
$$;

--
-- Name: FUNCTION topological_order(nodes integer, sources integer[], targets integer[]); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.topological_order(nodes integer, sources integer[], targets integer[]) IS 'Nodes 1 to n in an order in which every edge leads forward (Kahn). Those that lie on a circle, or behind one, are left out.';

--
-- Name: touch_row_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.touch_row_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.organization_id is distinct from old.organization_id or new.id is distinct from old.id then
    perform platform.refuse('CB002', 'A row keeps its organization and its id.', field => 'id');
  end if;
  new.created_at := old.created_at;
  new.created_by := old.created_by;
  new.updated_at := now();
  return new;
end
$$;

--
-- Name: FUNCTION touch_row_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.touch_row_trigger() IS 'Before each update of a tenant row: its key and its origin stay, updated_at moves.';

--
-- Name: touch_updated_at_trigger(); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.touch_updated_at_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  new.updated_at := now();
  return new;
end
$$;

--
-- Name: FUNCTION touch_updated_at_trigger(); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.touch_updated_at_trigger() IS 'Before each update of a row that is no tenant row.';

--
-- Name: watch_changes(uuid); Type: FUNCTION; Schema: platform; Owner: -
--

CREATE FUNCTION platform.watch_changes(organization_id uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  until timestamptz := clock_timestamp() + interval '60 seconds';
begin
  if watch_changes.organization_id is distinct from authz.organization_id() then
    perform platform.refuse('CB003', 'Only the active organization can be watched.', field => 'organization_id');
  end if;
  insert into platform.change_watchers as w (organization_id, expires_at)
  values (watch_changes.organization_id, until)
  on conflict on constraint change_watchers_pkey do update set expires_at = greatest(w.expires_at, excluded.expires_at);
  return until;
end
$$;

--
-- Name: FUNCTION watch_changes(organization_id uuid); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON FUNCTION platform.watch_changes(organization_id uuid) IS 'Asks for the changes of an organization on channel changes:<id> for the next 60 seconds; renew before they are over. Definer: the register is internal. Errors: CB003 for another organization than the active one.';

--
-- Name: watch_statements(regclass, text, text, text[]); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.watch_statements(IN protected regclass, IN name text, IN watcher text, IN events text[])
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  event text;
begin
  foreach event in array events loop
    execute format(
      'create trigger %I after %s on %s referencing %s for each statement execute function platform.%I()',
      name || '_' || event, event, protected,
      case event
        when 'insert' then 'new table as new_rows'
        when 'update' then 'old table as old_rows new table as new_rows'
        else 'old table as old_rows'
      end,
      watcher);
  end loop;
end
$$;

--
-- Name: PROCEDURE watch_statements(IN protected regclass, IN name text, IN watcher text, IN events text[]); Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON PROCEDURE platform.watch_statements(IN protected regclass, IN name text, IN watcher text, IN events text[]) IS 'A statement-level trigger with transition tables for each of the events.';

--
-- Name: budget_health(uuid, uuid, date); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.budget_health(organization_id uuid, project_id uuid, today date) RETURNS projects.health_part
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  counted record;
begin
  if not authz.has('finance.read') then
    return ('budget', null, 25, null, false, 'You may not read budgets.', '{}')::projects.health_part;
  end if;
  select count(*) as budgets,
         -- a quarter more than planned is as bad as it gets; the worst budget decides
         min(100 - least(greatest(-coalesce(v.variance_percent, case when v.forecast > 0 then -100 else 0 end), 0) * 4,
                         100)) as score,
         min(v.variance_percent) as worst_variance_percent,
         count(*) filter (where v.status in ('at_risk', 'over')) as endangered,
         coalesce(bool_or(v.variance_percent is null and v.forecast > 0), false) as has_unplanned
    into counted
    from finance.budgets b
   cross join lateral finance.get_budget_variance(b.id, budget_health.today) v
   where b.organization_id = budget_health.organization_id
     and b.project_id = budget_health.project_id
     and b.status in ('approved', 'closed')
     and b.deleted_at is null;
  return (
    'budget', round(counted.score, 1), 25, null, counted.budgets > 0,
    case
      when counted.budgets = 0 then 'No budget is approved.'
      when counted.has_unplanned then format(
        '%s of %s approved budgets at risk or over; one has costs and no plan.', counted.endangered, counted.budgets)
      else format('%s of %s approved budgets at risk or over; the worst varies by %s %%.',
                  counted.endangered, counted.budgets, coalesce(counted.worst_variance_percent, 0))
    end,
    jsonb_build_object('budgets', counted.budgets, 'atRiskOrOver', counted.endangered,
                       'worstVariancePercent', counted.worst_variance_percent)
  )::projects.health_part;
end
$$;

--
-- Name: FUNCTION budget_health(organization_id uuid, project_id uuid, today date); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.budget_health(organization_id uuid, project_id uuid, today date) IS 'The worst variance among the approved budgets: 100 within plan, 0 from 25 % above it.';

--
-- Name: compliance_health(uuid, uuid, date); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.compliance_health(organization_id uuid, project_id uuid, as_of date) RETURNS projects.health_part
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with judged as (
    select case when c.is_blocking then 2 else 1 end as weight,
           case
             when c.status = 'submitted' then 0.5
             when c.status <> 'approved' then 0
             -- a permit for certain days has served when they are over: it does not expire
             when c.kind in ('permit', 'clearance') and c.valid_from is not null then 1
             when c.valid_until <= d.day_begins then 0
             when c.valid_until <= d.expiring_until and d.is_running then 0.75
             else 1
           end as fulfilled
      from projects.project_compliance c
     cross join (
             select compliance_health.as_of::timestamp at time zone o.time_zone as day_begins,
                    -- by the calendar: two weeks with a change of the clock are not 336 hours
                    (compliance_health.as_of + 14)::timestamp at time zone o.time_zone as expiring_until,
                    compliance_health.as_of >= platform.today(o.id) as is_running
               from tenancy.organizations o
              where o.id = compliance_health.organization_id
           ) d
     where c.organization_id = compliance_health.organization_id
       and c.project_id = compliance_health.project_id
       and c.status <> 'waived'
       and c.deleted_at is null
  ),
  counted as (
    select count(*) as papers,
           100 * sum(j.weight * j.fulfilled) / sum(j.weight) as score,
           count(*) filter (where j.fulfilled = 0) as missing,
           count(*) filter (where j.fulfilled = 0.75) as expiring
      from judged j
  )
  select ('compliance', round(c.score, 1), 20, null, c.papers > 0,
          case
            when c.papers = 0 then 'No permit, licence or insurance is asked for.'
            else format('%s of %s papers expired or missing, %s expire within 14 days.', c.missing, c.papers, c.expiring)
          end,
          jsonb_build_object('papers', c.papers, 'expiredOrMissing', c.missing, 'expiring', c.expiring)
         )::projects.health_part
    from counted c
$$;

--
-- Name: FUNCTION compliance_health(organization_id uuid, project_id uuid, as_of date); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.compliance_health(organization_id uuid, project_id uuid, as_of date) IS 'Papers that hold at the beginning of the day, as a share of all that are asked for; blocking ones count twice, submitted ones half, those that expire within 14 days three quarters. An approved permit for certain days counts before, on and after them.';

--
-- Name: projects; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.projects (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    name text NOT NULL,
    slug text DEFAULT ''::text NOT NULL,
    description text,
    kind text DEFAULT 'other'::text NOT NULL,
    status text DEFAULT 'planning'::text NOT NULL,
    priority text DEFAULT 'medium'::text NOT NULL,
    manager_id uuid,
    client_id uuid,
    client_name text,
    location text,
    starts_on date,
    ends_on date,
    completed_at timestamp with time zone,
    estimated_hours numeric(7,2),
    working_days smallint[] DEFAULT '{1,2,3,4,5}'::smallint[] NOT NULL,
    days_off date[] DEFAULT '{}'::date[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_template boolean DEFAULT false NOT NULL,
    template_id uuid,
    CONSTRAINT projects_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT projects_completed_at_finite CHECK (isfinite(completed_at)),
    CONSTRAINT projects_days_off_check CHECK ((array_position(days_off, NULL::date) IS NULL)),
    CONSTRAINT projects_ends_on_finite CHECK (isfinite(ends_on)),
    CONSTRAINT projects_estimated_hours_check CHECK ((estimated_hours >= (0)::numeric)),
    CONSTRAINT projects_estimated_hours_finite CHECK ((estimated_hours <> 'NaN'::numeric)),
    CONSTRAINT projects_kind_check CHECK ((kind = ANY (ARRAY['film'::text, 'television'::text, 'commercial'::text, 'documentary'::text, 'music_video'::text, 'photography'::text, 'theatre'::text, 'event'::text, 'design'::text, 'student'::text, 'online'::text, 'other'::text]))),
    CONSTRAINT projects_name_check CHECK (((btrim(name) <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT projects_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT projects_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT projects_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 80))),
    CONSTRAINT projects_starts_on_finite CHECK (isfinite(starts_on)),
    CONSTRAINT projects_status_check CHECK ((status = ANY (ARRAY['planning'::text, 'active'::text, 'on_hold'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT projects_working_days_check CHECK (((working_days <@ '{1,2,3,4,5,6,7}'::smallint[]) AND (cardinality(working_days) > 0))),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.projects FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE projects; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.projects IS 'A production, event or design job (seeds productions, projects, design_projects).';

--
-- Name: COLUMN projects.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN projects.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN projects.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN projects.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.created_by IS 'Who created it.';

--
-- Name: COLUMN projects.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.created_at IS 'When it was created.';

--
-- Name: COLUMN projects.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN projects.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN projects.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN projects.slug; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.slug IS 'Its name in addresses; made from the name when left out.';

--
-- Name: COLUMN projects.status; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.status IS 'planning → active → completed; on_hold in between; cancelled can be planned again.';

--
-- Name: COLUMN projects.client_name; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.client_name IS 'Who it is made for, where the client has no account.';

--
-- Name: COLUMN projects.starts_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.starts_on IS 'The first day; the timeline counts from it.';

--
-- Name: COLUMN projects.ends_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.ends_on IS 'The last day that was agreed on.';

--
-- Name: COLUMN projects.completed_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.completed_at IS 'When its status became completed.';

--
-- Name: COLUMN projects.working_days; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.working_days IS 'Days of the week on which it is worked, 1 for Monday to 7 for Sunday.';

--
-- Name: COLUMN projects.days_off; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.days_off IS 'Single days, such as holidays, on which nobody works.';

--
-- Name: COLUMN projects.is_template; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.is_template IS 'A pattern for create_project_from_template, not a project that runs.';

--
-- Name: COLUMN projects.template_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.projects.template_id IS 'The template it was made from.';

--
-- Name: create_project_from_template(uuid, text, date, uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.create_project_from_template(template_id uuid, name text, starts_on date DEFAULT NULL::date, workspace_id uuid DEFAULT NULL::uuid) RETURNS projects.projects
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('projects.write');
  template projects.projects;
  made projects.projects;
  shift integer;
  ids jsonb;
begin
  select p.* into template
    from projects.projects p
   where p.organization_id = organization
     and p.id = create_project_from_template.template_id
     and p.deleted_at is null;
  if template.id is null then
    perform platform.refuse('CB004', 'There is no such template, or you may not read it.', field => 'template_id');
  end if;
  if not template.is_template then
    perform platform.refuse('CB002', 'This project is not a template.', field => 'template_id');
  end if;
  -- A template without a first day counts from the first one in it; without any day there is nothing to shift.
  shift := coalesce(
    create_project_from_template.starts_on - coalesce(
      template.starts_on,
      (
        select min(d.day)
          from (
            select least(f.starts_on, f.ends_on) as day
              from projects.project_phases f
             where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null
            union all
            select m.due_on
              from projects.project_milestones m
             where m.organization_id = organization
               and m.project_id = template.id
               and m.status <> 'cancelled'
               and m.deleted_at is null
            union all
            select least(t.starts_on, t.due_on)
              from projects.project_tasks t
             where t.organization_id = organization
               and t.project_id = template.id
               and t.status <> 'cancelled'
               and t.deleted_at is null
            union all
            select least(r.needed_from, r.needed_until)
              from projects.project_resources r
             where r.organization_id = organization and r.project_id = template.id and r.deleted_at is null
          ) d
      )),
    0);

  insert into projects.projects
    (workspace_id, name, description, kind, priority, manager_id, client_id, client_name, location, starts_on, ends_on,
     estimated_hours, working_days, days_off, tags, settings, custom_fields, template_id)
  values (
    coalesce(create_project_from_template.workspace_id, template.workspace_id), create_project_from_template.name,
    template.description, template.kind, template.priority, template.manager_id, template.client_id,
    template.client_name, template.location,
    coalesce(create_project_from_template.starts_on, template.starts_on),
    -- an end before the beginning that is asked for says nothing about the new project
    case
      when template.ends_on + shift < create_project_from_template.starts_on then null
      else template.ends_on + shift
    end,
    template.estimated_hours, template.working_days, template.days_off, template.tags, template.settings,
    template.custom_fields, template.id)
  returning * into made;

  select coalesce(jsonb_object_agg(r.id, platform.uuidv7()), '{}')
    into ids
    from (
      select f.id
        from projects.project_phases f
       where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null
      union all
      select t.id
        from projects.project_tasks t
       where t.organization_id = organization
         and t.project_id = template.id
         and t.status <> 'cancelled'
         and t.deleted_at is null
    ) r;

  insert into projects.project_phases
    (id, project_id, name, description, kind, starts_on, ends_on, position, custom_fields)
  select (ids ->> f.id::text)::uuid, made.id, f.name, f.description, f.kind, f.starts_on + shift, f.ends_on + shift,
         f.position, f.custom_fields
    from projects.project_phases f
   where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null;

  insert into projects.project_milestones (project_id, phase_id, name, description, due_on, custom_fields)
  select made.id, (ids ->> m.phase_id::text)::uuid, m.name, m.description, m.due_on + shift, m.custom_fields
    from projects.project_milestones m
   where m.organization_id = organization
     and m.project_id = template.id
     and m.status <> 'cancelled'
     and m.deleted_at is null
   order by m.id;

  insert into projects.project_tasks
    (id, project_id, phase_id, parent_task_id, title, description, priority, assignee_id, starts_on, due_on,
     duration_days, estimated_hours, position, custom_fields)
  select (ids ->> t.id::text)::uuid, made.id, (ids ->> t.phase_id::text)::uuid, (ids ->> t.parent_task_id::text)::uuid,
         t.title, t.description, t.priority, t.assignee_id, t.starts_on + shift, t.due_on + shift, t.duration_days,
         t.estimated_hours, t.position, t.custom_fields
    from projects.project_tasks t
   where t.organization_id = organization and t.project_id = template.id and ids ? t.id::text;

  insert into projects.task_dependencies (project_id, predecessor_id, successor_id, kind, lag_days)
  select made.id, (ids ->> d.predecessor_id::text)::uuid, (ids ->> d.successor_id::text)::uuid, d.kind, d.lag_days
    from projects.task_dependencies d
   where d.organization_id = organization
     and d.project_id = template.id
     and d.deleted_at is null
     and ids ? d.predecessor_id::text
     and ids ? d.successor_id::text;

  insert into projects.project_resources
    (project_id, task_id, kind, name, quantity, unit, unit_cost, currency, needed_from, needed_until, custom_fields)
  select made.id, (ids ->> r.task_id::text)::uuid, r.kind, r.name, r.quantity, r.unit, r.unit_cost, r.currency,
         r.needed_from + shift, r.needed_until + shift, r.custom_fields
    from projects.project_resources r
   where r.organization_id = organization and r.project_id = template.id and r.deleted_at is null;

  insert into projects.project_compliance
    (project_id, kind, name, authority, is_blocking, responsible_id, location, cost, currency, notes, custom_fields)
  select made.id, c.kind, c.name, c.authority, c.is_blocking, c.responsible_id, c.location, c.cost, c.currency, c.notes,
         c.custom_fields
    from projects.project_compliance c
   where c.organization_id = organization and c.project_id = template.id and c.deleted_at is null;
  return made;
end
$$;

--
-- Name: FUNCTION create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid) IS 'A new project with the phases, milestones, tasks with their links, resources and papers of a template. What is cancelled or archived is left out; everything else begins anew (planning, todo, required). All days are shifted by what starts_on differs from the template''s, or from the first day in it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT for a project that is no template, and those of the columns.';

--
-- Name: design_versions; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.design_versions (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    name text NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    notes text,
    content jsonb DEFAULT '{}'::jsonb NOT NULL,
    preview_url text,
    reviewed_by uuid,
    reviewed_at timestamp with time zone,
    CONSTRAINT design_versions_content_check CHECK ((jsonb_typeof(content) = 'object'::text)),
    CONSTRAINT design_versions_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT design_versions_preview_url_check CHECK ((preview_url ~ '^https?://'::text)),
    CONSTRAINT design_versions_reviewed_at_finite CHECK (isfinite(reviewed_at)),
    CONSTRAINT design_versions_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'in_review'::text, 'changes_requested'::text, 'approved'::text, 'superseded'::text]))),
    CONSTRAINT design_versions_version_check CHECK ((version >= 0)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.design_versions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE design_versions; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.design_versions IS 'Versions of a design, numbered in the order in which they came (seed design_versions).';

--
-- Name: COLUMN design_versions.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN design_versions.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN design_versions.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN design_versions.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.created_by IS 'Who created it.';

--
-- Name: COLUMN design_versions.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.created_at IS 'When it was created.';

--
-- Name: COLUMN design_versions.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN design_versions.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN design_versions.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN design_versions.name; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.name IS 'Which design of the project: versions of one share it.';

--
-- Name: COLUMN design_versions.version; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.version IS 'Counted from 1 by the database; what is given is ignored.';

--
-- Name: COLUMN design_versions.content; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.design_versions.content IS 'What the design tool keeps.';

--
-- Name: delete_design_version(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_design_version(row_id uuid) RETURNS projects.design_versions
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.design_versions;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.design_versions t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such design version, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_design_version(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_design_version(row_id uuid) IS 'Archives a design version with all that belongs to it; restore_design_version puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: delete_project(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project(row_id uuid) RETURNS projects.projects
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.projects;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.projects t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project(row_id uuid) IS 'Archives a project with all that belongs to it; restore_project puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_compliance; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_compliance (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    kind text DEFAULT 'permit'::text NOT NULL,
    name text NOT NULL,
    authority text,
    reference_number text,
    status text DEFAULT 'required'::text NOT NULL,
    is_blocking boolean DEFAULT true NOT NULL,
    responsible_id uuid,
    location text,
    submitted_at timestamp with time zone,
    decided_at timestamp with time zone,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    cost numeric(14,2),
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    notes text,
    CONSTRAINT project_compliance_check CHECK ((valid_until > valid_from)),
    CONSTRAINT project_compliance_cost_check CHECK ((cost >= (0)::numeric)),
    CONSTRAINT project_compliance_cost_finite CHECK ((cost <> 'NaN'::numeric)),
    CONSTRAINT project_compliance_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT project_compliance_decided_at_finite CHECK (isfinite(decided_at)),
    CONSTRAINT project_compliance_kind_check CHECK ((kind = ANY (ARRAY['permit'::text, 'licence'::text, 'insurance'::text, 'certification'::text, 'clearance'::text, 'contract'::text]))),
    CONSTRAINT project_compliance_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT project_compliance_status_check CHECK ((status = ANY (ARRAY['required'::text, 'submitted'::text, 'approved'::text, 'denied'::text, 'revoked'::text, 'waived'::text]))),
    CONSTRAINT project_compliance_submitted_at_finite CHECK (isfinite(submitted_at)),
    CONSTRAINT project_compliance_valid_from_finite CHECK (isfinite(valid_from)),
    CONSTRAINT project_compliance_valid_until_finite CHECK (isfinite(valid_until)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_compliance FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_compliance; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_compliance IS 'Permits, licences, insurances and other papers that a project must have (seed project_compliance).';

--
-- Name: COLUMN project_compliance.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_compliance.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_compliance.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_compliance.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.created_by IS 'Who created it.';

--
-- Name: COLUMN project_compliance.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.created_at IS 'When it was created.';

--
-- Name: COLUMN project_compliance.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_compliance.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_compliance.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN project_compliance.is_blocking; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.is_blocking IS 'Whether nothing may happen without it.';

--
-- Name: COLUMN project_compliance.location; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.location IS 'Where it holds.';

--
-- Name: COLUMN project_compliance.valid_until; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_compliance.valid_until IS 'The instant from which it no longer holds.';

--
-- Name: delete_project_compliance(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_compliance(row_id uuid) RETURNS projects.project_compliance
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_compliance;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_compliance t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project compliance, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_compliance(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_compliance(row_id uuid) IS 'Archives a project compliance with all that belongs to it; restore_project_compliance puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_members; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_members (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text DEFAULT 'contributor'::text NOT NULL,
    allocation_percent numeric(5,2) DEFAULT 100 NOT NULL,
    joined_on date,
    left_on date,
    CONSTRAINT project_members_allocation_percent_check CHECK (((allocation_percent >= (0)::numeric) AND (allocation_percent <= (100)::numeric))),
    CONSTRAINT project_members_allocation_percent_finite CHECK ((allocation_percent <> 'NaN'::numeric)),
    CONSTRAINT project_members_check CHECK ((left_on >= joined_on)),
    CONSTRAINT project_members_joined_on_finite CHECK (isfinite(joined_on)),
    CONSTRAINT project_members_left_on_finite CHECK (isfinite(left_on)),
    CONSTRAINT project_members_role_check CHECK ((role = ANY (ARRAY['manager'::text, 'lead'::text, 'contributor'::text, 'viewer'::text, 'client'::text]))),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_members FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_members; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_members IS 'Who works on a project and as what (seed project_members).';

--
-- Name: COLUMN project_members.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_members.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_members.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_members.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.created_by IS 'Who created it.';

--
-- Name: COLUMN project_members.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.created_at IS 'When it was created.';

--
-- Name: COLUMN project_members.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_members.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_members.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN project_members.allocation_percent; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_members.allocation_percent IS 'How much of their time goes into it.';

--
-- Name: delete_project_member(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_member(row_id uuid) RETURNS projects.project_members
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_members;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_members t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project member, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_member(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_member(row_id uuid) IS 'Archives a project member with all that belongs to it; restore_project_member puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_milestones; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_milestones (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    phase_id uuid,
    name text NOT NULL,
    description text,
    status text DEFAULT 'pending'::text NOT NULL,
    due_on date NOT NULL,
    achieved_on date,
    CONSTRAINT project_milestones_achieved_on_finite CHECK (isfinite(achieved_on)),
    CONSTRAINT project_milestones_check CHECK (((status <> 'achieved'::text) OR (achieved_on IS NOT NULL))),
    CONSTRAINT project_milestones_due_on_finite CHECK (isfinite(due_on)),
    CONSTRAINT project_milestones_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT project_milestones_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'achieved'::text, 'missed'::text, 'cancelled'::text]))),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_milestones FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_milestones; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_milestones IS 'Days by which something must be so (seed project_milestones).';

--
-- Name: COLUMN project_milestones.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_milestones.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_milestones.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_milestones.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.created_by IS 'Who created it.';

--
-- Name: COLUMN project_milestones.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.created_at IS 'When it was created.';

--
-- Name: COLUMN project_milestones.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_milestones.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_milestones.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_milestones.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: delete_project_milestone(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_milestone(row_id uuid) RETURNS projects.project_milestones
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_milestones;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_milestones t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project milestone, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_milestone(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_milestone(row_id uuid) IS 'Archives a project milestone with all that belongs to it; restore_project_milestone puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_phases; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_phases (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    kind text DEFAULT 'other'::text NOT NULL,
    starts_on date,
    ends_on date,
    "position" integer DEFAULT 0 NOT NULL,
    CONSTRAINT project_phases_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT project_phases_ends_on_finite CHECK (isfinite(ends_on)),
    CONSTRAINT project_phases_kind_check CHECK ((kind = ANY (ARRAY['development'::text, 'pre_production'::text, 'production'::text, 'post_production'::text, 'load_in'::text, 'rehearsal'::text, 'show'::text, 'load_out'::text, 'wrap'::text, 'delivery'::text, 'other'::text]))),
    CONSTRAINT project_phases_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT project_phases_starts_on_finite CHECK (isfinite(starts_on)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_phases FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_phases; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_phases IS 'The parts that a project runs through (seed project_timelines).';

--
-- Name: COLUMN project_phases.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_phases.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_phases.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_phases.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.created_by IS 'Who created it.';

--
-- Name: COLUMN project_phases.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.created_at IS 'When it was created.';

--
-- Name: COLUMN project_phases.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_phases.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_phases.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_phases.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: delete_project_phase(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_phase(row_id uuid) RETURNS projects.project_phases
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_phases;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_phases t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project phase, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_phase(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_phase(row_id uuid) IS 'Archives a project phase with all that belongs to it; restore_project_phase puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_resources; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_resources (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    task_id uuid,
    kind text NOT NULL,
    name text NOT NULL,
    quantity numeric(12,3) DEFAULT 1 NOT NULL,
    unit text,
    unit_cost numeric(14,2),
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    status text DEFAULT 'planned'::text NOT NULL,
    needed_from date,
    needed_until date,
    CONSTRAINT project_resources_check CHECK ((needed_until >= needed_from)),
    CONSTRAINT project_resources_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT project_resources_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'equipment'::text, 'space'::text, 'vehicle'::text, 'material'::text, 'service'::text]))),
    CONSTRAINT project_resources_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT project_resources_needed_from_finite CHECK (isfinite(needed_from)),
    CONSTRAINT project_resources_needed_until_finite CHECK (isfinite(needed_until)),
    CONSTRAINT project_resources_quantity_check CHECK ((quantity > (0)::numeric)),
    CONSTRAINT project_resources_quantity_finite CHECK ((quantity <> 'NaN'::numeric)),
    CONSTRAINT project_resources_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'requested'::text, 'confirmed'::text, 'released'::text]))),
    CONSTRAINT project_resources_unit_cost_check CHECK ((unit_cost >= (0)::numeric)),
    CONSTRAINT project_resources_unit_cost_finite CHECK ((unit_cost <> 'NaN'::numeric)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_resources FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_resources; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_resources IS 'People, gear and places that a project needs (seed project_resources).';

--
-- Name: COLUMN project_resources.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_resources.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_resources.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_resources.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.created_by IS 'Who created it.';

--
-- Name: COLUMN project_resources.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.created_at IS 'When it was created.';

--
-- Name: COLUMN project_resources.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_resources.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_resources.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN project_resources.unit_cost; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_resources.unit_cost IS 'Per unit, in the currency.';

--
-- Name: delete_project_resource(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_resource(row_id uuid) RETURNS projects.project_resources
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_resources;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_resources t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project resource, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_resource(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_resource(row_id uuid) IS 'Archives a project resource with all that belongs to it; restore_project_resource puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_safety; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_safety (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    description text,
    severity text DEFAULT 'low'::text NOT NULL,
    likelihood text,
    status text DEFAULT 'open'::text NOT NULL,
    responsible_id uuid,
    mitigation text,
    occurred_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT project_safety_closed_at_finite CHECK (isfinite(closed_at)),
    CONSTRAINT project_safety_kind_check CHECK ((kind = ANY (ARRAY['risk_assessment'::text, 'safety_plan'::text, 'hazard'::text, 'incident'::text, 'briefing'::text, 'inspection'::text]))),
    CONSTRAINT project_safety_likelihood_check CHECK ((likelihood = ANY (ARRAY['rare'::text, 'unlikely'::text, 'possible'::text, 'likely'::text, 'certain'::text]))),
    CONSTRAINT project_safety_occurred_at_finite CHECK (isfinite(occurred_at)),
    CONSTRAINT project_safety_severity_check CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
    CONSTRAINT project_safety_status_check CHECK ((status = ANY (ARRAY['open'::text, 'mitigated'::text, 'closed'::text]))),
    CONSTRAINT project_safety_title_check CHECK ((btrim(title) <> ''::text)),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_safety FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_safety; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_safety IS 'Risk assessments, safety plans, hazards and incidents of a project (seed project_safety).';

--
-- Name: COLUMN project_safety.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_safety.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_safety.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_safety.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.created_by IS 'Who created it.';

--
-- Name: COLUMN project_safety.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.created_at IS 'When it was created.';

--
-- Name: COLUMN project_safety.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_safety.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_safety.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_safety.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: delete_project_safety(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_safety(row_id uuid) RETURNS projects.project_safety
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_safety;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_safety t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project safety, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_safety(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_safety(row_id uuid) IS 'Archives a project safety with all that belongs to it; restore_project_safety puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: project_tasks; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.project_tasks (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    phase_id uuid,
    parent_task_id uuid,
    title text NOT NULL,
    description text,
    status text DEFAULT 'todo'::text NOT NULL,
    priority text DEFAULT 'medium'::text NOT NULL,
    assignee_id uuid,
    starts_on date,
    due_on date,
    duration_days integer DEFAULT 1 NOT NULL,
    estimated_hours numeric(7,2),
    actual_hours numeric(7,2) DEFAULT 0 NOT NULL,
    completed_at timestamp with time zone,
    "position" integer DEFAULT 0 NOT NULL,
    CONSTRAINT project_tasks_actual_hours_check CHECK ((actual_hours >= (0)::numeric)),
    CONSTRAINT project_tasks_actual_hours_finite CHECK ((actual_hours <> 'NaN'::numeric)),
    CONSTRAINT project_tasks_check CHECK ((due_on >= starts_on)),
    CONSTRAINT project_tasks_check1 CHECK ((parent_task_id <> id)),
    CONSTRAINT project_tasks_completed_at_finite CHECK (isfinite(completed_at)),
    CONSTRAINT project_tasks_due_on_finite CHECK (isfinite(due_on)),
    CONSTRAINT project_tasks_duration_days_check CHECK (((duration_days >= 0) AND (duration_days <= 3650))),
    CONSTRAINT project_tasks_estimated_hours_check CHECK ((estimated_hours >= (0)::numeric)),
    CONSTRAINT project_tasks_estimated_hours_finite CHECK ((estimated_hours <> 'NaN'::numeric)),
    CONSTRAINT project_tasks_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT project_tasks_starts_on_finite CHECK (isfinite(starts_on)),
    CONSTRAINT project_tasks_status_check CHECK ((status = ANY (ARRAY['todo'::text, 'in_progress'::text, 'in_review'::text, 'blocked'::text, 'done'::text, 'cancelled'::text]))),
    CONSTRAINT project_tasks_title_check CHECK (((btrim(title) <> ''::text) AND (length(title) <= 500))),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.project_tasks FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE project_tasks; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.project_tasks IS 'What there is to do (seed project_tasks).';

--
-- Name: COLUMN project_tasks.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN project_tasks.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN project_tasks.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN project_tasks.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.created_by IS 'Who created it.';

--
-- Name: COLUMN project_tasks.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.created_at IS 'When it was created.';

--
-- Name: COLUMN project_tasks.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN project_tasks.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN project_tasks.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN project_tasks.starts_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.starts_on IS 'Not before this day, whatever its predecessors allow.';

--
-- Name: COLUMN project_tasks.due_on; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.due_on IS 'By when it was promised.';

--
-- Name: COLUMN project_tasks.duration_days; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.duration_days IS 'Working days that it takes; 0 for an instant.';

--
-- Name: COLUMN project_tasks.completed_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.project_tasks.completed_at IS 'When its status became done.';

--
-- Name: delete_project_task(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_project_task(row_id uuid) RETURNS projects.project_tasks
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.project_tasks;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.project_tasks t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such project task, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_project_task(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_project_task(row_id uuid) IS 'Archives a project task with all that belongs to it; restore_project_task puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: task_dependencies; Type: TABLE; Schema: projects; Owner: -
--

CREATE TABLE projects.task_dependencies (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    project_id uuid NOT NULL,
    predecessor_id uuid NOT NULL,
    successor_id uuid NOT NULL,
    kind text DEFAULT 'finish_to_start'::text NOT NULL,
    lag_days integer DEFAULT 0 NOT NULL,
    CONSTRAINT task_dependencies_check CHECK ((predecessor_id <> successor_id)),
    CONSTRAINT task_dependencies_kind_check CHECK ((kind = ANY (ARRAY['finish_to_start'::text, 'start_to_start'::text, 'finish_to_finish'::text, 'start_to_finish'::text]))),
    CONSTRAINT task_dependencies_lag_days_check CHECK (((lag_days >= '-3650'::integer) AND (lag_days <= 3650))),
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY projects.task_dependencies FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE task_dependencies; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON TABLE projects.task_dependencies IS 'Which task waits for which (seed project_dependencies). A link that would close a circle is refused.';

--
-- Name: COLUMN task_dependencies.organization_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN task_dependencies.id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN task_dependencies.workspace_id; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN task_dependencies.created_by; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.created_by IS 'Who created it.';

--
-- Name: COLUMN task_dependencies.created_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.created_at IS 'When it was created.';

--
-- Name: COLUMN task_dependencies.updated_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN task_dependencies.custom_fields; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN task_dependencies.deleted_at; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: COLUMN task_dependencies.kind; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.kind IS 'What the successor waits with for what of the predecessor: finish_to_start is "starts when that has finished".';

--
-- Name: COLUMN task_dependencies.lag_days; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON COLUMN projects.task_dependencies.lag_days IS 'Working days in between; negative where they may overlap.';

--
-- Name: delete_task_dependency(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.delete_task_dependency(row_id uuid) RETURNS projects.task_dependencies
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      archived projects.task_dependencies;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update projects.task_dependencies t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such task dependency, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $$;

--
-- Name: FUNCTION delete_task_dependency(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.delete_task_dependency(row_id uuid) IS 'Archives a task dependency with all that belongs to it; restore_task_dependency puts it back. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: find_dependency_cycle(uuid, uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.find_dependency_cycle(organization_id uuid, project_id uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tasks uuid[];
  predecessors integer[];
  successors integer[];
  remaining boolean[];
  ordered integer[];
  here integer;
  walked integer[] := '{}'::integer[];
begin
  select array_agg(t.id order by t.id)
    into tasks
    from (
      select unnest(array[d.predecessor_id, d.successor_id]) as id
        from projects.task_dependencies d
       where d.organization_id = find_dependency_cycle.organization_id
         and d.project_id = find_dependency_cycle.project_id
         and d.deleted_at is null
       group by 1
    ) t;
  if tasks is null then
    return null;
  end if;
  with numbered as materialized (
    select n.id, n.number::integer as number from unnest(tasks) with ordinality as n (id, number)
  )
  select array_agg(p.number), array_agg(s.number)
    into predecessors, successors
    from projects.task_dependencies d
    join numbered p on p.id = d.predecessor_id
    join numbered s on s.id = d.successor_id
   where d.organization_id = find_dependency_cycle.organization_id
     and d.project_id = find_dependency_cycle.project_id
     and d.deleted_at is null;
  ordered := platform.topological_order(cardinality(tasks), predecessors, successors);
  if cardinality(ordered) = cardinality(tasks) then
    return null;
  end if;

  -- Every task that could not be ordered waits for another such one: walking backwards must come to one a second time.
  remaining := array_fill(true, array[cardinality(tasks)]);
  foreach here in array ordered loop
    remaining[here] := false;
  end loop;
  here := array_position(remaining, true);
  while array_position(walked, here) is null loop
    walked := walked || here;
    here := (
      select l.predecessor
        from unnest(predecessors, successors) as l (predecessor, successor)
       where l.successor = here and remaining[l.predecessor]
       limit 1
    );
  end loop;
  walked := walked[array_position(walked, here):] || here;
  return (
    select array_agg(tasks[w.number] order by w.position desc)
      from unnest(walked) with ordinality as w (number, position)
  );
end
$$;

--
-- Name: FUNCTION find_dependency_cycle(organization_id uuid, project_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.find_dependency_cycle(organization_id uuid, project_id uuid) IS 'One circle among the links of a project, from a task back to itself in working order; null when there is none.';

--
-- Name: get_production_health(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.get_production_health(project_id uuid) RETURNS projects.production_health
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('projects.read');
  today constant date := platform.today(organization);
  project record;
  parts projects.health_part[];
  data_weight numeric;
  result projects.production_health;
begin
  select p.id, p.ends_on, p.is_template
    into project
    from projects.projects p
   where p.organization_id = organization and p.id = get_production_health.project_id;
  if project.id is null then
    perform platform.refuse('CB004', 'There is no such project, or you may not read it.', field => 'project_id');
  end if;
  result.project_id := project.id;
  result.as_of := today;
  if project.is_template then
    result.parts := '{}';
    return result;
  end if;
  parts := array[
    projects.schedule_health(organization, project.id, today),
    projects.budget_health(organization, project.id, today),
    -- what was needed is judged as of the last day on which it was
    projects.compliance_health(organization, project.id, least(today, project.ends_on)),
    projects.safety_health(organization, project.id),
    projects.staffing_health(organization, project.id)
  ];
  select sum(p.weight) into data_weight from unnest(parts) p where p.has_data;

  select array_agg(
           (p.part, p.score, p.weight,
            case when p.has_data then round(100 * p.weight / data_weight, 2) else 0 end,
            p.has_data, p.summary, p.figures)::projects.health_part
           order by p.weight desc, p.part),
         round(sum(p.score * p.weight) filter (where p.has_data) / data_weight, 1)
    into result.parts, result.score
    from unnest(parts) p;
  result.grade := case
    when result.score >= 80 then 'healthy'
    when result.score >= 60 then 'watch'
    when result.score is not null then 'critical'
  end;
  return result;
end
$$;

--
-- Name: FUNCTION get_production_health(project_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.get_production_health(project_id uuid) IS 'How a project stands, 0 to 100, with its parts: schedule (30 %), budget (25 %), compliance (20 %), safety (15 %), staffing (10 %). A part without data, or without data that the caller may read, is left out; its weight goes to the others, and the answer says so. A template has no health. Needs projects.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: get_production_timeline(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.get_production_timeline(project_id uuid) RETURNS projects.production_timeline
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  organization constant uuid := authz.require('projects.read');
  project record;
  result projects.production_timeline;
  ids uuid[];
  durations integer[];
  not_before integer[];
  predecessors integer[];
  successors integer[];
  kinds text[];
  lags integer[];
  first_link integer[];
  next_link integer[];
  ordered integer[];
  ranks integer[];
  earliest integer[];
  latest integer[];
  floors integer[];
  finish integer := 0;
  task integer;
  link integer;
  other integer;
  bound integer;
  days date[];
  first_day date;
begin
  select p.id, p.starts_on, p.ends_on, p.working_days as weekdays, p.days_off
    into project
    from projects.projects p
   where p.organization_id = organization and p.id = get_production_timeline.project_id;
  if project.id is null then
    perform platform.refuse('CB004', 'There is no such project, or you may not read it.', field => 'project_id');
  end if;
  first_day := coalesce(
    project.starts_on,
    (select min(t.starts_on)
       from projects.project_tasks t
      where t.organization_id = organization
        and t.project_id = project.id
        and t.status <> 'cancelled'
        and t.deleted_at is null),
    platform.today(organization));
  days := projects.working_days(first_day, 1, project.weekdays, project.days_off);
  first_day := days[1];
  result.project_id := project.id;
  result.starts_on := first_day;
  result.ends_on := project.ends_on;
  result.working_days := 0;
  result.critical_path := '{}';
  result.tasks := '{}';

  -- Days are counted from 0 at the first working day; a finish is the day after the last one of work.
  select projects.working_days(
           first_day, greatest(max(t.starts_on) - first_day, 1), project.weekdays, project.days_off)
    into days
    from projects.project_tasks t
   where t.organization_id = organization
     and t.project_id = project.id
     and t.status <> 'cancelled'
     and t.deleted_at is null;
  select array_agg(t.id order by t.id),
         array_agg(t.duration_days order by t.id),
         array_agg(case when t.starts_on > first_day then width_bucket(t.starts_on - 1, days) else 0 end order by t.id)
    into ids, durations, not_before
    from projects.project_tasks t
   where t.organization_id = organization
     and t.project_id = project.id
     and t.status <> 'cancelled'
     and t.deleted_at is null;
  if ids is null then
    return result;
  end if;
  with numbered as materialized (
    select n.id, n.number::integer as number from unnest(ids) with ordinality as n (id, number)
  )
  select coalesce(array_agg(p.number order by d.id), '{}'), coalesce(array_agg(s.number order by d.id), '{}'),
         coalesce(array_agg(d.kind order by d.id), '{}'), coalesce(array_agg(d.lag_days order by d.id), '{}')
    into predecessors, successors, kinds, lags
    from projects.task_dependencies d
    join numbered p on p.id = d.predecessor_id
    join numbered s on s.id = d.successor_id
   where d.organization_id = organization and d.project_id = project.id and d.deleted_at is null;

  ordered := platform.topological_order(cardinality(ids), predecessors, successors);
  first_link := array_fill(0, array[cardinality(ids)]);
  next_link := array_fill(0, array[cardinality(predecessors)]);
  for link in 1 .. cardinality(predecessors) loop
    next_link[link] := first_link[predecessors[link]];
    first_link[predecessors[link]] := link;
  end loop;

  -- Forward: no start before what is waited for.
  -- An instant lies at the end of a day, unless something holds it to the beginning of the next one: its own first day,
  -- the start of other work, or another such instant. Then that next day is its floor.
  earliest := not_before;
  floors := not_before;
  foreach task in array ordered loop
    finish := greatest(finish, earliest[task] + durations[task]);
    link := first_link[task];
    while link <> 0 loop
      other := successors[link];
      bound := lags[link] + earliest[task]
        + case when kinds[link] in ('finish_to_start', 'finish_to_finish') then durations[task] else 0 end
        - case when kinds[link] in ('finish_to_finish', 'start_to_finish') then durations[other] else 0 end;
      earliest[other] := greatest(earliest[other], bound);
      if durations[task] = 0 then
        floors[other] := greatest(floors[other], floors[task] + lags[link]);
      elsif kinds[link] = 'start_to_start' then
        floors[other] := greatest(floors[other], earliest[task] + lags[link]);
      end if;
      link := next_link[link];
    end loop;
  end loop;

  -- Backward: no start after which the project would finish later.
  latest := array_fill(0, array[cardinality(ids)]);
  ranks := latest;
  for position in reverse cardinality(ordered) .. 1 loop
    task := ordered[position];
    ranks[task] := position;
    latest[task] := finish - durations[task];
    link := first_link[task];
    while link <> 0 loop
      other := successors[link];
      bound := latest[other] - lags[link]
        - case when kinds[link] in ('finish_to_start', 'finish_to_finish') then durations[task] else 0 end
        + case when kinds[link] in ('finish_to_finish', 'start_to_finish') then durations[other] else 0 end;
      latest[task] := least(latest[task], bound);
      link := next_link[link];
    end loop;
  end loop;

  days := projects.working_days(first_day, finish + 1, project.weekdays, project.days_off);
  select array_agg(
           (t.id, t.title, t.status, n.duration,
            days[1 + s.first], days[s.first + greatest(n.duration, 1)],
            days[1 + s.last], days[s.last + greatest(n.duration, 1)],
            n.latest - n.earliest, n.latest = n.earliest
           )::projects.timeline_task
           order by s.first, n.earliest, n.latest, n.rank),
         array_agg(t.id order by s.first, n.earliest, n.rank)
           filter (where n.latest = n.earliest)
    into result.tasks, result.critical_path
    from unnest(ids, durations, floors, earliest, latest, ranks) as n (id, duration, floor, earliest, latest, rank)
   cross join lateral (
           select case when n.duration = 0 then greatest(n.earliest - 1, n.floor) else n.earliest end as first,
                  case when n.duration = 0 then greatest(n.latest - 1, n.floor) else n.latest end as last
         ) s
    join projects.project_tasks t on t.organization_id = organization and t.id = n.id;
  result.working_days := finish;
  result.finishes_on := (select max(t.earliest_finish) from unnest(result.tasks) t);
  result.days_late := result.finishes_on - project.ends_on;
  return result;
end
$$;

--
-- Name: FUNCTION get_production_timeline(project_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.get_production_timeline(project_id uuid) IS 'The critical path of a project: earliest and latest start and finish of each task over its links (finish-to-start, start-to-start, finish-to-finish, start-to-finish, with lag), in the project''s working days, with slack; and when the project finishes. Cancelled and archived tasks do not count; a task that is part of another counts by itself. Needs projects.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

--
-- Name: is_slug_taken(uuid, text); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.is_slug_taken(organization_id uuid, slug text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select
      from projects.projects p
     where p.organization_id = is_slug_taken.organization_id
       and p.slug = is_slug_taken.slug
       -- only ever asked about the caller's own organization, or by the back office
       and (p.organization_id = authz.organization_id() or authz.user_id() is null)
  )
$$;

--
-- Name: FUNCTION is_slug_taken(organization_id uuid, slug text); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.is_slug_taken(organization_id uuid, slug text) IS 'Whether a slug is used in the organization. Definer: projects in private workspaces count too.';

--
-- Name: note_completion_trigger(); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.note_completion_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.status <> tg_argv[0] then
    new.completed_at := null;
  elsif tg_op = 'INSERT' or old.status <> tg_argv[0] then
    -- a job that imports history may say when it was
    new.completed_at := coalesce(new.completed_at, now());
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION note_completion_trigger(); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.note_completion_trigger() IS 'completed_at is when the status last became the final one.';

--
-- Name: number_version_trigger(); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.number_version_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Two at once would count to the same number.
  perform pg_advisory_xact_lock(hashtextextended(new.project_id || new.name, 5678003));
  new.version := 1 + coalesce((
    select max(v.version)
      from projects.design_versions v
     where v.organization_id = new.organization_id and v.project_id = new.project_id and v.name = new.name
  ), 0);
  return new;
end
$$;

--
-- Name: FUNCTION number_version_trigger(); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.number_version_trigger() IS 'The next version number of a design. Definer: archived versions, and those in workspaces that the caller does not see, count too.';

--
-- Name: projects_health(projects.projects); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.projects_health(project projects.projects) RETURNS projects.production_health
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select projects.get_production_health(project.id)
$$;

--
-- Name: FUNCTION projects_health(project projects.projects); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.projects_health(project projects.projects) IS 'How the project stands, 0 to 100, with its parts: see getProductionHealth.';

--
-- Name: projects_timeline(projects.projects); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.projects_timeline(project projects.projects) RETURNS projects.production_timeline
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select projects.get_production_timeline(project.id)
$$;

--
-- Name: FUNCTION projects_timeline(project projects.projects); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.projects_timeline(project projects.projects) IS 'The critical path of the project: see getProductionTimeline.';

--
-- Name: refuse_cycles_trigger(); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.refuse_cycles_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  touched record;
  circle uuid[];
begin
  for touched in select distinct n.organization_id, n.project_id from new_rows n where n.deleted_at is null order by 2 loop
    -- Two callers who each add half of a circle: the second waits, and then sees the first one's half.
    perform pg_advisory_xact_lock(hashtextextended(touched.project_id::text, 5678004));
    circle := projects.find_dependency_cycle(touched.organization_id, touched.project_id);
    if circle is not null then
      perform platform.refuse(
        'CB007', 'The tasks would wait for each other in a circle.',
        field => 'successor_id',
        detail => (
          select string_agg(t.title, ' → ' order by c.position)
            from unnest(circle) with ordinality as c (task_id, position)
            join projects.project_tasks t on t.organization_id = touched.organization_id and t.id = c.task_id
        ));
    end if;
  end loop;
  return null;
end
$$;

--
-- Name: FUNCTION refuse_cycles_trigger(); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.refuse_cycles_trigger() IS 'Refuses links that close a circle, and names its tasks. Definer: links that the caller does not see count too.';

--
-- Name: refuse_subtask_cycle_trigger(); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.refuse_subtask_cycle_trigger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  circle text;
begin
  perform pg_advisory_xact_lock(hashtextextended(new.project_id::text, 5678004));
  with recursive above as (
    select t.id, t.parent_task_id, t.title, 1 as depth
      from projects.project_tasks t
     where t.organization_id = new.organization_id and t.id = new.parent_task_id
    union all
    select t.id, t.parent_task_id, t.title, a.depth + 1
      from above a
      join projects.project_tasks t on t.organization_id = new.organization_id and t.id = a.parent_task_id
     where a.parent_task_id <> new.id
  )
  select string_agg(a.title, ' → ' order by a.depth) into circle
    from above a
  having bool_or(a.parent_task_id = new.id);
  if circle is not null then
    perform platform.refuse(
      'CB007', 'A task cannot be part of itself.', field => 'parent_task_id',
      detail => concat_ws(' → ', new.title, circle, new.title));
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION refuse_subtask_cycle_trigger(); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.refuse_subtask_cycle_trigger() IS 'Refuses a task as a part of one of its own parts. Definer: tasks that the caller does not see count too.';

--
-- Name: restore_design_version(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_design_version(row_id uuid) RETURNS projects.design_versions
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.design_versions;
    begin
      update projects.design_versions t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived design version, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this design version belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_design_version(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_design_version(row_id uuid) IS 'Puts an archived design version back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project(row_id uuid) RETURNS projects.projects
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.projects;
    begin
      update projects.projects t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project, or you may not restore it.', field => 'row_id');
      end if;
      
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project(row_id uuid) IS 'Puts an archived project back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_compliance(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_compliance(row_id uuid) RETURNS projects.project_compliance
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_compliance;
    begin
      update projects.project_compliance t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project compliance, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project compliance belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_compliance(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_compliance(row_id uuid) IS 'Puts an archived project compliance back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_member(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_member(row_id uuid) RETURNS projects.project_members
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_members;
    begin
      update projects.project_members t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project member, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project member belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_member(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_member(row_id uuid) IS 'Puts an archived project member back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_milestone(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_milestone(row_id uuid) RETURNS projects.project_milestones
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_milestones;
    begin
      update projects.project_milestones t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project milestone, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project milestone belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_milestone(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_milestone(row_id uuid) IS 'Puts an archived project milestone back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_phase(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_phase(row_id uuid) RETURNS projects.project_phases
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_phases;
    begin
      update projects.project_phases t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project phase, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project phase belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_phase(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_phase(row_id uuid) IS 'Puts an archived project phase back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_resource(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_resource(row_id uuid) RETURNS projects.project_resources
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_resources;
    begin
      update projects.project_resources t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project resource, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project resource belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_resource(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_resource(row_id uuid) IS 'Puts an archived project resource back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_safety(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_safety(row_id uuid) RETURNS projects.project_safety
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_safety;
    begin
      update projects.project_safety t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project safety, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project safety belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_safety(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_safety(row_id uuid) IS 'Puts an archived project safety back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_project_task(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_project_task(row_id uuid) RETURNS projects.project_tasks
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.project_tasks;
    begin
      update projects.project_tasks t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived project task, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this project task belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_project_task(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_project_task(row_id uuid) IS 'Puts an archived project task back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: restore_task_dependency(uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.restore_task_dependency(row_id uuid) RETURNS projects.task_dependencies
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    declare
      restored projects.task_dependencies;
    begin
      update projects.task_dependencies t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived task dependency, or you may not restore it.', field => 'row_id');
      end if;
      if exists (
        select from projects.projects p
         where p.organization_id = restored.organization_id and p.id = restored.project_id and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this task dependency belongs to is archived: restore that first.', field => 'row_id');
      end if;
      return restored;
    end
    $$;

--
-- Name: FUNCTION restore_task_dependency(row_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.restore_task_dependency(row_id uuid) IS 'Puts an archived task dependency back, with what was archived along with it. Needs projects.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.';

--
-- Name: safety_health(uuid, uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.safety_health(organization_id uuid, project_id uuid) RETURNS projects.health_part
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with counted as (
    select count(*) as entries,
           count(*) filter (where o.is_open) as open,
           greatest(100 - coalesce(sum(
             case s.severity when 'critical' then 70 when 'high' then 35 when 'medium' then 15 else 5 end
             -- what is mitigated is not over
             * case s.status when 'mitigated' then 0.4 else 1 end
           ) filter (where o.is_open), 0), 0) as score
      from projects.project_safety s
     cross join lateral (select s.kind in ('hazard', 'incident') and s.status <> 'closed' as is_open) o
     where s.organization_id = safety_health.organization_id
       and s.project_id = safety_health.project_id
       and s.deleted_at is null
  )
  select ('safety', case when c.entries > 0 then round(c.score, 1) end, 15, null, c.entries > 0,
          case
            when c.entries = 0 then 'Nothing about safety is recorded.'
            else format('%s hazards and incidents open.', c.open)
          end,
          jsonb_build_object('entries', c.entries, 'open', c.open)
         )::projects.health_part
    from counted c
$$;

--
-- Name: FUNCTION safety_health(organization_id uuid, project_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.safety_health(organization_id uuid, project_id uuid) IS 'Open hazards and incidents cost 5 (low), 15, 35 or 70 (critical) points each, mitigated ones 40 % of that.';

--
-- Name: schedule_health(uuid, uuid, date); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.schedule_health(organization_id uuid, project_id uuid, today date) RETURNS projects.health_part
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with critical as materialized (
    select unnest((projects.get_production_timeline(schedule_health.project_id)).critical_path) as task_id
  ),
  judged as (
    select 'task' as what,
           case t.priority when 'urgent' then 2 when 'high' then 1.5 when 'medium' then 1 else 0.5 end
             * case when exists (select from critical c where c.task_id = t.id) then 3 else 1 end as weight,
           -- what was done late weighs no more: it can no longer be helped
           case when t.status <> 'done' then greatest(schedule_health.today - t.due_on, 0) else 0 end as days_late
      from projects.project_tasks t
     where t.organization_id = schedule_health.organization_id
       and t.project_id = schedule_health.project_id
       and t.status <> 'cancelled'
       and t.due_on is not null
       and t.deleted_at is null
    union all
    select 'milestone', 5,
           case when m.status = 'achieved' then 0 else greatest(schedule_health.today - m.due_on, 0) end
      from projects.project_milestones m
     where m.organization_id = schedule_health.organization_id
       and m.project_id = schedule_health.project_id
       and m.status <> 'cancelled'
       and m.deleted_at is null
  ),
  counted as (
    -- two weeks late is as bad as it gets
    select 100 * (1 - sum(j.weight * least(j.days_late / 14.0, 1)) / sum(j.weight)) as score,
           count(*) filter (where j.what = 'task') as tasks,
           count(*) filter (where j.what = 'task' and j.days_late > 0) as overdue_tasks,
           count(*) filter (where j.what = 'milestone' and j.days_late > 0) as missed_milestones,
           coalesce(max(j.days_late), 0) as worst_days_late
      from judged j
  )
  select ('schedule', round(c.score, 1), 30, null, c.score is not null,
          case
            when c.score is null then 'No task or milestone has a day by which it is due.'
            else format('%s of %s dated tasks overdue, %s milestones missed, at worst by %s days.',
                        c.overdue_tasks, c.tasks, c.missed_milestones, c.worst_days_late)
          end,
          jsonb_build_object('datedTasks', c.tasks, 'overdueTasks', c.overdue_tasks,
                             'missedMilestones', c.missed_milestones, 'worstDaysLate', c.worst_days_late)
         )::projects.health_part
    from counted c
$$;

--
-- Name: FUNCTION schedule_health(organization_id uuid, project_id uuid, today date); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.schedule_health(organization_id uuid, project_id uuid, today date) IS 'Overdue tasks, weighted by days late (14 are the worst), priority and whether they are critical, and missed milestones, as a share of all that is dated.';

--
-- Name: set_slug_trigger(); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.set_slug_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  new.slug := coalesce(platform.slugify(new.name), 'project');
  -- Of two at once with the same name, the second waits and then sees that the slug is taken.
  perform pg_advisory_xact_lock(hashtextextended(new.organization_id || new.slug, 5678005));
  -- Row security does not matter here: what hides a project from the caller still holds its slug, and the suffix is new.
  if projects.is_slug_taken(new.organization_id, new.slug) then
    new.slug := left(new.slug, 67) || '-' || right(replace(new.id::text, '-', ''), 12);
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION set_slug_trigger(); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.set_slug_trigger() IS 'A project without a slug gets one from its name.';

--
-- Name: staffing_health(uuid, uuid); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.staffing_health(organization_id uuid, project_id uuid) RETURNS projects.health_part
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with needed as (
    select r.quantity, r.status in ('confirmed', 'released') as is_filled
      from projects.project_resources r
     where r.organization_id = staffing_health.organization_id
       and r.project_id = staffing_health.project_id
       and r.kind = 'person'
       and r.deleted_at is null
  ),
  counted as (
    select trim_scale(coalesce(sum(n.quantity), 0)) as needed,
           trim_scale(coalesce(sum(n.quantity) filter (where not n.is_filled), 0)) as unfilled
      from needed n
  )
  select ('staffing', round(100.0 * (c.needed - c.unfilled) / nullif(c.needed, 0), 1), 10, null, c.needed > 0,
          case
            when c.needed = 0 then 'Nobody is asked for.'
            else format('%s of %s people are not confirmed.', c.unfilled, c.needed)
          end,
          jsonb_build_object('needed', c.needed, 'unfilled', c.unfilled)
         )::projects.health_part
    from counted c
$$;

--
-- Name: FUNCTION staffing_health(organization_id uuid, project_id uuid); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.staffing_health(organization_id uuid, project_id uuid) IS 'The share of the people asked for who are confirmed.';

--
-- Name: working_days(date, integer, smallint[], date[]); Type: FUNCTION; Schema: projects; Owner: -
--

CREATE FUNCTION projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[]) RETURNS date[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array_agg(d.day order by d.day)
    from (
      select from_day + n as day
        -- so many weeks that they hold the count, and as many days more as can be off
        from generate_series(
               0,
               (count / (select count(distinct weekday)::integer from unnest(weekdays) as weekday) + 2) * 7
                 + 2 * 7 * cardinality(days_off)) as n
       where extract(isodow from from_day + n) = any (weekdays) and from_day + n <> all (days_off)
       order by n
       limit count
    ) d
$$;

--
-- Name: FUNCTION working_days(from_day date, count integer, weekdays smallint[], days_off date[]); Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON FUNCTION projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[]) IS '@behavior -*
The first so many working days from a day on.';

--
-- Name: create_organization(text, uuid, text, text); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.create_organization(name text, owner_id uuid, time_zone text DEFAULT 'UTC'::text, currency text DEFAULT 'USD'::text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  new_organization_id constant uuid := platform.uuidv7();
begin
  insert into tenancy.organizations (id, name, slug, time_zone, currency, created_by)
  values (
    new_organization_id, create_organization.name, tenancy.free_slug(create_organization.name),
    create_organization.time_zone, create_organization.currency, owner_id);
  perform tenancy.sync_system_roles(new_organization_id);
  insert into tenancy.organization_members (organization_id, user_id, role_id)
  select r.organization_id, owner_id, r.id
    from tenancy.roles r
   where r.organization_id = new_organization_id and r.key = 'owner';
  insert into tenancy.workspaces (organization_id, name, slug, created_by)
  values (new_organization_id, 'General', 'general', owner_id);
  return new_organization_id;
end
$$;

--
-- Name: FUNCTION create_organization(name text, owner_id uuid, time_zone text, currency text); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.create_organization(name text, owner_id uuid, time_zone text, currency text) IS 'An organization with its four roles, its owner and one workspace. The caller has checked who may.';

--
-- Name: free_slug(text); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.free_slug(name text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  wanted text := left(platform.slugify(name), 50);
begin
  wanted := coalesce(wanted, 'organization');
  if exists (select from tenancy.organizations o where o.slug = wanted) then
    wanted := wanted || '-' || encode(extensions.gen_random_bytes(4), 'hex');
  end if;
  return wanted;
end
$$;

--
-- Name: FUNCTION free_slug(name text); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.free_slug(name text) IS 'A name as it stands in addresses, with a suffix where it is taken.';

--
-- Name: is_active_member(uuid, uuid); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.is_active_member(organization_id uuid, user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select
      from tenancy.organization_members m
      join tenancy.organizations o on o.id = m.organization_id and o.status = 'active'
     where m.organization_id = is_active_member.organization_id
       and m.user_id = is_active_member.user_id
       and m.status = 'active'
  )
$$;

--
-- Name: FUNCTION is_active_member(organization_id uuid, user_id uuid); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.is_active_member(organization_id uuid, user_id uuid) IS 'Whether a user belongs to an organization that is active. For functions that have checked who asks.';

--
-- Name: organization_members; Type: TABLE; Schema: tenancy; Owner: -
--

CREATE TABLE tenancy.organization_members (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    role_id uuid NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    title text,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organization_members_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'left'::text])))
);

ALTER TABLE ONLY tenancy.organization_members FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE organization_members; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON TABLE tenancy.organization_members IS 'Who belongs to an organization and in which role (seeds organization_members, tenant_members). Who is no longer active is out at the next request.';

--
-- Name: COLUMN organization_members.title; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.organization_members.title IS 'What they do there, in their own words.';

--
-- Name: organization_members_email(tenancy.organization_members); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.organization_members_email(member tenancy.organization_members) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select u.email
    from tenancy.organization_members m
    join identity.users u on u.id = m.user_id
   where m.organization_id = authz.organization_id()
     and m.id = member.id
     and (authz.has('tenancy.read') or m.user_id = authz.user_id())
$$;

--
-- Name: FUNCTION organization_members_email(member tenancy.organization_members); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.organization_members_email(member tenancy.organization_members) IS 'The e-mail address that the member signs in with. Definer: the column itself is granted to nobody.';

--
-- Name: sync_system_roles(uuid); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.sync_system_roles(organization_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into tenancy.roles as r (organization_id, key, name, description, is_system, permissions)
  select o.id, d.key, d.name, d.description, true,
         (select coalesce(array_agg(p.key order by p.key), '{}')
            from authz.permissions p
           where d.key = any (p.default_roles))
    from tenancy.organizations o
   cross join (values
           ('owner', 'Owner', 'May do everything, and decides who else owns the organization.'),
           ('admin', 'Admin', 'Runs the organization: everything but ownership.'),
           ('member', 'Member', 'Works in the organization: projects, events, gear; not its money.'),
           ('guest', 'Guest', 'Reads what is in the workspaces it was invited to.')
         ) as d (key, name, description)
   where sync_system_roles.organization_id is null or o.id = sync_system_roles.organization_id
  on conflict on constraint roles_organization_id_key_key do update
    set (name, description, is_system, permissions, updated_at)
      = (excluded.name, excluded.description, true, excluded.permissions, now())
  where r.permissions is distinct from excluded.permissions or not r.is_system
$$;

--
-- Name: FUNCTION sync_system_roles(organization_id uuid); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.sync_system_roles(organization_id uuid) IS 'Gives the four default roles of one organization, or of all, the permissions that the registry says.';

--
-- Name: sync_system_roles_trigger(); Type: FUNCTION; Schema: tenancy; Owner: -
--

CREATE FUNCTION tenancy.sync_system_roles_trigger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform tenancy.sync_system_roles();
  return null;
end
$$;

--
-- Name: FUNCTION sync_system_roles_trigger(); Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON FUNCTION tenancy.sync_system_roles_trigger() IS 'A permission that comes with a release reaches the default roles of all organizations.';

--
-- Name: permissions; Type: TABLE; Schema: authz; Owner: -
--

CREATE TABLE authz.permissions (
    key text NOT NULL,
    description text NOT NULL,
    default_roles text[] NOT NULL,
    CONSTRAINT permissions_default_roles_check CHECK (((default_roles <@ '{owner,admin,member,guest}'::text[]) AND ('owner'::text = ANY (default_roles)))),
    CONSTRAINT permissions_key_check CHECK ((key ~ '^[a-z_]+\.[a-z_]+$'::text))
);

ALTER TABLE ONLY authz.permissions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE permissions; Type: COMMENT; Schema: authz; Owner: -
--

COMMENT ON TABLE authz.permissions IS 'Everything that a role can be allowed to do, with the default roles that hold it. Filled by the access files.';

--
-- Name: credentials; Type: TABLE; Schema: identity; Owner: -
--

CREATE TABLE identity.credentials (
    user_id uuid NOT NULL,
    password_hash text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY identity.credentials FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE credentials; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TABLE identity.credentials IS 'Passwords, hashed by bcrypt. Apart from the users, so that nothing that reads users can reach them.';

--
-- Name: platform_roles; Type: TABLE; Schema: identity; Owner: -
--

CREATE TABLE identity.platform_roles (
    user_id uuid NOT NULL,
    role text NOT NULL,
    granted_by uuid,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT platform_roles_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'moderator'::text, 'support'::text])))
);

ALTER TABLE ONLY identity.platform_roles FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE platform_roles; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TABLE identity.platform_roles IS 'Who may act for the platform itself, above all organizations (seeds user_roles). Not a role in an organization.';

--
-- Name: profiles; Type: TABLE; Schema: identity; Owner: -
--

CREATE TABLE identity.profiles (
    user_id uuid DEFAULT authz.user_id() NOT NULL,
    headline text,
    bio text,
    phone text,
    location text,
    website text,
    links jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT profiles_bio_check CHECK ((length(bio) <= 10000)),
    CONSTRAINT profiles_headline_check CHECK ((length(headline) <= 200)),
    CONSTRAINT profiles_links_check CHECK ((jsonb_typeof(links) = 'array'::text)),
    CONSTRAINT profiles_phone_check CHECK ((length(phone) <= 40)),
    CONSTRAINT profiles_website_check CHECK ((website ~ '^https?://'::text))
);

ALTER TABLE ONLY identity.profiles FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE profiles; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TABLE identity.profiles IS 'What users tell about themselves (seeds user_profiles, profiles). Read and written by the user alone.';

--
-- Name: COLUMN profiles.links; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON COLUMN identity.profiles.links IS 'Further addresses: a list of {"label", "url"}.';

--
-- Name: refresh_tokens; Type: TABLE; Schema: identity; Owner: -
--

CREATE TABLE identity.refresh_tokens (
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid DEFAULT platform.uuidv7() NOT NULL,
    organization_id uuid,
    token_hash bytea NOT NULL,
    device jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_reason text,
    CONSTRAINT refresh_tokens_check CHECK (((revoked_at IS NULL) = (revoked_reason IS NULL))),
    CONSTRAINT refresh_tokens_device_check CHECK ((jsonb_typeof(device) = 'object'::text)),
    CONSTRAINT refresh_tokens_revoked_reason_check CHECK ((revoked_reason = ANY (ARRAY['signed_out'::text, 'reused'::text, 'password_changed'::text, 'administrator'::text])))
);

ALTER TABLE ONLY identity.refresh_tokens FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE refresh_tokens; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TABLE identity.refresh_tokens IS 'One row per refresh token ever given out (seed refresh_tokens): SHA-256 only, one session per device, each token used once. Using one a second time revokes its session.';

--
-- Name: COLUMN refresh_tokens.organization_id; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON COLUMN identity.refresh_tokens.organization_id IS 'The organization that is active in the session.';

--
-- Name: users; Type: TABLE; Schema: identity; Owner: -
--

CREATE TABLE identity.users (
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    avatar_url text,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    email_verified_at timestamp with time zone,
    last_sign_in_at timestamp with time zone,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_avatar_url_check CHECK ((avatar_url ~ '^https?://'::text)),
    CONSTRAINT users_email_check CHECK (((email = lower(btrim(email))) AND (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (length(email) <= 254))),
    CONSTRAINT users_name_check CHECK (((btrim(name) <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT users_time_zone_check CHECK (platform.is_time_zone(time_zone))
);

ALTER TABLE ONLY identity.users FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE users; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON TABLE identity.users IS 'A person who signs in, across organizations (seeds auth.users, users). Never deleted: an account that ends is anonymized, so that what it created keeps its author.';

--
-- Name: COLUMN users.email; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON COLUMN identity.users.email IS 'In lower case; what the user signs in with.';

--
-- Name: COLUMN users.time_zone; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON COLUMN identity.users.time_zone IS 'An IANA name such as America/New_York.';

--
-- Name: COLUMN users.is_active; Type: COMMENT; Schema: identity; Owner: -
--

COMMENT ON COLUMN identity.users.is_active IS 'Whether the user may sign in.';

--
-- Name: change_watchers; Type: TABLE; Schema: platform; Owner: -
--

CREATE UNLOGGED TABLE platform.change_watchers (
    organization_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY platform.change_watchers FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE change_watchers; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON TABLE platform.change_watchers IS 'Organizations whose changes somebody listens to. Unlogged: after a crash the servers register again.';

--
-- Name: migrations; Type: TABLE; Schema: platform; Owner: -
--

CREATE TABLE platform.migrations (
    path text NOT NULL,
    hash text NOT NULL,
    objects text[] DEFAULT '{}'::text[] NOT NULL,
    milliseconds integer NOT NULL,
    ran_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY platform.migrations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE migrations; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON TABLE platform.migrations IS 'What has run, from which text, and which functions it made. Kept by db/migrate.ts.';

--
-- Name: protected_tables; Type: TABLE; Schema: platform; Owner: -
--

CREATE TABLE platform.protected_tables (
    table_id regclass NOT NULL,
    kind text NOT NULL,
    module text NOT NULL,
    parent_table regclass,
    parent_column text,
    outlives_parent boolean DEFAULT false NOT NULL,
    retention interval,
    CONSTRAINT protected_tables_check CHECK (((parent_table IS NULL) = (parent_column IS NULL))),
    CONSTRAINT protected_tables_kind_check CHECK ((kind = ANY (ARRAY['tenant'::text, 'tenant_log'::text, 'personal'::text, 'published'::text, 'catalog'::text, 'internal'::text, 'custom'::text])))
);

ALTER TABLE ONLY platform.protected_tables FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE protected_tables; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON TABLE platform.protected_tables IS 'Every table of the product with its kind, written by platform.protect. A table that is missing here fails the tests.';

--
-- Name: tenant_log_row; Type: TABLE; Schema: platform; Owner: -
--

CREATE TABLE platform.tenant_log_row (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY platform.tenant_log_row FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE tenant_log_row; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON TABLE platform.tenant_log_row IS 'The template of log tables. Never holds a row.';

--
-- Name: tenant_row; Type: TABLE; Schema: platform; Owner: -
--

CREATE TABLE platform.tenant_row (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT tenant_row_custom_fields_check CHECK ((jsonb_typeof(custom_fields) = 'object'::text))
);

ALTER TABLE ONLY platform.tenant_row FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE tenant_row; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON TABLE platform.tenant_row IS 'The template of tenant tables. Never holds a row.';

--
-- Name: COLUMN tenant_row.organization_id; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.organization_id IS 'The tenant. Always the active organization of the caller.';

--
-- Name: COLUMN tenant_row.id; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.id IS 'Time-ordered id: sorting by it sorts by creation.';

--
-- Name: COLUMN tenant_row.workspace_id; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.workspace_id IS 'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';

--
-- Name: COLUMN tenant_row.created_by; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.created_by IS 'Who created it.';

--
-- Name: COLUMN tenant_row.created_at; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.created_at IS 'When it was created.';

--
-- Name: COLUMN tenant_row.updated_at; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.updated_at IS 'When it was last changed.';

--
-- Name: COLUMN tenant_row.custom_fields; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.custom_fields IS 'Values of the organization''s own fields, checked against their definitions (customFields).';

--
-- Name: COLUMN tenant_row.deleted_at; Type: COMMENT; Schema: platform; Owner: -
--

COMMENT ON COLUMN platform.tenant_row.deleted_at IS 'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

--
-- Name: audit_logs; Type: TABLE; Schema: security; Owner: -
--

CREATE TABLE security.audit_logs (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    actor_id uuid,
    request_id text,
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    action text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT audit_logs_action_check CHECK ((action = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text, 'restore'::text, 'purge'::text])))
)
PARTITION BY RANGE (occurred_at);

ALTER TABLE ONLY security.audit_logs FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE audit_logs; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON TABLE security.audit_logs IS 'Every change of a tenant row (seeds audit_log, audit_logs): who, what, and the columns that changed, before and after. Partitioned by month.';

--
-- Name: COLUMN audit_logs.actor_id; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.actor_id IS 'The user who did it; null when a job did.';

--
-- Name: COLUMN audit_logs.request_id; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.request_id IS 'The request that it was part of, as in the server''s log.';

--
-- Name: COLUMN audit_logs.entity_type; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.entity_type IS 'The table, such as projects.projects.';

--
-- Name: COLUMN audit_logs.action; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.action IS 'delete and restore are archiving and its opposite; purge is the end of a row.';

--
-- Name: COLUMN audit_logs.before; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.before IS 'The changed columns as they were.';

--
-- Name: COLUMN audit_logs.after; Type: COMMENT; Schema: security; Owner: -
--

COMMENT ON COLUMN security.audit_logs.after IS 'The changed columns as they are since; for insert all that were set.';

--
-- Name: audit_logs_default; Type: TABLE; Schema: security; Owner: -
--

CREATE TABLE security.audit_logs_default (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    actor_id uuid,
    request_id text,
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    action text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT audit_logs_action_check CHECK ((action = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text, 'restore'::text, 'purge'::text])))
);

ALTER TABLE ONLY security.audit_logs_default FORCE ROW LEVEL SECURITY;

--
-- Name: organizations; Type: TABLE; Schema: tenancy; Owner: -
--

CREATE TABLE tenancy.organizations (
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    kind text DEFAULT 'production_company'::text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    contact_email text,
    contact_phone text,
    website text,
    logo_url text,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organizations_contact_email_check CHECK ((contact_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text)),
    CONSTRAINT organizations_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT organizations_kind_check CHECK ((kind = ANY (ARRAY['production_company'::text, 'theatre'::text, 'studio'::text, 'agency'::text, 'venue'::text, 'festival'::text, 'school'::text, 'other'::text]))),
    CONSTRAINT organizations_logo_url_check CHECK ((logo_url ~ '^https?://'::text)),
    CONSTRAINT organizations_name_check CHECK (((btrim(name) <> ''::text) AND (length(name) <= 200))),
    CONSTRAINT organizations_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 63))),
    CONSTRAINT organizations_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text]))),
    CONSTRAINT organizations_time_zone_check CHECK (platform.is_time_zone(time_zone)),
    CONSTRAINT organizations_website_check CHECK ((website ~ '^https?://'::text))
);

ALTER TABLE ONLY tenancy.organizations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE organizations; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON TABLE tenancy.organizations IS 'A tenant: a production company or studio (seeds organizations, tenants).';

--
-- Name: COLUMN organizations.slug; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.organizations.slug IS 'Its name in addresses; unique over all organizations.';

--
-- Name: COLUMN organizations.time_zone; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.organizations.time_zone IS 'An IANA name. Days of the organization begin and end in it.';

--
-- Name: COLUMN organizations.currency; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.organizations.currency IS 'ISO 4217; what new accounts and budgets are kept in.';

--
-- Name: roles; Type: TABLE; Schema: tenancy; Owner: -
--

CREATE TABLE tenancy.roles (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text,
    is_system boolean DEFAULT false NOT NULL,
    permissions text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT roles_key_check CHECK ((key ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT roles_name_check CHECK ((btrim(name) <> ''::text))
);

ALTER TABLE ONLY tenancy.roles FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE roles; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON TABLE tenancy.roles IS 'What members of an organization may do (seed roles): owner, admin, member and guest come with it.';

--
-- Name: COLUMN roles.is_system; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.roles.is_system IS 'One of the four that come with the organization; follows the product.';

--
-- Name: COLUMN roles.permissions; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON COLUMN tenancy.roles.permissions IS 'Keys such as finance.read.';

--
-- Name: workspace_members; Type: TABLE; Schema: tenancy; Owner: -
--

CREATE TABLE tenancy.workspace_members (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY tenancy.workspace_members FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspace_members; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON TABLE tenancy.workspace_members IS 'Who sees a private workspace. Guests see only the workspaces in which they are listed here.';

--
-- Name: workspaces; Type: TABLE; Schema: tenancy; Owner: -
--

CREATE TABLE tenancy.workspaces (
    organization_id uuid DEFAULT authz.organization_id() NOT NULL,
    id uuid DEFAULT platform.uuidv7() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    is_private boolean DEFAULT false NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid DEFAULT authz.user_id(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT workspaces_name_check CHECK ((btrim(name) <> ''::text)),
    CONSTRAINT workspaces_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT workspaces_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 63)))
);

ALTER TABLE ONLY tenancy.workspaces FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspaces; Type: COMMENT; Schema: tenancy; Owner: -
--

COMMENT ON TABLE tenancy.workspaces IS 'A part of an organization (seed workspaces). What is in a private one is seen by its members, owners and admins only.';

--
-- Name: audit_logs_default; Type: TABLE ATTACH; Schema: security; Owner: -
--

ALTER TABLE ONLY security.audit_logs ATTACH PARTITION security.audit_logs_default DEFAULT;

--
-- Name: permissions permissions_pkey; Type: CONSTRAINT; Schema: authz; Owner: -
--

ALTER TABLE ONLY authz.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (key);

--
-- Name: custom_fields custom_fields_organization_id_entity_type_field_name_worksp_key; Type: CONSTRAINT; Schema: collaboration; Owner: -
--

ALTER TABLE ONLY collaboration.custom_fields
    ADD CONSTRAINT custom_fields_organization_id_entity_type_field_name_worksp_key UNIQUE NULLS NOT DISTINCT (organization_id, entity_type, field_name, workspace_id, deleted_at);

--
-- Name: custom_fields custom_fields_pkey; Type: CONSTRAINT; Schema: collaboration; Owner: -
--

ALTER TABLE ONLY collaboration.custom_fields
    ADD CONSTRAINT custom_fields_pkey PRIMARY KEY (organization_id, id);

--
-- Name: accounts accounts_organization_id_code_deleted_at_key; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_organization_id_code_deleted_at_key UNIQUE NULLS NOT DISTINCT (organization_id, code, deleted_at);

--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (organization_id, id);

--
-- Name: budget_line_items budget_line_items_organization_id_budget_id_id_key; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_organization_id_budget_id_id_key UNIQUE (organization_id, budget_id, id);

--
-- Name: budget_line_items budget_line_items_pkey; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_pkey PRIMARY KEY (organization_id, id);

--
-- Name: budgets budgets_pkey; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budgets
    ADD CONSTRAINT budgets_pkey PRIMARY KEY (organization_id, id);

--
-- Name: transactions transactions_pkey; Type: CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_pkey PRIMARY KEY (organization_id, id);

--
-- Name: credentials credentials_pkey; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (user_id);

--
-- Name: platform_roles platform_roles_pkey; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.platform_roles
    ADD CONSTRAINT platform_roles_pkey PRIMARY KEY (user_id, role);

--
-- Name: profiles profiles_pkey; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (user_id);

--
-- Name: refresh_tokens refresh_tokens_pkey; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id);

--
-- Name: refresh_tokens refresh_tokens_token_hash_key; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.refresh_tokens
    ADD CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash);

--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

--
-- Name: change_watchers change_watchers_pkey; Type: CONSTRAINT; Schema: platform; Owner: -
--

ALTER TABLE ONLY platform.change_watchers
    ADD CONSTRAINT change_watchers_pkey PRIMARY KEY (organization_id);

--
-- Name: migrations migrations_pkey; Type: CONSTRAINT; Schema: platform; Owner: -
--

ALTER TABLE ONLY platform.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (path);

--
-- Name: protected_tables protected_tables_pkey; Type: CONSTRAINT; Schema: platform; Owner: -
--

ALTER TABLE ONLY platform.protected_tables
    ADD CONSTRAINT protected_tables_pkey PRIMARY KEY (table_id);

--
-- Name: tenant_row tenant_row_pkey; Type: CONSTRAINT; Schema: platform; Owner: -
--

ALTER TABLE ONLY platform.tenant_row
    ADD CONSTRAINT tenant_row_pkey PRIMARY KEY (organization_id, id);

--
-- Name: design_versions design_versions_organization_id_project_id_name_version_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_organization_id_project_id_name_version_key UNIQUE (organization_id, project_id, name, version);

--
-- Name: design_versions design_versions_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_compliance project_compliance_organization_id_project_id_kind_referenc_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_organization_id_project_id_kind_referenc_key UNIQUE NULLS NOT DISTINCT (organization_id, project_id, kind, reference_number, name, deleted_at);

--
-- Name: project_compliance project_compliance_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_members project_members_organization_id_project_id_user_id_deleted__key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_organization_id_project_id_user_id_deleted__key UNIQUE NULLS NOT DISTINCT (organization_id, project_id, user_id, deleted_at);

--
-- Name: project_members project_members_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_milestones project_milestones_organization_id_project_id_id_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_organization_id_project_id_id_key UNIQUE (organization_id, project_id, id);

--
-- Name: project_milestones project_milestones_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_phases project_phases_organization_id_project_id_id_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_organization_id_project_id_id_key UNIQUE (organization_id, project_id, id);

--
-- Name: project_phases project_phases_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_resources project_resources_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_safety project_safety_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_pkey PRIMARY KEY (organization_id, id);

--
-- Name: project_tasks project_tasks_organization_id_project_id_id_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_project_id_id_key UNIQUE (organization_id, project_id, id);

--
-- Name: project_tasks project_tasks_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_pkey PRIMARY KEY (organization_id, id);

--
-- Name: projects projects_organization_id_slug_key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_slug_key UNIQUE (organization_id, slug);

--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (organization_id, id);

--
-- Name: task_dependencies task_dependencies_organization_id_predecessor_id_successor__key; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_predecessor_id_successor__key UNIQUE NULLS NOT DISTINCT (organization_id, predecessor_id, successor_id, deleted_at);

--
-- Name: task_dependencies task_dependencies_pkey; Type: CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_pkey PRIMARY KEY (organization_id, id);

--
-- Name: audit_logs audit_logs_pkey; Type: CONSTRAINT; Schema: security; Owner: -
--

ALTER TABLE ONLY security.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, id, occurred_at);

--
-- Name: audit_logs_default audit_logs_default_pkey; Type: CONSTRAINT; Schema: security; Owner: -
--

ALTER TABLE ONLY security.audit_logs_default
    ADD CONSTRAINT audit_logs_default_pkey PRIMARY KEY (organization_id, id, occurred_at);

--
-- Name: organization_members organization_members_organization_id_user_id_key; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organization_members
    ADD CONSTRAINT organization_members_organization_id_user_id_key UNIQUE (organization_id, user_id);

--
-- Name: organization_members organization_members_pkey; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organization_members
    ADD CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, id);

--
-- Name: organizations organizations_pkey; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);

--
-- Name: organizations organizations_slug_key; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organizations
    ADD CONSTRAINT organizations_slug_key UNIQUE (slug);

--
-- Name: roles roles_organization_id_key_key; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.roles
    ADD CONSTRAINT roles_organization_id_key_key UNIQUE (organization_id, key);

--
-- Name: roles roles_pkey; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (organization_id, id);

--
-- Name: workspace_members workspace_members_organization_id_workspace_id_user_id_key; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspace_members
    ADD CONSTRAINT workspace_members_organization_id_workspace_id_user_id_key UNIQUE (organization_id, workspace_id, user_id);

--
-- Name: workspace_members workspace_members_pkey; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspace_members
    ADD CONSTRAINT workspace_members_pkey PRIMARY KEY (organization_id, id);

--
-- Name: workspaces workspaces_organization_id_slug_key; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspaces
    ADD CONSTRAINT workspaces_organization_id_slug_key UNIQUE (organization_id, slug);

--
-- Name: workspaces workspaces_pkey; Type: CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (organization_id, id);

--
-- Name: custom_fields_organization_id_workspace_id_idx; Type: INDEX; Schema: collaboration; Owner: -
--

CREATE INDEX custom_fields_organization_id_workspace_id_idx ON collaboration.custom_fields USING btree (organization_id, workspace_id);

--
-- Name: accounts_organization_id_parent_account_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX accounts_organization_id_parent_account_id_idx ON finance.accounts USING btree (organization_id, parent_account_id);

--
-- Name: accounts_organization_id_workspace_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX accounts_organization_id_workspace_id_idx ON finance.accounts USING btree (organization_id, workspace_id);

--
-- Name: budget_line_items_organization_id_account_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX budget_line_items_organization_id_account_id_idx ON finance.budget_line_items USING btree (organization_id, account_id);

--
-- Name: budget_line_items_organization_id_workspace_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX budget_line_items_organization_id_workspace_id_idx ON finance.budget_line_items USING btree (organization_id, workspace_id);

--
-- Name: budgets_organization_id_project_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX budgets_organization_id_project_id_idx ON finance.budgets USING btree (organization_id, project_id);

--
-- Name: budgets_organization_id_status_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX budgets_organization_id_status_idx ON finance.budgets USING btree (organization_id, status);

--
-- Name: budgets_organization_id_workspace_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX budgets_organization_id_workspace_id_idx ON finance.budgets USING btree (organization_id, workspace_id);

--
-- Name: transactions_organization_id_account_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX transactions_organization_id_account_id_idx ON finance.transactions USING btree (organization_id, account_id);

--
-- Name: transactions_organization_id_budget_id_budget_line_item_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX transactions_organization_id_budget_id_budget_line_item_id_idx ON finance.transactions USING btree (organization_id, budget_id, budget_line_item_id);

--
-- Name: transactions_organization_id_posted_on_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX transactions_organization_id_posted_on_idx ON finance.transactions USING btree (organization_id, posted_on);

--
-- Name: transactions_organization_id_project_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX transactions_organization_id_project_id_idx ON finance.transactions USING btree (organization_id, project_id);

--
-- Name: transactions_organization_id_workspace_id_idx; Type: INDEX; Schema: finance; Owner: -
--

CREATE INDEX transactions_organization_id_workspace_id_idx ON finance.transactions USING btree (organization_id, workspace_id);

--
-- Name: platform_roles_granted_by_idx; Type: INDEX; Schema: identity; Owner: -
--

CREATE INDEX platform_roles_granted_by_idx ON identity.platform_roles USING btree (granted_by);

--
-- Name: refresh_tokens_organization_id_idx; Type: INDEX; Schema: identity; Owner: -
--

CREATE INDEX refresh_tokens_organization_id_idx ON identity.refresh_tokens USING btree (organization_id);

--
-- Name: refresh_tokens_session_id_idx; Type: INDEX; Schema: identity; Owner: -
--

CREATE INDEX refresh_tokens_session_id_idx ON identity.refresh_tokens USING btree (session_id);

--
-- Name: refresh_tokens_user_id_session_id_idx; Type: INDEX; Schema: identity; Owner: -
--

CREATE INDEX refresh_tokens_user_id_session_id_idx ON identity.refresh_tokens USING btree (user_id, session_id);

--
-- Name: protected_tables_parent_table_idx; Type: INDEX; Schema: platform; Owner: -
--

CREATE INDEX protected_tables_parent_table_idx ON platform.protected_tables USING btree (parent_table);

--
-- Name: design_versions_organization_id_reviewed_by_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX design_versions_organization_id_reviewed_by_idx ON projects.design_versions USING btree (organization_id, reviewed_by);

--
-- Name: design_versions_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX design_versions_organization_id_workspace_id_idx ON projects.design_versions USING btree (organization_id, workspace_id);

--
-- Name: project_compliance_organization_id_responsible_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_compliance_organization_id_responsible_id_idx ON projects.project_compliance USING btree (organization_id, responsible_id);

--
-- Name: project_compliance_organization_id_valid_until_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_compliance_organization_id_valid_until_idx ON projects.project_compliance USING btree (organization_id, valid_until);

--
-- Name: project_compliance_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_compliance_organization_id_workspace_id_idx ON projects.project_compliance USING btree (organization_id, workspace_id);

--
-- Name: project_members_organization_id_user_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_members_organization_id_user_id_idx ON projects.project_members USING btree (organization_id, user_id);

--
-- Name: project_members_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_members_organization_id_workspace_id_idx ON projects.project_members USING btree (organization_id, workspace_id);

--
-- Name: project_milestones_organization_id_due_on_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_milestones_organization_id_due_on_idx ON projects.project_milestones USING btree (organization_id, due_on);

--
-- Name: project_milestones_organization_id_project_id_phase_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_milestones_organization_id_project_id_phase_id_idx ON projects.project_milestones USING btree (organization_id, project_id, phase_id);

--
-- Name: project_milestones_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_milestones_organization_id_workspace_id_idx ON projects.project_milestones USING btree (organization_id, workspace_id);

--
-- Name: project_phases_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_phases_organization_id_workspace_id_idx ON projects.project_phases USING btree (organization_id, workspace_id);

--
-- Name: project_resources_organization_id_project_id_task_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_resources_organization_id_project_id_task_id_idx ON projects.project_resources USING btree (organization_id, project_id, task_id);

--
-- Name: project_resources_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_resources_organization_id_workspace_id_idx ON projects.project_resources USING btree (organization_id, workspace_id);

--
-- Name: project_safety_organization_id_project_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_safety_organization_id_project_id_idx ON projects.project_safety USING btree (organization_id, project_id);

--
-- Name: project_safety_organization_id_responsible_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_safety_organization_id_responsible_id_idx ON projects.project_safety USING btree (organization_id, responsible_id);

--
-- Name: project_safety_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_safety_organization_id_workspace_id_idx ON projects.project_safety USING btree (organization_id, workspace_id);

--
-- Name: project_tasks_organization_id_assignee_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_assignee_id_idx ON projects.project_tasks USING btree (organization_id, assignee_id);

--
-- Name: project_tasks_organization_id_due_on_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_due_on_idx ON projects.project_tasks USING btree (organization_id, due_on);

--
-- Name: project_tasks_organization_id_project_id_parent_task_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_project_id_parent_task_id_idx ON projects.project_tasks USING btree (organization_id, project_id, parent_task_id);

--
-- Name: project_tasks_organization_id_project_id_phase_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_project_id_phase_id_idx ON projects.project_tasks USING btree (organization_id, project_id, phase_id);

--
-- Name: project_tasks_organization_id_status_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_status_idx ON projects.project_tasks USING btree (organization_id, status);

--
-- Name: project_tasks_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX project_tasks_organization_id_workspace_id_idx ON projects.project_tasks USING btree (organization_id, workspace_id);

--
-- Name: projects_organization_id_client_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_client_id_idx ON projects.projects USING btree (organization_id, client_id);

--
-- Name: projects_organization_id_manager_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_manager_id_idx ON projects.projects USING btree (organization_id, manager_id);

--
-- Name: projects_organization_id_starts_on_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_starts_on_idx ON projects.projects USING btree (organization_id, starts_on);

--
-- Name: projects_organization_id_status_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_status_idx ON projects.projects USING btree (organization_id, status);

--
-- Name: projects_organization_id_template_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_template_id_idx ON projects.projects USING btree (organization_id, template_id);

--
-- Name: projects_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX projects_organization_id_workspace_id_idx ON projects.projects USING btree (organization_id, workspace_id);

--
-- Name: task_dependencies_organization_id_project_id_predecessor_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX task_dependencies_organization_id_project_id_predecessor_id_idx ON projects.task_dependencies USING btree (organization_id, project_id, predecessor_id);

--
-- Name: task_dependencies_organization_id_project_id_successor_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX task_dependencies_organization_id_project_id_successor_id_idx ON projects.task_dependencies USING btree (organization_id, project_id, successor_id);

--
-- Name: task_dependencies_organization_id_workspace_id_idx; Type: INDEX; Schema: projects; Owner: -
--

CREATE INDEX task_dependencies_organization_id_workspace_id_idx ON projects.task_dependencies USING btree (organization_id, workspace_id);

--
-- Name: audit_logs_organization_id_entity_id_idx; Type: INDEX; Schema: security; Owner: -
--

CREATE INDEX audit_logs_organization_id_entity_id_idx ON ONLY security.audit_logs USING btree (organization_id, entity_id);

--
-- Name: audit_logs_default_organization_id_entity_id_idx; Type: INDEX; Schema: security; Owner: -
--

CREATE INDEX audit_logs_default_organization_id_entity_id_idx ON security.audit_logs_default USING btree (organization_id, entity_id);

--
-- Name: organization_members_organization_id_role_id_idx; Type: INDEX; Schema: tenancy; Owner: -
--

CREATE INDEX organization_members_organization_id_role_id_idx ON tenancy.organization_members USING btree (organization_id, role_id);

--
-- Name: organization_members_user_id_idx; Type: INDEX; Schema: tenancy; Owner: -
--

CREATE INDEX organization_members_user_id_idx ON tenancy.organization_members USING btree (user_id);

--
-- Name: organizations_created_by_idx; Type: INDEX; Schema: tenancy; Owner: -
--

CREATE INDEX organizations_created_by_idx ON tenancy.organizations USING btree (created_by);

--
-- Name: workspace_members_organization_id_user_id_idx; Type: INDEX; Schema: tenancy; Owner: -
--

CREATE INDEX workspace_members_organization_id_user_id_idx ON tenancy.workspace_members USING btree (organization_id, user_id);

--
-- Name: workspaces_created_by_idx; Type: INDEX; Schema: tenancy; Owner: -
--

CREATE INDEX workspaces_created_by_idx ON tenancy.workspaces USING btree (created_by);

--
-- Name: audit_logs_default_organization_id_entity_id_idx; Type: INDEX ATTACH; Schema: security; Owner: -
--

ALTER INDEX security.audit_logs_organization_id_entity_id_idx ATTACH PARTITION security.audit_logs_default_organization_id_entity_id_idx;

--
-- Name: audit_logs_default_pkey; Type: INDEX ATTACH; Schema: security; Owner: -
--

ALTER INDEX security.audit_logs_pkey ATTACH PARTITION security.audit_logs_default_pkey;

--
-- Name: permissions _500_sync_system_roles; Type: TRIGGER; Schema: authz; Owner: -
--

CREATE TRIGGER _500_sync_system_roles AFTER INSERT OR UPDATE ON authz.permissions FOR EACH STATEMENT EXECUTE FUNCTION tenancy.sync_system_roles_trigger();

--
-- Name: custom_fields _100_kernel_touch; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON collaboration.custom_fields FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: custom_fields _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON collaboration.custom_fields REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: custom_fields _800_kernel_custom_fields_update; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON collaboration.custom_fields REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: custom_fields _900_kernel_audit_delete; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON collaboration.custom_fields REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: custom_fields _900_kernel_audit_insert; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON collaboration.custom_fields REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: custom_fields _900_kernel_audit_update; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON collaboration.custom_fields REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: custom_fields _920_kernel_announce_delete; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON collaboration.custom_fields REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: custom_fields _920_kernel_announce_insert; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON collaboration.custom_fields REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: custom_fields _920_kernel_announce_update; Type: TRIGGER; Schema: collaboration; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON collaboration.custom_fields REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: accounts _100_kernel_touch; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON finance.accounts FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: budget_line_items _100_kernel_touch; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON finance.budget_line_items FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: budgets _100_kernel_touch; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON finance.budgets FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: transactions _100_kernel_touch; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON finance.transactions FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: budget_line_items _110_kernel_follow_parent; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF budget_id, workspace_id ON finance.budget_line_items FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('finance.budgets', 'budget_id');

--
-- Name: budgets _110_kernel_follow_parent; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON finance.budgets FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: transactions _110_kernel_follow_parent; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON finance.transactions FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: transactions _150_budget; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _150_budget BEFORE INSERT OR UPDATE ON finance.transactions FOR EACH ROW EXECUTE FUNCTION finance.find_budget_trigger();

--
-- Name: budgets _200_transition_status; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON finance.budgets FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"draft": ["submitted", "approved", "cancelled"], "closed": ["approved"], "approved": ["draft", "closed"], "cancelled": ["draft"], "submitted": ["draft", "approved", "cancelled"]}');

--
-- Name: transactions _200_transition_status; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON finance.transactions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"draft": ["posted"], "posted": ["void"]}');

--
-- Name: budgets _250_currency_stays; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _250_currency_stays BEFORE UPDATE OF currency ON finance.budgets FOR EACH ROW WHEN ((old.currency <> new.currency)) EXECUTE FUNCTION finance.keep_budget_currency_trigger();

--
-- Name: transactions _250_posted_stays; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _250_posted_stays BEFORE UPDATE ON finance.transactions FOR EACH ROW WHEN ((old.status <> 'draft'::text)) EXECUTE FUNCTION finance.keep_posted_trigger();

--
-- Name: budgets _250_project_stays; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _250_project_stays BEFORE UPDATE OF project_id ON finance.budgets FOR EACH ROW WHEN ((old.project_id IS DISTINCT FROM new.project_id)) EXECUTE FUNCTION finance.keep_budget_project_trigger();

--
-- Name: accounts _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON finance.accounts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: budget_line_items _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON finance.budget_line_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: budgets _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON finance.budgets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: transactions _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON finance.transactions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: accounts _800_kernel_custom_fields_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON finance.accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: budget_line_items _800_kernel_custom_fields_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON finance.budget_line_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: budgets _800_kernel_custom_fields_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON finance.budgets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: transactions _800_kernel_custom_fields_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON finance.transactions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: accounts _900_kernel_audit_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON finance.accounts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budget_line_items _900_kernel_audit_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON finance.budget_line_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budgets _900_kernel_audit_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON finance.budgets REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: transactions _900_kernel_audit_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON finance.transactions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: accounts _900_kernel_audit_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON finance.accounts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budget_line_items _900_kernel_audit_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON finance.budget_line_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budgets _900_kernel_audit_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON finance.budgets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: transactions _900_kernel_audit_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON finance.transactions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: accounts _900_kernel_audit_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON finance.accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budget_line_items _900_kernel_audit_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON finance.budget_line_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budgets _900_kernel_audit_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON finance.budgets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: transactions _900_kernel_audit_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON finance.transactions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: budgets _910_kernel_lead_children; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _910_kernel_lead_children AFTER UPDATE ON finance.budgets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.lead_children_trigger();

--
-- Name: accounts _920_kernel_announce_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON finance.accounts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budget_line_items _920_kernel_announce_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON finance.budget_line_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budgets _920_kernel_announce_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON finance.budgets REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: transactions _920_kernel_announce_delete; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON finance.transactions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: accounts _920_kernel_announce_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON finance.accounts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budget_line_items _920_kernel_announce_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON finance.budget_line_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budgets _920_kernel_announce_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON finance.budgets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: transactions _920_kernel_announce_insert; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON finance.transactions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: accounts _920_kernel_announce_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON finance.accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budget_line_items _920_kernel_announce_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON finance.budget_line_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: budgets _920_kernel_announce_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON finance.budgets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: transactions _920_kernel_announce_update; Type: TRIGGER; Schema: finance; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON finance.transactions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: profiles _100_kernel_touch; Type: TRIGGER; Schema: identity; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON identity.profiles FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: users _100_kernel_touch; Type: TRIGGER; Schema: identity; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON identity.users FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: users _500_handle_new_user; Type: TRIGGER; Schema: identity; Owner: -
--

CREATE TRIGGER _500_handle_new_user AFTER INSERT ON identity.users FOR EACH ROW EXECUTE FUNCTION identity.handle_new_user();

--
-- Name: tenant_row _100_kernel_touch; Type: TRIGGER; Schema: platform; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON platform.tenant_row FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: design_versions _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.design_versions FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_compliance _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_compliance FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_members _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_members FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_milestones _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_milestones FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_phases _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_phases FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_resources _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_resources FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_safety _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_safety FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: project_tasks _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.project_tasks FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: projects _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.projects FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: task_dependencies _100_kernel_touch; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON projects.task_dependencies FOR EACH ROW EXECUTE FUNCTION platform.touch_row_trigger();

--
-- Name: design_versions _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.design_versions FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_compliance _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_compliance FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_members _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_members FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_milestones _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_milestones FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_phases _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_phases FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_resources _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_resources FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_safety _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_safety FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: project_tasks _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.project_tasks FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: task_dependencies _110_kernel_follow_parent; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _110_kernel_follow_parent BEFORE INSERT OR UPDATE OF project_id, workspace_id ON projects.task_dependencies FOR EACH ROW EXECUTE FUNCTION platform.follow_parent_trigger('projects.projects', 'project_id');

--
-- Name: projects _150_slug; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _150_slug BEFORE INSERT ON projects.projects FOR EACH ROW WHEN ((COALESCE(new.slug, ''::text) = ''::text)) EXECUTE FUNCTION projects.set_slug_trigger();

--
-- Name: design_versions _150_version; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _150_version BEFORE INSERT ON projects.design_versions FOR EACH ROW EXECUTE FUNCTION projects.number_version_trigger();

--
-- Name: design_versions _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.design_versions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"draft": ["in_review", "superseded"], "approved": ["superseded"], "in_review": ["approved", "changes_requested", "draft"], "changes_requested": ["draft", "in_review", "superseded"]}');

--
-- Name: project_compliance _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.project_compliance FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"denied": ["submitted", "waived"], "waived": ["required"], "revoked": ["submitted"], "approved": ["revoked", "submitted"], "required": ["submitted", "approved", "waived"], "submitted": ["approved", "denied", "required"]}');

--
-- Name: project_milestones _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.project_milestones FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"missed": ["achieved", "pending"], "pending": ["achieved", "missed", "cancelled"], "achieved": ["pending"], "cancelled": ["pending"]}');

--
-- Name: project_safety _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.project_safety FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"open": ["mitigated", "closed"], "closed": ["open"], "mitigated": ["open", "closed"]}');

--
-- Name: project_tasks _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.project_tasks FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"done": ["in_progress"], "todo": ["in_progress", "in_review", "blocked", "done", "cancelled"], "blocked": ["todo", "in_progress", "cancelled"], "cancelled": ["todo"], "in_review": ["in_progress", "blocked", "done", "cancelled"], "in_progress": ["todo", "in_review", "blocked", "done", "cancelled"]}');

--
-- Name: projects _200_transition_status; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _200_transition_status BEFORE UPDATE OF status ON projects.projects FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION platform.check_transition_trigger('status', '{"active": ["on_hold", "completed", "cancelled"], "on_hold": ["planning", "active", "cancelled"], "planning": ["active", "on_hold", "cancelled"], "cancelled": ["planning"], "completed": ["active"]}');

--
-- Name: project_tasks _300_completion; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _300_completion BEFORE INSERT OR UPDATE OF status ON projects.project_tasks FOR EACH ROW EXECUTE FUNCTION projects.note_completion_trigger('done');

--
-- Name: projects _300_completion; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _300_completion BEFORE INSERT OR UPDATE OF status ON projects.projects FOR EACH ROW EXECUTE FUNCTION projects.note_completion_trigger('completed');

--
-- Name: task_dependencies _500_no_cycle_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _500_no_cycle_insert AFTER INSERT ON projects.task_dependencies REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION projects.refuse_cycles_trigger();

--
-- Name: task_dependencies _500_no_cycle_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _500_no_cycle_update AFTER UPDATE ON projects.task_dependencies REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION projects.refuse_cycles_trigger();

--
-- Name: project_tasks _500_no_subtask_cycle; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _500_no_subtask_cycle BEFORE INSERT OR UPDATE OF parent_task_id ON projects.project_tasks FOR EACH ROW WHEN ((new.parent_task_id IS NOT NULL)) EXECUTE FUNCTION projects.refuse_subtask_cycle_trigger();

--
-- Name: design_versions _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.design_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_compliance _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_compliance REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_members _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_milestones _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_milestones REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_phases _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_phases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_resources _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_resources REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_safety _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_safety REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_tasks _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.project_tasks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: projects _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.projects REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: task_dependencies _800_kernel_custom_fields_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_insert AFTER INSERT ON projects.task_dependencies REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: design_versions _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.design_versions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_compliance _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_compliance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_members _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_milestones _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_milestones REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_phases _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_phases REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_resources _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_resources REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_safety _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_safety REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: project_tasks _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.project_tasks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: projects _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.projects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: task_dependencies _800_kernel_custom_fields_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _800_kernel_custom_fields_update AFTER UPDATE ON projects.task_dependencies REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.check_custom_fields_trigger();

--
-- Name: design_versions _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.design_versions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_compliance _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_compliance REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_members _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_milestones _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_milestones REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_phases _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_phases REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_resources _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_resources REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_safety _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_safety REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_tasks _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.project_tasks REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: projects _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.projects REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: task_dependencies _900_kernel_audit_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON projects.task_dependencies REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: design_versions _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.design_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_compliance _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_compliance REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_members _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_milestones _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_milestones REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_phases _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_phases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_resources _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_resources REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_safety _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_safety REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_tasks _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.project_tasks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: projects _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.projects REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: task_dependencies _900_kernel_audit_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON projects.task_dependencies REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: design_versions _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.design_versions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_compliance _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_compliance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_members _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_milestones _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_milestones REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_phases _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_phases REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_resources _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_resources REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_safety _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_safety REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: project_tasks _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.project_tasks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: projects _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.projects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: task_dependencies _900_kernel_audit_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON projects.task_dependencies REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: projects _910_kernel_lead_children; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _910_kernel_lead_children AFTER UPDATE ON projects.projects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.lead_children_trigger();

--
-- Name: design_versions _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.design_versions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_compliance _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_compliance REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_members _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_milestones _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_milestones REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_phases _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_phases REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_resources _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_resources REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_safety _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_safety REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_tasks _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.project_tasks REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: projects _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.projects REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: task_dependencies _920_kernel_announce_delete; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_delete AFTER DELETE ON projects.task_dependencies REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: design_versions _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.design_versions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_compliance _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_compliance REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_members _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_milestones _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_milestones REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_phases _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_phases REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_resources _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_resources REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_safety _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_safety REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_tasks _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.project_tasks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: projects _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.projects REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: task_dependencies _920_kernel_announce_insert; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_insert AFTER INSERT ON projects.task_dependencies REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: design_versions _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.design_versions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_compliance _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_compliance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_members _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_milestones _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_milestones REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_phases _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_phases REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_resources _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_resources REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_safety _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_safety REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: project_tasks _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.project_tasks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: projects _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.projects REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: task_dependencies _920_kernel_announce_update; Type: TRIGGER; Schema: projects; Owner: -
--

CREATE TRIGGER _920_kernel_announce_update AFTER UPDATE ON projects.task_dependencies REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.announce_changes_trigger();

--
-- Name: organization_members _100_kernel_touch; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON tenancy.organization_members FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: organizations _100_kernel_touch; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON tenancy.organizations FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: roles _100_kernel_touch; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON tenancy.roles FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: workspaces _100_kernel_touch; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _100_kernel_touch BEFORE UPDATE ON tenancy.workspaces FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at_trigger();

--
-- Name: organization_members _900_kernel_audit_delete; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON tenancy.organization_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: organizations _900_kernel_audit_delete; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON tenancy.organizations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: roles _900_kernel_audit_delete; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON tenancy.roles REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspace_members _900_kernel_audit_delete; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON tenancy.workspace_members REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspaces _900_kernel_audit_delete; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_delete AFTER DELETE ON tenancy.workspaces REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: organization_members _900_kernel_audit_insert; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON tenancy.organization_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: organizations _900_kernel_audit_insert; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON tenancy.organizations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: roles _900_kernel_audit_insert; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON tenancy.roles REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspace_members _900_kernel_audit_insert; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON tenancy.workspace_members REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspaces _900_kernel_audit_insert; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_insert AFTER INSERT ON tenancy.workspaces REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: organization_members _900_kernel_audit_update; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON tenancy.organization_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: organizations _900_kernel_audit_update; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON tenancy.organizations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: roles _900_kernel_audit_update; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON tenancy.roles REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspace_members _900_kernel_audit_update; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON tenancy.workspace_members REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: workspaces _900_kernel_audit_update; Type: TRIGGER; Schema: tenancy; Owner: -
--

CREATE TRIGGER _900_kernel_audit_update AFTER UPDATE ON tenancy.workspaces REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION platform.audit_changes_trigger();

--
-- Name: custom_fields custom_fields_created_by_fkey; Type: FK CONSTRAINT; Schema: collaboration; Owner: -
--

ALTER TABLE ONLY collaboration.custom_fields
    ADD CONSTRAINT custom_fields_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: custom_fields custom_fields_organization_id_fkey; Type: FK CONSTRAINT; Schema: collaboration; Owner: -
--

ALTER TABLE ONLY collaboration.custom_fields
    ADD CONSTRAINT custom_fields_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: custom_fields custom_fields_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: collaboration; Owner: -
--

ALTER TABLE ONLY collaboration.custom_fields
    ADD CONSTRAINT custom_fields_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: accounts accounts_created_by_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: accounts accounts_organization_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: accounts accounts_organization_id_parent_account_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_organization_id_parent_account_id_fkey FOREIGN KEY (organization_id, parent_account_id) REFERENCES finance.accounts(organization_id, id);

--
-- Name: accounts accounts_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.accounts
    ADD CONSTRAINT accounts_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: budget_line_items budget_line_items_created_by_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: budget_line_items budget_line_items_organization_id_account_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_organization_id_account_id_fkey FOREIGN KEY (organization_id, account_id) REFERENCES finance.accounts(organization_id, id);

--
-- Name: budget_line_items budget_line_items_organization_id_budget_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_organization_id_budget_id_fkey FOREIGN KEY (organization_id, budget_id) REFERENCES finance.budgets(organization_id, id);

--
-- Name: budget_line_items budget_line_items_organization_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: budget_line_items budget_line_items_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budget_line_items
    ADD CONSTRAINT budget_line_items_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: budgets budgets_created_by_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budgets
    ADD CONSTRAINT budgets_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: budgets budgets_organization_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budgets
    ADD CONSTRAINT budgets_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: budgets budgets_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budgets
    ADD CONSTRAINT budgets_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: budgets budgets_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.budgets
    ADD CONSTRAINT budgets_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: transactions transactions_created_by_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: transactions transactions_organization_id_account_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_account_id_fkey FOREIGN KEY (organization_id, account_id) REFERENCES finance.accounts(organization_id, id);

--
-- Name: transactions transactions_organization_id_budget_id_budget_line_item_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_budget_id_budget_line_item_id_fkey FOREIGN KEY (organization_id, budget_id, budget_line_item_id) REFERENCES finance.budget_line_items(organization_id, budget_id, id);

--
-- Name: transactions transactions_organization_id_budget_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_budget_id_fkey FOREIGN KEY (organization_id, budget_id) REFERENCES finance.budgets(organization_id, id);

--
-- Name: transactions transactions_organization_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: transactions transactions_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: transactions transactions_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: finance; Owner: -
--

ALTER TABLE ONLY finance.transactions
    ADD CONSTRAINT transactions_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: credentials credentials_user_id_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.credentials
    ADD CONSTRAINT credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: platform_roles platform_roles_granted_by_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.platform_roles
    ADD CONSTRAINT platform_roles_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES identity.users(id);

--
-- Name: platform_roles platform_roles_user_id_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.platform_roles
    ADD CONSTRAINT platform_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: profiles profiles_user_id_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.profiles
    ADD CONSTRAINT profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: refresh_tokens refresh_tokens_organization_id_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.refresh_tokens
    ADD CONSTRAINT refresh_tokens_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: refresh_tokens refresh_tokens_user_id_fkey; Type: FK CONSTRAINT; Schema: identity; Owner: -
--

ALTER TABLE ONLY identity.refresh_tokens
    ADD CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: design_versions design_versions_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: design_versions design_versions_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: design_versions design_versions_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: design_versions design_versions_organization_id_reviewed_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_organization_id_reviewed_by_fkey FOREIGN KEY (organization_id, reviewed_by) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT design_versions_organization_id_reviewed_by_fkey ON design_versions; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT design_versions_organization_id_reviewed_by_fkey ON projects.design_versions IS '@behavior -*';

--
-- Name: design_versions design_versions_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: design_versions design_versions_reviewed_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.design_versions
    ADD CONSTRAINT design_versions_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES identity.users(id);

--
-- Name: project_compliance project_compliance_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_compliance project_compliance_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_compliance project_compliance_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_compliance project_compliance_organization_id_responsible_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_organization_id_responsible_id_fkey FOREIGN KEY (organization_id, responsible_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT project_compliance_organization_id_responsible_id_fkey ON project_compliance; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT project_compliance_organization_id_responsible_id_fkey ON projects.project_compliance IS '@behavior -*';

--
-- Name: project_compliance project_compliance_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_compliance project_compliance_responsible_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_compliance
    ADD CONSTRAINT project_compliance_responsible_id_fkey FOREIGN KEY (responsible_id) REFERENCES identity.users(id);

--
-- Name: project_members project_members_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_members project_members_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_members project_members_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_members project_members_organization_id_user_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_organization_id_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT project_members_organization_id_user_id_fkey ON project_members; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT project_members_organization_id_user_id_fkey ON projects.project_members IS '@behavior -*';

--
-- Name: project_members project_members_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_members project_members_user_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_members
    ADD CONSTRAINT project_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: project_milestones project_milestones_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_milestones project_milestones_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_milestones project_milestones_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_milestones project_milestones_organization_id_project_id_phase_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_organization_id_project_id_phase_id_fkey FOREIGN KEY (organization_id, project_id, phase_id) REFERENCES projects.project_phases(organization_id, project_id, id);

--
-- Name: project_milestones project_milestones_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_milestones
    ADD CONSTRAINT project_milestones_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_phases project_phases_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_phases project_phases_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_phases project_phases_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_phases project_phases_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_phases
    ADD CONSTRAINT project_phases_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_resources project_resources_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_resources project_resources_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_resources project_resources_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_resources project_resources_organization_id_project_id_task_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_organization_id_project_id_task_id_fkey FOREIGN KEY (organization_id, project_id, task_id) REFERENCES projects.project_tasks(organization_id, project_id, id);

--
-- Name: project_resources project_resources_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_resources
    ADD CONSTRAINT project_resources_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_safety project_safety_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_safety project_safety_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_safety project_safety_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_safety project_safety_organization_id_responsible_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_organization_id_responsible_id_fkey FOREIGN KEY (organization_id, responsible_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT project_safety_organization_id_responsible_id_fkey ON project_safety; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT project_safety_organization_id_responsible_id_fkey ON projects.project_safety IS '@behavior -*';

--
-- Name: project_safety project_safety_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: project_safety project_safety_responsible_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_safety
    ADD CONSTRAINT project_safety_responsible_id_fkey FOREIGN KEY (responsible_id) REFERENCES identity.users(id);

--
-- Name: project_tasks project_tasks_assignee_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES identity.users(id);

--
-- Name: project_tasks project_tasks_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: project_tasks project_tasks_organization_id_assignee_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_assignee_id_fkey FOREIGN KEY (organization_id, assignee_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT project_tasks_organization_id_assignee_id_fkey ON project_tasks; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT project_tasks_organization_id_assignee_id_fkey ON projects.project_tasks IS '@behavior -*';

--
-- Name: project_tasks project_tasks_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: project_tasks project_tasks_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: project_tasks project_tasks_organization_id_project_id_parent_task_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_project_id_parent_task_id_fkey FOREIGN KEY (organization_id, project_id, parent_task_id) REFERENCES projects.project_tasks(organization_id, project_id, id);

--
-- Name: project_tasks project_tasks_organization_id_project_id_phase_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_project_id_phase_id_fkey FOREIGN KEY (organization_id, project_id, phase_id) REFERENCES projects.project_phases(organization_id, project_id, id);

--
-- Name: project_tasks project_tasks_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.project_tasks
    ADD CONSTRAINT project_tasks_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: projects projects_client_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_client_id_fkey FOREIGN KEY (client_id) REFERENCES identity.users(id);

--
-- Name: projects projects_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: projects projects_manager_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_manager_id_fkey FOREIGN KEY (manager_id) REFERENCES identity.users(id);

--
-- Name: projects projects_organization_id_client_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_client_id_fkey FOREIGN KEY (organization_id, client_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT projects_organization_id_client_id_fkey ON projects; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT projects_organization_id_client_id_fkey ON projects.projects IS '@behavior -*';

--
-- Name: projects projects_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: projects projects_organization_id_manager_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_manager_id_fkey FOREIGN KEY (organization_id, manager_id) REFERENCES tenancy.organization_members(organization_id, user_id);

--
-- Name: CONSTRAINT projects_organization_id_manager_id_fkey ON projects; Type: COMMENT; Schema: projects; Owner: -
--

COMMENT ON CONSTRAINT projects_organization_id_manager_id_fkey ON projects.projects IS '@behavior -*';

--
-- Name: projects projects_organization_id_template_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_template_id_fkey FOREIGN KEY (organization_id, template_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: projects projects_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.projects
    ADD CONSTRAINT projects_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: task_dependencies task_dependencies_created_by_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: task_dependencies task_dependencies_organization_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: task_dependencies task_dependencies_organization_id_project_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects(organization_id, id);

--
-- Name: task_dependencies task_dependencies_organization_id_project_id_predecessor_i_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_project_id_predecessor_i_fkey FOREIGN KEY (organization_id, project_id, predecessor_id) REFERENCES projects.project_tasks(organization_id, project_id, id);

--
-- Name: task_dependencies task_dependencies_organization_id_project_id_successor_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_project_id_successor_id_fkey FOREIGN KEY (organization_id, project_id, successor_id) REFERENCES projects.project_tasks(organization_id, project_id, id);

--
-- Name: task_dependencies task_dependencies_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: projects; Owner: -
--

ALTER TABLE ONLY projects.task_dependencies
    ADD CONSTRAINT task_dependencies_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id);

--
-- Name: organization_members organization_members_organization_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organization_members
    ADD CONSTRAINT organization_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: organization_members organization_members_organization_id_role_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organization_members
    ADD CONSTRAINT organization_members_organization_id_role_id_fkey FOREIGN KEY (organization_id, role_id) REFERENCES tenancy.roles(organization_id, id);

--
-- Name: organization_members organization_members_user_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organization_members
    ADD CONSTRAINT organization_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity.users(id);

--
-- Name: organizations organizations_created_by_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.organizations
    ADD CONSTRAINT organizations_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: roles roles_organization_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.roles
    ADD CONSTRAINT roles_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: workspace_members workspace_members_organization_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspace_members
    ADD CONSTRAINT workspace_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: workspace_members workspace_members_organization_id_user_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspace_members
    ADD CONSTRAINT workspace_members_organization_id_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES tenancy.organization_members(organization_id, user_id) ON DELETE CASCADE;

--
-- Name: workspace_members workspace_members_organization_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspace_members
    ADD CONSTRAINT workspace_members_organization_id_workspace_id_fkey FOREIGN KEY (organization_id, workspace_id) REFERENCES tenancy.workspaces(organization_id, id) ON DELETE CASCADE;

--
-- Name: workspaces workspaces_created_by_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspaces
    ADD CONSTRAINT workspaces_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users(id);

--
-- Name: workspaces workspaces_organization_id_fkey; Type: FK CONSTRAINT; Schema: tenancy; Owner: -
--

ALTER TABLE ONLY tenancy.workspaces
    ADD CONSTRAINT workspaces_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES tenancy.organizations(id);

--
-- Name: permissions back_office; Type: POLICY; Schema: authz; Owner: -
--

CREATE POLICY back_office ON authz.permissions TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: permissions; Type: ROW SECURITY; Schema: authz; Owner: -
--

ALTER TABLE authz.permissions ENABLE ROW LEVEL SECURITY;

--
-- Name: custom_fields back_office; Type: POLICY; Schema: collaboration; Owner: -
--

CREATE POLICY back_office ON collaboration.custom_fields TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: custom_fields; Type: ROW SECURITY; Schema: collaboration; Owner: -
--

ALTER TABLE collaboration.custom_fields ENABLE ROW LEVEL SECURITY;

--
-- Name: custom_fields tenant_insert; Type: POLICY; Schema: collaboration; Owner: -
--

CREATE POLICY tenant_insert ON collaboration.custom_fields FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('collaboration.write'::text) AS allowed)));

--
-- Name: custom_fields tenant_read; Type: POLICY; Schema: collaboration; Owner: -
--

CREATE POLICY tenant_read ON collaboration.custom_fields FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('collaboration.read'::text) AS allowed)));

--
-- Name: custom_fields tenant_update; Type: POLICY; Schema: collaboration; Owner: -
--

CREATE POLICY tenant_update ON collaboration.custom_fields FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('collaboration.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('collaboration.write'::text) AS allowed)));

--
-- Name: custom_fields workspace; Type: POLICY; Schema: collaboration; Owner: -
--

CREATE POLICY workspace ON collaboration.custom_fields AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: accounts; Type: ROW SECURITY; Schema: finance; Owner: -
--

ALTER TABLE finance.accounts ENABLE ROW LEVEL SECURITY;

--
-- Name: accounts back_office; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY back_office ON finance.accounts TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: budget_line_items back_office; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY back_office ON finance.budget_line_items TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: budgets back_office; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY back_office ON finance.budgets TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: transactions back_office; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY back_office ON finance.transactions TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: budget_line_items; Type: ROW SECURITY; Schema: finance; Owner: -
--

ALTER TABLE finance.budget_line_items ENABLE ROW LEVEL SECURITY;

--
-- Name: budgets; Type: ROW SECURITY; Schema: finance; Owner: -
--

ALTER TABLE finance.budgets ENABLE ROW LEVEL SECURITY;

--
-- Name: accounts tenant_insert; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_insert ON finance.accounts FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: budget_line_items tenant_insert; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_insert ON finance.budget_line_items FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: budgets tenant_insert; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_insert ON finance.budgets FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: transactions tenant_insert; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_insert ON finance.transactions FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: accounts tenant_read; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_read ON finance.accounts FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.read'::text) AS allowed)));

--
-- Name: budget_line_items tenant_read; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_read ON finance.budget_line_items FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.read'::text) AS allowed)));

--
-- Name: budgets tenant_read; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_read ON finance.budgets FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.read'::text) AS allowed)));

--
-- Name: transactions tenant_read; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_read ON finance.transactions FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.read'::text) AS allowed)));

--
-- Name: accounts tenant_update; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_update ON finance.accounts FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: budget_line_items tenant_update; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_update ON finance.budget_line_items FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: budgets tenant_update; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_update ON finance.budgets FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: transactions tenant_update; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY tenant_update ON finance.transactions FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('finance.write'::text) AS allowed)));

--
-- Name: transactions; Type: ROW SECURITY; Schema: finance; Owner: -
--

ALTER TABLE finance.transactions ENABLE ROW LEVEL SECURITY;

--
-- Name: accounts workspace; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY workspace ON finance.accounts AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: budget_line_items workspace; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY workspace ON finance.budget_line_items AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: budgets workspace; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY workspace ON finance.budgets AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: transactions workspace; Type: POLICY; Schema: finance; Owner: -
--

CREATE POLICY workspace ON finance.transactions AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: credentials back_office; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY back_office ON identity.credentials TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: platform_roles back_office; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY back_office ON identity.platform_roles TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: profiles back_office; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY back_office ON identity.profiles TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: refresh_tokens back_office; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY back_office ON identity.refresh_tokens TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: users back_office; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY back_office ON identity.users TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: users colleagues_read; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY colleagues_read ON identity.users FOR SELECT TO callboard_member USING (((id = ( SELECT authz.user_id() AS user_id)) OR (EXISTS ( SELECT
   FROM tenancy.organization_members m
  WHERE ((m.organization_id = ( SELECT authz.organization_id() AS organization_id)) AND (m.user_id = users.id))))));

--
-- Name: credentials; Type: ROW SECURITY; Schema: identity; Owner: -
--

ALTER TABLE identity.credentials ENABLE ROW LEVEL SECURITY;

--
-- Name: profiles own; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY own ON identity.profiles TO callboard_member USING ((user_id = ( SELECT authz.user_id() AS user_id))) WITH CHECK ((user_id = ( SELECT authz.user_id() AS user_id)));

--
-- Name: platform_roles own_or_administrator_read; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY own_or_administrator_read ON identity.platform_roles FOR SELECT TO callboard_member USING (((user_id = ( SELECT authz.user_id() AS user_id)) OR ( SELECT authz.is_platform_admin() AS is_platform_admin)));

--
-- Name: users own_update; Type: POLICY; Schema: identity; Owner: -
--

CREATE POLICY own_update ON identity.users FOR UPDATE TO callboard_member USING ((id = ( SELECT authz.user_id() AS user_id))) WITH CHECK ((id = ( SELECT authz.user_id() AS user_id)));

--
-- Name: platform_roles; Type: ROW SECURITY; Schema: identity; Owner: -
--

ALTER TABLE identity.platform_roles ENABLE ROW LEVEL SECURITY;

--
-- Name: profiles; Type: ROW SECURITY; Schema: identity; Owner: -
--

ALTER TABLE identity.profiles ENABLE ROW LEVEL SECURITY;

--
-- Name: refresh_tokens; Type: ROW SECURITY; Schema: identity; Owner: -
--

ALTER TABLE identity.refresh_tokens ENABLE ROW LEVEL SECURITY;

--
-- Name: users; Type: ROW SECURITY; Schema: identity; Owner: -
--

ALTER TABLE identity.users ENABLE ROW LEVEL SECURITY;

--
-- Name: change_watchers back_office; Type: POLICY; Schema: platform; Owner: -
--

CREATE POLICY back_office ON platform.change_watchers TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: migrations back_office; Type: POLICY; Schema: platform; Owner: -
--

CREATE POLICY back_office ON platform.migrations TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: protected_tables back_office; Type: POLICY; Schema: platform; Owner: -
--

CREATE POLICY back_office ON platform.protected_tables TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: tenant_log_row back_office; Type: POLICY; Schema: platform; Owner: -
--

CREATE POLICY back_office ON platform.tenant_log_row TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: tenant_row back_office; Type: POLICY; Schema: platform; Owner: -
--

CREATE POLICY back_office ON platform.tenant_row TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: change_watchers; Type: ROW SECURITY; Schema: platform; Owner: -
--

ALTER TABLE platform.change_watchers ENABLE ROW LEVEL SECURITY;

--
-- Name: migrations; Type: ROW SECURITY; Schema: platform; Owner: -
--

ALTER TABLE platform.migrations ENABLE ROW LEVEL SECURITY;

--
-- Name: protected_tables; Type: ROW SECURITY; Schema: platform; Owner: -
--

ALTER TABLE platform.protected_tables ENABLE ROW LEVEL SECURITY;

--
-- Name: tenant_log_row; Type: ROW SECURITY; Schema: platform; Owner: -
--

ALTER TABLE platform.tenant_log_row ENABLE ROW LEVEL SECURITY;

--
-- Name: tenant_row; Type: ROW SECURITY; Schema: platform; Owner: -
--

ALTER TABLE platform.tenant_row ENABLE ROW LEVEL SECURITY;

--
-- Name: design_versions back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.design_versions TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_compliance back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_compliance TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_members back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_members TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_milestones back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_milestones TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_phases back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_phases TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_resources back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_resources TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_safety back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_safety TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: project_tasks back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.project_tasks TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: projects back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.projects TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: task_dependencies back_office; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY back_office ON projects.task_dependencies TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: design_versions; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.design_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: project_compliance; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_compliance ENABLE ROW LEVEL SECURITY;

--
-- Name: project_members; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_members ENABLE ROW LEVEL SECURITY;

--
-- Name: project_milestones; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_milestones ENABLE ROW LEVEL SECURITY;

--
-- Name: project_phases; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_phases ENABLE ROW LEVEL SECURITY;

--
-- Name: project_resources; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_resources ENABLE ROW LEVEL SECURITY;

--
-- Name: project_safety; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_safety ENABLE ROW LEVEL SECURITY;

--
-- Name: project_tasks; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.project_tasks ENABLE ROW LEVEL SECURITY;

--
-- Name: projects; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.projects ENABLE ROW LEVEL SECURITY;

--
-- Name: task_dependencies; Type: ROW SECURITY; Schema: projects; Owner: -
--

ALTER TABLE projects.task_dependencies ENABLE ROW LEVEL SECURITY;

--
-- Name: design_versions tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.design_versions FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_compliance tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_compliance FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_members tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_members FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_milestones tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_milestones FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_phases tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_phases FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_resources tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_resources FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_safety tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_safety FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_tasks tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.project_tasks FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: projects tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.projects FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: task_dependencies tenant_insert; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_insert ON projects.task_dependencies FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: design_versions tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.design_versions FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_compliance tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_compliance FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_members tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_members FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_milestones tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_milestones FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_phases tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_phases FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_resources tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_resources FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_safety tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_safety FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: project_tasks tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.project_tasks FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: projects tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.projects FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: task_dependencies tenant_read; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_read ON projects.task_dependencies FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.read'::text) AS allowed)));

--
-- Name: design_versions tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.design_versions FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_compliance tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_compliance FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_members tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_members FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_milestones tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_milestones FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_phases tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_phases FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_resources tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_resources FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_safety tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_safety FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: project_tasks tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.project_tasks FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: projects tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.projects FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: task_dependencies tenant_update; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY tenant_update ON projects.task_dependencies FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('projects.write'::text) AS allowed)));

--
-- Name: design_versions workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.design_versions AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_compliance workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_compliance AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_members workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_members AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_milestones workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_milestones AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_phases workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_phases AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_resources workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_resources AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_safety workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_safety AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: project_tasks workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.project_tasks AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: projects workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.projects AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: task_dependencies workspace; Type: POLICY; Schema: projects; Owner: -
--

CREATE POLICY workspace ON projects.task_dependencies AS RESTRICTIVE TO callboard_member USING ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))) WITH CHECK ((( SELECT authz.has('workspaces.all'::text) AS has) OR (COALESCE(workspace_id, '00000000-0000-0000-0000-000000000000'::uuid) = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[]))));

--
-- Name: audit_logs; Type: ROW SECURITY; Schema: security; Owner: -
--

ALTER TABLE security.audit_logs ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_logs_default; Type: ROW SECURITY; Schema: security; Owner: -
--

ALTER TABLE security.audit_logs_default ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_logs back_office; Type: POLICY; Schema: security; Owner: -
--

CREATE POLICY back_office ON security.audit_logs TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: audit_logs_default back_office; Type: POLICY; Schema: security; Owner: -
--

CREATE POLICY back_office ON security.audit_logs_default TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: audit_logs tenant_read; Type: POLICY; Schema: security; Owner: -
--

CREATE POLICY tenant_read ON security.audit_logs FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('security.read'::text) AS allowed)));

--
-- Name: organizations administrators_update; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY administrators_update ON tenancy.organizations FOR UPDATE TO callboard_member USING ((id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed))) WITH CHECK ((id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed)));

--
-- Name: organization_members back_office; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY back_office ON tenancy.organization_members TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: organizations back_office; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY back_office ON tenancy.organizations TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: roles back_office; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY back_office ON tenancy.roles TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: workspace_members back_office; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY back_office ON tenancy.workspace_members TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: workspaces back_office; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY back_office ON tenancy.workspaces TO callboard_owner, callboard_service USING (true) WITH CHECK (true);

--
-- Name: organizations members_read; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY members_read ON tenancy.organizations FOR SELECT TO callboard_member USING ((id = ( SELECT authz.organization_id() AS organization_id)));

--
-- Name: organization_members; Type: ROW SECURITY; Schema: tenancy; Owner: -
--

ALTER TABLE tenancy.organization_members ENABLE ROW LEVEL SECURITY;

--
-- Name: organizations; Type: ROW SECURITY; Schema: tenancy; Owner: -
--

ALTER TABLE tenancy.organizations ENABLE ROW LEVEL SECURITY;

--
-- Name: roles; Type: ROW SECURITY; Schema: tenancy; Owner: -
--

ALTER TABLE tenancy.roles ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_members tenant_delete; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_delete ON tenancy.workspace_members FOR DELETE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed)));

--
-- Name: workspace_members tenant_insert; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_insert ON tenancy.workspace_members FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed)));

--
-- Name: workspaces tenant_insert; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_insert ON tenancy.workspaces FOR INSERT TO callboard_member WITH CHECK ((organization_id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed)));

--
-- Name: organization_members tenant_read; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_read ON tenancy.organization_members FOR SELECT TO callboard_member USING (((organization_id = ( SELECT authz.allowed('tenancy.read'::text) AS allowed)) OR ((user_id = ( SELECT authz.user_id() AS user_id)) AND (organization_id = ( SELECT authz.organization_id() AS organization_id)))));

--
-- Name: roles tenant_read; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_read ON tenancy.roles FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('tenancy.read'::text) AS allowed)));

--
-- Name: workspace_members tenant_read; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_read ON tenancy.workspace_members FOR SELECT TO callboard_member USING ((organization_id = ( SELECT authz.allowed('tenancy.read'::text) AS allowed)));

--
-- Name: workspaces tenant_read; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_read ON tenancy.workspaces FOR SELECT TO callboard_member USING (((organization_id = ( SELECT authz.organization_id() AS organization_id)) AND (( SELECT authz.has('workspaces.all'::text) AS has) OR (id = ANY (( SELECT authz.visible_workspaces() AS visible_workspaces)::uuid[])))));

--
-- Name: workspaces tenant_update; Type: POLICY; Schema: tenancy; Owner: -
--

CREATE POLICY tenant_update ON tenancy.workspaces FOR UPDATE TO callboard_member USING ((organization_id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed))) WITH CHECK ((organization_id = ( SELECT authz.allowed('tenancy.write'::text) AS allowed)));

--
-- Name: workspace_members; Type: ROW SECURITY; Schema: tenancy; Owner: -
--

ALTER TABLE tenancy.workspace_members ENABLE ROW LEVEL SECURITY;

--
-- Name: workspaces; Type: ROW SECURITY; Schema: tenancy; Owner: -
--

ALTER TABLE tenancy.workspaces ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA authz; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA authz TO callboard_authenticator;
GRANT USAGE ON SCHEMA authz TO callboard_anonymous;
GRANT USAGE ON SCHEMA authz TO callboard_member;
GRANT USAGE ON SCHEMA authz TO callboard_service;

--
-- Name: SCHEMA collaboration; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA collaboration TO callboard_anonymous;
GRANT USAGE ON SCHEMA collaboration TO callboard_member;
GRANT USAGE ON SCHEMA collaboration TO callboard_service;

--
-- Name: SCHEMA extensions; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA extensions TO callboard_anonymous;
GRANT USAGE ON SCHEMA extensions TO callboard_member;
GRANT USAGE ON SCHEMA extensions TO callboard_service;

--
-- Name: SCHEMA finance; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA finance TO callboard_anonymous;
GRANT USAGE ON SCHEMA finance TO callboard_member;
GRANT USAGE ON SCHEMA finance TO callboard_service;

--
-- Name: SCHEMA identity; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA identity TO callboard_anonymous;
GRANT USAGE ON SCHEMA identity TO callboard_member;
GRANT USAGE ON SCHEMA identity TO callboard_service;

--
-- Name: SCHEMA platform; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA platform TO callboard_authenticator;
GRANT USAGE ON SCHEMA platform TO callboard_anonymous;
GRANT USAGE ON SCHEMA platform TO callboard_member;
GRANT USAGE ON SCHEMA platform TO callboard_service;

--
-- Name: SCHEMA projects; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA projects TO callboard_anonymous;
GRANT USAGE ON SCHEMA projects TO callboard_member;
GRANT USAGE ON SCHEMA projects TO callboard_service;

--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;

--
-- Name: SCHEMA security; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA security TO callboard_anonymous;
GRANT USAGE ON SCHEMA security TO callboard_member;
GRANT USAGE ON SCHEMA security TO callboard_service;

--
-- Name: SCHEMA tenancy; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA tenancy TO callboard_anonymous;
GRANT USAGE ON SCHEMA tenancy TO callboard_member;
GRANT USAGE ON SCHEMA tenancy TO callboard_service;

--
-- Name: TYPE budget_draft; Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON TYPE finance.budget_draft FROM PUBLIC;

--
-- Name: TYPE budget_line_draft; Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON TYPE finance.budget_line_draft FROM PUBLIC;

--
-- Name: TYPE budget_variance_category; Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON TYPE finance.budget_variance_category FROM PUBLIC;

--
-- Name: TYPE budget_variance; Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON TYPE finance.budget_variance FROM PUBLIC;

--
-- Name: TYPE budget_variance_entry; Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON TYPE finance.budget_variance_entry FROM PUBLIC;

--
-- Name: TYPE session_grant; Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON TYPE identity.session_grant FROM PUBLIC;

--
-- Name: TYPE health_part; Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON TYPE projects.health_part FROM PUBLIC;

--
-- Name: TYPE production_health; Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON TYPE projects.production_health FROM PUBLIC;

--
-- Name: TYPE timeline_task; Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON TYPE projects.timeline_task FROM PUBLIC;

--
-- Name: TYPE production_timeline; Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON TYPE projects.production_timeline FROM PUBLIC;

--
-- Name: FUNCTION allowed(permission text); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.allowed(permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION authz.allowed(permission text) TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.allowed(permission text) TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.allowed(permission text) TO callboard_member;
GRANT ALL ON FUNCTION authz.allowed(permission text) TO callboard_service;

--
-- Name: FUNCTION define_permission(key text, description text, default_roles text[]); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.define_permission(key text, description text, default_roles text[]) FROM PUBLIC;

--
-- Name: FUNCTION enter(claims jsonb); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.enter(claims jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION authz.enter(claims jsonb) TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.enter(claims jsonb) TO callboard_service;

--
-- Name: FUNCTION has(permission text); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.has(permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION authz.has(permission text) TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.has(permission text) TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.has(permission text) TO callboard_member;
GRANT ALL ON FUNCTION authz.has(permission text) TO callboard_service;

--
-- Name: FUNCTION is_platform_admin(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.is_platform_admin() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.is_platform_admin() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.is_platform_admin() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.is_platform_admin() TO callboard_member;
GRANT ALL ON FUNCTION authz.is_platform_admin() TO callboard_service;

--
-- Name: FUNCTION organization_id(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.organization_id() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.organization_id() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.organization_id() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.organization_id() TO callboard_member;
GRANT ALL ON FUNCTION authz.organization_id() TO callboard_service;

--
-- Name: FUNCTION permissions(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.permissions() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.permissions() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.permissions() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.permissions() TO callboard_member;
GRANT ALL ON FUNCTION authz.permissions() TO callboard_service;

--
-- Name: FUNCTION request_id(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.request_id() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.request_id() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.request_id() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.request_id() TO callboard_member;
GRANT ALL ON FUNCTION authz.request_id() TO callboard_service;

--
-- Name: FUNCTION require(permission text); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.require(permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION authz.require(permission text) TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.require(permission text) TO callboard_member;
GRANT ALL ON FUNCTION authz.require(permission text) TO callboard_service;

--
-- Name: FUNCTION role_key(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.role_key() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.role_key() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.role_key() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.role_key() TO callboard_member;
GRANT ALL ON FUNCTION authz.role_key() TO callboard_service;

--
-- Name: FUNCTION session_id(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.session_id() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.session_id() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.session_id() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.session_id() TO callboard_member;
GRANT ALL ON FUNCTION authz.session_id() TO callboard_service;

--
-- Name: FUNCTION user_id(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.user_id() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.user_id() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.user_id() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.user_id() TO callboard_member;
GRANT ALL ON FUNCTION authz.user_id() TO callboard_service;

--
-- Name: FUNCTION visible_workspaces(); Type: ACL; Schema: authz; Owner: -
--

REVOKE ALL ON FUNCTION authz.visible_workspaces() FROM PUBLIC;
GRANT ALL ON FUNCTION authz.visible_workspaces() TO callboard_authenticator;
GRANT ALL ON FUNCTION authz.visible_workspaces() TO callboard_anonymous;
GRANT ALL ON FUNCTION authz.visible_workspaces() TO callboard_member;
GRANT ALL ON FUNCTION authz.visible_workspaces() TO callboard_service;

--
-- Name: FUNCTION uuidv7(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.uuidv7() FROM PUBLIC;
GRANT ALL ON FUNCTION platform.uuidv7() TO callboard_anonymous;
GRANT ALL ON FUNCTION platform.uuidv7() TO callboard_member;
GRANT ALL ON FUNCTION platform.uuidv7() TO callboard_service;

--
-- Name: TABLE custom_fields; Type: ACL; Schema: collaboration; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE collaboration.custom_fields TO callboard_service;
GRANT SELECT ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.id; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(id) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.workspace_id; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.custom_fields; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.deleted_at; Type: ACL; Schema: collaboration; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.entity_type; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(entity_type),UPDATE(entity_type) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.field_name; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(field_name),UPDATE(field_name) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.label; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(label),UPDATE(label) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.field_type; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(field_type),UPDATE(field_type) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.options; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(options),UPDATE(options) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields.is_required; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT(is_required),UPDATE(is_required) ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: COLUMN custom_fields."position"; Type: ACL; Schema: collaboration; Owner: -
--

GRANT INSERT("position"),UPDATE("position") ON TABLE collaboration.custom_fields TO callboard_member;

--
-- Name: FUNCTION delete_custom_field(row_id uuid); Type: ACL; Schema: collaboration; Owner: -
--

REVOKE ALL ON FUNCTION collaboration.delete_custom_field(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION collaboration.delete_custom_field(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION collaboration.delete_custom_field(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_custom_field(row_id uuid); Type: ACL; Schema: collaboration; Owner: -
--

REVOKE ALL ON FUNCTION collaboration.restore_custom_field(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION collaboration.restore_custom_field(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION collaboration.restore_custom_field(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION budget_variance_entries(budget_id uuid, as_of date); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.budget_variance_entries(budget_id uuid, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.budget_variance_entries(budget_id uuid, as_of date) TO callboard_member;
GRANT ALL ON FUNCTION finance.budget_variance_entries(budget_id uuid, as_of date) TO callboard_service;

--
-- Name: TABLE budgets; Type: ACL; Schema: finance; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE finance.budgets TO callboard_service;
GRANT SELECT ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(id) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.workspace_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.custom_fields; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.deleted_at; Type: ACL; Schema: finance; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.project_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.name; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.status; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.currency; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.starts_on; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(starts_on),UPDATE(starts_on) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.ends_on; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(ends_on),UPDATE(ends_on) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.under_below_percent; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(under_below_percent),UPDATE(under_below_percent) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.at_risk_above_percent; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(at_risk_above_percent),UPDATE(at_risk_above_percent) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.over_above_percent; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(over_above_percent),UPDATE(over_above_percent) ON TABLE finance.budgets TO callboard_member;

--
-- Name: COLUMN budgets.notes; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(notes),UPDATE(notes) ON TABLE finance.budgets TO callboard_member;

--
-- Name: FUNCTION budgets_variance(budget finance.budgets, as_of date); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.budgets_variance(budget finance.budgets, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.budgets_variance(budget finance.budgets, as_of date) TO callboard_member;
GRANT ALL ON FUNCTION finance.budgets_variance(budget finance.budgets, as_of date) TO callboard_service;

--
-- Name: TABLE accounts; Type: ACL; Schema: finance; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE finance.accounts TO callboard_service;
GRANT SELECT ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(id) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.workspace_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.custom_fields; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.deleted_at; Type: ACL; Schema: finance; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.code; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(code),UPDATE(code) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.name; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.kind; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.parent_account_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(parent_account_id),UPDATE(parent_account_id) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.currency; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE finance.accounts TO callboard_member;

--
-- Name: COLUMN accounts.is_active; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(is_active),UPDATE(is_active) ON TABLE finance.accounts TO callboard_member;

--
-- Name: FUNCTION delete_account(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.delete_account(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.delete_account(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.delete_account(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION delete_budget(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.delete_budget(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.delete_budget(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.delete_budget(row_id uuid) TO callboard_service;

--
-- Name: TABLE budget_line_items; Type: ACL; Schema: finance; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE finance.budget_line_items TO callboard_service;
GRANT SELECT ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(id) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.workspace_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.custom_fields; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.deleted_at; Type: ACL; Schema: finance; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.budget_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(budget_id),UPDATE(budget_id) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.account_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(account_id),UPDATE(account_id) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.category; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(category),UPDATE(category) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.name; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.quantity; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(quantity),UPDATE(quantity) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.unit; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(unit),UPDATE(unit) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.unit_cost; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(unit_cost),UPDATE(unit_cost) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.estimate_to_complete; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(estimate_to_complete),UPDATE(estimate_to_complete) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items."position"; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT("position"),UPDATE("position") ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: COLUMN budget_line_items.notes; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(notes),UPDATE(notes) ON TABLE finance.budget_line_items TO callboard_member;

--
-- Name: FUNCTION delete_budget_line_item(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.delete_budget_line_item(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.delete_budget_line_item(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.delete_budget_line_item(row_id uuid) TO callboard_service;

--
-- Name: TABLE transactions; Type: ACL; Schema: finance; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE finance.transactions TO callboard_service;
GRANT SELECT ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.workspace_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.custom_fields; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.deleted_at; Type: ACL; Schema: finance; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.account_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(account_id),UPDATE(account_id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.project_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.budget_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(budget_id),UPDATE(budget_id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.budget_line_item_id; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(budget_line_item_id),UPDATE(budget_line_item_id) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.kind; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.status; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.category; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(category),UPDATE(category) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.description; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.reference; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(reference),UPDATE(reference) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.counterparty; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(counterparty),UPDATE(counterparty) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.amount; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(amount),UPDATE(amount) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.currency; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.posted_on; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(posted_on),UPDATE(posted_on) ON TABLE finance.transactions TO callboard_member;

--
-- Name: COLUMN transactions.voided_on; Type: ACL; Schema: finance; Owner: -
--

GRANT INSERT(voided_on),UPDATE(voided_on) ON TABLE finance.transactions TO callboard_member;

--
-- Name: FUNCTION delete_transaction(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.delete_transaction(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.delete_transaction(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.delete_transaction(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION find_budget_trigger(); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.find_budget_trigger() FROM PUBLIC;

--
-- Name: FUNCTION get_budget_variance(budget_id uuid, as_of date); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.get_budget_variance(budget_id uuid, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.get_budget_variance(budget_id uuid, as_of date) TO callboard_member;
GRANT ALL ON FUNCTION finance.get_budget_variance(budget_id uuid, as_of date) TO callboard_service;

--
-- Name: FUNCTION keep_budget_currency_trigger(); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.keep_budget_currency_trigger() FROM PUBLIC;

--
-- Name: FUNCTION keep_budget_project_trigger(); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.keep_budget_project_trigger() FROM PUBLIC;

--
-- Name: FUNCTION keep_posted_trigger(); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.keep_posted_trigger() FROM PUBLIC;

--
-- Name: FUNCTION restore_account(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.restore_account(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.restore_account(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.restore_account(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_budget(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.restore_budget(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.restore_budget(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.restore_budget(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_budget_line_item(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.restore_budget_line_item(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.restore_budget_line_item(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.restore_budget_line_item(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_transaction(row_id uuid); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.restore_transaction(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.restore_transaction(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION finance.restore_transaction(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]) TO callboard_member;
GRANT ALL ON FUNCTION finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[]) TO callboard_service;

--
-- Name: FUNCTION variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric); Type: ACL; Schema: finance; Owner: -
--

REVOKE ALL ON FUNCTION finance.variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION finance.variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric) TO callboard_member;
GRANT ALL ON FUNCTION finance.variance_status(planned numeric, forecast numeric, under_below_percent numeric, at_risk_above_percent numeric, over_above_percent numeric) TO callboard_service;

--
-- Name: FUNCTION check_password(password text); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.check_password(password text) FROM PUBLIC;

--
-- Name: FUNCTION default_organization(user_id uuid); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.default_organization(user_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION handle_new_user(); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.handle_new_user() FROM PUBLIC;

--
-- Name: FUNCTION hash_password(password text); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.hash_password(password text) FROM PUBLIC;

--
-- Name: FUNCTION matches_password(password text, hash text); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.matches_password(password text, hash text) FROM PUBLIC;

--
-- Name: FUNCTION me(); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.me() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.me() TO callboard_anonymous;
GRANT ALL ON FUNCTION identity.me() TO callboard_member;

--
-- Name: FUNCTION open_session(user_id uuid, organization_id uuid, device jsonb, session_id uuid); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.open_session(user_id uuid, organization_id uuid, device jsonb, session_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION refresh_session(refresh_token text); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.refresh_session(refresh_token text) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.refresh_session(refresh_token text) TO callboard_anonymous;
GRANT ALL ON FUNCTION identity.refresh_session(refresh_token text) TO callboard_member;

--
-- Name: FUNCTION sign_in(email text, password text, organization_id uuid, device jsonb); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.sign_in(email text, password text, organization_id uuid, device jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.sign_in(email text, password text, organization_id uuid, device jsonb) TO callboard_anonymous;
GRANT ALL ON FUNCTION identity.sign_in(email text, password text, organization_id uuid, device jsonb) TO callboard_member;

--
-- Name: FUNCTION sign_out(); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.sign_out() FROM PUBLIC;
GRANT ALL ON FUNCTION identity.sign_out() TO callboard_member;

--
-- Name: FUNCTION sign_up(email text, password text, name text, organization_name text, device jsonb); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.sign_up(email text, password text, name text, organization_name text, device jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.sign_up(email text, password text, name text, organization_name text, device jsonb) TO callboard_anonymous;
GRANT ALL ON FUNCTION identity.sign_up(email text, password text, name text, organization_name text, device jsonb) TO callboard_member;

--
-- Name: FUNCTION switch_organization(organization_id uuid); Type: ACL; Schema: identity; Owner: -
--

REVOKE ALL ON FUNCTION identity.switch_organization(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION identity.switch_organization(organization_id uuid) TO callboard_member;

--
-- Name: PROCEDURE add_foreign_key(IN protected regclass, IN definition text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.add_foreign_key(IN protected regclass, IN definition text) FROM PUBLIC;

--
-- Name: PROCEDURE add_index(IN protected regclass, IN columns text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.add_index(IN protected regclass, IN columns text) FROM PUBLIC;

--
-- Name: PROCEDURE allow_transitions(IN protected regclass, IN status_column text, IN transitions jsonb); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.allow_transitions(IN protected regclass, IN status_column text, IN transitions jsonb) FROM PUBLIC;

--
-- Name: FUNCTION announce_change(organization_id uuid, entity_type text, operation text, ids jsonb); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.announce_change(organization_id uuid, entity_type text, operation text, ids jsonb) FROM PUBLIC;

--
-- Name: FUNCTION announce_changes_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.announce_changes_trigger() FROM PUBLIC;

--
-- Name: FUNCTION audit_changes_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.audit_changes_trigger() FROM PUBLIC;

--
-- Name: FUNCTION check_custom_fields_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.check_custom_fields_trigger() FROM PUBLIC;

--
-- Name: FUNCTION check_transition_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.check_transition_trigger() FROM PUBLIC;

--
-- Name: PROCEDURE close_partition(IN partition regclass); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.close_partition(IN partition regclass) FROM PUBLIC;

--
-- Name: FUNCTION custom_field_expectation(field_type text, options jsonb); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.custom_field_expectation(field_type text, options jsonb) FROM PUBLIC;

--
-- Name: FUNCTION fits_custom_field(value jsonb, field_type text, options jsonb); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.fits_custom_field(value jsonb, field_type text, options jsonb) FROM PUBLIC;

--
-- Name: FUNCTION follow_parent_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.follow_parent_trigger() FROM PUBLIC;

--
-- Name: PROCEDURE grant_columns(IN protected regclass, IN privilege text, IN except_columns text[]); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.grant_columns(IN protected regclass, IN privilege text, IN except_columns text[]) FROM PUBLIC;

--
-- Name: FUNCTION invalid_custom_fields(organization_id uuid, entity_type text, workspace_id uuid, fields jsonb); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.invalid_custom_fields(organization_id uuid, entity_type text, workspace_id uuid, fields jsonb) FROM PUBLIC;

--
-- Name: FUNCTION is_time_zone(name text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.is_time_zone(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.is_time_zone(name text) TO callboard_anonymous;
GRANT ALL ON FUNCTION platform.is_time_zone(name text) TO callboard_member;
GRANT ALL ON FUNCTION platform.is_time_zone(name text) TO callboard_service;

--
-- Name: PROCEDURE keep_users_inside(IN protected regclass); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.keep_users_inside(IN protected regclass) FROM PUBLIC;

--
-- Name: PROCEDURE keep_values_finite(IN protected regclass); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.keep_values_finite(IN protected regclass) FROM PUBLIC;

--
-- Name: FUNCTION lead_children_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.lead_children_trigger() FROM PUBLIC;

--
-- Name: FUNCTION maintain_partitions(months_ahead integer); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.maintain_partitions(months_ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.maintain_partitions(months_ahead integer) TO callboard_service;

--
-- Name: FUNCTION make_archive_functions(protected regclass, module_name text, parent text, parent_id regclass, singular text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.make_archive_functions(protected regclass, module_name text, parent text, parent_id regclass, singular text) FROM PUBLIC;

--
-- Name: FUNCTION make_month_partition(parent regclass, schema_name text, partition_name text, month_start date); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.make_month_partition(parent regclass, schema_name text, partition_name text, month_start date) FROM PUBLIC;

--
-- Name: PROCEDURE protect(IN protected regclass, IN kind text, IN parent text, IN read_only text[], IN singular text, IN retention interval, IN audit boolean, IN outlives_parent boolean); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.protect(IN protected regclass, IN kind text, IN parent text, IN read_only text[], IN singular text, IN retention interval, IN audit boolean, IN outlives_parent boolean) FROM PUBLIC;

--
-- Name: PROCEDURE protect_catalog(IN protected regclass, IN read_only text[]); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.protect_catalog(IN protected regclass, IN read_only text[]) FROM PUBLIC;

--
-- Name: PROCEDURE protect_log(IN protected regclass, IN module_name text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.protect_log(IN protected regclass, IN module_name text) FROM PUBLIC;

--
-- Name: PROCEDURE protect_personal(IN protected regclass, IN read_only text[]); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.protect_personal(IN protected regclass, IN read_only text[]) FROM PUBLIC;

--
-- Name: PROCEDURE protect_tenant(IN protected regclass, IN module_name text, IN parent text, IN parent_id regclass, IN read_only text[], IN is_published boolean); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.protect_tenant(IN protected regclass, IN module_name text, IN parent text, IN parent_id regclass, IN read_only text[], IN is_published boolean) FROM PUBLIC;

--
-- Name: FUNCTION ran_files(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.ran_files() FROM PUBLIC;
GRANT ALL ON FUNCTION platform.ran_files() TO callboard_authenticator;
GRANT ALL ON FUNCTION platform.ran_files() TO callboard_service;

--
-- Name: FUNCTION referenced_table(referencing regclass, column_name text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.referenced_table(referencing regclass, column_name text) FROM PUBLIC;

--
-- Name: FUNCTION refuse(code text, message text, field text, detail text, hint text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.refuse(code text, message text, field text, detail text, hint text) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.refuse(code text, message text, field text, detail text, hint text) TO callboard_anonymous;
GRANT ALL ON FUNCTION platform.refuse(code text, message text, field text, detail text, hint text) TO callboard_member;
GRANT ALL ON FUNCTION platform.refuse(code text, message text, field text, detail text, hint text) TO callboard_service;

--
-- Name: FUNCTION singular(plural text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.singular(plural text) FROM PUBLIC;

--
-- Name: FUNCTION slugify(name text); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.slugify(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.slugify(name text) TO callboard_member;
GRANT ALL ON FUNCTION platform.slugify(name text) TO callboard_service;

--
-- Name: FUNCTION today(organization_id uuid); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.today(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.today(organization_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION platform.today(organization_id uuid) TO callboard_service;

--
-- Name: FUNCTION topological_order(nodes integer, sources integer[], targets integer[]); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.topological_order(nodes integer, sources integer[], targets integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.topological_order(nodes integer, sources integer[], targets integer[]) TO callboard_member;
GRANT ALL ON FUNCTION platform.topological_order(nodes integer, sources integer[], targets integer[]) TO callboard_service;

--
-- Name: FUNCTION touch_row_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.touch_row_trigger() FROM PUBLIC;

--
-- Name: FUNCTION touch_updated_at_trigger(); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.touch_updated_at_trigger() FROM PUBLIC;

--
-- Name: FUNCTION watch_changes(organization_id uuid); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON FUNCTION platform.watch_changes(organization_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION platform.watch_changes(organization_id uuid) TO callboard_member;

--
-- Name: PROCEDURE watch_statements(IN protected regclass, IN name text, IN watcher text, IN events text[]); Type: ACL; Schema: platform; Owner: -
--

REVOKE ALL ON PROCEDURE platform.watch_statements(IN protected regclass, IN name text, IN watcher text, IN events text[]) FROM PUBLIC;

--
-- Name: FUNCTION budget_health(organization_id uuid, project_id uuid, today date); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.budget_health(organization_id uuid, project_id uuid, today date) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.budget_health(organization_id uuid, project_id uuid, today date) TO callboard_member;
GRANT ALL ON FUNCTION projects.budget_health(organization_id uuid, project_id uuid, today date) TO callboard_service;

--
-- Name: FUNCTION compliance_health(organization_id uuid, project_id uuid, as_of date); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.compliance_health(organization_id uuid, project_id uuid, as_of date) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.compliance_health(organization_id uuid, project_id uuid, as_of date) TO callboard_member;
GRANT ALL ON FUNCTION projects.compliance_health(organization_id uuid, project_id uuid, as_of date) TO callboard_service;

--
-- Name: TABLE projects; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.projects TO callboard_service;
GRANT SELECT ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.slug; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(slug),UPDATE(slug) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.description; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.priority; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(priority),UPDATE(priority) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.manager_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(manager_id),UPDATE(manager_id) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.client_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(client_id),UPDATE(client_id) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.client_name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(client_name),UPDATE(client_name) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.location; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(location),UPDATE(location) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.starts_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(starts_on),UPDATE(starts_on) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.ends_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(ends_on),UPDATE(ends_on) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.estimated_hours; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(estimated_hours),UPDATE(estimated_hours) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.working_days; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(working_days),UPDATE(working_days) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.days_off; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(days_off),UPDATE(days_off) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.tags; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(tags),UPDATE(tags) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.settings; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(settings),UPDATE(settings) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.is_template; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(is_template),UPDATE(is_template) ON TABLE projects.projects TO callboard_member;

--
-- Name: COLUMN projects.template_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(template_id),UPDATE(template_id) ON TABLE projects.projects TO callboard_member;

--
-- Name: FUNCTION create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.create_project_from_template(template_id uuid, name text, starts_on date, workspace_id uuid) TO callboard_service;

--
-- Name: TABLE design_versions; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.design_versions TO callboard_service;
GRANT SELECT ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.notes; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(notes),UPDATE(notes) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.content; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(content),UPDATE(content) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.preview_url; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(preview_url),UPDATE(preview_url) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.reviewed_by; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(reviewed_by),UPDATE(reviewed_by) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: COLUMN design_versions.reviewed_at; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(reviewed_at),UPDATE(reviewed_at) ON TABLE projects.design_versions TO callboard_member;

--
-- Name: FUNCTION delete_design_version(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_design_version(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_design_version(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_design_version(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION delete_project(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_compliance; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_compliance TO callboard_service;
GRANT SELECT ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.authority; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(authority),UPDATE(authority) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.reference_number; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(reference_number),UPDATE(reference_number) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.is_blocking; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(is_blocking),UPDATE(is_blocking) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.responsible_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(responsible_id),UPDATE(responsible_id) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.location; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(location),UPDATE(location) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.submitted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(submitted_at),UPDATE(submitted_at) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.decided_at; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(decided_at),UPDATE(decided_at) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.valid_from; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(valid_from),UPDATE(valid_from) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.valid_until; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(valid_until),UPDATE(valid_until) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.cost; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(cost),UPDATE(cost) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.currency; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: COLUMN project_compliance.notes; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(notes),UPDATE(notes) ON TABLE projects.project_compliance TO callboard_member;

--
-- Name: FUNCTION delete_project_compliance(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_compliance(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_compliance(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_compliance(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_members; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_members TO callboard_service;
GRANT SELECT ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.user_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(user_id),UPDATE(user_id) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.role; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(role),UPDATE(role) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.allocation_percent; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(allocation_percent),UPDATE(allocation_percent) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.joined_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(joined_on),UPDATE(joined_on) ON TABLE projects.project_members TO callboard_member;

--
-- Name: COLUMN project_members.left_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(left_on),UPDATE(left_on) ON TABLE projects.project_members TO callboard_member;

--
-- Name: FUNCTION delete_project_member(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_member(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_member(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_member(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_milestones; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_milestones TO callboard_service;
GRANT SELECT ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.phase_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(phase_id),UPDATE(phase_id) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.description; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.due_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(due_on),UPDATE(due_on) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: COLUMN project_milestones.achieved_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(achieved_on),UPDATE(achieved_on) ON TABLE projects.project_milestones TO callboard_member;

--
-- Name: FUNCTION delete_project_milestone(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_milestone(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_milestone(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_milestone(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_phases; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_phases TO callboard_service;
GRANT SELECT ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.description; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.starts_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(starts_on),UPDATE(starts_on) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases.ends_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(ends_on),UPDATE(ends_on) ON TABLE projects.project_phases TO callboard_member;

--
-- Name: COLUMN project_phases."position"; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT("position"),UPDATE("position") ON TABLE projects.project_phases TO callboard_member;

--
-- Name: FUNCTION delete_project_phase(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_phase(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_phase(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_phase(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_resources; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_resources TO callboard_service;
GRANT SELECT ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.task_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(task_id),UPDATE(task_id) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.name; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.quantity; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(quantity),UPDATE(quantity) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.unit; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(unit),UPDATE(unit) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.unit_cost; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(unit_cost),UPDATE(unit_cost) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.currency; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(currency),UPDATE(currency) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.needed_from; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(needed_from),UPDATE(needed_from) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: COLUMN project_resources.needed_until; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(needed_until),UPDATE(needed_until) ON TABLE projects.project_resources TO callboard_member;

--
-- Name: FUNCTION delete_project_resource(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_resource(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_resource(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_resource(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_safety; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_safety TO callboard_service;
GRANT SELECT ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.title; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(title),UPDATE(title) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.description; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.severity; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(severity),UPDATE(severity) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.likelihood; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(likelihood),UPDATE(likelihood) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.responsible_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(responsible_id),UPDATE(responsible_id) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.mitigation; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(mitigation),UPDATE(mitigation) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.occurred_at; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(occurred_at),UPDATE(occurred_at) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: COLUMN project_safety.closed_at; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(closed_at),UPDATE(closed_at) ON TABLE projects.project_safety TO callboard_member;

--
-- Name: FUNCTION delete_project_safety(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_safety(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_safety(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_safety(row_id uuid) TO callboard_service;

--
-- Name: TABLE project_tasks; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.project_tasks TO callboard_service;
GRANT SELECT ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.phase_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(phase_id),UPDATE(phase_id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.parent_task_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(parent_task_id),UPDATE(parent_task_id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.title; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(title),UPDATE(title) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.description; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.status; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(status),UPDATE(status) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.priority; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(priority),UPDATE(priority) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.assignee_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(assignee_id),UPDATE(assignee_id) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.starts_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(starts_on),UPDATE(starts_on) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.due_on; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(due_on),UPDATE(due_on) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.duration_days; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(duration_days),UPDATE(duration_days) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.estimated_hours; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(estimated_hours),UPDATE(estimated_hours) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks.actual_hours; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(actual_hours),UPDATE(actual_hours) ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: COLUMN project_tasks."position"; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT("position"),UPDATE("position") ON TABLE projects.project_tasks TO callboard_member;

--
-- Name: FUNCTION delete_project_task(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_project_task(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_project_task(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_project_task(row_id uuid) TO callboard_service;

--
-- Name: TABLE task_dependencies; Type: ACL; Schema: projects; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE projects.task_dependencies TO callboard_service;
GRANT SELECT ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(id) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.workspace_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(workspace_id),UPDATE(workspace_id) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.custom_fields; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(custom_fields),UPDATE(custom_fields) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.deleted_at; Type: ACL; Schema: projects; Owner: -
--

GRANT UPDATE(deleted_at) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.project_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(project_id),UPDATE(project_id) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.predecessor_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(predecessor_id),UPDATE(predecessor_id) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.successor_id; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(successor_id),UPDATE(successor_id) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.kind; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(kind),UPDATE(kind) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: COLUMN task_dependencies.lag_days; Type: ACL; Schema: projects; Owner: -
--

GRANT INSERT(lag_days),UPDATE(lag_days) ON TABLE projects.task_dependencies TO callboard_member;

--
-- Name: FUNCTION delete_task_dependency(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.delete_task_dependency(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.delete_task_dependency(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.delete_task_dependency(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION find_dependency_cycle(organization_id uuid, project_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.find_dependency_cycle(organization_id uuid, project_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION get_production_health(project_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.get_production_health(project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.get_production_health(project_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.get_production_health(project_id uuid) TO callboard_service;

--
-- Name: FUNCTION get_production_timeline(project_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.get_production_timeline(project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.get_production_timeline(project_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.get_production_timeline(project_id uuid) TO callboard_service;

--
-- Name: FUNCTION is_slug_taken(organization_id uuid, slug text); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.is_slug_taken(organization_id uuid, slug text) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.is_slug_taken(organization_id uuid, slug text) TO callboard_member;
GRANT ALL ON FUNCTION projects.is_slug_taken(organization_id uuid, slug text) TO callboard_service;

--
-- Name: FUNCTION note_completion_trigger(); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.note_completion_trigger() FROM PUBLIC;

--
-- Name: FUNCTION number_version_trigger(); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.number_version_trigger() FROM PUBLIC;

--
-- Name: FUNCTION projects_health(project projects.projects); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.projects_health(project projects.projects) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.projects_health(project projects.projects) TO callboard_member;
GRANT ALL ON FUNCTION projects.projects_health(project projects.projects) TO callboard_service;

--
-- Name: FUNCTION projects_timeline(project projects.projects); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.projects_timeline(project projects.projects) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.projects_timeline(project projects.projects) TO callboard_member;
GRANT ALL ON FUNCTION projects.projects_timeline(project projects.projects) TO callboard_service;

--
-- Name: FUNCTION refuse_cycles_trigger(); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.refuse_cycles_trigger() FROM PUBLIC;

--
-- Name: FUNCTION refuse_subtask_cycle_trigger(); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.refuse_subtask_cycle_trigger() FROM PUBLIC;

--
-- Name: FUNCTION restore_design_version(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_design_version(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_design_version(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_design_version(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_compliance(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_compliance(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_compliance(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_compliance(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_member(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_member(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_member(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_member(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_milestone(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_milestone(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_milestone(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_milestone(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_phase(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_phase(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_phase(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_phase(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_resource(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_resource(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_resource(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_resource(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_safety(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_safety(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_safety(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_safety(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_project_task(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_project_task(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_project_task(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_project_task(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION restore_task_dependency(row_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.restore_task_dependency(row_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.restore_task_dependency(row_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.restore_task_dependency(row_id uuid) TO callboard_service;

--
-- Name: FUNCTION safety_health(organization_id uuid, project_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.safety_health(organization_id uuid, project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.safety_health(organization_id uuid, project_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.safety_health(organization_id uuid, project_id uuid) TO callboard_service;

--
-- Name: FUNCTION schedule_health(organization_id uuid, project_id uuid, today date); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.schedule_health(organization_id uuid, project_id uuid, today date) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.schedule_health(organization_id uuid, project_id uuid, today date) TO callboard_member;
GRANT ALL ON FUNCTION projects.schedule_health(organization_id uuid, project_id uuid, today date) TO callboard_service;

--
-- Name: FUNCTION set_slug_trigger(); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.set_slug_trigger() FROM PUBLIC;

--
-- Name: FUNCTION staffing_health(organization_id uuid, project_id uuid); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.staffing_health(organization_id uuid, project_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.staffing_health(organization_id uuid, project_id uuid) TO callboard_member;
GRANT ALL ON FUNCTION projects.staffing_health(organization_id uuid, project_id uuid) TO callboard_service;

--
-- Name: FUNCTION working_days(from_day date, count integer, weekdays smallint[], days_off date[]); Type: ACL; Schema: projects; Owner: -
--

REVOKE ALL ON FUNCTION projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[]) FROM PUBLIC;
GRANT ALL ON FUNCTION projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[]) TO callboard_member;
GRANT ALL ON FUNCTION projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[]) TO callboard_service;

--
-- Name: FUNCTION create_organization(name text, owner_id uuid, time_zone text, currency text); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.create_organization(name text, owner_id uuid, time_zone text, currency text) FROM PUBLIC;

--
-- Name: FUNCTION free_slug(name text); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.free_slug(name text) FROM PUBLIC;

--
-- Name: FUNCTION is_active_member(organization_id uuid, user_id uuid); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.is_active_member(organization_id uuid, user_id uuid) FROM PUBLIC;

--
-- Name: TABLE organization_members; Type: ACL; Schema: tenancy; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE tenancy.organization_members TO callboard_service;
GRANT SELECT ON TABLE tenancy.organization_members TO callboard_member;

--
-- Name: FUNCTION organization_members_email(member tenancy.organization_members); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.organization_members_email(member tenancy.organization_members) FROM PUBLIC;
GRANT ALL ON FUNCTION tenancy.organization_members_email(member tenancy.organization_members) TO callboard_member;

--
-- Name: FUNCTION sync_system_roles(organization_id uuid); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.sync_system_roles(organization_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION sync_system_roles_trigger(); Type: ACL; Schema: tenancy; Owner: -
--

REVOKE ALL ON FUNCTION tenancy.sync_system_roles_trigger() FROM PUBLIC;

--
-- Name: TABLE permissions; Type: ACL; Schema: authz; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE authz.permissions TO callboard_service;

--
-- Name: TABLE credentials; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE identity.credentials TO callboard_service;

--
-- Name: TABLE platform_roles; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE identity.platform_roles TO callboard_service;
GRANT SELECT ON TABLE identity.platform_roles TO callboard_member;

--
-- Name: TABLE profiles; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE identity.profiles TO callboard_service;
GRANT SELECT,DELETE ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.headline; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(headline),UPDATE(headline) ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.bio; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(bio),UPDATE(bio) ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.phone; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(phone),UPDATE(phone) ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.location; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(location),UPDATE(location) ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.website; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(website),UPDATE(website) ON TABLE identity.profiles TO callboard_member;

--
-- Name: COLUMN profiles.links; Type: ACL; Schema: identity; Owner: -
--

GRANT INSERT(links),UPDATE(links) ON TABLE identity.profiles TO callboard_member;

--
-- Name: TABLE refresh_tokens; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE identity.refresh_tokens TO callboard_service;

--
-- Name: TABLE users; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE identity.users TO callboard_service;

--
-- Name: COLUMN users.id; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT(id) ON TABLE identity.users TO callboard_member;

--
-- Name: COLUMN users.name; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT(name),UPDATE(name) ON TABLE identity.users TO callboard_member;

--
-- Name: COLUMN users.avatar_url; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT(avatar_url),UPDATE(avatar_url) ON TABLE identity.users TO callboard_member;

--
-- Name: COLUMN users.time_zone; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT(time_zone),UPDATE(time_zone) ON TABLE identity.users TO callboard_member;

--
-- Name: COLUMN users.created_at; Type: ACL; Schema: identity; Owner: -
--

GRANT SELECT(created_at) ON TABLE identity.users TO callboard_member;

--
-- Name: TABLE change_watchers; Type: ACL; Schema: platform; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE platform.change_watchers TO callboard_service;

--
-- Name: TABLE migrations; Type: ACL; Schema: platform; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE platform.migrations TO callboard_service;

--
-- Name: TABLE protected_tables; Type: ACL; Schema: platform; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE platform.protected_tables TO callboard_service;

--
-- Name: TABLE tenant_log_row; Type: ACL; Schema: platform; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE platform.tenant_log_row TO callboard_service;

--
-- Name: TABLE tenant_row; Type: ACL; Schema: platform; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE platform.tenant_row TO callboard_service;

--
-- Name: TABLE audit_logs; Type: ACL; Schema: security; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE security.audit_logs TO callboard_service;
GRANT SELECT ON TABLE security.audit_logs TO callboard_member;

--
-- Name: TABLE organizations; Type: ACL; Schema: tenancy; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE tenancy.organizations TO callboard_service;
GRANT SELECT ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.name; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(name) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.description; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(description) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.kind; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(kind) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.time_zone; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(time_zone) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.currency; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(currency) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.contact_email; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(contact_email) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.contact_phone; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(contact_phone) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.website; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(website) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: COLUMN organizations.logo_url; Type: ACL; Schema: tenancy; Owner: -
--

GRANT UPDATE(logo_url) ON TABLE tenancy.organizations TO callboard_member;

--
-- Name: TABLE roles; Type: ACL; Schema: tenancy; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE tenancy.roles TO callboard_service;
GRANT SELECT ON TABLE tenancy.roles TO callboard_member;

--
-- Name: TABLE workspace_members; Type: ACL; Schema: tenancy; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE tenancy.workspace_members TO callboard_service;
GRANT SELECT,DELETE ON TABLE tenancy.workspace_members TO callboard_member;

--
-- Name: COLUMN workspace_members.id; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(id) ON TABLE tenancy.workspace_members TO callboard_member;

--
-- Name: COLUMN workspace_members.workspace_id; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE tenancy.workspace_members TO callboard_member;

--
-- Name: COLUMN workspace_members.user_id; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(user_id) ON TABLE tenancy.workspace_members TO callboard_member;

--
-- Name: TABLE workspaces; Type: ACL; Schema: tenancy; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE tenancy.workspaces TO callboard_service;
GRANT SELECT ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.id; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(id) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.name; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.slug; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(slug),UPDATE(slug) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.description; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.is_private; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(is_private),UPDATE(is_private) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: COLUMN workspaces.settings; Type: ACL; Schema: tenancy; Owner: -
--

GRANT INSERT(settings),UPDATE(settings) ON TABLE tenancy.workspaces TO callboard_member;

--
-- Name: DEFAULT PRIVILEGES FOR TYPES; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE callboard_owner REVOKE ALL ON TYPES  FROM PUBLIC;

--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE callboard_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

--
-- PostgreSQL database dump complete
--
