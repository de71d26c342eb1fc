create or replace function tenancy.mail_invitation(invitation tenancy.invitations) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select platform.send_mail(
    'invitation',
    invitation.email,
    token => jsonb_build_object(
      'purpose', 'invitation', 'organization_id', invitation.organization_id, 'invitation_id', invitation.id),
    job_key => 'invitation:' || invitation.id)
$$;

comment on function tenancy.mail_invitation(tenancy.invitations) is
  'Asks for the message of an invitation. Its token is made when it is sent.';

create or replace function tenancy.issue_invitation_token(organization_id uuid, invitation_id uuid)
returns table (id uuid, token text, variables jsonb)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  -- The organization in front, so that the row is found by its key; the rest is the secret.
  new_token constant text := replace(issue_invitation_token.organization_id::text, '-', '')
    || encode(extensions.gen_random_bytes(32), 'hex');
begin
  return query
    with open as (
      select i.*
        from tenancy.invitations i
       where i.organization_id = issue_invitation_token.organization_id
         and i.id = issue_invitation_token.invitation_id
         and i.accepted_at is null
         and i.revoked_at is null
         and i.expires_at > now()
         for share
    ),
    issued as (
      insert into tenancy.invitation_tokens as t (organization_id, invitation_id, token_hash)
      select o.organization_id, o.id, sha256(new_token::bytea) from open o
      on conflict on constraint invitation_tokens_pkey do update
        set (token_hash, created_at) = (excluded.token_hash, excluded.created_at)
    )
    select i.id, new_token, jsonb_build_object(
             'organization', o.name, 'inviter', u.name, 'role', r.name, 'email', i.email,
             'days', ceil(extract(epoch from i.expires_at - now()) / 86400)::integer::text)
      from open i
      join tenancy.organizations o on o.id = i.organization_id
      join tenancy.roles r on r.organization_id = i.organization_id and r.id = i.role_id
      join identity.users u on u.id = i.invited_by;
end
$$;

comment on function tenancy.issue_invitation_token(uuid, uuid) is
  'Makes the token of an invitation''s link for the message that is about to be sent, and what that says. No row when the '
  'invitation is no longer open. An earlier token no longer serves.';
grant execute on function tenancy.issue_invitation_token(uuid, uuid) to callboard_service;
