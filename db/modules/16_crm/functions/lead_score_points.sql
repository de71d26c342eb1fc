create or replace function crm.lead_signals(lead crm.leads) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select to_jsonb(lead)
         || jsonb_build_object(
              'email_domain', split_part(lead.email, '@', 2),
              'source', s.name,
              'source_channel', s.channel)
    from (values (1)) as one_row
    left join crm.lead_sources s on s.organization_id = lead.organization_id and s.id = lead.lead_source_id
$$;

comment on function crm.lead_signals(crm.leads) is
  E'@behavior -*\nThe fields of a lead by the names that rules call them.';
grant execute on function crm.lead_signals(crm.leads) to callboard_member, callboard_service;

create or replace function crm.last_activity_at(organization_id uuid, lead_id uuid) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select greatest(
    (select max(t.occurred_at)
       from crm.lead_touchpoints t
      where t.organization_id = last_activity_at.organization_id
        and t.lead_id = last_activity_at.lead_id
        and t.occurred_at <= now()),
    (select max(a.occurred_at)
       from crm.lead_activities a
      where a.organization_id = last_activity_at.organization_id
        and a.lead_id = last_activity_at.lead_id
        and a.occurred_at <= now()
        and a.deleted_at is null),
    crm.last_reaction_at(organization_id, lead_id))
$$;

comment on function crm.last_activity_at(uuid, uuid) is 'When something last happened with a lead; null: never.';
grant execute on function crm.last_activity_at(uuid, uuid) to callboard_member, callboard_service;

create or replace function crm.lead_score_points(organization_id uuid, lead_ids uuid[]) returns table (
  lead_id uuid,
  part text,
  rule_id uuid,
  times integer,
  points double precision,
  due_at timestamptz
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with rules as materialized (
    select r.*
      from crm.lead_score_rules r
     where r.organization_id = lead_score_points.organization_id and r.is_active and r.deleted_at is null
  ),
  settings as materialized (
    select s.half_life_days * 86400.0 as half_life
      from crm.crm_settings s
     where s.organization_id = lead_score_points.organization_id
  ),
  found as materialized (
    select l.id, crm.lead_signals(l.*) as fields,
           coalesce(crm.last_activity_at(l.organization_id, l.id), l.created_at) as active_at
      from crm.leads l
     where l.organization_id = lead_score_points.organization_id and l.id = any (lead_ids) and l.deleted_at is null
  )
  -- what the lead is
  select f.id, r.part, r.id, 1, r.points::double precision, null::timestamptz
    from found f
   cross join rules r
   where r.operator <> 'happens'
     and r.signal <> 'inactive_days'
     and crm.field_fits(
           case
             when r.signal like 'custom\_fields.%' then f.fields -> 'custom_fields' -> split_part(r.signal, '.', 2)
             else f.fields -> r.signal
           end, r.operator, r.operands)
  union all
  -- for how long nothing has happened, now or soon
  select f.id, r.part, r.id, case when i.due_at <= now() then 1 else 0 end,
         case when i.due_at <= now() then r.points else 0 end, case when i.due_at > now() then i.due_at end
    from found f
    join rules r on r.signal = 'inactive_days'
   cross join lateral (select f.active_at + r.operands[1]::double precision * interval '1 day' as due_at) i
  union all
  -- what it did, fading
  select f.id, r.part, r.id, t.times, r.points * t.weight, null
    from found f
   cross join settings s
   cross join lateral (
           select p.kind, count(*)::integer as times,
                  sum(power(0.5, least(extract(epoch from now() - p.occurred_at)::double precision / s.half_life, 1000)))
                    as weight
             from crm.lead_touchpoints p
            where p.organization_id = lead_score_points.organization_id
              and p.lead_id = f.id
              and p.occurred_at <= now()
            group by p.kind
         ) t
    join rules r on r.part = 'behaviour' and r.signal = t.kind
  union all
  select f.id, m.part, m.rule_id, m.times, m.points, null
    from found f
   cross join settings s
   cross join lateral crm.mail_score_points(lead_score_points.organization_id, f.id, s.half_life) m
$$;

comment on function crm.lead_score_points(uuid, uuid[]) is
  'What each rule brings to the scores of some leads of an organization; due_at is when a rule about inactivity will.';
grant execute on function crm.lead_score_points(uuid, uuid[]) to callboard_member, callboard_service;
