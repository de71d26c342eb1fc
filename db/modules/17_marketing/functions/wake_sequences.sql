-- Each active sequence has at most one job that waits. Whoever makes something due takes a shared lock and says when, if that
-- is before the job wakes; the job, when it has done what was due, takes the lock alone and sleeps until the earliest time
-- that is left. So a time that is said while the job looks is either seen by it or said after it.

create or replace function marketing.wake_key(sequence_id uuid) returns bigint
language sql immutable parallel safe
return hashtextextended('marketing.nurturing_wakes:' || sequence_id, 0);

comment on function marketing.wake_key(uuid) is 'The advisory lock about when the job of a sequence wakes.';

create or replace function marketing.enqueue_advance(organization_id uuid, sequence_id uuid, at timestamptz) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select platform.enqueue(
    'advance_enrollments',
    jsonb_build_object('organization_id', organization_id, 'sequence_id', sequence_id),
    job_key => 'advance_enrollments:' || sequence_id,
    run_at => at)
$$;

comment on function marketing.enqueue_advance(uuid, uuid, timestamptz) is
  'Adds the job of a sequence, or puts the one that waits to another time.';

create or replace function marketing.wake_sequence(organization_id uuid, sequence_id uuid, at timestamptz) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  wakes timestamptz;
begin
  perform pg_advisory_xact_lock_shared(marketing.wake_key(sequence_id));
  select w.wakes_at
    into wakes
    from marketing.nurturing_wakes w
   where w.organization_id = wake_sequence.organization_id and w.sequence_id = wake_sequence.sequence_id;
  if wakes <= at then
    return;
  end if;
  insert into marketing.nurturing_wakes as w (organization_id, sequence_id, wakes_at)
  values (wake_sequence.organization_id, wake_sequence.sequence_id, at)
  on conflict on constraint nurturing_wakes_pkey do update
    set wakes_at = least(w.wakes_at, excluded.wakes_at)
  returning w.wakes_at into wakes;
  perform marketing.enqueue_advance(organization_id, sequence_id, wakes);
end
$$;

comment on function marketing.wake_sequence(uuid, uuid, timestamptz) is
  'Sees to it that the job of a sequence runs by a moment at the latest.';

create or replace function marketing.sleep_sequence(organization_id uuid, sequence_id uuid) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Times that lie close together are done together.
  soonest constant timestamptz := clock_timestamp() + interval '1 second';
  wakes timestamptz;
begin
  if not pg_try_advisory_xact_lock(marketing.wake_key(sequence_id)) then
    -- Somebody is about to make something due.
    perform marketing.enqueue_advance(organization_id, sequence_id, soonest);
    return soonest;
  end if;
  select greatest(min(e.next_run_at), soonest)
    into wakes
    from marketing.nurturing_sequences s
   cross join lateral (
           select e.next_run_at
             from marketing.nurturing_enrollments e
            where e.organization_id = s.organization_id and e.sequence_id = s.id and e.status = 'active'
            order by e.next_run_at
            limit 1
         ) e
   where s.organization_id = sleep_sequence.organization_id
     and s.id = sleep_sequence.sequence_id
     and s.status = 'active'
     and s.deleted_at is null
  having count(*) > 0;
  insert into marketing.nurturing_wakes as w (organization_id, sequence_id, wakes_at)
  values (sleep_sequence.organization_id, sleep_sequence.sequence_id, coalesce(wakes, 'infinity'))
  on conflict on constraint nurturing_wakes_pkey do update set wakes_at = excluded.wakes_at;
  if wakes is not null then
    perform marketing.enqueue_advance(organization_id, sequence_id, wakes);
  end if;
  return wakes;
end
$$;

comment on function marketing.sleep_sequence(uuid, uuid) is
  'Puts the job of a sequence to the earliest time that something is due, and returns that; null when there is none. In a '
  'transaction of its own, after what was due is done.';

create or replace function marketing.wake_sequences(at timestamptz default now()) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  woken integer;
begin
  perform marketing.enqueue_advance(w.organization_id, w.sequence_id, at)
     from marketing.nurturing_wakes w
     join marketing.nurturing_sequences s
       on s.organization_id = w.organization_id and s.id = w.sequence_id and s.status = 'active' and s.deleted_at is null
    where w.wakes_at < wake_sequences.at - interval '5 minutes';
  get diagnostics woken = row_count;
  return woken;
end
$$;

comment on function marketing.wake_sequences(timestamptz) is
  'Adds the jobs of sequences again that should have run and have not, such as after a job that failed for good. Returns how '
  'many. Doing it twice changes nothing.';
grant execute on function
  marketing.wake_key(uuid), marketing.enqueue_advance(uuid, uuid, timestamptz),
  marketing.wake_sequence(uuid, uuid, timestamptz), marketing.sleep_sequence(uuid, uuid),
  marketing.wake_sequences(timestamptz)
  to callboard_service;
