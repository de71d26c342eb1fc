create or replace function tenancy.forget_membership(user_id uuid, address text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  were_in constant uuid[] := array(
    select m.organization_id from tenancy.organization_members m where m.user_id = forget_membership.user_id);
  invitations constant uuid[] := array(
    select i.id
      from tenancy.invitations i
     where i.organization_id = any (were_in)
       and (i.accepted_by = forget_membership.user_id or i.email = forget_membership.address));
begin
  -- Somebody who left before may have been asked to come back.
  update tenancy.invitations i
     set revoked_at = now(), revoked_by = authz.user_id()
   where i.organization_id = any (were_in)
     and i.id = any (invitations)
     and i.accepted_at is null
     and i.revoked_at is null;
  update tenancy.invitations i
     set email = 'deleted-' || i.id || '@callboard.invalid'
   where i.organization_id = any (were_in) and i.id = any (invitations);
  -- What the audit log says of them, also of this.
  update security.audit_logs l
     set before = l.before - 'email', after = l.after - 'email'
   where l.organization_id = any (were_in)
     and l.entity_id = any (invitations)
     and l.entity_type = 'tenancy.invitations'
     and (l.before ? 'email' or l.after ? 'email');
  update security.audit_logs l
     set before = l.before - 'title', after = l.after - 'title'
    from tenancy.organization_members m
   where m.user_id = forget_membership.user_id
     and l.organization_id = m.organization_id
     and l.entity_id = m.id
     and l.entity_type = 'tenancy.organization_members'
     and (l.before ? 'title' or l.after ? 'title');
end
$$;

comment on function tenancy.forget_membership(uuid, text) is
  'Takes the address and the title of somebody whose account ends from the invitations and the audit log of the '
  'organizations that they were in, and revokes what is still open there. What other organizations have asked an address to '
  'is theirs: whoever has it next can accept.';
