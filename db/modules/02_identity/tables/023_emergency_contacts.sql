create table identity.emergency_contacts (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null default authz.user_id() references identity.users,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  relationship text check (btrim(relationship) <> '' and length(relationship) <= 100),
  phone text check (phone ~ '^\+?[0-9][0-9 ()./x-]{2,38}$'),
  email text check (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 254),
  notes text check (length(notes) <= 2000),
  is_primary boolean not null default false,
  is_shared boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint emergency_contacts_reach_rule check (phone is not null or email is not null)
);
create index on identity.emergency_contacts (user_id);
create unique index emergency_contacts_primary on identity.emergency_contacts (user_id) where is_primary;
comment on table identity.emergency_contacts is
  'Whom to call when something happens to a user (seed emergency_contacts). Written by the user alone; see '
  'memberEmergencyContacts for who else reads them.';
comment on constraint emergency_contacts_reach_rule on identity.emergency_contacts is
  'A contact needs a telephone number or an e-mail address.';
comment on column identity.emergency_contacts.relationship is 'What they are to the user, such as mother or partner.';
comment on column identity.emergency_contacts.phone is 'With the country code where it matters: +44 20 7946 0018.';
comment on column identity.emergency_contacts.notes is 'What they should know or say, such as an allergy.';
comment on column identity.emergency_contacts.is_primary is 'Whom to call first; one of them at most.';
comment on column identity.emergency_contacts.is_shared is
  'Whether those who may see emergency contacts in an organization of the user see this one.';
