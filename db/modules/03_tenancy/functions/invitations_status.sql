create or replace function tenancy.invitations_status(invitation tenancy.invitations) returns text
language sql stable
return case
  when invitation.accepted_at is not null then 'accepted'
  when coalesce(invitation.revoked_at, now()) >= invitation.expires_at then 'expired'
  when invitation.revoked_at is not null then 'revoked'
  else 'pending'
end;

comment on function tenancy.invitations_status(tenancy.invitations) is
  'What came of it: pending, accepted, revoked or expired.';
grant execute on function tenancy.invitations_status(tenancy.invitations) to callboard_member, callboard_service;
