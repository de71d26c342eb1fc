create or replace function marketing.rate_of(numerator bigint, denominator bigint) returns marketing.rate
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (numerator, denominator, round(numerator * 100.0 / nullif(denominator, 0), 2))::marketing.rate
$$;

comment on function marketing.rate_of(bigint, bigint) is E'@behavior -*\nA share with its parts.';
grant execute on function marketing.rate_of(bigint, bigint) to callboard_member, callboard_service;

create or replace function marketing.campaigns_progress(campaign marketing.campaigns) returns marketing.campaign_progress
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with counted as (
    select q.status, count(*) as mails, count(q.opened_at) as opened, count(q.clicked_at) as clicked,
           count(q.replied_at) as replied, count(q.bounced_at) as bounced, count(q.complained_at) as complained,
           count(q.unsubscribed_at) as unsubscribed, 0::bigint as recipients
      from marketing.email_queue q
     where q.organization_id = campaign.organization_id and q.campaign_id = campaign.id
     group by q.status
    union all
    -- those that were deleted
    select t.status, t.mails, t.opened, t.clicked, t.replied, t.bounced, t.complained, t.unsubscribed, t.recipients
      from marketing.email_tallies t
     where t.organization_id = campaign.organization_id and t.campaign_id = campaign.id
  ),
  mails as (
    select coalesce(sum(c.mails) filter (where c.status in ('queued', 'paused')), 0)::bigint as waiting,
           coalesce(sum(c.mails) filter (where c.status = 'sending'), 0)::bigint as sending,
           coalesce(sum(c.mails) filter (where c.status = 'sent'), 0)::bigint as sent,
           coalesce(sum(c.mails) filter (where c.status = 'failed'), 0)::bigint as failed,
           coalesce(sum(c.mails) filter (where c.status = 'suppressed'), 0)::bigint as suppressed,
           coalesce(sum(c.mails) filter (where c.status = 'cancelled'), 0)::bigint as cancelled,
           coalesce(sum(c.mails) filter (where c.status = 'uncertain'), 0)::bigint as uncertain,
           coalesce(sum(c.mails - c.bounced) filter (where c.status = 'sent'), 0)::bigint as delivered,
           coalesce(sum(c.opened), 0)::bigint as opened,
           coalesce(sum(c.clicked), 0)::bigint as clicked,
           coalesce(sum(c.replied), 0)::bigint as replied,
           coalesce(sum(c.bounced), 0)::bigint as bounced,
           coalesce(sum(case c.status when 'sent' then c.mails else c.bounced end), 0)::bigint as answered,
           coalesce(sum(c.complained), 0)::bigint as complained,
           coalesce(sum(c.unsubscribed), 0)::bigint as unsubscribed,
           coalesce(sum(c.recipients), 0)::bigint as recipients
      from counted c
  ),
  listed as (
    select count(*) as all_of_them, count(*) filter (where r.queued_email_id is null) as not_queued
      from marketing.campaign_recipients r
     where r.organization_id = campaign.organization_id and r.campaign_id = campaign.id
  )
  select l.all_of_them + m.recipients,
         m.waiting + case when campaign.status in ('completed', 'cancelled') then 0 else l.not_queued end,
         m.sending, m.sent, m.failed, m.suppressed,
         m.cancelled + case when campaign.status = 'cancelled' then l.not_queued else 0 end, m.uncertain,
         m.delivered, m.opened, m.clicked, m.replied, m.bounced, m.complained, m.unsubscribed,
         marketing.rate_of(m.opened, m.delivered), marketing.rate_of(m.clicked, m.delivered),
         marketing.rate_of(m.replied, m.delivered), marketing.rate_of(m.bounced, m.answered),
         marketing.rate_of(m.complained, m.delivered), marketing.rate_of(m.unsubscribed, m.delivered)
    from mails m, listed l
$$;

comment on function marketing.campaigns_progress(marketing.campaigns) is
  'How far the campaign has come, and what its mails did.';
grant execute on function marketing.campaigns_progress(marketing.campaigns) to callboard_member, callboard_service;
