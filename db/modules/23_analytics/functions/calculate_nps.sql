create or replace function analytics.calculate_nps(days_back integer default 90) returns analytics.nps_result
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
begin
  perform analytics.require_days(days_back, 'days_back');
  return analytics.nps_of(organization, days_back, platform.today(organization));
end
$$;

comment on function analytics.calculate_nps(integer) is
  'The net promoter score of the last so many days (1 to 760), today included: 9 and 10 are promoters, 0 to 6 detractors. Of '
  'each member and lead the last answer counts, of people unknown every one. Needs analytics.read. Errors: INVALID_INPUT.';
grant execute on function analytics.calculate_nps(integer) to callboard_member, callboard_service;

create or replace function analytics.nps_of(organization_id uuid, days_back integer, today date) returns analytics.nps_result
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with answers as (
    select distinct on (coalesce(r.user_id, r.lead_id, r.id)) r.category
      from analytics.nps_responses r
      join tenancy.organizations o on o.id = r.organization_id
     where r.organization_id = nps_of.organization_id
       and r.deleted_at is null
       and r.answered_at >= platform.begins_at(today - days_back + 1, o.time_zone)
       and r.answered_at < platform.begins_at(today + 1, o.time_zone)
     order by coalesce(r.user_id, r.lead_id, r.id), r.answered_at desc, r.id desc
  )
  select (count(*) filter (where a.category = 'promoter'), count(*) filter (where a.category = 'passive'),
          count(*) filter (where a.category = 'detractor'), count(*),
          round(
            100.0 * (count(*) filter (where a.category = 'promoter') - count(*) filter (where a.category = 'detractor'))
            / nullif(count(*), 0), 2))::analytics.nps_result
    from answers a
$$;

comment on function analytics.nps_of(uuid, integer, date) is 'calculate_nps of an organization as of a day.';
grant execute on function analytics.nps_of(uuid, integer, date) to callboard_member, callboard_service;

create or replace function analytics.answer_nps(score integer, comment text default null) returns analytics.nps_responses
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  asked_user constant uuid := authz.require_user();
  answer analytics.nps_responses;
begin
  if authz.organization_id() is null then
    perform platform.refuse('CB003', 'There is no active organization.');
  elsif score is null or score not between 0 and 10 then
    perform platform.refuse('CB002', 'It takes a number from 0 to 10.', field => 'score');
  elsif length(comment) > 5000 then
    perform platform.refuse('CB002', 'At most 5000 characters.', field => 'comment');
  end if;
  insert into analytics.nps_responses (organization_id, score, comment, user_id, created_by)
  values (authz.organization_id(), answer_nps.score, nullif(btrim(answer_nps.comment), ''), asked_user, asked_user)
  returning * into answer;
  return answer;
end
$$;

comment on function analytics.answer_nps(integer, text) is
  'The caller''s own answer, from 0 to 10, to the question how likely they would recommend the product, with a word about '
  'it if they like. For whoever is signed in, guests too. Errors: UNAUTHENTICATED, FORBIDDEN without an active organization, '
  'INVALID_INPUT. Definer: who answers need not be allowed to see what others answer.';
grant execute on function analytics.answer_nps(integer, text) to callboard_member;
