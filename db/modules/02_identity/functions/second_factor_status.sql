create or replace function identity.second_factor_status()
returns table (is_enabled boolean, confirmed_at timestamptz, recovery_codes_left integer)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.user_id is not null,
         f.confirmed_at,
         (select count(*)::int from identity.recovery_codes c where c.user_id = f.user_id and c.used_at is null)
    from identity.users u
    left join identity.second_factors f on f.user_id = u.id and f.confirmed_at is not null
   where u.id = authz.user_id()
$$;

comment on function identity.second_factor_status() is
  E'@behavior -*\nWhether the caller''s sign-in takes a second factor, and how many recovery codes are left; no row without a '
  'session. Definer: factors are internal.';
grant execute on function identity.second_factor_status() to callboard_anonymous, callboard_member;

create or replace function identity.has_second_factor(user_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from identity.second_factors f
     where f.user_id = has_second_factor.user_id and f.confirmed_at is not null
  )
$$;

comment on function identity.has_second_factor(uuid) is
  'Whether a user''s sign-in takes a second factor. For functions that have checked who asks, such as those that keep '
  'an organization''s rule that its members have one.';
