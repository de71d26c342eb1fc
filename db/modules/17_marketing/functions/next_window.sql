create or replace function marketing.instants_of(place_time timestamp, zone text) returns timestamptz[]
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant timestamptz := place_time at time zone zone;
  shown constant timestamp := taken at time zone zone;
  earlier timestamptz;
  before timestamptz;
  after timestamptz := taken;
  middle timestamptz;
begin
  if shown = place_time then
    -- Postgres takes the second of two; the first lies as much earlier as the clocks were further on a day before.
    earlier := taken - (((taken - interval '24 hours') at time zone zone) - (shown - interval '24 hours'));
    return case
      when earlier < taken and earlier at time zone zone = place_time then array[earlier, taken]
      else array[taken]
    end;
  end if;
  -- Left out by the clocks: the moment when they were put on, to the second, which is when they are past it first.
  before := taken - (shown - place_time) - interval '1 second';
  while after - before > interval '1 second' loop
    middle := before + date_trunc('second', (after - before) / 2);
    if middle at time zone zone >= place_time then
      after := middle;
    else
      before := middle;
    end if;
  end loop;
  return array[after];
end
$$;

comment on function marketing.instants_of(timestamp, text) is
  E'@behavior -*\nWhen the clocks of a place show a time: once, twice in the hour that is put back; for a time that is left out when they are '
  'put on, the moment of that.';

create or replace function marketing.is_in_window(
  place_time timestamp, send_days smallint[], send_from time, send_until time
) returns boolean
language sql immutable parallel safe
return case
  when send_from < send_until then
    extract(isodow from place_time) = any (send_days) and place_time::time >= send_from and place_time::time < send_until
  else
    extract(isodow from place_time) = any (send_days) and place_time::time >= send_from
    or extract(isodow from place_time - interval '1 day') = any (send_days) and place_time::time < send_until
end;

comment on function marketing.is_in_window(timestamp, smallint[], time, time) is
  E'@behavior -*\nWhether the clocks show a time within a send window. A window over midnight belongs to the day on which it began.';

create or replace function marketing.next_window(
  at timestamptz, zone text, send_days smallint[], send_from time, send_until time
) returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  place_time constant timestamp := at at time zone zone;
  day date;
  moment timestamptz;
  found_moment timestamptz;
  ends timestamptz[];
  before timestamptz;
  middle timestamptz;
begin
  if marketing.is_in_window(place_time, send_days, send_from, send_until) then
    return at;
  end if;
  -- Its end comes twice when the clocks are put back after it: then they come into the window from behind.
  for days in -1 .. 1 loop
    ends := marketing.instants_of(place_time::date + days + send_until, zone);
    if ends[1] <= at and at < ends[2]
       and marketing.is_in_window((ends[2] - interval '1 second') at time zone zone, send_days, send_from, send_until) then
      before := at;
      found_moment := ends[2] - interval '1 second';
      while found_moment - before > interval '1 second' loop
        middle := before + date_trunc('second', (found_moment - before) / 2);
        if marketing.is_in_window(middle at time zone zone, send_days, send_from, send_until) then
          found_moment := middle;
        else
          before := middle;
        end if;
      end loop;
      return date_trunc('second', found_moment);
    end if;
  end loop;
  -- A window a week can fall into the hour, or the day, that is left out: it comes again a week later.
  for days in 0 .. 21 loop
    day := place_time::date + days;
    if extract(isodow from day) = any (send_days) then
      foreach moment in array marketing.instants_of(day + send_from, zone) loop
        if moment >= at
           and marketing.is_in_window(moment at time zone zone, send_days, send_from, send_until)
           and (found_moment is null or moment < found_moment) then
          found_moment := moment;
        end if;
      end loop;
    end if;
    -- The clocks may be put back over midnight, so that a day begins again.
    if send_from > send_until and extract(isodow from day - 1) = any (send_days) then
      foreach moment in array marketing.instants_of(day::timestamp, zone) loop
        if moment >= at
           and marketing.is_in_window(moment at time zone zone, send_days, send_from, send_until)
           and (found_moment is null or moment < found_moment) then
          found_moment := moment;
        end if;
      end loop;
    end if;
    exit when found_moment is not null;
  end loop;
  return coalesce(found_moment, at + interval '1 day');
end
$$;

comment on function marketing.next_window(timestamptz, text, smallint[], time, time) is
  E'@behavior -*\nThe first moment, not before the given one, at which the clocks of a place show a time within a send window. What they '
  'leave out when they are put on is not there; what they show twice when they are put back is there twice.';

create or replace function marketing.after_delay(at timestamptz, zone text, delay interval, counts_working_days boolean)
returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  place_time timestamp := at at time zone zone;
  days constant integer := extract(day from delay);
  clock constant interval := make_interval(
    hours => extract(hour from delay)::integer, mins => extract(minute from delay)::integer,
    secs => extract(second from delay)::double precision);
  weekday integer;
begin
  if delay = clock then
    return at + delay;
  elsif counts_working_days then
    weekday := extract(isodow from place_time);
    -- From the weekend on, Monday is the first.
    if weekday > 5 then
      place_time := place_time - make_interval(days => weekday - 5);
      weekday := 5;
    end if;
    place_time := place_time + make_interval(days => days + 2 * ((weekday - 1 + days) / 5));
  else
    place_time := place_time + date_trunc('day', delay);
  end if;
  return (marketing.instants_of(place_time, zone))[1] + clock;
end
$$;

comment on function marketing.after_delay(timestamptz, text, interval, boolean) is
  E'@behavior -*\nThe moment when a delay is over: months and days by the calendar of the place, at the same time of its clocks, then hours '
  'exactly. Working days are Monday to Friday; from a weekend, the first is Monday.';
grant execute on function
  marketing.instants_of(timestamp, text), marketing.is_in_window(timestamp, smallint[], time, time),
  marketing.next_window(timestamptz, text, smallint[], time, time),
  marketing.after_delay(timestamptz, text, interval, boolean)
  to callboard_member, callboard_service;
