-- What the other files share, all of it temporary.
-- Nothing is drawn by lot: what looks like chance is a hash of an event number or a name, so the same rows and the same
-- day make the same demo, in every database.

set local time zone 'UTC';
-- Statements over tables without statistics look dear, and compiling them would take longer than running them.
set local jit = off;

create or replace function pg_temp.today() returns date
language sql stable
return current_setting('callboard.demo_today')::date;

create or replace function pg_temp.at_clock(day date, clock time) returns timestamptz
language sql stable
return (day + clock) at time zone 'America/New_York';

create or replace function pg_temp.present() returns timestamptz
language sql stable
return pg_temp.at_clock(pg_temp.today(), '00:00');

-- 0 to sides - 1, always the same for a seed.
create or replace function pg_temp.roll(seed text, sides integer) returns integer
language sql immutable
return ('x' || left(md5(seed), 7))::bit(28)::integer % sides;

-- An id in the layout of version 7, so that sorting by id sorts by creation here too: a millisecond for each ordinal.
create or replace function pg_temp.row_id(made_at timestamptz, ordinal integer, seed text) returns uuid
language sql immutable
return (
  lpad(to_hex((extract(epoch from made_at) * 1000)::bigint + ordinal), 12, '0')
  || '7' || left(md5(seed), 3) || '8' || substr(md5(seed), 4, 15))::uuid;

-- "WEST   62 STREET between 5 AVENUE" as people write it: "West 62nd Street between 5th Avenue".
create or replace function pg_temp.write_places(place text) returns text
language sql immutable
return regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
  replace(replace(initcap(regexp_replace(btrim(place), '\s+', ' ', 'g')), ' Between ', ' between '), ' And ', ' and '),
  '\m(\d*1[123])(?= (Street|Avenue|Road|Drive|Place))', '\1th', 'g'),
  '\m(\d*1)(?= (Street|Avenue|Road|Drive|Place))', '\1st', 'g'),
  '\m(\d*2)(?= (Street|Avenue|Road|Drive|Place))', '\1nd', 'g'),
  '\m(\d*3)(?= (Street|Avenue|Road|Drive|Place))', '\1rd', 'g'),
  '\m(\d+)(?= (Street|Avenue|Road|Drive|Place))', '\1th', 'g');

-- The last working day on or before a day.
create or replace function pg_temp.working_day(day date, weekdays smallint[]) returns date
language sql immutable
return (
  select d::date
    from generate_series(day::timestamp, day - interval '6 days', interval '-1 day') as d
   where extract(isodow from d) = any (weekdays)
   limit 1);

create temp table demo_rows (
  event_id text,
  event_type text,
  starts timestamp,
  ends timestamp,
  entered timestamp,
  authority text,
  parking text,
  borough text,
  boards text,
  precincts text,
  category text,
  subcategory text,
  zips text
) on commit drop;
