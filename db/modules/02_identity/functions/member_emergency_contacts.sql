create or replace function identity.member_emergency_contacts(user_id uuid default null)
returns setof identity.emergency_contacts
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 50
as $$
begin
  perform authz.require('identity.emergency_contacts');
  return query
    select e.*
      from identity.emergency_contacts e
      join tenancy.organization_members m
        on m.organization_id = authz.organization_id() and m.user_id = e.user_id and m.status = 'active'
     where e.is_shared
       and (member_emergency_contacts.user_id is null or e.user_id = member_emergency_contacts.user_id)
     order by e.user_id, e.is_primary desc, e.id;
end
$$;

comment on function identity.member_emergency_contacts(uuid) is
  'The emergency contacts that the members of the active organization share, or those of one member; the one to call first '
  'comes first. Takes the permission identity.emergency_contacts (owners and admins). Errors: UNAUTHENTICATED, FORBIDDEN. '
  'Definer: contacts are personal, and are read here by those who answer for people at work.';
grant execute on function identity.member_emergency_contacts(uuid) to callboard_member;
