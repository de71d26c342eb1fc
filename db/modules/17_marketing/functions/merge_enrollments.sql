create or replace function marketing.merge_enrollments(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := merge_enrollments.organization_id;
  sequence_ids constant uuid[] := array(
    select distinct e.sequence_id
      from marketing.nurturing_enrollments e
     where e.organization_id = organization and e.lead_id = merged_id);
  further uuid[];
  behind uuid[];
  over uuid[];
begin
  perform
     from marketing.nurturing_enrollments e
    where e.organization_id = organization
      and e.sequence_id = any (sequence_ids)
      and e.lead_id in (kept_id, merged_id)
    order by e.id
      for update;

  -- Where both are, the one that has come further goes on.
  select array_agg(r.further order by r.behind), array_agg(r.behind order by r.behind)
    into further, behind
    from (
           select e.id as behind,
                  first_value(e.id) over (
                    partition by e.sequence_id
                    order by e.steps_taken desc, e.round desc, e.phase, s.position desc, e.occurred_at, e.id) as further
             from marketing.nurturing_enrollments e
             join marketing.nurturing_steps s on s.organization_id = e.organization_id and s.id = e.step_id
            where e.organization_id = organization
              and e.sequence_id = any (sequence_ids)
              and e.lead_id in (kept_id, merged_id)
              and e.status in ('active', 'paused')
         ) r
   where r.further <> r.behind;
  if behind is not null then
    -- What has gone out to the other address is not sent to this one.
    update marketing.email_queue q
       set status = 'cancelled', reason = 'another address had it', updated_at = now()
      from unnest(further, behind) as p (further, behind)
     where q.organization_id = organization
       and q.enrollment_id = p.further
       and q.status in ('queued', 'paused')
       and exists (
             select
               from marketing.email_queue o
              where o.organization_id = organization
                and o.enrollment_id = p.behind
                and o.step_id = q.step_id
                and o.step_round = q.step_round
                and o.status in ('sending', 'sent', 'uncertain'));
    update marketing.email_queue q
       set enrollment_id = p.further
      from unnest(further, behind) as p (further, behind)
     where q.organization_id = organization
       and q.enrollment_id = p.behind
       and q.status in ('sending', 'sent', 'uncertain')
       and not exists (
             select
               from marketing.email_queue o
              where o.organization_id = organization
                and o.enrollment_id = p.further
                and o.step_id = q.step_id
                and o.step_round = q.step_round);
    perform marketing.end_enrollments(organization, behind, 'merged');
  end if;

  -- Whoever has been through it, or left it of their own will, as one of the two, does not go on as the other.
  select array_agg(e.id)
    into over
    from marketing.nurturing_enrollments e
    join marketing.nurturing_sequences s on s.organization_id = e.organization_id and s.id = e.sequence_id
   where e.organization_id = organization
     and e.sequence_id = any (sequence_ids)
     and e.lead_id in (kept_id, merged_id)
     and e.status in ('active', 'paused')
     and exists (
           select
             from marketing.nurturing_enrollments o
            where o.organization_id = organization
              and o.sequence_id = e.sequence_id
              and o.lead_id = case e.lead_id when kept_id then merged_id else kept_id end
              and o.status in ('completed', 'exited')
              and coalesce(o.exit_reason, 'completed') in (
                    'completed', 'goal', 'converted', 'replied', 'disqualified', 'manual', 'unsubscribed',
                    'consent_withdrawn', 'complaint')
              and (s.reenrollment = 'never' or o.ended_at > now() - s.reenroll_after));
  perform marketing.end_enrollments(organization, over, 'merged') where over is not null;

  -- All the others; those that have ended as well, so that none begins anew.
  update marketing.nurturing_enrollments e
     set lead_id = kept_id
   where e.organization_id = organization and e.lead_id = merged_id;
end
$$;

comment on function marketing.merge_enrollments(uuid, uuid, uuid) is
  'Two leads become one: the one that is kept is in the sequences of the other, where that was. Of two enrolments in one '
  'sequence the one that has come further goes on, and knows what the other has sent; who has completed a sequence as one of '
  'the two, or left it by what they did, leaves it as the other, unless it may be entered again. Part of '
  'marketing.merge_mails, which holds sequences and mails.';
grant execute on function marketing.merge_enrollments(uuid, uuid, uuid) to callboard_service;
