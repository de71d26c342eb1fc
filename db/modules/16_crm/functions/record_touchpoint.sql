create or replace function crm.record_touchpoint(
  lead_id uuid,
  kind text,
  channel text default null,
  campaign text default null,
  title text default null,
  url text default null,
  referrer text default null,
  lead_source_id uuid default null,
  visitor_id text default null,
  occurred_at timestamptz default null,
  metadata jsonb default null,
  client_key text default null
) returns crm.lead_touchpoints
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  source record;
begin
  if not exists (
    select
      from crm.leads l
     where l.organization_id = organization and l.id = record_touchpoint.lead_id and l.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such lead, or you may not change it.', field => 'lead_id');
  end if;
  select s.id, s.channel
    into source
    from crm.lead_sources s
   where s.organization_id = organization and s.id = record_touchpoint.lead_source_id and s.deleted_at is null;
  if source.id is null and record_touchpoint.lead_source_id is not null then
    perform platform.refuse('CB004', 'There is no such source.', field => 'lead_source_id');
  end if;
  if record_touchpoint.occurred_at > now() + interval '5 minutes' then
    perform platform.refuse('CB002', 'This has not happened yet.', field => 'occurred_at');
  end if;
  return crm.add_touchpoint(
    record_touchpoint.lead_id, record_touchpoint.kind, coalesce(record_touchpoint.channel, source.channel, 'direct'),
    nullif(lower(btrim(record_touchpoint.campaign)), ''), nullif(btrim(record_touchpoint.title), ''),
    record_touchpoint.url, record_touchpoint.referrer, source.id, nullif(btrim(record_touchpoint.visitor_id), ''),
    -- a clock that is a little ahead
    least(coalesce(record_touchpoint.occurred_at, now()), now()), coalesce(record_touchpoint.metadata, '{}'),
    record_touchpoint.client_key);
end
$$;

comment on function crm.record_touchpoint(uuid, text, text, text, text, text, text, uuid, text, timestamptz, jsonb, text) is
  'Writes down that a lead met the organization. The channel is that of the source, or direct, when left out. With a visitor '
  'it is part of a visit: those that follow each other within half an hour. With a client key that is there already it gives '
  'that touchpoint and changes nothing; so it does for an email_click of the campaign whose mail the lead has followed within '
  'half an hour, since that was written down by itself. Needs crm.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT, CONFLICT.';
grant execute on function
  crm.record_touchpoint(uuid, text, text, text, text, text, text, uuid, text, timestamptz, jsonb, text)
  to callboard_member, callboard_service;

create or replace function crm.add_touchpoint(
  lead_id uuid,
  kind text,
  channel text,
  campaign text,
  title text,
  url text,
  referrer text,
  lead_source_id uuid,
  visitor_id text,
  occurred_at timestamptz,
  metadata jsonb,
  client_key text
) returns crm.lead_touchpoints
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  visit_id uuid;
  made crm.lead_touchpoints;
begin
  if client_key is not null then
    -- The same key of two callers: the second waits, and finds what the first has written.
    perform pg_advisory_xact_lock(hashtextextended(concat(organization, client_key), 5678047));
    select t.* into made
      from crm.lead_touchpoints t
     where t.organization_id = organization and t.client_key = add_touchpoint.client_key;
    if made.id is not null then
      if made.lead_id <> add_touchpoint.lead_id then
        perform platform.refuse('CB005', 'Another touchpoint has this key.', field => 'client_key');
      end if;
      return made;
    end if;
  end if;
  if kind = 'email_click' then
    -- Of a mail whose link was followed just now, which is how the lead came to the page that tells of it.
    select t.* into made
      from crm.lead_touchpoints t
     where t.organization_id = organization
       and t.lead_id = add_touchpoint.lead_id
       and t.is_mail_click
       and t.occurred_at between add_touchpoint.occurred_at - interval '30 minutes'
                             and add_touchpoint.occurred_at + interval '5 minutes'
       and (add_touchpoint.campaign is null or t.campaign = add_touchpoint.campaign)
     order by t.occurred_at desc
     limit 1;
    if made.id is not null then
      return made;
    end if;
  end if;
  if visitor_id is not null then
    -- Visits are told apart one after the other; always after the key, so that two callers wait in turn.
    perform pg_advisory_xact_lock(
      hashtextextended(concat_ws(' ', organization, add_touchpoint.lead_id, visitor_id), 5678050));
    update crm.lead_sessions s
       set occurred_at = least(s.occurred_at, add_touchpoint.occurred_at),
           last_seen_at = greatest(s.last_seen_at, add_touchpoint.occurred_at),
           touchpoints = s.touchpoints + 1
     where s.organization_id = organization
       and s.id = (
             select v.id
               from crm.lead_sessions v
              where v.organization_id = organization
                and v.lead_id = add_touchpoint.lead_id
                and v.visitor_id = add_touchpoint.visitor_id
                and v.last_seen_at >= add_touchpoint.occurred_at - interval '30 minutes'
                and v.occurred_at <= add_touchpoint.occurred_at + interval '30 minutes'
              order by v.last_seen_at desc
              limit 1)
    returning s.id into visit_id;
    if visit_id is null then
      insert into crm.lead_sessions
        (organization_id, occurred_at, lead_id, visitor_id, last_seen_at, touchpoints, landing_url, referrer, channel,
         campaign)
      values (
        organization, add_touchpoint.occurred_at, add_touchpoint.lead_id, add_touchpoint.visitor_id,
        add_touchpoint.occurred_at, 1, add_touchpoint.url, add_touchpoint.referrer, add_touchpoint.channel,
        add_touchpoint.campaign)
      returning id into visit_id;
    end if;
  end if;
  insert into crm.lead_touchpoints
    (organization_id, occurred_at, lead_id, session_id, lead_source_id, kind, channel, campaign, title, url, referrer,
     metadata, client_key, recorded_by)
  values (
    organization, add_touchpoint.occurred_at, add_touchpoint.lead_id, visit_id, add_touchpoint.lead_source_id,
    add_touchpoint.kind, add_touchpoint.channel, add_touchpoint.campaign, add_touchpoint.title, add_touchpoint.url,
    add_touchpoint.referrer, add_touchpoint.metadata, add_touchpoint.client_key, authz.actor_id())
  returning * into made;
  return made;
end
$$;

comment on function
  crm.add_touchpoint(uuid, text, text, text, text, text, text, uuid, text, timestamptz, jsonb, text) is
  E'@behavior -*\nThe part of crm.record_touchpoint that writes, after the lead and the source have been looked up with the '
  'caller''s rights. Errors: CB005. Definer: callers may not write what is logged.';
grant execute on function
  crm.add_touchpoint(uuid, text, text, text, text, text, text, uuid, text, timestamptz, jsonb, text)
  to callboard_member, callboard_service;
