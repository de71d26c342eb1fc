create or replace function security.check_rate_limit(
  identifier text,
  endpoint text,
  max_requests integer,
  window_seconds integer,
  cost integer default 1
) returns table (
  allowed boolean,
  remaining integer,
  reset_at timestamptz,
  retry_after integer
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken record;
begin
  if check_rate_limit.identifier is null or check_rate_limit.endpoint is null then
    perform platform.refuse('CB002', 'Say who asks, and for what.', field => 'identifier');
  end if;
  if coalesce(max_requests, 0) < 1 then
    perform platform.refuse('CB002', 'At least one request has to be allowed.', field => 'max_requests');
  end if;
  if coalesce(window_seconds, 0) not between 1 and 86400 then
    perform platform.refuse('CB002', 'A window is a second to a day long.', field => 'window_seconds');
  end if;
  if coalesce(cost, 0) not between 1 and max_requests then
    perform platform.refuse(
              'CB002', 'A request costs at least one, and no more than are allowed at all.', field => 'cost');
  end if;
  taken := security.take_rate_limit(
    check_rate_limit.identifier, check_rate_limit.endpoint, max_requests, check_rate_limit.window_seconds,
    cost, cost, 0, null, null);
  return query
    select taken.granted = cost, taken.remaining, taken.reset_at,
           case
             when taken.granted = cost then 0
             else greatest(ceil(extract(epoch from taken.reset_at - clock_timestamp())), 1)::integer
           end;
end
$$;

comment on function security.check_rate_limit(text, text, integer, integer, integer) is
  E'@behavior -*\n'
  'Counts a request and says whether it is allowed: whether no more than max_requests of identifier at endpoint fall into '
  'any span of window_seconds. One that is not allowed does not count. Exact under any number of callers at once; they wait '
  'for each other. cost counts for several. Returns allowed; remaining, how many more there may be now; reset_at, when there '
  'may be more (when not allowed: this one); retry_after, that in whole seconds from now, 0 when allowed. Errors: '
  'INVALID_INPUT. Definer: the server asks before anybody has entered.';
grant execute on function security.check_rate_limit(text, text, integer, integer, integer)
  to callboard_authenticator, callboard_service;
