create or replace function tenancy.settle_entry_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and new.status is distinct from old.status then
    -- An owner may be lost by it, which is asked at the end by a write to the organization (require_owner): two who share
    -- the lock now would wait for each other then.
    perform from tenancy.organizations o where o.id = new.organization_id for no key update;
  end if;
  -- The lock: whoever suspends or closes the organization meanwhile, or asks for second factors, waits, and then finds this
  -- member.
  select o.status = 'active' and new.status = 'active'
    into new.may_enter
    from tenancy.organizations o
   where o.id = new.organization_id
     for share;
  -- of an organization that is not there, the foreign key speaks
  new.may_enter := coalesce(new.may_enter, false)
    and (not tenancy.requires_second_factor(new.organization_id) or identity.has_second_factor(new.user_id));
  return new;
end
$$;

comment on function tenancy.settle_entry_trigger() is
  'Before a member''s row is written: whether the member is let in, whatever was written. Definer: it counts for whoever '
  'may not lock organizations.';

create or replace function tenancy.settle_entries_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update tenancy.organization_members m
     set may_enter = true -- the trigger knows better
   where m.organization_id = new.id and m.status = 'active';
  return null;
end
$$;

comment on function tenancy.settle_entries_trigger() is
  'An organization was suspended, closed or reopened: its members are out, or in, at their next request. Definer: members '
  'are written by functions only.';
