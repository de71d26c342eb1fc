create or replace function security.take_rate_limit(
  identifier text,
  endpoint text,
  max_requests integer,
  window_seconds integer,
  wanted integer,
  at_least integer,
  held_seconds numeric,
  returned_slot bigint,
  returned integer,
  out granted integer,
  out remaining integer,
  out reset_at timestamptz,
  out slot bigint
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  slots_per_window constant integer := 60;
  slot_seconds constant numeric := take_rate_limit.window_seconds / slots_per_window::numeric;
  counted record;
  moment numeric;
  present bigint;
  used bigint;
  needed bigint;
begin
  loop
    select r.slots, r.counts
      into counted
      from security.rate_limits r
     where r.identifier = take_rate_limit.identifier
       and r.endpoint = take_rate_limit.endpoint
       and r.window_seconds = take_rate_limit.window_seconds
       for update;
    exit when found;
    -- Somebody else may be as quick, and the job that deletes may be quicker than both: look again.
    insert into security.rate_limits (identifier, endpoint, window_seconds)
    values (take_rate_limit.identifier, take_rate_limit.endpoint, take_rate_limit.window_seconds)
    on conflict do nothing;
  end loop;

  -- Not now(), which is from before the row was ours.
  moment := extract(epoch from clock_timestamp());
  present := floor(moment / slot_seconds);
  -- A slot counts until even its last moment is a whole window away.
  select coalesce(array_agg(h.slot order by h.slot), '{}') as slots,
         coalesce(array_agg(h.n order by h.slot), '{}') as counts,
         coalesce(sum(h.n), 0) as used
    into counted
    from (
           select u.slot, (u.n - case when u.slot = returned_slot then coalesce(returned, 0) else 0 end)::integer as n
             from unnest(counted.slots, counted.counts) as u (slot, n)
         ) h
   where h.slot >= present - slots_per_window and h.n > 0;
  used := counted.used;

  granted := greatest(least(wanted, max_requests - used), 0);
  if granted < at_least then
    granted := 0;
  end if;
  slot := floor((moment + held_seconds) / slot_seconds);
  if granted > 0 then
    used := used + granted;
    if array_position(counted.slots, slot) is null then
      counted.slots := counted.slots || slot;
      counted.counts := counted.counts || granted;
    else
      counted.counts[array_position(counted.slots, slot)] :=
        counted.counts[array_position(counted.slots, slot)] + granted;
    end if;
  end if;
  -- Whoever is refused, again and again, writes nothing.
  if granted > 0 or coalesce(returned, 0) > 0 then
    update security.rate_limits r
       set slots = counted.slots,
           counts = counted.counts,
           expires_at = to_timestamp(
             (coalesce((select max(s) from unnest(counted.slots) s), present) + slots_per_window + 1) * slot_seconds)
     where r.identifier = take_rate_limit.identifier
       and r.endpoint = take_rate_limit.endpoint
       and r.window_seconds = take_rate_limit.window_seconds;
  end if;

  remaining := greatest(max_requests - used, 0);
  -- When there will be more: for one who was refused, as much as was asked for at least.
  needed := case when granted > 0 or wanted = 0 then 1 else used + at_least - max_requests end;
  select h.slot
    into present
    from (
           select u.slot, sum(u.n) over (order by u.slot) as freed
             from unnest(counted.slots, counted.counts) as u (slot, n)
         ) h
   where h.freed >= needed
   order by h.slot
   limit 1;
  reset_at := coalesce(to_timestamp((present + slots_per_window + 1) * slot_seconds), clock_timestamp());
end
$$;

comment on function security.take_rate_limit(
  text, text, integer, integer, integer, integer, numeric, bigint, integer) is
  'Takes up to wanted out of what a window allows, or nothing when that is less than at_least, after giving back what was '
  'taken into a slot and not used. What is taken counts from when it may last be used, in held_seconds, until a window '
  'later, so that no window of that length ever holds more than max_requests, whoever takes and however late it is used. '
  'Returns what was granted, what is left, when there will be more, and the slot.';
