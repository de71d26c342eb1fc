create or replace function crm.check_score_rule_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(new.operands) <> 1
     or not coalesce(substring(new.operands[1] from '^[0-9]{1,5}(?:\.[0-9]{1,6})?$')::numeric <= 36500, false) then
    perform platform.refuse(
      'CB002', 'A rule about inactivity has one number of days, from 0 to 36500.', field => 'operands');
  end if;
  return new;
end
$$;

comment on function crm.check_score_rule_trigger() is
  'Says which days a rule about inactivity can have: its constraint is about several columns, and could not name the one. '
  'Errors: INVALID_INPUT.';
