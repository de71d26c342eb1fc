create or replace function marketing.suppression_of(organization_id uuid, email text, purpose text default 'marketing')
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select s.reason
    from marketing.email_suppressions s
   where s.organization_id = suppression_of.organization_id
     and s.email = lower(btrim(suppression_of.email))
     and s.lifted_at is null
     and (s.expires_at > now()) is not false
     and (suppression_of.purpose = 'marketing' or s.reason not in ('unsubscribed', 'consent_withdrawn'))
   order by s.created_at, s.id
   limit 1
$$;

comment on function marketing.suppression_of(uuid, text, text) is
  'Why an address gets no mail of an organization; null when it does. Consent of the lead is asked for apart from this.';
grant execute on function marketing.suppression_of(uuid, text, text) to callboard_member, callboard_service;

create or replace function marketing.is_unsubscribed(organization_id uuid, email text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from marketing.email_suppressions s
     where s.organization_id = is_unsubscribed.organization_id
       and s.email = lower(btrim(is_unsubscribed.email))
       and s.reason in ('unsubscribed', 'consent_withdrawn')
       and s.lifted_at is null)
$$;

comment on function marketing.is_unsubscribed(uuid, text) is
  'Whether whoever reads mail at an address has said no to mails of an organization.';
grant execute on function marketing.is_unsubscribed(uuid, text) to callboard_service;

create or replace function marketing.suppress_email(
  organization_id uuid,
  email text,
  reason text,
  note text default null,
  queued_email_id uuid default null,
  expires_at timestamptz default null
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  suppression_id uuid;
begin
  -- One that has run out makes room for the next.
  update marketing.email_suppressions s
     set lifted_at = s.expires_at
   where s.organization_id = suppress_email.organization_id
     and s.email = lower(btrim(suppress_email.email))
     and s.reason = suppress_email.reason
     and s.lifted_at is null
     and s.expires_at <= now();
  insert into marketing.email_suppressions as s (organization_id, email, reason, note, queued_email_id, expires_at, created_by)
  values (suppress_email.organization_id, lower(btrim(suppress_email.email)), suppress_email.reason, left(suppress_email.note, 1000),
          suppress_email.queued_email_id, suppress_email.expires_at, authz.actor_id())
  on conflict (organization_id, email, reason) where lifted_at is null do update
    set expires_at = greatest(s.expires_at, excluded.expires_at)
  returning id into suppression_id;
  return suppression_id;
end
$$;

comment on function marketing.suppress_email(uuid, text, text, text, uuid, timestamptz) is
  'Sees to it that an address gets no mail of an organization any more, and returns the id of the suppression: the one that is '
  'in force for the same reason already, if there is one. For functions that have checked who asks.';
grant execute on function marketing.suppress_email(uuid, text, text, text, uuid, timestamptz) to callboard_service;

create or replace function marketing.follow_suppressions_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  affected record;
begin
  for affected in
    select r.organization_id, r.reason, array_agg(l.id) as lead_ids
      from new_rows r
     cross join lateral (
             select l.id
               from crm.leads l
              where l.organization_id = r.organization_id and l.email = r.email and l.deleted_at is null
              offset 0
           ) l
     where r.lifted_at is null and r.reason <> 'soft_bounce'
     group by r.organization_id, r.reason
  loop
    perform marketing.stop_mails(affected.organization_id, affected.lead_ids, affected.reason);
  end loop;
  return null;
end
$$;

comment on function marketing.follow_suppressions_trigger() is
  'Whoever is suppressed gets nothing of what waits, and leaves the sequences.';

create or replace function marketing.stop_mails(organization_id uuid, lead_ids uuid[], reason text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- First, as whoever ends them or takes their next step does: two wait for each other, not in a ring.
  perform
     from marketing.nurturing_enrollments e
    where e.organization_id = stop_mails.organization_id
      and e.lead_id = any (stop_mails.lead_ids)
      and e.status in ('active', 'paused')
    order by e.id
      for update;
  update marketing.email_queue q
     set status = 'suppressed', reason = stop_mails.reason, updated_at = now()
   where q.organization_id = stop_mails.organization_id
     and q.lead_id = any (stop_mails.lead_ids)
     and q.status in ('queued', 'paused')
     and (q.purpose = 'marketing' or stop_mails.reason not in ('unsubscribed', 'consent_withdrawn'));
  perform marketing.leave_sequences(organization_id, lead_ids, reason);
end
$$;

comment on function marketing.stop_mails(uuid, uuid[], text) is
  'Takes out of the queue what leads may not get any more, and has them leave their sequences.';
grant execute on function marketing.stop_mails(uuid, uuid[], text) to callboard_service;

create or replace function marketing.follow_consent_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.email_consent = 'granted' then
    update marketing.email_suppressions s
       set lifted_at = now(), lifted_by = authz.actor_id()
     where s.organization_id = new.organization_id
       and s.email = new.email
       and s.reason in ('unsubscribed', 'consent_withdrawn')
       and s.lifted_at is null;
  elsif new.email_consent = 'withdrawn' and not marketing.is_unsubscribed(new.organization_id, new.email) then
    perform marketing.suppress_email(new.organization_id, new.email, 'consent_withdrawn');
  end if;
  return null;
end
$$;

comment on function marketing.follow_consent_trigger() is
  'A lead that withdraws consent is suppressed at once; new consent, and nothing else, ends that and an unsubscription. '
  'Definer: whoever changes a lead may write no suppressions.';
