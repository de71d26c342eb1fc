create or replace function analytics.preview_segment(subject text, rule jsonb) returns integer
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  organization constant uuid := authz.require('analytics.write');
  -- The id of zeros stands for what is in no workspace, as in authz.sees_workspace, which would be asked for every lead.
  is_seen constant text := case when subject = 'lead' and not authz.has('workspaces.all') then
    ' and coalesce(s.workspace_id, ''00000000-0000-0000-0000-000000000000'') = any ($3)' else '' end;
  found integer;
begin
  if subject is null or subject not in ('user', 'lead') then
    perform platform.refuse('CB002', 'A segment holds users or leads.', field => 'subject');
  end if;
  -- What they did, and who they are: a number of them tells both, asked for often enough.
  perform authz.require('analytics.read');
  perform analytics.require_subject(subject);
  execute format(
    'select count(*) from %s s where (%s)%s',
    analytics.segment_subjects(subject), (analytics.compile_segment_rule(subject, rule)).predicate, is_seen)
     into found
    using organization, now(), authz.visible_workspaces();
  return found;
end
$$;

comment on function analytics.preview_segment(text, jsonb) is
  'How many users, or leads that the caller sees, a rule fits at this moment, before it is saved. Needs analytics.write and '
  'analytics.read, for users tenancy.read too and for leads crm.read. Errors: FORBIDDEN, INVALID_INPUT naming the place in the '
  'rule. Definer: rules ask for what callers cannot select by themselves.';
grant execute on function analytics.preview_segment(text, jsonb) to callboard_member;

create or replace function analytics.require_subject(subject text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require(case subject when 'lead' then 'crm.read' else 'tenancy.read' end);
end
$$;

comment on function analytics.require_subject(text) is
  'Refuses whoever may not read what the rules of segments of users, or of leads, ask for. Errors: FORBIDDEN.';

create or replace function analytics.segment_subjects(subject text) returns text
language sql immutable parallel safe
return case subject
  when 'user' then
    '(select m.user_id as id, u.email, u.name, u.time_zone, m.role_key, m.status, m.title, m.joined_at '
    || 'from tenancy.organization_members m join identity.users u on u.id = m.user_id where m.organization_id = $1 and m.status <> ''left'')'
  else '(select l.* from crm.leads l where l.organization_id = $1 and l.deleted_at is null)'
end;

comment on function analytics.segment_subjects(text) is
  E'@behavior -*\nWhom the rules of segments are about, in SQL: the members, but for those who have left, or the leads of the '
  'organization $1.';
grant execute on function analytics.segment_subjects(text) to callboard_service;

create or replace function analytics.segments_member_count(segment analytics.segments) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)::integer
    from analytics.user_segments u
   where u.organization_id = segment.organization_id and u.segment_id = segment.id and u.left_at is null
$$;

comment on function analytics.segments_member_count(analytics.segments) is 'How many are in.';
grant execute on function analytics.segments_member_count(analytics.segments) to callboard_member, callboard_service;
