create or replace function authz.define_permission(
  key text,
  description text,
  default_roles text[] default null
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into authz.permissions as p (key, description, default_roles)
  values (
    define_permission.key,
    define_permission.description,
    coalesce(
      define_permission.default_roles,
      case when define_permission.key like '%.write' then '{owner,admin,member}' else '{owner,admin,member,guest}' end
        ::text[])
  )
  on conflict on constraint permissions_pkey do update
    set (description, default_roles) = (excluded.description, excluded.default_roles)
  where define_permission.default_roles is not null
    and (p.description, p.default_roles) is distinct from (excluded.description, excluded.default_roles)
$$;

comment on function authz.define_permission(text, text, text[]) is
  'Registers a permission and which of the default roles hold it. An access file names what differs from the rule '
  '(everyone reads, all but guests write) before it protects its tables.';
