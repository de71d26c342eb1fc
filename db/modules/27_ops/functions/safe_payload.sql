create or replace function ops.safe_payload(payload jsonb, key text default null) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  hidden constant jsonb := to_jsonb('…'::text);
  -- Texts under these keys are names out of the code.
  said_by_code constant text[] :=
    '{task,template,purpose,kind,type,status,channel,provider,locale,grain,metric,namespace,entity_type,table,subject}'::text[];
  most constant integer := 20;
begin
  case jsonb_typeof(payload)
    when 'object' then
      return (select coalesce(jsonb_object_agg(e.name, ops.safe_payload(e.value, e.name)), '{}')
                from (
                       select case when o.key ~ '^[A-Za-z_]\w{0,39}$' then o.key else '…' end as name, o.value
                         from jsonb_each(payload) o
                        order by o.key
                        limit most
                     ) e);
    when 'array' then
      return (select coalesce(jsonb_agg(ops.safe_payload(e.value, safe_payload.key) order by e.place), '[]')
                from (
                       select a.value, a.place
                         from jsonb_array_elements(payload) with ordinality a (value, place)
                        order by a.place
                        limit most
                     ) e);
    when 'string' then
      return case
               when payload #>> '{}' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then payload
               when payload #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?)?$' then payload
               when key = any (said_by_code) and payload #>> '{}' ~ '^[A-Za-z][\w.:-]{0,62}$' then payload
               else hidden
             end;
    when 'number' then
      -- A number may be a code that somebody has to type in.
      return case when key ~* '(code|otp|pin|secret|token|password|phone)' then hidden else payload end;
    else
      return payload;
  end case;
end
$$;

comment on function ops.safe_payload(jsonb, text) is
  'A payload without what may be a secret or somebody''s own: ids, numbers, times, and names that come out of the code stay; '
  'every other text, and keys that look like one, are "…". Of long lists the first twenty.';

create or replace function ops.safe_error(error text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select left(
           regexp_replace(
             regexp_replace(
               regexp_replace(
                 regexp_replace(error, '://[^\s/@]*@', '://…@', 'g'),
                 '[^\s<>"''(),;:=/@]+@([\w-]+(\.[\w-]+)+)', '…@\1', 'g'),
               '(Bearer\s+)\S+', '\1…', 'gi'),
             '\m(eyJ[\w-]{8,}[\w.-]*|cb_live_\w+|[0-9a-fA-F]{32,}|[\w-]{43,})', '…', 'g'),
           2000)
$$;

comment on function ops.safe_error(text) is
  'An error''s message without passwords in addresses, names of mailboxes, tokens and keys.';

create or replace function ops.organization_of(payload json) returns text
language sql immutable parallel safe
return coalesce(payload ->> 'organization_id', payload -> 'token' ->> 'organization_id');

comment on function ops.organization_of(json) is
  'The organization that a job''s payload names, as a text that may be none.';
grant execute on function ops.safe_payload(jsonb, text), ops.safe_error(text), ops.organization_of(json) to callboard_service;
