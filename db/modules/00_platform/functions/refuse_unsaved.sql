create or replace function platform.refuse_unsaved(entity regclass, row_id uuid, argument text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  is_there boolean;
begin
  execute format(
    'select exists (select from %s r where r.organization_id = $1 and r.id = $2 and r.deleted_at is null)', entity)
     into is_there
    using authz.organization_id(), row_id;
  if is_there then
    perform platform.refuse(
      'CB005', format('Somebody has changed this %s since you read it.', argument),
      field => argument || '.expected_updated_at', hint => 'Read it again.');
  end if;
  perform platform.refuse(
    'CB004', format('There is no such %s, or you may not change it.', argument), field => argument || '.row_id');
end
$$;

comment on function platform.refuse_unsaved(regclass, uuid, text) is
  'Says why an update has found nothing: the row is there, but not as the caller read it (CB005), or it is not (CB004). '
  'argument is the draft with row_id and expected_updated_at, named after what it is a draft of.';
grant execute on function platform.refuse_unsaved(regclass, uuid, text) to callboard_member, callboard_service;

create or replace function platform.refuse_other_version(if_version integer, version integer, what text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if if_version <> version then
    perform platform.refuse(
      'CB005', format('Somebody changed %s meanwhile.', what), field => 'if_version',
      detail => format('The version is %s now.', version), hint => 'Read again what is there now.');
  end if;
end
$$;

comment on function platform.refuse_other_version(integer, integer, text) is
  'Refuses (CB005) a change to another version than the present one; without if_version any is right.';
grant execute on function platform.refuse_other_version(integer, integer, text) to callboard_member, callboard_service;
