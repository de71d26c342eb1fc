create table tenancy.invitations (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  email text not null
    check (email = lower(btrim(email)) and email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 254),
  role_id uuid not null,
  workspace_ids uuid[] not null default '{}' check (cardinality(workspace_ids) <= 100),
  team_id uuid,
  invited_by uuid not null references identity.users,
  sent_at timestamptz not null default now(),
  expires_at timestamptz not null check (isfinite(expires_at)),
  accepted_at timestamptz,
  accepted_by uuid references identity.users,
  revoked_at timestamptz,
  revoked_by uuid references identity.users,
  lapsed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, role_id) references tenancy.roles,
  foreign key (organization_id, team_id) references tenancy.teams,
  constraint invitations_inviter foreign key (organization_id, invited_by)
    references tenancy.organization_members (organization_id, user_id),
  constraint invitations_acceptance_check check ((accepted_at is null) = (accepted_by is null)),
  constraint invitations_end_check check (accepted_at is null or revoked_at is null)
);
create unique index invitations_email_key on tenancy.invitations (organization_id, email)
  where accepted_at is null and revoked_at is null;
create index on tenancy.invitations (organization_id, email);
create index on tenancy.invitations (organization_id, expires_at)
  where accepted_at is null and revoked_at is null and lapsed_at is null;
create index on tenancy.invitations (expires_at) where accepted_at is null and revoked_at is null and lapsed_at is null;
create index on tenancy.invitations (organization_id, role_id);
create index on tenancy.invitations (organization_id, team_id);
create index on tenancy.invitations (organization_id, invited_by);
comment on table tenancy.invitations is
  'Who was asked by e-mail to join an organization, and what came of it.';
comment on column tenancy.invitations.email is 'The address, in lower case. Only an account with this address can accept.';
comment on column tenancy.invitations.role_id is 'The role that accepting gives.';
comment on column tenancy.invitations.workspace_ids is 'The private workspaces that accepting opens; for guests, all they will see.';
comment on column tenancy.invitations.team_id is 'The team that accepting leads into.';
comment on column tenancy.invitations.invited_by is
  'Who answers for it: the invitation holds as long as they may still give what it gives. Sending it again takes it over.';
comment on column tenancy.invitations.sent_at is 'When the message that holds now was asked for.';
comment on column tenancy.invitations.expires_at is 'Until when it can be accepted.';
comment on column tenancy.invitations.revoked_at is 'When it was taken back, or, after it had expired, replaced.';
comment on column tenancy.invitations.lapsed_at is
  'When it was noticed that it had expired, and the seat that it had taken was free again; null again when it is sent anew.';
comment on constraint invitations_inviter on tenancy.invitations is '@behavior -*';

create table tenancy.invitation_tokens (
  organization_id uuid not null,
  invitation_id uuid not null,
  token_hash bytea not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, invitation_id),
  unique (organization_id, token_hash),
  foreign key (organization_id, invitation_id) references tenancy.invitations on delete cascade
);
comment on table tenancy.invitation_tokens is
  'The token in the message of an invitation, as SHA-256 only; none until that is sent, so that none waits in the queue. '
  'Apart from the invitations, so that nothing that reads those can reach them.';

create type tenancy.invitation_preview as (
  email text,
  status text,
  expires_at timestamptz,
  organization_name text,
  organization_logo_url text,
  role_name text,
  invited_by_name text,
  has_account boolean
);
comment on type tenancy.invitation_preview is 'What the page behind the link of an invitation shows.';
comment on column tenancy.invitation_preview.email is 'The address to sign in or up with.';
comment on column tenancy.invitation_preview.status is 'pending, accepted, revoked or expired.';
comment on column tenancy.invitation_preview.has_account is
  'Whether an account has the address: then sign in and accept, otherwise sign up with the token.';
