create or replace function marketing.next_step_time(
  organization_id uuid,
  step_id uuid,
  moment timestamptz,
  time_zone text,
  quiet_from time,
  quiet_to time
) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  step record;
  at timestamptz := moment;
  opens timestamptz;
begin
  select s.send_days, s.send_from, s.send_until
    into step
    from marketing.nurturing_steps s
   where s.organization_id = next_step_time.organization_id and s.id = next_step_time.step_id;
  -- A week of windows and one more: each may begin in the quiet hours, and some are left out by the clocks.
  for round in 1 .. 8 loop
    opens := marketing.next_window(at, time_zone, step.send_days, step.send_from, step.send_until);
    at := marketing.next_sending_time(opens, time_zone, quiet_from, quiet_to);
    if at = opens then
      return at;
    end if;
  end loop;
  return marketing.next_sending_time(moment, time_zone, quiet_from, quiet_to);
end
$$;

comment on function marketing.next_step_time(uuid, uuid, timestamptz, text, time, time) is
  E'@behavior -*\nThe first moment, not before the given one, that is within the send window of a step and outside of the quiet hours of a '
  'place. Of a window that lies in the quiet hours as a whole there is none: then the quiet hours alone count.';
grant execute on function marketing.next_step_time(uuid, uuid, timestamptz, text, time, time) to callboard_service;
