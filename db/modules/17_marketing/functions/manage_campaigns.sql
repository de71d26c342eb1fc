create or replace function marketing.take_campaign(row_id uuid) returns marketing.campaigns
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  campaign marketing.campaigns;
begin
  select c.* into campaign
    from marketing.campaigns c
   where c.organization_id = organization
     and c.id = row_id
     and c.deleted_at is null
     and authz.sees_workspace(c.workspace_id)
     for update;
  if campaign.id is null then
    perform platform.refuse('CB004', 'There is no such campaign, or you may not change it.', field => 'row_id');
  end if;
  return campaign;
end
$$;

comment on function marketing.take_campaign(uuid) is
  'A campaign that the caller may change, locked. Errors: CB001, CB003, CB004.';

create or replace function marketing.require_sendable(campaign marketing.campaigns) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  missing text;
begin
  if exists (
    select
      from marketing.email_templates t
     where t.organization_id = campaign.organization_id and t.id = campaign.template_id and t.deleted_at is not null
  ) then
    perform platform.refuse('CB005', 'The template of this campaign is archived.', field => 'template_id');
  end if;
  missing := marketing.missing_variable(campaign.organization_id, campaign.template_id, campaign.variables);
  if missing is not null then
    perform platform.refuse(
      'CB002', format('The template needs the variable %s.', missing), field => 'variables.' || missing);
  end if;
  if campaign.audience = 'segment' and not exists (
    select
      from analytics.segments s
     where s.organization_id = campaign.organization_id
       and s.id = campaign.segment_id
       and s.subject = 'lead'
       and s.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such segment of leads.', field => 'segment_id');
  end if;
  if campaign.audience = 'list' and not exists (
    select
      from marketing.campaign_recipients r
     where r.organization_id = campaign.organization_id and r.campaign_id = campaign.id
  ) then
    perform platform.refuse(
      'CB002', 'Nobody is on the list of this campaign.', field => 'row_id', hint => 'See addCampaignRecipients.');
  end if;
end
$$;

comment on function marketing.require_sendable(marketing.campaigns) is
  'Refuses a campaign that could not be sent. Errors: CB002 for a variable that is missing, or an empty list; CB004 for a '
  'segment that is not there; CB005 for an archived template.';
grant execute on function marketing.require_sendable(marketing.campaigns) to callboard_service;

create or replace function marketing.set_campaign_status(campaign marketing.campaigns, status text, at timestamptz default null)
returns marketing.campaigns
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  changed marketing.campaigns;
begin
  update marketing.campaigns c
     set status = set_campaign_status.status,
         scheduled_at = case when set_campaign_status.status in ('draft', 'scheduled') then at else c.scheduled_at end,
         started_at = case when set_campaign_status.status = 'running' then coalesce(c.started_at, now()) else c.started_at end,
         finished_at = case when set_campaign_status.status in ('completed', 'cancelled') then now() end
   where c.organization_id = campaign.organization_id and c.id = campaign.id
  returning c.* into changed;
  if changed.status = 'running' then
    perform platform.enqueue(
      'run_campaign', jsonb_build_object('organization_id', changed.organization_id, 'campaign_id', changed.id),
      job_key => 'run_campaign:' || changed.id);
  end if;
  return changed;
end
$$;

comment on function marketing.set_campaign_status(marketing.campaigns, text, timestamptz) is
  'Brings a campaign into a status, with what goes with it. For functions that hold its lock. Errors: CB006.';
grant execute on function marketing.set_campaign_status(marketing.campaigns, text, timestamptz) to callboard_service;

create or replace function marketing.schedule_campaign(row_id uuid, at timestamptz default null) returns marketing.campaigns
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.take_campaign(row_id);
begin
  if campaign.status not in ('draft', 'scheduled') then
    perform platform.refuse(
      'CB006', format('scheduled cannot follow %s.', campaign.status), field => 'row_id',
      hint => 'A campaign is scheduled before it starts.');
  end if;
  if at is null then
    return marketing.set_campaign_status(campaign, 'draft');
  end if;
  if not isfinite(at) or at <= now() then
    perform platform.refuse('CB002', 'This moment has passed, or is none.', field => 'at');
  end if;
  perform marketing.require_sendable(campaign);
  return marketing.set_campaign_status(campaign, 'scheduled', at);
end
$$;

comment on function marketing.schedule_campaign(uuid, timestamptz) is
  'Has a campaign start by itself, within a minute of that moment; again, to move it; null makes it a draft again. Needs '
  'marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION once it has started; '
  'INVALID_INPUT for a moment that has passed, a variable that is missing, an empty list; CONFLICT for an archived template. '
  'Definer: the status is written by functions alone.';
grant execute on function marketing.schedule_campaign(uuid, timestamptz) to callboard_member;

create or replace function marketing.start_campaign(row_id uuid) returns marketing.campaigns
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.take_campaign(row_id);
begin
  if campaign.status not in ('draft', 'scheduled') then
    perform platform.refuse(
      'CB006', format('A campaign that is %s is not started.', campaign.status), field => 'row_id',
      hint => case campaign.status when 'paused' then 'See resumeCampaign.' end);
  end if;
  perform marketing.require_sendable(campaign);
  return marketing.set_campaign_status(campaign, 'running');
end
$$;

comment on function marketing.start_campaign(uuid) is
  'Starts a campaign: a job writes down who gets it, and queues the mails. Needs marketing.write. Errors: UNAUTHENTICATED, '
  'FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION; INVALID_INPUT for a variable that is missing, or an empty list; '
  'CONFLICT for an archived template. Definer: the status is written by functions alone.';
grant execute on function marketing.start_campaign(uuid) to callboard_member;

create or replace function marketing.pause_campaign(row_id uuid) returns marketing.campaigns
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.set_campaign_status(marketing.take_campaign(row_id), 'paused');
begin
  update marketing.email_queue q
     set status = 'paused', updated_at = now()
   where q.organization_id = campaign.organization_id and q.campaign_id = campaign.id and q.status = 'queued';
  return campaign;
end
$$;

comment on function marketing.pause_campaign(uuid) is
  'Keeps back what has not gone out of a campaign. What is being sent at this moment goes out. Needs marketing.write. '
  'Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION. Definer: the queue is written by '
  'functions alone.';
grant execute on function marketing.pause_campaign(uuid) to callboard_member;

create or replace function marketing.resume_campaign(row_id uuid) returns marketing.campaigns
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign marketing.campaigns := marketing.take_campaign(row_id);
begin
  if campaign.status <> 'paused' then
    perform platform.refuse('CB006', format('A campaign that is %s is not resumed.', campaign.status), field => 'row_id');
  end if;
  campaign := marketing.set_campaign_status(campaign, 'running');
  update marketing.email_queue q
     set status = 'queued', updated_at = now()
   where q.organization_id = campaign.organization_id and q.campaign_id = campaign.id and q.status = 'paused';
  perform marketing.send_soon(campaign.organization_id);
  return campaign;
end
$$;

comment on function marketing.resume_campaign(uuid) is
  'Goes on with a paused campaign. Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, '
  'INVALID_TRANSITION. Definer: the queue is written by functions alone.';
grant execute on function marketing.resume_campaign(uuid) to callboard_member;

create or replace function marketing.cancel_campaign(row_id uuid) returns marketing.campaigns
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.set_campaign_status(marketing.take_campaign(row_id), 'cancelled');
begin
  perform marketing.cancel_campaign_mails(campaign.organization_id, campaign.id);
  return campaign;
end
$$;

comment on function marketing.cancel_campaign(uuid) is
  'Ends a campaign for good; what has not gone out does not. Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION. Definer: the queue is written by functions alone.';
grant execute on function marketing.cancel_campaign(uuid) to callboard_member;

create or replace function marketing.cancel_campaign_mails(organization_id uuid, campaign_id uuid) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  update marketing.email_queue q
     set status = 'cancelled', reason = 'campaign_cancelled', updated_at = now()
   where q.organization_id = cancel_campaign_mails.organization_id
     and q.campaign_id = cancel_campaign_mails.campaign_id
     and q.status in ('queued', 'paused')
$$;

comment on function marketing.cancel_campaign_mails(uuid, uuid) is 'Takes what has not gone out of a campaign out of the queue.';
grant execute on function marketing.cancel_campaign_mails(uuid, uuid) to callboard_service;

create or replace function marketing.keep_started_campaign_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if (new.template_id, new.audience, new.segment_id, new.lead_statuses, new.minimum_score, new.variables)
     is distinct from (old.template_id, old.audience, old.segment_id, old.lead_statuses, old.minimum_score, old.variables) then
    perform platform.refuse(
      'CB006', 'What a campaign says, and to whom, stays once it has started.', field => 'status',
      hint => 'Cancel it and make another.');
  end if;
  return new;
end
$$;

comment on function marketing.keep_started_campaign_trigger() is 'Keeps what a campaign that has started says, and to whom.';

create or replace function marketing.end_archived_campaign_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- What is restored is what was shown when it was archived.
  if new.status in ('running', 'paused') then
    new.status := 'cancelled';
    new.finished_at := now();
  elsif new.status = 'scheduled' then
    new.status := 'draft';
    new.scheduled_at := null;
  end if;
  return new;
end
$$;

comment on function marketing.end_archived_campaign_trigger() is
  'A campaign that has started ends when it is archived, since its mails do; one that was to start becomes a draft.';

create or replace function marketing.stop_archived_campaign_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform marketing.cancel_campaign_mails(new.organization_id, new.id);
  return null;
end
$$;

comment on function marketing.stop_archived_campaign_trigger() is
  'What has not gone out of an archived campaign does not. Definer: whoever archives may not write the queue.';
