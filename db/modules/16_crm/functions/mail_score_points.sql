create or replace function crm.mail_score_points(organization_id uuid, lead_ids uuid[], half_life numeric) returns table (
  lead_id uuid,
  part text,
  rule_id uuid,
  times integer,
  points double precision
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.lead_id, r.part, r.id, i.times, r.points * case r.part when 'engagement' then i.weight else 1 end
    from (
           select e.lead_id, 'mail_' || e.kind as signal, count(*)::integer as times,
                  sum(power(
                    0.5::double precision,
                    least(extract(epoch from now() - e.occurred_at)::double precision / half_life, 1000))) as weight
             from marketing.email_interactions e
             join crm.leads l on l.organization_id = e.organization_id and l.id = e.lead_id
            where e.organization_id = mail_score_points.organization_id
              and e.lead_id = any (lead_ids)
              and e.occurred_at <= now()
              and (authz.actor_id() is null or e.organization_id = (select authz.allowed('crm.read')))
              -- scanners open and follow everything, and one reader opens the same mail many times
              and not (e.is_machine or e.is_repeat)
              and e.is_hard_bounce is not false
              -- who has agreed since has not left
              and not (e.kind = 'unsubscribed' and l.email_consent = 'granted' and l.email_consent_at > e.occurred_at)
            group by e.lead_id, e.kind
         ) i
    join crm.lead_score_rules r
      on r.organization_id = mail_score_points.organization_id
     and r.part in ('engagement', 'negative')
     and r.signal = i.signal
     and r.is_active
     and r.deleted_at is null
$$;

comment on function crm.mail_score_points(uuid, uuid[], numeric) is
  E'@behavior -*\nWhat leads did with mails, by the rules about that; half_life is in seconds. Definer: it counts in the score also for '
  'callers who may not read mails. For the back office and holders of crm.read.';
grant execute on function crm.mail_score_points(uuid, uuid[], numeric) to callboard_member, callboard_service;

create or replace function crm.last_reactions(organization_id uuid, lead_ids uuid[]) returns table (
  lead_id uuid,
  last_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.lead_id, max(e.occurred_at)
    from marketing.email_interactions e
   where e.organization_id = last_reactions.organization_id
     and e.lead_id = any (lead_ids)
     and (authz.actor_id() is null or e.organization_id = (select authz.allowed('crm.read')))
     and e.occurred_at <= now()
     and e.kind in ('opened', 'clicked', 'replied')
     and not e.is_machine
   group by e.lead_id
$$;

comment on function crm.last_reactions(uuid, uuid[]) is
  E'@behavior -*\nWhen leads last opened, followed or answered a mail. Definer: it counts also for callers who may not read mails. For '
  'the back office and holders of crm.read.';
grant execute on function crm.last_reactions(uuid, uuid[]) to callboard_member, callboard_service;
