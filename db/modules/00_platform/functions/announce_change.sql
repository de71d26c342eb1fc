create or replace function platform.announce_change(
  organization_id uuid,
  entity_type text,
  operation text,
  ids jsonb
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select pg_notify(
    'changes:' || organization_id,
    jsonb_build_object('type', entity_type, 'operation', operation, 'ids', ids)::text
  )
$$;

comment on function platform.announce_change(uuid, text, text, jsonb) is
  'One message on the topic of an organization. Rows are read again under the rights of whoever listens.';
