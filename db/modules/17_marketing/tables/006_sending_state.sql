-- One row for each organization that sends. Batches of an organization are claimed one after the other under its lock, so
-- that rate and caps are exact whatever workers do.
create table marketing.sending_states (
  organization_id uuid primary key references tenancy.organizations,
  allowance double precision not null default 0,
  counted_at timestamptz not null default now(),
  held_until timestamptz,
  held_because text check (held_because in ('plan_limit')),
  webhook_version integer not null default 1 check (webhook_version > 0),
  webhook_rotated_at timestamptz,
  check ((held_until is null) = (held_because is null))
);
comment on table marketing.sending_states is
  'How many mails each organization may send at the moment, and which version of its webhook''s secret holds.';
comment on column marketing.sending_states.allowance is 'Mails that may go out at counted_at; grows with the rate of the settings.';
comment on column marketing.sending_states.held_until is 'Nothing is sent before, because of held_because.';
