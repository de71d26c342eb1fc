-- The tables go with the transaction; functions would stay as long as the session.
drop function
  pg_temp.today(), pg_temp.at_clock(date, time), pg_temp.present(), pg_temp.roll(text, integer),
  pg_temp.row_id(timestamptz, integer, text), pg_temp.write_places(text), pg_temp.working_day(date, smallint[]);
