create or replace function tenancy.require_owner(organization_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Written, not only locked: whoever takes away another owner at the same moment waits here and then sees what happened,
  -- or, with a snapshot that is older, is sent back by Postgres.
  update tenancy.organizations o
     set updated_at = now()
   where o.id = require_owner.organization_id and o.status = 'active';
  if found and not exists (
    select
      from tenancy.organization_members m
      join identity.users u on u.id = m.user_id and u.is_active
     where m.organization_id = require_owner.organization_id
       and m.role_key = 'owner'
       and m.status = 'active'
  ) then
    perform platform.refuse(
      'CB020', 'The organization would be without an owner.', hint => 'Make somebody else an owner first.');
  end if;
end
$$;

comment on function tenancy.require_owner(uuid) is
  'Refuses (CB020) what has left an active organization without an active owner.';

-- At the end of a transaction that may have taken the last owner away.

create or replace function tenancy.keep_owner_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenancy.require_owner(new.id);
  return null;
end
$$;

comment on function tenancy.keep_owner_trigger() is
  'An organization that is active has an owner who is. Definer: owners count whom the caller does not see.';

create or replace function tenancy.keep_owning_member_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenancy.require_owner(old.organization_id);
  return null;
end
$$;

comment on function tenancy.keep_owning_member_trigger() is
  'An owner left, was suspended or got another role: there is another one. Definer: owners count whom the caller does not '
  'see.';

create or replace function tenancy.keep_owning_user_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  owned record;
begin
  -- in one order, so that two accounts that end at once do not wait for each other
  for owned in
    select m.organization_id
      from tenancy.organization_members m
     where m.user_id = old.id and m.role_key = 'owner' and m.status = 'active'
     order by m.organization_id
  loop
    perform tenancy.require_owner(owned.organization_id);
  end loop;
  return null;
end
$$;

comment on function tenancy.keep_owning_user_trigger() is
  'An account was deactivated: what it owns has another owner. Definer: owners count whom the caller does not see.';

create or replace function tenancy.check_owner_now() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  set constraints tenancy._700_keep_owner, tenancy._700_keep_owning_member immediate;
  set constraints tenancy._700_keep_owner, tenancy._700_keep_owning_member deferred;
end
$$;

comment on function tenancy.check_owner_now() is
  'Asks the question of the transaction''s end already here, so that the refusal belongs to the call that caused it.';
