-- What the server knows about whoever sent the request, and clients cannot choose: the session plugin sets it with each
-- call of a function of this module.

create or replace function identity.client_address() returns inet
language sql stable parallel safe
return nullif(nullif(current_setting('callboard.client', true), '')::jsonb ->> 'address', '')::inet;

comment on function identity.client_address() is 'Where the request came from; null when the server does not know.';

create or replace function identity.client_user_agent() returns text
language sql stable parallel safe
return left(nullif(nullif(current_setting('callboard.client', true), '')::jsonb ->> 'user_agent', ''), 500);

comment on function identity.client_user_agent() is 'What the program that sent the request calls itself, cut to 500 characters.';
