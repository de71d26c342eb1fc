create or replace function platform.begins_at(day date, time_zone text) returns timestamptz
language sql stable parallel safe
-- One expression, which queries take over as theirs. Of two midnights Postgres takes the second.
return case
  when (((day::timestamp at time zone time_zone) - interval '1 hour') at time zone time_zone)::date = day
    then (day::timestamp at time zone time_zone) - interval '1 hour'
  else day::timestamp at time zone time_zone
end;

comment on function platform.begins_at(date, text) is
  E'@behavior -*\nThe moment at which a day begins in a time zone: from then on clocks show its date, and before it an earlier '
  'one. Where they are put back by an hour and show midnight twice, that is the first time; where they are put on at '
  'midnight, the moment of that.';
grant execute on function platform.begins_at(date, text) to callboard_member, callboard_service;
