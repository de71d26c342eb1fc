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
  with mails as (
    select count(*) filter (where q.status in ('queued', 'paused')) as waiting,
           count(*) filter (where q.status = 'sending') as sending,
           count(*) filter (where q.status = 'sent') as sent,
           count(*) filter (where q.status = 'failed') as failed,
           count(*) filter (where q.status = 'suppressed') as suppressed,
           count(*) filter (where q.status = 'cancelled') as cancelled,
           count(*) filter (where q.status = 'uncertain') as uncertain,
           count(*) filter (where q.status = 'sent' and q.bounced_at is null) as delivered,
           count(q.opened_at) as opened,
           count(q.clicked_at) as clicked,
           count(q.replied_at) as replied,
           count(q.bounced_at) as bounced,
           count(*) filter (where q.status = 'sent' or q.bounced_at is not null) as answered,
           count(q.complained_at) as complained,
           count(q.unsubscribed_at) as unsubscribed
      from marketing.email_queue q
     where q.organization_id = campaign.organization_id and q.campaign_id = campaign.id
  ),
  listed as (
    select count(*) as all_of_them, count(*) filter (where r.queued_email_id is null) as not_queued
      from marketing.campaign_recipients r
     where r.organization_id = campaign.organization_id and r.campaign_id = campaign.id
  )
  select l.all_of_them,
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
