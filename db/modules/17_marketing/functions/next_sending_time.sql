create or replace function marketing.next_sending_time(
  moment timestamptz,
  time_zone text,
  quiet_from time,
  quiet_to time
) returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  place_time constant timestamp := moment at time zone time_zone;
  clock constant time := place_time::time;
  quiet_ends timestamp;
begin
  if quiet_from is null or quiet_to is null or quiet_from = quiet_to then
    return moment;
  end if;
  if quiet_from < quiet_to then
    if clock < quiet_from or clock >= quiet_to then
      return moment;
    end if;
    quiet_ends := place_time::date + quiet_to;
  elsif clock >= quiet_from then
    quiet_ends := place_time::date + 1 + quiet_to;
  elsif clock < quiet_to then
    quiet_ends := place_time::date + quiet_to;
  else
    return moment;
  end if;
  -- A time of the clock that the night of summer time leaves out is taken an hour later, one that comes twice the second
  -- time: the quiet is never cut short.
  return quiet_ends at time zone time_zone;
end
$$;

comment on function marketing.next_sending_time(timestamptz, text, time, time) is E'@behavior -*\n'
  'The first moment, not before the given one, that is outside of the quiet hours of a place: from quiet_from until before '
  'quiet_to by its clocks, over midnight when quiet_from is the later one; equal or null: none are quiet.';
grant execute on function marketing.next_sending_time(timestamptz, text, time, time) to callboard_member, callboard_service;
