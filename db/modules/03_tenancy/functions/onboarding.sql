create or replace function tenancy.complete_step_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenancy.onboarding_steps as s (organization_id, step_key, status)
  select distinct n.organization_id, tg_argv[0], 'completed'
    from new_rows n
   where not exists (
           select
             from tenancy.onboarding_steps d
            where d.organization_id = n.organization_id
              and d.step_key = tg_argv[0]
              and d.user_id is null
              and d.status = 'completed'
         )
  on conflict on constraint onboarding_steps_step_key do update
    set (status, settled_by, settled_at) = (excluded.status, excluded.settled_by, excluded.settled_at)
  where s.status = 'skipped';
  return null;
end
$$;

comment on function tenancy.complete_step_trigger() is
  'A step of the onboarding is completed by the first row of its kind. Definer: callers may not write the steps.';

create or replace procedure tenancy.define_onboarding_step(
  key text,
  audience text,
  place integer,
  title text,
  description text,
  permission text default null,
  completed_by regclass default null
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenancy.onboarding_catalog as c (key, audience, position, title, description, permission)
  values (
    define_onboarding_step.key, define_onboarding_step.audience, define_onboarding_step.place,
    define_onboarding_step.title, define_onboarding_step.description, define_onboarding_step.permission)
  on conflict on constraint onboarding_catalog_pkey do update
    set (audience, position, title, description, permission)
      = (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.permission)
  where (c.audience, c.position, c.title, c.description, c.permission)
     is distinct from (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.permission);
  if completed_by is not null then
    execute format(
      'create or replace trigger _750_onboarding after insert on %s referencing new table as new_rows '
      'for each statement execute function tenancy.complete_step_trigger(%L)',
      completed_by, define_onboarding_step.key);
  end if;
end
$$;

comment on procedure tenancy.define_onboarding_step(text, text, integer, text, text, text, regclass) is
  'Registers a step of the onboarding; called in access files, once permission is there. completed_by is the table whose '
  'first row in an organization completes it.';

create or replace function tenancy.describe_organization_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenancy.onboarding_steps as s (organization_id, step_key, status)
  values (new.id, 'describe_organization', 'completed')
  on conflict on constraint onboarding_steps_step_key do update
    set (status, settled_by, settled_at) = (excluded.status, excluded.settled_by, excluded.settled_at)
  where s.status = 'skipped';
  return null;
end
$$;

comment on function tenancy.describe_organization_trigger() is
  'An organization that says something about itself has completed that step. Definer: callers may not write the steps.';

create or replace function tenancy.completed_own_steps() returns table (step_key text, completed_at timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select 'confirm_email', u.email_verified_at
    from identity.users u
   where u.id = authz.user_id() and u.email_verified_at is not null
   union all
  select 'complete_profile', p.updated_at
    from identity.profiles p
   where p.user_id = authz.user_id() and num_nonnulls(p.headline, p.bio, p.phone) > 0
   union all
  select 'choose_preferences', max(s.updated_at)
    from identity.user_settings s
   where s.user_id = authz.user_id() and s.value <> '{}'
  having max(s.updated_at) is not null
   union all
  select 'add_second_factor', f.confirmed_at
    from identity.second_factors f
   where f.user_id = authz.user_id() and f.confirmed_at is not null
$$;

comment on function tenancy.completed_own_steps() is
  'Which steps the caller has completed, read off what they did: it holds in every organization.';

create or replace function tenancy.get_onboarding() returns setof tenancy.onboarding_progress
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.key, c.audience, c.title, c.description,
         case when own.step_key is not null then 'completed' else coalesce(s.status, 'open') end,
         coalesce(own.completed_at, s.settled_at),
         u.name
    from tenancy.onboarding_catalog c
    left join tenancy.completed_own_steps() own on own.step_key = c.key
    left join tenancy.onboarding_steps s
           on s.organization_id = authz.organization_id()
          and s.step_key = c.key
          and s.user_id is not distinct from case when c.audience = 'user' then authz.user_id() end
    left join identity.users u on u.id = case when own.step_key is not null then authz.user_id() else s.settled_by end
   where authz.user_id() is not null
     and authz.organization_id() is not null
     and (c.permission is null or authz.has(c.permission))
   order by c.position
$$;

comment on function tenancy.get_onboarding() is
  'The steps by which the active organization, and the caller in it, get going: those that the caller may do. Definer: some '
  'are read off rows that are internal. Tells of the active organization and of the caller alone.';
grant execute on function tenancy.get_onboarding() to callboard_member;

create or replace function tenancy.skip_onboarding_step(key text, skip boolean default true)
returns tenancy.onboarding_progress
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  step tenancy.onboarding_progress;
begin
  perform authz.require_user();
  select p.* into step from tenancy.get_onboarding() p where p.key = skip_onboarding_step.key;
  if step.key is null then
    perform platform.refuse('CB004', 'There is no such step, or it is not yours to do.', field => 'key');
  end if;
  if step.status = 'completed' then
    perform platform.refuse('CB006', 'The step has been completed.', field => 'key');
  end if;
  if skip then
    insert into tenancy.onboarding_steps (organization_id, step_key, user_id, status)
    values (authz.organization_id(), step.key, case when step.audience = 'user' then authz.user_id() end, 'skipped')
    on conflict on constraint onboarding_steps_step_key do nothing;
  else
    delete from tenancy.onboarding_steps s
     where s.organization_id = authz.organization_id()
       and s.step_key = step.key
       and s.user_id is not distinct from case when step.audience = 'user' then authz.user_id() end
       and s.status = 'skipped';
  end if;
  select p.* into step from tenancy.get_onboarding() p where p.key = step.key;
  return step;
end
$$;

comment on function tenancy.skip_onboarding_step(text, boolean) is
  E'@resultFieldName onboardingStep\n'
  'Skips a step of the onboarding, or, with skip false, takes it up again. For whoever may do the step. Errors: '
  'UNAUTHENTICATED, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION when it was completed. Definer: steps are written by '
  'functions only.';
grant execute on function tenancy.skip_onboarding_step(text, boolean) to callboard_member;
