create or replace function platform.is_email_address(address text) returns boolean
language sql immutable parallel safe
return length(address) <= 254
   and address = lower(btrim(address))
   and address ~ ('^[^@[:space:][:cntrl:]<>(),;:"\\[\]]{1,64}'
                  '@[^@.[:space:][:cntrl:]<>(),;:"\\[\]]+(\.[^@.[:space:][:cntrl:]<>(),;:"\\[\]]+)+$');

comment on function platform.is_email_address(text) is
  'Whether this is one address, in lower case, and nothing besides: no name before it, no second one after a comma, no end '
  'of line, so that it can stand in the header of a mail.';
grant execute on function platform.is_email_address(text) to callboard_anonymous, callboard_member, callboard_service;
