create or replace function crm.lead_timeline_entries(lead_id uuid, before_at timestamptz, before_id uuid, size integer)
returns setof crm.timeline_entry
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- In plpgsql, so that a connection plans the six parts once and not for each page.
  return query
    -- Of each kind of entry no more than a page is read, from the index by time; then the page is made of these.
    select t.occurred_at, t.entry_type, t.row_id, t.kind, t.title, t.body, t.channel, t.campaign, t.url, t.deal_id, t.actor_id,
           t.amount::numeric(14,2), t.currency::char(3),
           to_char(t.occurred_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || '-' || t.row_id
      from (
             (select a.occurred_at, 'activity'::text as entry_type, a.id as row_id, a.kind, a.subject as title, a.body,
                     null::text as channel, null::text as campaign, null::text as url, a.deal_id, a.created_by as actor_id,
                     null::numeric as amount, null::char(3) as currency
                from crm.lead_activities a
               where a.organization_id = (select authz.organization_id())
                 and a.lead_id = lead_timeline_entries.lead_id
                 and a.deleted_at is null
                 and (a.occurred_at, a.id) < (before_at, before_id)
               order by a.occurred_at desc, a.id desc
               limit size)
             union all
             (select p.occurred_at, 'touchpoint', p.id, p.kind, p.title, null, p.channel, p.campaign, p.url, null, p.recorded_by,
                     null, null
                from crm.lead_touchpoints p
               where p.organization_id = (select authz.organization_id())
                 and p.lead_id = lead_timeline_entries.lead_id
                 -- these are among the mails
                 and not p.is_mail_click
                 and (p.occurred_at, p.id) < (before_at, before_id)
               order by p.occurred_at desc, p.id desc
               limit size)
             union all
             (select m.occurred_at, 'mail', m.id, m.kind, null, m.reason, 'email', null, m.url, null, null, null, null
                from marketing.email_interactions m
               where m.organization_id = (select authz.organization_id())
                 and m.lead_id = lead_timeline_entries.lead_id
                 and not m.is_machine
                 and (m.occurred_at, m.id) < (before_at, before_id)
               order by m.occurred_at desc, m.id desc
               limit size)
             union all
             (select c.occurred_at, 'deal', c.id, c.to_status, d.name || ': ' || s.name, c.lost_reason, null, null, null, d.id,
                     c.moved_by, c.amount, c.currency
                from crm.deals d
                join crm.deal_stage_changes c on c.organization_id = d.organization_id and c.deal_id = d.id
                join crm.pipeline_stages s on s.organization_id = c.organization_id and s.id = c.to_stage_id
               where d.organization_id = (select authz.organization_id())
                 and d.lead_id = lead_timeline_entries.lead_id
                 and d.deleted_at is null
                 and (c.occurred_at, c.id) < (before_at, before_id)
               order by c.occurred_at desc, c.id desc
               limit size)
             union all
             (select c.occurred_at, 'conversion', c.id, c.kind, null, c.notes, null, null, null, c.deal_id, c.created_by, null, null
                from crm.conversions c
               where c.organization_id = (select authz.organization_id())
                 and c.lead_id = lead_timeline_entries.lead_id
                 and c.deleted_at is null
                 and (c.occurred_at, c.id) < (before_at, before_id)
               order by c.occurred_at desc, c.id desc
               limit size)
             union all
             (select r.occurred_at, 'revenue', r.id, r.kind, r.reference, null, null, null, null, c.deal_id, r.created_by, r.amount,
                     r.currency
                from crm.conversions c
                join crm.revenue_events r on r.organization_id = c.organization_id and r.conversion_id = c.id
               where c.organization_id = (select authz.organization_id())
                 and c.lead_id = lead_timeline_entries.lead_id
                 and c.deleted_at is null
                 and r.deleted_at is null
                 and (r.occurred_at, r.id) < (before_at, before_id)
               order by r.occurred_at desc, r.id desc
               limit size)
           ) t
     order by t.occurred_at desc, t.row_id desc
     limit size;
end
$$;

comment on function crm.lead_timeline_entries(uuid, timestamptz, uuid, integer) is
  E'@behavior -*\nWhat happened with a lead before a moment, the latest first, as far as the caller may read each of it.';
grant execute on function crm.lead_timeline_entries(uuid, timestamptz, uuid, integer) to callboard_member, callboard_service;

create or replace function crm.leads_timeline(lead crm.leads, before text default null, size integer default 25)
returns crm.lead_timeline
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  before_at timestamptz := timestamptz 'infinity';
  before_id uuid := uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  result crm.lead_timeline;
begin
  if size is null or size not between 1 and 200 then
    perform platform.refuse('CB002', 'A page has 1 to 200 entries.', field => 'size');
  end if;
  if before is not null then
    if before !~ '^\d{20}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
      perform platform.refuse('CB002', 'This is no cursor of a timeline.', field => 'before');
    end if;
    begin
      before_at := to_timestamp(left(before, 20), 'YYYYMMDDHH24MISSUS')::timestamp at time zone 'UTC';
    exception when datetime_field_overflow or invalid_datetime_format then
      perform platform.refuse('CB002', 'This is no cursor of a timeline.', field => 'before');
    end;
    before_id := substr(before, 22)::uuid;
  end if;
  result.entries := array(select e from crm.lead_timeline_entries(lead.id, before_at, before_id, size + 1) e);
  if cardinality(result.entries) > size then
    result.entries := result.entries[1 : size];
    result.next_cursor := (result.entries[size]).cursor;
  end if;
  return result;
end
$$;

comment on function crm.leads_timeline(crm.leads, text, integer) is
  'All that happened with the lead, the latest first, in one list: activities, touchpoints, what it did with mails (for '
  'holders of marketing.read), deals that changed their stage, conversions and revenue. size entries (25, at most 200) from '
  'before, which is the nextCursor of the page ahead. Errors: INVALID_INPUT.';
grant execute on function crm.leads_timeline(crm.leads, text, integer) to callboard_member, callboard_service;
