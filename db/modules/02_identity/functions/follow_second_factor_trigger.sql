create or replace function identity.follow_second_factor_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The organizations first, as everybody does who changes whether they let members in: nobody waits for each other.
  perform
     from tenancy.organizations o
    where o.id in (
            select m.organization_id from tenancy.organization_members m where m.user_id = coalesce(new.user_id, old.user_id)
          )
    order by o.id
      for share;
  update tenancy.organization_members m
     set may_enter = true -- the trigger knows better
   where m.user_id = coalesce(new.user_id, old.user_id) and m.status = 'active';
  return null;
end
$$;

comment on function identity.follow_second_factor_trigger() is
  'A second factor was switched on or off: the organizations that require one let the user in, or not, at the next request. '
  'Definer: members are written by functions only.';
