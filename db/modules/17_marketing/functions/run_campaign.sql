create or replace function marketing.segment_leads(organization_id uuid, segment_id uuid) returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select m.lead_id
    from analytics.user_segments m
   where m.organization_id = segment_leads.organization_id
     and m.segment_id = segment_leads.segment_id
     and m.lead_id is not null
     and m.left_at is null
$$;

comment on function marketing.segment_leads(uuid, uuid) is 'The leads in a segment now.';
grant execute on function marketing.segment_leads(uuid, uuid) to callboard_service;

create or replace function marketing.take_audience(campaign marketing.campaigns) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  taken integer := 0;
begin
  if campaign.audience = 'leads' then
    insert into marketing.campaign_recipients (organization_id, campaign_id, lead_id)
    select l.organization_id, campaign.id, l.id
      from crm.leads l
     where l.organization_id = campaign.organization_id
       and l.deleted_at is null
       and (campaign.lead_statuses = '{}' or l.status = any (campaign.lead_statuses))
       and (campaign.minimum_score is null or l.score >= campaign.minimum_score)
       -- What is for one workspace goes to its leads.
       and (campaign.workspace_id is null or l.workspace_id = campaign.workspace_id)
    on conflict on constraint campaign_recipients_organization_id_campaign_id_lead_id_key do nothing;
    get diagnostics taken = row_count;
  elsif campaign.audience = 'segment' then
    insert into marketing.campaign_recipients (organization_id, campaign_id, lead_id)
    select l.organization_id, campaign.id, l.id
      from marketing.segment_leads(campaign.organization_id, campaign.segment_id) as m (lead_id)
      join crm.leads l on l.organization_id = campaign.organization_id and l.id = m.lead_id and l.deleted_at is null
     where campaign.workspace_id is null or l.workspace_id = campaign.workspace_id
    on conflict on constraint campaign_recipients_organization_id_campaign_id_lead_id_key do nothing;
    get diagnostics taken = row_count;
  end if;
  update marketing.campaigns c
     set audience_taken_at = now()
   where c.organization_id = campaign.organization_id and c.id = campaign.id;
  return taken;
end
$$;

comment on function marketing.take_audience(marketing.campaigns) is
  'Writes down who gets a campaign, once. Returns how many leads came to those that were on its list.';
grant execute on function marketing.take_audience(marketing.campaigns) to callboard_service;

create or replace function marketing.run_campaign(organization_id uuid, campaign_id uuid, batch_size integer default 2000)
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign marketing.campaigns;
  queued integer;
begin
  select c.* into campaign
    from marketing.campaigns c
   where c.organization_id = run_campaign.organization_id and c.id = run_campaign.campaign_id and c.deleted_at is null
     for update;
  if campaign.status is distinct from 'running' then
    return 0;
  end if;
  if campaign.audience_taken_at is null then
    perform marketing.take_audience(campaign);
  end if;
  with waiting as materialized (
    select r.id, r.lead_id, platform.uuidv7() as mail_id
      from marketing.campaign_recipients r
     where r.organization_id = campaign.organization_id and r.campaign_id = campaign.id and r.queued_email_id is null
     order by r.id
     limit batch_size
  ),
  mails as (
    insert into marketing.email_queue
      (organization_id, id, lead_id, template_id, campaign_id, variables, created_by)
    select campaign.organization_id, w.mail_id, w.lead_id, campaign.template_id, campaign.id, campaign.variables,
           campaign.created_by
      from waiting w
  )
  update marketing.campaign_recipients r
     set queued_email_id = w.mail_id
    from waiting w
   where r.organization_id = campaign.organization_id and r.id = w.id;
  get diagnostics queued = row_count;
  return queued;
end
$$;

comment on function marketing.run_campaign(uuid, uuid, integer) is
  'Queues mails of a running campaign, some at a time, and returns how many: none when all are queued, or it is not running '
  'any more. Who gets it is written down before the first.';
grant execute on function marketing.run_campaign(uuid, uuid, integer) to callboard_service;

create or replace function marketing.follow_campaigns() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign marketing.campaigns;
begin
  for campaign in
    select c.*
      from marketing.campaigns c
      join tenancy.organizations o on o.id = c.organization_id and o.status = 'active'
     where c.status = 'scheduled' and c.scheduled_at <= now() and c.deleted_at is null
     order by c.organization_id, c.id
       for update of c skip locked
  loop
    begin
      perform marketing.require_sendable(campaign);
      perform marketing.set_campaign_status(campaign, 'running');
    exception when sqlstate 'CB002' or sqlstate 'CB004' or sqlstate 'CB005' then
      -- Its template was changed or archived meanwhile: somebody has to look at it.
      perform marketing.set_campaign_status(campaign, 'draft');
    end;
  end loop;
  for campaign in
    select c.*
      from marketing.campaigns c
      join tenancy.organizations o on o.id = c.organization_id and o.status = 'active'
     where c.status = 'running'
       and c.audience_taken_at is not null
       and c.deleted_at is null
       and not exists (
             select
               from marketing.campaign_recipients r
              where r.organization_id = c.organization_id and r.campaign_id = c.id and r.queued_email_id is null
           )
       and not exists (
             select
               from marketing.email_queue q
              where q.organization_id = c.organization_id
                and q.campaign_id = c.id
                and q.status in ('queued', 'paused', 'sending')
           )
     order by c.organization_id, c.id
       for update of c skip locked
  loop
    perform marketing.set_campaign_status(campaign, 'completed');
  end loop;
end
$$;

comment on function marketing.follow_campaigns() is
  'Starts campaigns whose time has come, and completes those of which no mail waits any more; not those of an organization that '
  'is suspended or closed. The timetable calls it every minute.';
grant execute on function marketing.follow_campaigns() to callboard_service;
