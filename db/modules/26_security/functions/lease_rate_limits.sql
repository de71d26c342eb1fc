create or replace function security.lease_rate_limits(leases jsonb)
returns table (
  place integer,
  granted integer,
  remaining integer,
  reset_after double precision,
  slot bigint,
  known boolean
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  lease record;
  taken record;
begin
  -- In one order for everybody: two processes that lease for the same callers wait for each other once, not in a circle.
  for lease in
    select l.*
      from jsonb_to_recordset(lease_rate_limits.leases) as l (
             place integer, identifier text, endpoint text, max_requests integer, window_seconds integer,
             wanted integer, held_seconds numeric, returned_slot bigint, returned integer, api_key text)
     order by l.identifier, l.endpoint, l.window_seconds
  loop
    place := lease.place;
    -- Whoever makes keys up would otherwise get a limit with each.
    known := lease.api_key is null or exists (
               select
                 from tenancy.api_keys k
                where k.secret_hash = decode(lease.api_key, 'hex')
                  and k.revoked_at is null
                  and (k.expires_at is null or k.expires_at > clock_timestamp())
             );
    if not known then
      granted := 0;
      remaining := 0;
      reset_after := 0;
      slot := 0;
      return next;
      continue;
    end if;
    taken := security.take_rate_limit(
      lease.identifier, lease.endpoint, lease.max_requests, lease.window_seconds,
      lease.wanted, least(lease.wanted, 1), lease.held_seconds, lease.returned_slot, lease.returned);
    granted := taken.granted;
    remaining := taken.remaining;
    reset_after := greatest(extract(epoch from taken.reset_at - clock_timestamp()), 0);
    slot := taken.slot;
    return next;
  end loop;
end
$$;

comment on function security.lease_rate_limits(jsonb) is
  E'@behavior -*\n'
  'Shares of several callers'' limits for one process of the server, which admits so many requests by itself for the next '
  'held_seconds: a list of {place, identifier, endpoint, max_requests, window_seconds, wanted, held_seconds}, each with what '
  'is given back of the share before (returned_slot, returned), and the hash of the API key that it is for, if it is for one '
  '(api_key). Answers by place: how much was granted, up to what was wanted; how much is left for others; the seconds until '
  'there is more; the slot to give back to; and whether there is such a key. Definer: the server asks before anybody has '
  'entered.';
grant execute on function security.lease_rate_limits(jsonb) to callboard_authenticator, callboard_service;

create or replace function security.forget_rate_limits(at_most integer default 10000) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
begin
  delete from security.rate_limits r
   where r.ctid = any (array(
           select o.ctid
             from security.rate_limits o
            where o.expires_at < clock_timestamp()
            limit at_most
              for update skip locked
         ));
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;

comment on function security.forget_rate_limits(integer) is
  E'@behavior -*\n'
  'Deletes counts of which nothing counts any more, so many at a time, and says how many; a job calls it until there are '
  'none. Definer: the table is internal.';
grant execute on function security.forget_rate_limits(integer) to callboard_service;
