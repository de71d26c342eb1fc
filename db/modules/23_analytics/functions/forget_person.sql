create or replace function analytics.forget_person(user_id uuid, at_most integer default 10000) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  answers uuid[];
  events integer;
  visits integer;
  documents integer;
begin
  if not exists (select from identity.users u where u.id = forget_person.user_id and u.deleted_at is not null) then
    return 0;
  end if;
  -- By the organizations that the person was in, which is how events are found.
  with said as materialized (
    select e.organization_id, e.id, e.occurred_at
      from tenancy.organization_members m
     cross join lateral (
             select o.organization_id, o.id, o.occurred_at
               from analytics.app_events o
              where o.organization_id = m.organization_id
                and o.user_id = forget_person.user_id
                and (o.lead_id is not null or o.anonymous_id is not null or o.session_key is not null or o.url is not null
                     or o.properties <> '{}')
              limit at_most
           ) e
     where m.user_id = forget_person.user_id
     limit at_most
  )
  update analytics.app_events e
     set lead_id = null, anonymous_id = null, session_key = null, url = null, properties = '{}'
    from said s
   where e.organization_id = s.organization_id and e.id = s.id and e.occurred_at = s.occurred_at;
  get diagnostics events = row_count;
  update analytics.sessions s
     set session_key = null, entry_url = null, exit_url = null
   where s.id in (
           select v.id
             from tenancy.organization_members m
             join analytics.sessions v on v.organization_id = m.organization_id and v.user_id = m.user_id
            where m.user_id = forget_person.user_id
              and (v.session_key is not null or v.entry_url is not null or v.exit_url is not null)
            limit at_most
         )
     and s.user_id = forget_person.user_id
     and s.organization_id in (select m.organization_id from tenancy.organization_members m
                                where m.user_id = forget_person.user_id);
  get diagnostics visits = row_count;
  with cleared as (
    update analytics.nps_responses r
       set comment = null
     where r.user_id = forget_person.user_id
       and r.organization_id in (select m.organization_id from tenancy.organization_members m
                                  where m.user_id = forget_person.user_id)
       and r.comment is not null
    returning r.id
  )
  select array_agg(c.id) into answers from cleared c;
  -- What the audit log quotes of them, also now.
  if answers is not null then
    update security.audit_logs l
       set before = l.before - 'comment', after = l.after - 'comment'
     where l.organization_id in (select m.organization_id from tenancy.organization_members m
                                  where m.user_id = forget_person.user_id)
       and l.entity_id = any (answers)
       and l.entity_type = 'analytics.nps_responses'
       and (l.before ? 'comment' or l.after ? 'comment');
  end if;
  perform analytics.forget_dashboards(forget_person.user_id);
  documents := ai.forget_texts(forget_person.user_id, at_most);
  return greatest(events, visits, documents);
end
$$;

comment on function analytics.forget_person(uuid, integer) is
  'Takes from events, visits and answers of an account that has ended what may say whose they were: addresses, properties, '
  'devices, names of visits, the lead, and what somebody wrote; and dashboards and documents that nobody else sees. That an '
  'account which nobody knows any more did something at a time stays, so figures stay right. At most so many of each; returns '
  'how many of what there was most of. An account '
  'that has not ended is left alone. For the job of that name.';
grant execute on function analytics.forget_person(uuid, integer) to callboard_service;

create or replace function analytics.forget_person_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- In a moment: what was being recorded meanwhile is there by then.
  perform platform.enqueue(
    'forget_person', jsonb_build_object('user_id', new.id), job_key => 'forget_person ' || new.id,
    run_at => now() + interval '2 minutes');
  return null;
end
$$;

comment on function analytics.forget_person_trigger() is
  'Has a job forget what events say of an account that has ended. Definer: whoever ends their account adds no jobs.';
