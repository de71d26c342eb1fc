create or replace function marketing.get_nurturing_funnel(sequence_id uuid) returns marketing.nurturing_funnel
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.read');
  sequence marketing.nurturing_sequences;
  result marketing.nurturing_funnel;
begin
  select s.*
    into sequence
    from marketing.nurturing_sequences s
   where s.organization_id = organization and s.id = get_nurturing_funnel.sequence_id;
  if sequence.id is null then
    perform platform.refuse('CB004', 'There is no such sequence, or you may not read it.', field => 'sequence_id');
  end if;

  with counted as (
    select e.status, e.exit_reason, count(*) as enrollments
      from marketing.nurturing_enrollments e
     where e.organization_id = organization and e.sequence_id = sequence.id
     group by e.status, e.exit_reason
  )
  select sequence.id, coalesce(sum(c.enrollments), 0),
         coalesce(sum(c.enrollments) filter (where c.status = 'active'), 0),
         coalesce(sum(c.enrollments) filter (where c.status = 'paused'), 0),
         coalesce(sum(c.enrollments) filter (where c.status = 'completed'), 0),
         coalesce(sum(c.enrollments) filter (where c.status = 'exited'), 0),
         coalesce(sum(c.enrollments) filter (where c.exit_reason = 'goal'), 0),
         null::double precision,
         coalesce(
           array_agg((c.exit_reason, c.enrollments)::marketing.nurturing_exit_count order by c.enrollments desc, c.exit_reason)
             filter (where c.status = 'exited'),
           '{}'),
         array[]::marketing.nurturing_step_funnel[]
    into result
    from counted c;
  result.goal_rate := result.reached_goal / nullif(result.completed + result.exited, 0)::double precision;

  with waiting as (
    select e.step_id, count(*) as enrollments
      from marketing.nurturing_enrollments e
     where e.organization_id = organization and e.sequence_id = sequence.id and e.status in ('active', 'paused')
     group by e.step_id
  ),
  steps as (
    select s.id, s.key, s.position, s.deleted_at, coalesce(w.enrollments, 0) as waiting, m.*
      from marketing.nurturing_steps s
      left join waiting w on w.step_id = s.id
     cross join lateral (
             select coalesce(sum(c.mails), 0)::bigint as queued,
                    coalesce(sum(c.mails) filter (where c.status = 'sent'), 0)::bigint as sent,
                    coalesce(sum(c.mails) filter (where c.status in ('failed', 'suppressed', 'cancelled', 'uncertain')), 0)::bigint
                      as not_sent,
                    coalesce(sum(c.delivered) filter (where c.status = 'sent'), 0)::bigint as delivered,
                    coalesce(sum(c.opened) filter (where c.status = 'sent'), 0)::bigint as opened,
                    coalesce(sum(c.clicked) filter (where c.status = 'sent'), 0)::bigint as clicked,
                    coalesce(sum(c.replied) filter (where c.status = 'sent'), 0)::bigint as replied
               from (
                      select q.status, count(*) as mails, count(q.delivered_at) as delivered, count(q.opened_at) as opened,
                             count(q.clicked_at) as clicked, count(q.replied_at) as replied
                        from marketing.email_queue q
                       where q.organization_id = organization and q.step_id = s.id
                       group by q.status
                      union all
                      -- those that were deleted
                      select t.status, t.mails, t.delivered, t.opened, t.clicked, t.replied
                        from marketing.email_tallies t
                       where t.organization_id = organization and t.step_id = s.id
                    ) c
           ) m
     where s.organization_id = organization and s.sequence_id = sequence.id
  )
  select coalesce(
           array_agg(
             (s.id, s.key, s.waiting, s.queued, s.sent, s.not_sent, s.delivered, s.opened, s.clicked, s.replied,
              s.opened / nullif(s.sent, 0)::double precision, s.clicked / nullif(s.sent, 0)::double precision,
              s.replied / nullif(s.sent, 0)::double precision)::marketing.nurturing_step_funnel
             order by s.deleted_at is not null, s.position, s.id),
           '{}')
    into result.steps
    from steps s
   where s.deleted_at is null or s.queued > 0 or s.waiting > 0;
  return result;
end
$$;

comment on function marketing.get_nurturing_funnel(uuid) is
  'How many leads are and were in a sequence and how they left it, and what became of the mails of each step; steps that were '
  'taken out come last, if they ever sent. Needs marketing.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

create or replace function marketing.nurturing_sequences_funnel(sequence marketing.nurturing_sequences)
returns marketing.nurturing_funnel
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select marketing.get_nurturing_funnel(sequence.id)
$$;

comment on function marketing.nurturing_sequences_funnel(marketing.nurturing_sequences) is
  'Where its leads are, and what became of its mails: see getNurturingFunnel.';
grant execute on function
  marketing.get_nurturing_funnel(uuid), marketing.nurturing_sequences_funnel(marketing.nurturing_sequences)
  to callboard_member, callboard_service;
