create or replace function analytics.follow_dashboard_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  new.owner_id := (
    select d.owner_id from analytics.dashboards d
     where d.organization_id = new.organization_id and d.id = new.dashboard_id);
  return new;
end
$$;

comment on function analytics.follow_dashboard_trigger() is
  'What belongs to a dashboard is as personal as that. Definer: the caller may not see the dashboard, and is then refused '
  'by the policy that hides it.';

create or replace function analytics.follow_report_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  new.owner_id := (
    select r.owner_id from analytics.reports r
     where r.organization_id = new.organization_id and r.id = new.report_id);
  return new;
end
$$;

comment on function analytics.follow_report_trigger() is
  'A subscription is as personal as its report. Definer: as for follow_dashboard_trigger.';

create or replace function analytics.share_dashboard_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.owner_id is not null then
    perform platform.refuse(
      'CB005', 'A dashboard that is shared stays shared.', field => 'is_personal', hint => 'Duplicate it.');
  end if;
  update analytics.dashboard_widgets w set owner_id = null
   where w.organization_id = new.organization_id and w.dashboard_id = new.id;
  update analytics.dashboard_alerts a set owner_id = null
   where a.organization_id = new.organization_id and a.dashboard_id = new.id;
  update analytics.dashboard_subscriptions s set owner_id = null
    from analytics.reports r
   where r.organization_id = new.organization_id and r.dashboard_id = new.id
     and s.organization_id = r.organization_id and s.report_id = r.id;
  update analytics.reports r set owner_id = null
   where r.organization_id = new.organization_id and r.dashboard_id = new.id;
  return new;
end
$$;

comment on function analytics.share_dashboard_trigger() is
  'When a personal dashboard becomes shared, so does what belongs to it; never the other way round, which would take it '
  'away from others. Definer: owner_id is nobody''s to set.';

create or replace function analytics.keep_one_default_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A place for another, who may have taken it by the time that this one comes back.
  if new.deleted_at is not null or new.owner_id is distinct from old.owner_id then
    new.is_default := false;
  elsif new.is_default and not old.is_default then
    update analytics.dashboards d
       set is_default = false
     where d.organization_id = new.organization_id
       and d.owner_id is not distinct from new.owner_id
       and d.is_default
       and d.id <> new.id;
  end if;
  return new;
end
$$;

comment on function analytics.keep_one_default_trigger() is
  'A dashboard that becomes the default takes the place of the one before it; one that is archived, or becomes shared, gives '
  'it up. Definer: the one before may lie in a workspace that the caller does not see.';

create or replace function analytics.clear_places_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from analytics.dashboard_layouts l
   using new_rows n
   where n.deleted_at is not null and l.organization_id = n.organization_id and l.widget_id = n.id
     and l.dashboard_id = n.dashboard_id;
  return null;
end
$$;

comment on function analytics.clear_places_trigger() is
  'A widget that is archived keeps no place, in nobody''s arrangement: restored, it finds one where there is room. '
  'Definer: the arrangements of others are not seen.';
