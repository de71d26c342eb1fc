create table authz.permissions (
  key text primary key check (key ~ '^[a-z_]+\.[a-z_]+$'),
  description text not null,
  default_roles text[] not null
    check (default_roles <@ '{owner,admin,member,guest}' and 'owner' = any (default_roles)),
  added_at timestamptz not null default now()
);
comment on table authz.permissions is
  'Everything that a role can be allowed to do, with the default roles that hold it. Filled by the access files.';
comment on column authz.permissions.added_at is 'When the release that brought it was installed here.';
