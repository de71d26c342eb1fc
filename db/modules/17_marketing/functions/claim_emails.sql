-- The sending transaction: what may go out is decided here, under the organization's lock, and committed as sending before
-- a mail server hears of it. A batch is one statement, whatever its size.
create or replace function marketing.claim_emails(organization_id uuid, batch_size integer) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  moment constant timestamptz := clock_timestamp();
  rules constant jsonb := tenancy.setting(organization_id, 'marketing');
  per_second constant double precision := (rules ->> 'mailsPerMinute')::double precision / 60;
  state marketing.sending_states;
  available double precision;
  room bigint;
  most integer := batch_size;
  claim constant uuid := platform.uuidv7();
  batch jsonb;
  next_at timestamptz;
begin
  if not exists (
    select from tenancy.organizations o where o.id = claim_emails.organization_id and o.status = 'active'
  ) then
    -- What is due waits; the timetable asks again every minute.
    return jsonb_build_object('looked_at', 0, 'next_at', null, 'held_because', 'organization_status');
  end if;
  insert into marketing.sending_states (organization_id)
  values (claim_emails.organization_id)
  on conflict on constraint sending_states_pkey do nothing;
  select s.* into state
    from marketing.sending_states s
   where s.organization_id = claim_emails.organization_id
     for update;
  if state.held_until > moment then
    return jsonb_build_object('looked_at', 0, 'next_at', state.held_until, 'held_because', state.held_because);
  end if;
  if per_second > 0 then
    -- What a few seconds allow may go out at once, and no more after an idle night.
    available := least(
      greatest(1, per_second * 5),
      state.allowance + per_second * greatest(0, extract(epoch from clock_timestamp() - state.counted_at)));
    if available < 1 then
      return jsonb_build_object(
        'looked_at', 0, 'next_at', clock_timestamp() + make_interval(secs => (1 - available) / per_second));
    end if;
    most := least(most, floor(available)::integer);
  end if;
  room := marketing.room_for_emails(organization_id);
  if room <= 0 then
    return marketing.hold_emails(organization_id, moment);
  end if;
  most := least(most, room);

  begin
    batch := marketing.claim_due(organization_id, claim, most, rules, moment);
    if (batch ->> 'first_attempts')::bigint > 0 then
      perform billing.count_usage(organization_id, 'emails', (batch ->> 'first_attempts')::bigint);
    end if;
  exception when sqlstate 'CB025' then
    return marketing.hold_emails(organization_id, moment);
  end;
  update marketing.sending_states s
     set allowance = case
           when per_second > 0 then available - jsonb_array_length(batch -> 'mails')
           else 0
         end,
         counted_at = clock_timestamp(), held_until = null, held_because = null
   where s.organization_id = claim_emails.organization_id
     and (per_second > 0 or s.held_until is not null);
  if per_second > 0 and available - jsonb_array_length(batch -> 'mails') < 1 then
    next_at := clock_timestamp()
               + make_interval(secs => (1 - available + jsonb_array_length(batch -> 'mails')) / per_second);
  end if;
  return batch || jsonb_build_object('claim_id', claim, 'rules', rules, 'next_at', next_at);
end
$$;

comment on function marketing.claim_emails(uuid, integer) is
  'Takes up to so many due mails of an organization for sending: those that suppression, consent, frequency cap, quiet hours, '
  'the rate and the plan allow are noted as sending and returned as {claim_id, rules, mails}; looked_at says how many were '
  'due, next_at when there may be more. None of an organization that is suspended or closed: they wait. They have to be '
  'recorded within five minutes (record_emails), or are uncertain.';
grant execute on function marketing.claim_emails(uuid, integer) to callboard_service;

create or replace function marketing.room_for_emails(organization_id uuid) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select billing.hard_limit_of(organization_id, 'emails') - coalesce(
    (select sum(c.used)
       from billing.usage_counters c
      where c.organization_id = room_for_emails.organization_id
        and c.metric_key = 'emails'
        and c.period = billing.usage_period(room_for_emails.organization_id, 'emails')), 0)
