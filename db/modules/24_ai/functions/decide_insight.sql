create or replace function ai.decide_insight(row_id uuid, status text, reason text) returns ai.insights
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('ai.write');
  decided ai.insights;
begin
  select i.*
    into decided
    from ai.insights i
   where i.organization_id = organization
     and i.id = decide_insight.row_id
     and i.deleted_at is null
     and authz.sees_workspace(i.workspace_id)
     for update;
  if decided.id is null then
    perform platform.refuse('CB004', 'There is no such insight, or none that you may see.', field => 'row_id');
  end if;
  if (decide_insight.status = 'open') = (decided.status = 'open') then
    perform platform.refuse(
      'CB006', format('The insight is %s.', decided.status), field => 'status',
      hint => case decided.status when 'open' then 'After open: accepted, dismissed.'
                                  else format('After %s: open.', decided.status) end);
  end if;
  update ai.insights i
     set status = decide_insight.status,
         decided_at = case when decide_insight.status <> 'open' then now() end,
         decided_by = case when decide_insight.status <> 'open' then authz.actor_id() end,
         reason = decide_insight.reason
   where i.organization_id = organization and i.id = decide_insight.row_id
  returning i.* into decided;
  return decided;
end
$$;

comment on function ai.decide_insight(uuid, text, text) is
  'Gives an insight another status. For definers. Errors: CB003, CB004, CB006.';

create or replace function ai.accept_insight(row_id uuid) returns ai.insights
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.* from ai.decide_insight(accept_insight.row_id, 'accepted', null) d
$$;

comment on function ai.accept_insight(uuid) is
  'Takes an insight for right: somebody will do something about it. Needs ai.write. Errors: FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION. Definer: the status is changed by functions alone.';
grant execute on function ai.accept_insight(uuid) to callboard_member;

create or replace function ai.dismiss_insight(row_id uuid, reason text default null) returns ai.insights
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.* from ai.decide_insight(dismiss_insight.row_id, 'dismissed', dismiss_insight.reason) d
$$;

comment on function ai.dismiss_insight(uuid, text) is
  'Puts an insight away; the rule does not tell it again. Needs ai.write. Errors: FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, '
  'INVALID_TRANSITION. Definer: the status is changed by functions alone.';
grant execute on function ai.dismiss_insight(uuid, text) to callboard_member;

create or replace function ai.reopen_insight(row_id uuid) returns ai.insights
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.* from ai.decide_insight(reopen_insight.row_id, 'open', null) d
$$;

comment on function ai.reopen_insight(uuid) is
  'Opens an insight again that was accepted or dismissed. Needs ai.write. Errors: FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, '
  'INVALID_TRANSITION. Definer: the status is changed by functions alone.';
grant execute on function ai.reopen_insight(uuid) to callboard_member;
