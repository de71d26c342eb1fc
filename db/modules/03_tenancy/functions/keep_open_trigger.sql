create or replace function tenancy.keep_open_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The lock: whoever suspends or closes the organization meanwhile waits, and then finds this member.
  select o.status = 'active'
    into new.is_open
    from tenancy.organizations o
   where o.id = new.organization_id
     for share;
  -- of an organization that is not there, the foreign key speaks
  new.is_open := coalesce(new.is_open, false);
  return new;
end
$$;

comment on function tenancy.keep_open_trigger() is
  'Before a member''s row is written: whether the organization is active, whatever was written. Definer: it counts for '
  'whoever may not lock organizations.';

create or replace function tenancy.open_or_close_members_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update tenancy.organization_members m
     set is_open = not m.is_open -- the trigger knows better
   where m.organization_id = new.id and m.is_open is distinct from (new.status = 'active');
  return null;
end
$$;

comment on function tenancy.open_or_close_members_trigger() is
  'An organization was suspended, closed or reopened: its members are out, or in, at their next request. Definer: members '
  'are written by functions only.';
