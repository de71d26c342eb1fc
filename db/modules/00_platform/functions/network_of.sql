create or replace function platform.network_of(address inet) returns cidr
language sql immutable parallel safe
return network(set_masklen(address, case family(address) when 6 then 64 else 32 end));

comment on function platform.network_of(inet) is
  'What counts as one sender: an IPv4 address, or the network of 64 bits that an IPv6 customer has.';
grant execute on function platform.network_of(inet) to callboard_service;
