create table community.referrals (
  like platform.tenant_row including all,
  code text not null default ''
    check (code ~ '^[34679ACDEFHJKMNPRTWXY]{4}-[34679ACDEFHJKMNPRTWXY]{4}$'),
  referrer_id uuid references identity.users,
  referrer_lead_id uuid,
  invitee_email text check (platform.is_email_address(invitee_email)),
  invitee_name text check (btrim(invitee_name) <> '' and length(invitee_name) <= 200),
  status text not null default 'open' check (status in ('open', 'used', 'rewarded', 'expired', 'cancelled')),
  lead_id uuid,
  expires_at timestamptz,
  used_at timestamptz,
  reward text check (btrim(reward) <> '' and length(reward) <= 500),
  rewarded_at timestamptz,
  notes text check (length(notes) <= 2000),
  constraint referrals_referrer_rule check (num_nonnulls(referrer_id, referrer_lead_id) = 1),
  constraint referrals_used_rule check ((used_at is not null) = (status in ('used', 'rewarded'))),
  constraint referrals_lead_rule check (status not in ('used', 'rewarded') or lead_id is not null),
  constraint referrals_rewarded_rule check ((rewarded_at is not null) = (status = 'rewarded')),
  constraint referrals_self_rule check (lead_id <> referrer_lead_id),
  unique (organization_id, code),
  foreign key (organization_id, referrer_lead_id) references crm.leads,
  foreign key (organization_id, lead_id) references crm.leads
);
create unique index referrals_lead_key on community.referrals (organization_id, lead_id) where deleted_at is null;
create index on community.referrals (organization_id, referrer_id);
create index on community.referrals (organization_id, referrer_lead_id);
create index on community.referrals (organization_id, lead_id);
create index on community.referrals (organization_id, status);
-- of whatever organization
create index on community.referrals (code);
comment on table community.referrals is
  'Somebody recommends the organization to somebody else (seed referrals): by a code that can be told on the phone. '
  'useReferral says who came by it.';
comment on constraint referrals_lead_rule on community.referrals is
  'What is used or rewarded needs the lead that came of it.';
comment on constraint referrals_referrer_rule on community.referrals is 'Either a user or a lead refers.';
comment on constraint referrals_self_rule on community.referrals is 'No lead refers itself.';
comment on column community.referrals.code is
  E'@behavior -attribute:insert -attribute:update\nSuch as K7PM-X4TR: without letters and digits that look alike.';
comment on column community.referrals.referrer_id is 'Who recommends, of the organization''s own people; or else a lead does.';
comment on column community.referrals.referrer_lead_id is 'The lead, often a client, who recommends.';
comment on column community.referrals.invitee_email is 'Whom it is meant for, where that is known.';
comment on column community.referrals.status is
  'open → used by useReferral → rewarded; or expired or cancelled before it is used.';
comment on column community.referrals.lead_id is 'Who came by it. A lead comes by one referral.';
comment on column community.referrals.expires_at is 'After this it is not used any more; null: it does not end.';
comment on column community.referrals.reward is 'What the referrer gets, in words.';
