create or replace function platform.refuse(
  code text,
  message text,
  field text default null,
  detail text default null,
  hint text default null
) returns void
language plpgsql stable parallel safe
as $$
begin
  raise exception using
    errcode = code,
    message = message,
    column = coalesce(field, ''),
    detail = coalesce(detail, ''),
    hint = coalesce(hint, '');
end
$$;

comment on function platform.refuse(text, text, text, text, text) is
  'Ends the statement with a coded error. The codes are those of plugins/errors/registry.ts; field is the argument or '
  'column, in snake case, that the caller has to change.';
grant execute on function platform.refuse(text, text, text, text, text)
  to callboard_anonymous, callboard_member, callboard_service;
