create or replace function identity.purge_expired() returns table (what text, rows bigint)
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  with tokens as (
    -- One that is out of date is refused whether it is known or not.
    delete from identity.refresh_tokens t where t.expires_at < now() returning 1
  ),
  sessions as (
    delete from identity.session_families s
     where s.expires_at < now() - interval '90 days' or s.revoked_at < now() - interval '90 days'
    returning 1
  ),
  links as (
    delete from identity.one_time_tokens t where t.expires_at < now() - interval '7 days' returning 1
  ),
  challenges as (
    delete from identity.sign_in_challenges c where c.expires_at < now() returning 1
  ),
  journeys as (
    delete from identity.provider_sign_ins p where p.expires_at < now() returning 1
  ),
  factors as (
    delete from identity.second_factors f
     where f.confirmed_at is null and f.created_at < now() - interval '1 day'
    returning 1
  ),
  attempts as (
    delete from security.failed_login_attempts a where a.attempted_at < now() - interval '30 days' returning 1
  ),
  events as (
    delete from security.security_events e where e.occurred_at < now() - interval '2 years' returning 1
  )
  select 'refresh tokens', (select count(*) from tokens)
  union all
  select 'sessions', (select count(*) from sessions)
  union all
  select 'links', (select count(*) from links)
  union all
  select 'sign-ins begun', (select count(*) from challenges) + (select count(*) from journeys)
  union all
  select 'second factors begun', (select count(*) from factors)
  union all
  select 'failed sign-ins', (select count(*) from attempts)
  union all
  select 'security events', (select count(*) from events)
$$;

comment on function identity.purge_expired() is
  'Deletes what is kept of accounts for a while only: a job calls it daily. Ended sessions stay for ninety days, failed '
  'sign-ins for thirty, events for two years: they hold addresses.';
grant execute on function identity.purge_expired() to callboard_service;
