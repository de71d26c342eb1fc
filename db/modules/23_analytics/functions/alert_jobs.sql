create or replace function analytics.claim_alerts(as_of timestamptz default now(), at_most integer default 100)
returns table (
  organization_id uuid,
  alert_id uuid,
  runs_as_id uuid,
  source_key text,
  parameters jsonb,
  series text,
  time_range text,
  measure text,
  claimed_at timestamptz
)
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  with due as (
    select a.organization_id, a.id
      from analytics.dashboard_alerts a
     where a.is_active and a.deleted_at is null and a.runs_as_id is not null and a.next_check_at <= as_of
     order by a.next_check_at
     limit at_most
       for update skip locked
  )
  -- Whoever claims it looks at it: nobody else does until it is due again.
  update analytics.dashboard_alerts a
     set next_check_at = as_of + make_interval(
           -- when it waits for its minutes to pass it looks when they have
           secs => least(
             60 * a.check_every_minutes,
             case when a.state = 'pending'
                  then greatest(60, extract(epoch from a.state_since + make_interval(mins => a.for_minutes) - as_of)) end))
    from due d
   where a.organization_id = d.organization_id and a.id = d.id
  returning a.organization_id, a.id, a.runs_as_id, a.source_key, a.parameters, a.series, a.time_range, a.measure,
         as_of
$$;

comment on function analytics.claim_alerts(timestamptz, integer) is
  'Takes alerts that are due to be looked at, some at a time: those that another worker is taking are left out, and what is '
  'taken is not due any more. A job calls it.';
grant execute on function analytics.claim_alerts(timestamptz, integer) to callboard_service;

create or replace function analytics.may_see_source(organization_id uuid, user_id uuid, permissions text[]) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from tenancy.organization_members m
      join identity.users u on u.id = m.user_id
     where m.organization_id = may_see_source.organization_id
       and m.user_id = may_see_source.user_id
       and m.may_enter
       and u.is_active
       and tenancy.permissions_now(m) @> may_see_source.permissions)
$$;

comment on function analytics.may_see_source(uuid, uuid, text[]) is
  'Whether somebody is a member at this moment who holds these permissions. For jobs. Definer: what a member may do is '
  'worked out by functions that are granted to nobody. It tells the back office alone.';
grant execute on function analytics.may_see_source(uuid, uuid, text[]) to callboard_service;

create or replace function analytics.alert_recipients(organization_id uuid, alert_id uuid)
returns table (user_id uuid, sees_as_much boolean)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  with alert as (
    select a.*
      from analytics.dashboard_alerts a
     where a.organization_id = alert_recipients.organization_id and a.id = alert_recipients.alert_id
  ),
  -- Where it is, and where what it is about by name is: the id of zeros for what is in no workspace.
  places as (
    select coalesce(w.workspace_id, '00000000-0000-0000-0000-000000000000') as workspace_id
      from (
        select a.workspace_id from alert a
         union all
        select n.workspace_id
          from alert a
         cross join lateral analytics.named_workspaces(a.organization_id, a.parameters) as n (workspace_id)
      ) w
  ),
  people as (
    select m.user_id, p.permissions, 'workspaces.all' = any (p.permissions) as sees_all,
           case when 'workspaces.all' = any (p.permissions) then '{}'
                else authz.workspaces_of(m.organization_id, m.user_id, p.permissions) end::uuid[] as workspaces
      from alert a
      join tenancy.organization_members m
        on m.organization_id = a.organization_id and m.user_id = any (a.recipient_ids || a.runs_as_id)
      join identity.users u on u.id = m.user_id
     cross join lateral (select tenancy.permissions_now(m) as permissions) p
     where m.may_enter and u.is_active
  )
  select r.user_id,
         coalesce(
           (r.sees_all or not e.sees_all and e.workspaces <@ r.workspaces)
           and array(select p from unnest(e.permissions) p where p like '%.read') <@ r.permissions,
           false)
    from alert a
    join people r on r.user_id = any (a.recipient_ids)
    left join people e on e.user_id = a.runs_as_id
   where (a.owner_id is null or a.owner_id = r.user_id)
     and r.permissions @> array['analytics.read', a.permission]
     and (r.sees_all or not exists (select from places w where w.workspace_id <> all (r.workspaces)))
$$;

comment on function analytics.alert_recipients(uuid, uuid) is
  'Who may hear of an alert at this moment: recipients who may enter, hold the permissions, and see the workspace that it is in '
  'and that of the project or budget that it names. sees_as_much: they see every workspace, and may read everything, that '
  'the one can with whose eyes it looks, so the figure hides nothing from them; of the others nobody knows before they have '
  'looked themselves. For jobs. Definer: what a member may do and see is worked out by functions that are granted to nobody. It '
  'tells the back office alone.';
grant execute on function analytics.alert_recipients(uuid, uuid) to callboard_service;

create or replace function analytics.note_alert_value(
  organization_id uuid,
  alert_id uuid,
  value numeric,
  refusal jsonb default null,
  looked_at timestamptz default now(),
  seen_by uuid[] default null
) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  alert analytics.dashboard_alerts;
  next_state text;
  is_beyond boolean;
  is_clear boolean;
  told uuid[];
  is_open boolean;
