create or replace function crm.lead_score_points(organization_id uuid, lead_ids uuid[]) returns table (
  lead_id uuid,
  part text,
  rule_id uuid,
  times integer,
  points double precision,
  due_at timestamptz,
  active_at timestamptz
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- One statement for all the leads, with no function called for each of them: that is what the job spends its time on.
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
  reactions as materialized (
    select m.lead_id, m.last_at from crm.last_reactions(lead_score_points.organization_id, lead_ids) m
  ),
  found as materialized (
    select l.id, l.created_at, to_jsonb(l) || jsonb_build_object(
             'email_domain', split_part(l.email, '@', 2), 'source', s.name, 'source_channel', s.channel) as fields,
           greatest(t.last_at, a.last_at, m.last_at) as active_at
      from crm.leads l
      left join crm.lead_sources s on s.organization_id = l.organization_id and s.id = l.lead_source_id
      left join reactions m on m.lead_id = l.id
     cross join lateral (
             select max(p.occurred_at) as last_at
               from crm.lead_touchpoints p
              where p.organization_id = lead_score_points.organization_id
                and p.lead_id = l.id
                and p.occurred_at <= now()
           ) t
     cross join lateral (
             select max(p.occurred_at) as last_at
               from crm.lead_activities p
              where p.organization_id = lead_score_points.organization_id
                and p.lead_id = l.id
                and p.occurred_at <= now()
                and p.deleted_at is null
           ) a
     where l.organization_id = lead_score_points.organization_id and l.id = any (lead_ids) and l.deleted_at is null
  )
  select f.id, 'none', null::uuid, 0, 0::double precision, null::timestamptz, f.active_at
    from found f
  union all
  -- what the lead is: a field, or a list of which any will do
  select f.id, r.part, r.id, 1, r.points::double precision, null, null
    from found f
   cross join rules r
   cross join lateral (
           select case
                    when r.signal like 'custom\_fields.%' then f.fields -> 'custom_fields' -> split_part(r.signal, '.', 2)
                    else f.fields -> r.signal
                  end as value
         ) v
   cross join lateral (
           select case
                    when jsonb_typeof(v.value) = 'array' then array(
                      select e.text from jsonb_array_elements_text(v.value) as e (text) where btrim(e.text) <> '')
                    when btrim(v.value #>> '{}') <> '' then array[v.value #>> '{}']
                    else '{}'::text[]
                  end as texts
         ) t
   where r.operator <> 'happens'
     and r.signal <> 'inactive_days'
     and case r.operator
           when 'is_set' then t.texts <> '{}'
           when 'is_missing' then t.texts = '{}'
           else exists (
             select
               from unnest(t.texts) as x (text)
               join unnest(r.operands) as o (text)
                 on case r.operator
                      when 'one_of' then lower(x.text) = lower(o.text)
                      when 'contains' then strpos(lower(x.text), lower(o.text)) > 0
                      when 'starts_with' then starts_with(lower(x.text), lower(o.text))
                      when 'ends_with' then right(lower(x.text), length(o.text)) = lower(o.text)
                      -- a text that is no number is neither large nor small
                      when 'at_least' then
                        case when x.text ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$' then x.text::numeric >= o.text::numeric end
                      when 'at_most' then
                        case when x.text ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$' then x.text::numeric <= o.text::numeric end
                    end)
         end
  union all
  -- for how long nothing has happened, now or soon
  select f.id, r.part, r.id, case when i.due_at <= now() then 1 else 0 end,
         case when i.due_at <= now() then r.points else 0 end, case when i.due_at > now() then i.due_at end, null
    from found f
    join rules r on r.signal = 'inactive_days'
   cross join lateral (
           -- Rules hold to these bounds; the score of a lead does not depend on it.
           select coalesce(f.active_at, f.created_at)
                    + least(greatest(r.operands[1]::double precision, 0), 36500) * interval '1 day' as due_at
         ) i
  union all
  -- what it did, fading
  select f.id, r.part, r.id, t.times, r.points * t.weight, null, null
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
              -- that is engagement already
              and not p.is_mail_click
            group by p.kind
         ) t
    join rules r on r.part = 'behaviour' and r.signal = t.kind
  union all
  select m.lead_id, m.part, m.rule_id, m.times, m.points, null, null
    from settings s
   cross join lateral crm.mail_score_points(lead_score_points.organization_id, lead_ids, s.half_life) m
   where m.lead_id in (select f.id from found f)
$$;

comment on function crm.lead_score_points(uuid, uuid[]) is
  'What each rule brings to the scores of some leads of an organization; due_at is when a rule about inactivity will. A row '
  'without a rule says when something last happened with the lead.';
grant execute on function crm.lead_score_points(uuid, uuid[]) to callboard_member, callboard_service;
