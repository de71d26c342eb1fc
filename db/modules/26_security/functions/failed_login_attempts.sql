create or replace function security.login_digest(email text) returns bytea
language sql immutable parallel safe
return sha256(convert_to(lower(btrim(coalesce(email, ''))), 'UTF8'));

comment on function security.login_digest(text) is 'Under what the failures of an e-mail address are kept.';

create or replace function security.login_delay(failures integer, free integer) returns interval
language sql immutable parallel safe
return case
  when failures < free then interval '0'
  -- Five seconds, doubled with each failure: nobody who mistypes notices the first ones. A quarter of an hour at most, so
  -- that whoever fails on purpose cannot lock anybody out for longer; that still leaves a hundred guesses a day, against
  -- which every allowed password holds.
  else least(interval '5 seconds' * power(2, least(failures - free, 20)), interval '15 minutes')
end;

comment on function security.login_delay(integer, integer) is
  'How long to wait after so many failures, of which the first ones are free.';

create or replace function security.check_failed_login_attempts(email text, ip_address inet) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with sender as (
    select platform.network_of(ip_address) as network,
           -- Where the user has signed in from, failures elsewhere do not count: nobody can lock a user out of their own
           -- desk by failing from another place.
           exists (
             select
               from identity.users u
               join identity.session_families s on s.user_id = u.id
              where u.email = lower(btrim(check_failed_login_attempts.email))
                and platform.network_of(s.address) = platform.network_of(ip_address)
                and s.last_used_at > now() - interval '30 days'
           ) as is_known
  ),
  waits as (
    -- Five for one e-mail address in a day.
    select max(a.attempted_at) + security.login_delay(count(*)::int, 5) as until
      from security.failed_login_attempts a, sender
     where a.email_digest = security.login_digest(check_failed_login_attempts.email)
       and a.attempted_at > now() - interval '1 day'
       and a.cleared_at is null
       and (not sender.is_known or a.network = sender.network)
    union all
    -- Thirty from one sender in an hour: behind one address there may be a whole school on a Monday.
    select max(a.attempted_at) + security.login_delay(count(*)::int, 30)
      from security.failed_login_attempts a, sender
     where a.network = sender.network
       and a.attempted_at > now() - interval '1 hour'
       and a.cleared_at is null
  )
  select greatest(0, ceil(extract(epoch from max(until) - clock_timestamp())))::int from waits
$$;

comment on function security.check_failed_login_attempts(text, inet) is
  'Seconds to wait before the next sign-in as this e-mail address from this sender; 0 when it may come now.';

create or replace function security.await_login_turn(email text, ip_address inet) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The sender first, always: two that lock both never wait for each other.
  if ip_address is not null then
    perform pg_advisory_xact_lock(5678003, hashtext(platform.network_of(ip_address)::text));
  end if;
  perform pg_advisory_xact_lock(5678004, hashtext(encode(security.login_digest(email), 'hex')));
end
$$;

comment on function security.await_login_turn(text, inet) is
  'Lets those who sign in as one e-mail address, or from one sender, take turns until the transaction ends. Called between '
  'the slow comparison of passwords and the word about its outcome, so that of many guesses made at once no more are '
  'answered than of as many made in a row.';

create or replace function security.record_failed_login_attempt(
  email text,
  ip_address inet,
  user_agent text default null
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into security.failed_login_attempts (email_digest, address, user_agent)
  values (security.login_digest(email), ip_address, left(user_agent, 500))
$$;

comment on function security.record_failed_login_attempt(text, inet, text) is
  'Notes a sign-in that failed. The same for an e-mail address that nobody has.';

create or replace function security.clear_failed_login_attempts(email text, ip_address inet) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  cleared integer;
begin
  update security.failed_login_attempts a
     set cleared_at = clock_timestamp()
   where a.email_digest = security.login_digest(clear_failed_login_attempts.email)
     and a.network is not distinct from platform.network_of(ip_address)
     and a.cleared_at is null;
  get diagnostics cleared = row_count;
  return cleared;
end
$$;

comment on function security.clear_failed_login_attempts(text, inet) is
  'Forgives what the right password shows to have been slips: the failures of this e-mail address from this sender, and says '
  'how many. Those for other addresses stay, or an account of one''s own would buy guesses at others''; those of other '
  'senders too, or every sign-in of a user would buy some to whoever guesses elsewhere.';