$$;

comment on function marketing.room_for_emails(uuid) is 'How many mails the plan still allows in the month; null: any number.';
grant execute on function marketing.room_for_emails(uuid) to callboard_service;

create or replace function marketing.hold_emails(organization_id uuid, moment timestamptz) returns jsonb
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  update marketing.sending_states s
     set held_until = moment + interval '10 minutes', held_because = 'plan_limit'
   where s.organization_id = hold_emails.organization_id
  returning jsonb_build_object('looked_at', 0, 'next_at', s.held_until, 'held_because', s.held_because)
$$;

comment on function marketing.hold_emails(uuid, timestamptz) is
  'Nothing goes out while the plan allows no more; asked anew every ten minutes.';
grant execute on function marketing.hold_emails(uuid, timestamptz) to callboard_service;

create or replace function marketing.claim_due(
  organization_id uuid,
  claim uuid,
  most integer,
  rules jsonb,
  moment timestamptz
) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
-- A plan for any number of mails would be one for many.
set plan_cache_mode = force_custom_plan
as $$
declare
  batch jsonb;
begin
  with settled as materialized (
    select o.name, o.time_zone, o.website, (rules ->> 'requireConsent')::boolean as needs_consent,
           (rules ->> 'quietFrom')::time as quiet_from, (rules ->> 'quietTo')::time as quiet_to,
           (rules ->> 'capMails')::integer as cap_mails, make_interval(days => (rules ->> 'capDays')::integer) as cap_span
      from tenancy.organizations o
     where o.id = claim_due.organization_id
  ),
  due as materialized (
    select q.id, q.lead_id, q.template_id, q.campaign_id, q.step_id, q.purpose, q.variables, q.attempts, q.send_after
      from marketing.email_queue q
     where q.organization_id = claim_due.organization_id and q.status = 'queued' and q.send_after <= moment
     order by q.send_after, q.id
     limit most
       for update skip locked
  ),
  known as materialized (
    select d.*, l.email, t.version,
           jsonb_build_object(
             'first_name', l.first_name, 'last_name', l.last_name, 'full_name', l.full_name, 'email', l.email,
             'company_name', l.company_name, 'job_title', l.job_title, 'city', l.city, 'country', l.country,
             'locale', l.locale) as lead,
           d.purpose = 'marketing' as is_marketing,
           case
             when l.deleted_at is not null then 'lead_archived'
             when d.purpose = 'marketing' and l.email_consent = 'withdrawn' then 'consent_withdrawn'
             else coalesce(
               (select s.reason
                  from marketing.email_suppressions s
                 where s.organization_id = claim_due.organization_id
                   and s.email = l.email
                   and s.lifted_at is null
                   and (s.expires_at > moment) is not false
                   and (d.purpose = 'marketing' or s.reason not in ('unsubscribed', 'consent_withdrawn'))
                 order by s.created_at, s.id
                 limit 1),
               case when d.purpose = 'marketing' and r.needs_consent and l.email_consent <> 'granted' then 'no_consent' end)
           end as barred_by,
           t.deleted_at is not null as template_is_gone,
           case
             when d.purpose <> 'marketing' then moment
             when d.step_id is null then
               marketing.next_sending_time(moment, coalesce(l.time_zone, r.time_zone), r.quiet_from, r.quiet_to)
             else
               marketing.next_step_time(
                 claim_due.organization_id, d.step_id, moment, coalesce(l.time_zone, r.time_zone), r.quiet_from, r.quiet_to)
           end as not_before,
           coalesce(l.time_zone, r.time_zone) as zone, r.quiet_from, r.quiet_to,
           r.name as organization_name, r.website, r.cap_mails, r.cap_span
      from due d
      join crm.leads l on l.organization_id = claim_due.organization_id and l.id = d.lead_id
      join marketing.email_templates t on t.organization_id = claim_due.organization_id and t.id = d.template_id
     cross join settled r
  ),
  ranked as (
    select k.*,
           row_number() over (
             partition by k.lead_id, k.is_marketing and k.barred_by is null and not k.template_is_gone and k.not_before <= moment
             order by k.send_after, k.id) as place,
           lately.mails as had, lately.oldest
      from known k
     cross join lateral (
             select count(*) as mails, min(recent.attempted_at) as oldest
               from (
                      select q.attempted_at
                        from marketing.email_queue q
                       where k.is_marketing
                         and k.cap_mails > 0
                         and q.organization_id = claim_due.organization_id
                         and q.lead_id = k.lead_id
                         and q.attempted_at > moment - k.cap_span
                         and q.status in ('sending', 'sent', 'uncertain')
                         and q.purpose = 'marketing'
                         and q.id <> k.id
                       order by q.attempted_at desc
                       limit k.cap_mails
                    ) recent
           ) lately
  ),
  judged as (
    select r.*,
           case
             when r.barred_by is not null then 'suppressed'
             when r.template_is_gone then 'failed'
             when r.not_before > moment then 'closed'
             when r.is_marketing and r.cap_mails > 0 and r.had + r.place > r.cap_mails then 'capped'
             else 'sending'
           end as verdict
      from ranked r
  ),
  decided as (
    update marketing.email_queue q
       set status = case j.verdict when 'suppressed' then 'suppressed' when 'failed' then 'failed'
                      when 'sending' then 'sending' else 'queued' end,
           reason = case j.verdict when 'suppressed' then j.barred_by when 'failed' then 'template_archived'
                      when 'capped' then 'frequency_cap'
                      when 'closed' then
                        case when marketing.next_sending_time(moment, j.zone, j.quiet_from, j.quiet_to) > moment
                             then 'quiet_hours' else 'send_window' end
                    end,
           send_after = case j.verdict
                          when 'closed' then j.not_before
                          -- One of the same batch has the last place: when that has gone out, it is known until when.
                          when 'capped' then case when j.had >= j.cap_mails then j.oldest + j.cap_span
                                                  else moment + interval '1 minute' end
                          else q.send_after
                        end,
           email = case j.verdict when 'sending' then j.email else q.email end,
           template_version = case j.verdict when 'sending' then j.version else q.template_version end,
           context = case j.verdict
                       when 'sending' then q.variables || jsonb_build_object(
                         'lead', j.lead,
                         'organization', jsonb_build_object('name', j.organization_name, 'website', j.website))
                       else q.context
                     end,
           attempts = q.attempts + (j.verdict = 'sending')::integer,
           attempted_at = case j.verdict when 'sending' then moment else q.attempted_at end,
           -- Of an attempt before, when it is sent again by hand.
           bounced_at = case j.verdict when 'sending' then null else q.bounced_at end,
           claim_id = case j.verdict when 'sending' then claim else q.claim_id end,
           claim_expires_at = case j.verdict when 'sending' then clock_timestamp() + interval '5 minutes' end,
           updated_at = moment
      from judged j
     where q.organization_id = claim_due.organization_id and q.id = j.id
    returning q.id, q.status, q.email, q.template_id, q.template_version, q.campaign_id, q.purpose, q.context, q.attempts
  )
  select jsonb_build_object(
           'looked_at', count(*),
           'first_attempts', count(*) filter (where d.status = 'sending' and d.attempts = 1),
           'mails', coalesce(
             jsonb_agg(jsonb_build_object(
               'id', d.id, 'email', d.email, 'template_id', d.template_id, 'version', d.template_version,
               'purpose', d.purpose, 'context', d.context)
               order by d.id) filter (where d.status = 'sending'),
             '[]'))
    into batch
    from decided d;
  return batch;
end
$$;

comment on function marketing.claim_due(uuid, uuid, integer, jsonb, timestamptz) is
  'The one statement of claim_emails: takes due mails, decides each, and returns those that go out. Part of claim_emails, '
  'which holds the organization''s lock meanwhile: the frequency cap counts on that.';
grant execute on function marketing.claim_due(uuid, uuid, integer, jsonb, timestamptz) to callboard_service;