begin
  -- Two who looked at once: the second waits here, and finds the state that the first has left.
  select a.*
    into alert
    from analytics.dashboard_alerts a
   where a.organization_id = note_alert_value.organization_id and a.id = note_alert_value.alert_id
     for update;
  if alert.id is null or alert.deleted_at is not null or not alert.is_active
     or alert.last_evaluated_at >= looked_at
     -- somebody has changed it since: that figure is not what it watches now
     or alert.state_since > looked_at then
    return null;
  end if;
  if refusal is not null or value is null then
    -- Nothing is known, so nothing has changed.
    update analytics.dashboard_alerts a
       set last_evaluated_at = looked_at, last_refusal = refusal, last_value = null
     where a.organization_id = alert.organization_id and a.id = alert.id;
    return case when refusal is null then 'unknown' else 'refused' end;
  end if;
  is_beyond := case alert.comparison
    when 'above' then value > alert.threshold
    when 'at_least' then value >= alert.threshold
    when 'below' then value < alert.threshold
    else value <= alert.threshold
  end;
  is_clear := not is_beyond and case
    when alert.clear_threshold is null then true
    when alert.comparison in ('above', 'at_least') then value <= alert.clear_threshold
    else value >= alert.clear_threshold
  end;
  next_state := case
    when alert.state = 'breached' then case when is_clear then 'ok' else 'breached' end
    when not is_beyond then 'ok'
    when alert.state = 'pending' and alert.state_since + make_interval(mins => alert.for_minutes) <= looked_at
         or alert.for_minutes = 0 then 'breached'
    else 'pending'
  end;
  if (next_state = 'breached') <> (alert.state = 'breached') then
    select coalesce(array_agg(r.user_id) filter (where r.sees_as_much or r.user_id = any (seen_by)), '{}'),
           coalesce(bool_or(not r.sees_as_much), false)
      into told, is_open
      from analytics.alert_recipients(alert.organization_id, alert.id) r;
    if is_open and seen_by is null then
      return 'ask';
    end if;
  end if;
  update analytics.dashboard_alerts a
     set state = next_state,
         state_since = case when a.state = next_state then a.state_since else looked_at end,
         last_value = note_alert_value.value,
         last_refusal = null,
         last_evaluated_at = looked_at,
         -- it waits for its minutes to pass
         next_check_at = case when next_state = 'pending'
           then least(a.next_check_at, looked_at + make_interval(mins => greatest(1, a.for_minutes)))
           else a.next_check_at end
   where a.organization_id = alert.organization_id and a.id = alert.id;
  if (next_state = 'breached') = (alert.state = 'breached') then
    return next_state;
  end if;
  insert into analytics.alert_changes
    (organization_id, occurred_at, alert_id, owner_id, permission, change, value, threshold, since, told_ids)
  values (
    alert.organization_id, looked_at, alert.id, alert.owner_id, alert.permission,
    case next_state when 'breached' then 'breached' else 'recovered' end, value,
    case when next_state = 'breached' then alert.threshold else coalesce(alert.clear_threshold, alert.threshold) end,
    alert.state_since, told);
  perform platform.send_mail(
            case next_state when 'breached' then 'alert_breached' else 'alert_recovered' end,
            u.email,
            jsonb_build_object(
              'name', u.name,
              'organization', o.name,
              'alert', alert.name,
              'dashboard', d.name,
              'figure', analytics.alert_figure(alert),
              'value', trim_scale(round(value, 4))::text,
              'comparison', replace(alert.comparison, '_', ' '),
              'threshold', trim_scale(alert.threshold)::text,
              'since', to_char(looked_at at time zone o.time_zone, 'YYYY-MM-DD HH24:MI') || ' (' || o.time_zone || ')',
              'dashboard_id', alert.dashboard_id::text))
     from unnest(told) as t (user_id)
     join identity.users u on u.id = t.user_id
     join tenancy.organizations o on o.id = alert.organization_id
     join analytics.dashboards d on d.organization_id = alert.organization_id and d.id = alert.dashboard_id;
  return next_state;
end
$$;

comment on function analytics.note_alert_value(uuid, uuid, numeric, jsonb, timestamptz, uuid[]) is
  'What became of a look at an alert: the state that follows, and when it is breached or well again a line in alert_changes '
  'and a mail to each recipient who may see the figure, in the same transaction. Those are whoever sees as much as the eyes '
  'that it looks with, and whoever is in seen_by: recipients who have looked themselves and found the same. When somebody is to '
  'be told and it takes a look to know whom, and seen_by is null, nothing is changed and ask returned. A figure that was '
  'looked at before the last one, or before the alert was changed, does not count. Without a figure, or with a refusal, the '
  'state stays. Returns the state, ask, refused, unknown, or null when it did not count. A job calls it.';
grant execute on function analytics.note_alert_value(uuid, uuid, numeric, jsonb, timestamptz, uuid[]) to callboard_service;

create or replace function analytics.alert_figure(alert analytics.dashboard_alerts) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(
           ', ',
           coalesce(
             (select d.title from analytics.metric_definitions d where d.key = alert.parameters ->> 'metric'),
             (select s.title from analytics.data_sources s where s.key = alert.source_key)),
           alert.series,
           replace(alert.time_range, '_', ' '),
           case alert.measure when 'change' then 'change' when 'change_percent' then 'change in percent' end)
$$;

comment on function analytics.alert_figure(analytics.dashboard_alerts) is
  E'@behavior -*\nWhat an alert watches, in words.';
grant execute on function analytics.alert_figure(analytics.dashboard_alerts) to callboard_service;
