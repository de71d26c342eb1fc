create or replace function crm.faded_part(points double precision, half_points numeric) returns integer
language sql immutable parallel safe
return round(100 * (1 - power(2::double precision, - least(points / half_points, 1000))))::integer;

comment on function crm.faded_part(double precision, numeric) is
  E'@behavior -*\nPoints, however many, as a part from 0 to 100: half_points make 50, twice as many 75.';
grant execute on function crm.faded_part(double precision, numeric) to callboard_member, callboard_service;

create or replace function crm.part_falls_after(points double precision, half_points numeric, half_life_days numeric)
returns interval
language sql immutable parallel safe
-- All points fade alike, so the moment at which the rounded part is one less follows from the sum alone: there it is half
-- a point less than the part, which so many points make.
return case
  when crm.faded_part(points, half_points) > 0 then
    greatest(
      half_life_days::double precision / ln(2::double precision)
        * ln(points / (half_points::double precision / ln(2::double precision)
                       * - ln(1 - (crm.faded_part(points, half_points) - 0.5::double precision) / 100))),
      0) * interval '1 day' + interval '1 second'
end;

comment on function crm.part_falls_after(double precision, numeric, numeric) is
  E'@behavior -*\nAfter what time a part that fades is one less than now; null: it is 0 and stays so.';
grant execute on function crm.part_falls_after(double precision, numeric, numeric) to callboard_member, callboard_service;

create or replace function crm.score_leads(organization_id uuid, lead_ids uuid[]) returns table (
  lead_id uuid,
  score integer,
  fit integer,
  behaviour integer,
  engagement integer,
  negative integer,
  next_change_at timestamptz,
  last_activity_at timestamptz
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.lead_id,
         least(100, greatest(0, round(
           (p.fit * s.fit_weight + p.behaviour * s.behaviour_weight + p.engagement * s.engagement_weight)
             / (s.fit_weight + s.behaviour_weight + s.engagement_weight)
           - p.negative * s.negative_weight / 100)))::integer,
         p.fit, p.behaviour, p.engagement, p.negative,
         least(
           p.due_at,
           now() + crm.part_falls_after(p.behaviour_points, s.behaviour_half_points, s.half_life_days),
           now() + crm.part_falls_after(p.engagement_points, s.engagement_half_points, s.half_life_days)),
         p.active_at
    from crm.crm_settings s
   cross join lateral (
           select l.id as lead_id, c.behaviour_points, c.engagement_points, c.due_at, g.active_at,
                  least(100, round(c.fit_points::numeric))::integer as fit,
                  crm.faded_part(c.behaviour_points, s.behaviour_half_points) as behaviour,
                  crm.faded_part(c.engagement_points, s.engagement_half_points) as engagement,
                  least(100, round(c.negative_points::numeric))::integer as negative
             from unnest(lead_ids) as l (id)
             left join (
                    select e.lead_id,
                           sum(e.points) filter (where e.part = 'fit') as fit_points,
                           sum(e.points) filter (where e.part = 'behaviour') as behaviour_points,
                           sum(e.points) filter (where e.part = 'engagement') as engagement_points,
                           sum(e.points) filter (where e.part = 'negative') as negative_points,
                           min(e.due_at) as due_at, max(e.active_at) as active_at
                      from crm.lead_score_points(score_leads.organization_id, lead_ids) e
                     group by e.lead_id
                  ) g on g.lead_id = l.id
            cross join lateral (
                    select coalesce(g.fit_points, 0) as fit_points, coalesce(g.behaviour_points, 0) as behaviour_points,
                           coalesce(g.engagement_points, 0) as engagement_points,
                           coalesce(g.negative_points, 0) as negative_points, g.due_at
                  ) c
         ) p
   where s.organization_id = score_leads.organization_id
$$;

comment on function crm.score_leads(uuid, uuid[]) is
  'The scores of some leads of an organization at this moment, as crm.calculate_lead_score explains them.';
grant execute on function crm.score_leads(uuid, uuid[]) to callboard_member, callboard_service;

create or replace function crm.store_lead_scores(organization_id uuid, lead_ids uuid[]) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  moved integer;
begin
  -- In one order, so that two who score the same leads wait in turn; the second then reads what the first has seen, and more.
  perform from crm.leads l
    where l.organization_id = store_lead_scores.organization_id and l.id = any (lead_ids) and l.deleted_at is null
    order by l.id
    for no key update;
  update crm.leads l
     set score = s.score, score_fit = s.fit, score_behaviour = s.behaviour, score_engagement = s.engagement,
         score_negative = s.negative, scored_at = now(), rescore_at = s.next_change_at,
         last_activity_at = s.last_activity_at
    from crm.score_leads(store_lead_scores.organization_id, lead_ids) s
   where l.organization_id = store_lead_scores.organization_id
     and l.id = s.lead_id
     and l.deleted_at is null
     and ((l.score, l.score_fit, l.score_behaviour, l.score_engagement, l.score_negative, l.last_activity_at)
            is distinct from
          (s.score::smallint, s.fit::smallint, s.behaviour::smallint, s.engagement::smallint, s.negative::smallint,
           s.last_activity_at)
          -- a moment computed anew differs by microseconds
          or l.rescore_at is null <> (s.next_change_at is null)
          or l.rescore_at <= now()
          or abs(extract(epoch from l.rescore_at - s.next_change_at)) > 60);
  get diagnostics moved = row_count;
  return moved;
end
$$;

comment on function crm.store_lead_scores(uuid, uuid[]) is
  'Computes the scores of some leads of an organization and writes those that have moved. Returns how many.';
grant execute on function crm.store_lead_scores(uuid, uuid[]) to callboard_service;

create or replace function crm.calculate_lead_score(lead_id uuid) returns crm.lead_score
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.read');
  result crm.lead_score;
begin
  if not exists (
    select
      from crm.leads l
     where l.organization_id = organization and l.id = calculate_lead_score.lead_id and l.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such lead, or you may not read it.', field => 'lead_id');
  end if;
  select s.lead_id, s.score, s.fit, s.behaviour, s.engagement, s.negative, w.fit_weight, w.behaviour_weight,
         w.engagement_weight, w.negative_weight, s.next_change_at,
         array(
           select (e.part, e.rule_id, r.name, r.signal, e.times, e.points)::crm.lead_score_entry
             from crm.lead_score_points(organization, array[calculate_lead_score.lead_id]) e
             join crm.lead_score_rules r on r.organization_id = organization and r.id = e.rule_id
            where e.times > 0
            order by e.points desc, r.name)
    into result
    from crm.score_leads(organization, array[calculate_lead_score.lead_id]) s
    join crm.crm_settings w on w.organization_id = organization;
  return result;
end
$$;

comment on function crm.calculate_lead_score(uuid) is
  'How likely a lead becomes a client, 0 to 100, at this moment, with the rules that bring points. fit is the sum of the '
  'points of its fields, up to 100. behaviour and engagement sum what touchpoints and mails are worth by now (half after '
  'half_life_days) and never pass 100. The score is their mean by the weights of the organization, less negative × its weight '
  '÷ 100. What is stored with the lead is the same, as of scoredAt. Needs crm.read. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function crm.calculate_lead_score(uuid) to callboard_member, callboard_service;
