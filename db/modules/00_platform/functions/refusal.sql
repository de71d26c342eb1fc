create or replace function platform.refusal(
  code text,
  message text,
  field text default null,
  detail text default null,
  hint text default null,
  retry_after integer default null
) returns jsonb
language sql immutable parallel safe
return jsonb_strip_nulls(jsonb_build_object(
  'code', code, 'message', message, 'field', field, 'detail', detail, 'hint', hint, 'retry_after', retry_after));

comment on function platform.refusal(text, text, text, text, text, integer) is
  'A refusal as a value, for functions that record something and refuse: raised, it would undo the record. The plugin that '
  'called makes the coded error of it, after the commit. retry_after is in seconds.';
