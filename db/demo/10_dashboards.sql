-- What both companies look at in the morning: the productions, sales and marketing, and how the product is used.

create temp table demo_widgets (
  dashboard text,
  position integer,
  title text,
  kind text,
  source_key text,
  parameters jsonb,
  time_range text,
  comparison text,
  options jsonb,
  x integer,
  y integer,
  width integer,
  height integer
) on commit drop;

insert into pg_temp.demo_widgets values
  ('Productions', 1, 'Open projects', 'number', 'projects.open', '{}', null, null, '{}', 0, 0, 3, 2),
  ('Productions', 2, 'Tasks completed', 'number', 'projects.tasks_completed', '{}', null, null, '{}', 3, 0, 3, 2),
  ('Productions', 3, 'Overdue tasks', 'number', 'projects.tasks_overdue', '{}', null, null, '{}', 6, 0, 3, 2),
  ('Productions', 4, 'Profit', 'number', 'finance.profit', '{}', null, null, '{"decimals": 0}', 9, 0, 3, 2),
  ('Productions', 5, 'Tasks due, week by week', 'stacked_bar', 'projects.tasks_due', '{"byState": true}',
   'last_90_days', 'none', '{"colors": ["#2a9d6e", "#4a7dd6", "#d9503f"]}', 0, 2, 8, 4),
  ('Productions', 6, 'Tasks by status', 'pie', 'projects.tasks_by_status', '{}', null, 'none', '{}', 8, 2, 4, 4),
  ('Productions', 7, 'Revenue', 'area', 'finance.revenue', '{}', 'last_365_days', 'previous_year', '{"smooth": false}', 0, 6, 6, 4),
  ('Productions', 8, 'Expense by category', 'stacked_bar', 'finance.expense', '{"byCategory": true, "limit": 6}', 'last_365_days', 'none', '{}', 6, 6, 6, 4),
  ('Productions', 9, 'Health of active projects', 'bar', 'projects.health', '{"limit": 8}', null, 'none',
   '{"horizontal": true, "min": 0, "max": 100}', 0, 10, 6, 5),
  ('Productions', 10, 'Work by person', 'stacked_bar', 'projects.tasks_by_person', '{"limit": 8}', null, 'none', '{"horizontal": true, "colors": ["#4a7dd6", "#d9503f"]}', 6, 10, 6, 5),
  ('Productions', 11, 'When work is due', 'heat_map', 'projects.tasks_by_weekday', '{}', 'last_90_days', 'none', '{}', 0, 15, 6, 4),
  ('Productions', 12, 'Budgets', 'table', 'finance.budgets', '{"limit": 6}', null, 'none', '{}', 6, 15, 6, 4),

  ('Sales and marketing', 1, 'New leads', 'number', 'crm.leads_new', '{}', null, null, '{}', 0, 0, 3, 2),
  ('Sales and marketing', 2, 'Pipeline', 'number', 'crm.pipeline', '{}', null, null, '{"decimals": 0}', 3, 0, 3, 2),
  ('Sales and marketing', 3, 'Won', 'number', 'crm.deals_won', '{}', null, null, '{"decimals": 0}', 6, 0, 3, 2),
  ('Sales and marketing', 4, 'Activation', 'gauge', 'analytics.metric', '{"metric": "activation_rate"}', null, 'none',
   '{"min": 0, "max": 100, "target": 40}', 9, 0, 3, 4),
  ('Sales and marketing', 5, 'Deals by stage', 'funnel', 'crm.deals_by_stage', '{}', null, 'none', '{}', 0, 2, 4, 4),
  ('Sales and marketing', 6, 'Leads by status', 'pie', 'crm.leads_by_status', '{}', null, 'none', '{}', 4, 2, 5, 4),
  ('Sales and marketing', 7, 'Forecast', 'bar', 'crm.forecast', '{}', 'next_90_days', 'none', '{}', 0, 6, 6, 4),
  ('Sales and marketing', 8, 'Campaigns', 'bar', 'marketing.campaigns', '{"limit": 6}', null, 'none', '{}', 6, 6, 6, 4),
  ('Sales and marketing', 9, 'What happened to mails', 'line', 'marketing.interactions', '{"kinds": ["opened", "clicked", "replied"]}', 'last_90_days', 'none', '{"smooth": true}', 0, 10, 6, 4),
  ('Sales and marketing', 10, 'Cost and revenue by channel', 'table', 'marketing.roi', '{}', 'last_365_days', 'none', '{}', 6, 10, 6, 4),

  ('Product', 1, 'Active users', 'number', 'analytics.metric', '{"metric": "active_users"}', null, null, '{}', 0, 0, 3, 2),
  ('Product', 2, 'Sessions', 'number', 'analytics.metric', '{"metric": "sessions"}', null, null, '{}', 3, 0, 3, 2),
  ('Product', 3, 'Bounce rate', 'number', 'analytics.metric', '{"metric": "bounce_rate"}', null, null, '{"decimals": 1}', 6, 0, 3, 2),
  ('Product', 4, 'Net promoter score', 'gauge', 'analytics.metric', '{"metric": "nps"}', 'last_90_days', 'none', '{"min": -100, "max": 100, "target": 30}', 9, 0, 3, 4),
  ('Product', 5, 'Active users, day by day', 'area', 'analytics.metric', '{"metric": "active_users"}', null, null, '{"smooth": true}', 0, 2, 9, 4),
  ('Product', 6, 'Events', 'stacked_bar', 'analytics.metric', '{"metric": "events", "dimension": "event", "limit": 6}', null, 'none', '{}', 0, 6, 8, 4),
  ('Product', 7, 'Where they come from', 'pie', 'analytics.metric', '{"metric": "sessions", "dimension": "source"}', null, 'none', '{}', 8, 6, 4, 4),
  ('Product', 8, 'Retention after a week', 'line', 'analytics.metric', '{"metric": "retention_7"}', 'last_90_days', 'none', '{"smooth": true}', 0, 10, 6, 4),
  ('Product', 9, 'Length of a session', 'line', 'analytics.metric', '{"metric": "session_minutes"}', 'last_90_days', 'previous_period', '{}', 6, 10, 6, 4);

insert into analytics.dashboards
  (organization_id, id, name, description, time_range, comparison, is_default, created_by, created_at, updated_at)
select o.id, pg_temp.row_id(made.at, d.position, d.name || o.key), d.name, d.description, d.time_range, 'previous_period', d.position = 1,
       p.user_id, made.at, made.at
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
 cross join (values
         (1, 'Productions', 'What runs, what is late and what it costs.', 'last_30_days'),
         (2, 'Sales and marketing', 'Who may become a client, and what it takes.', 'last_30_days'),
         (3, 'Product', 'How the portal for crew and clients is used.', 'last_30_days')
       ) as d (position, name, description, time_range)
 cross join (select pg_temp.at_clock(pg_temp.today() - 120, '09:30') as at) made;

with widgets as (
  insert into analytics.dashboard_widgets
    (organization_id, id, dashboard_id, title, kind, source_key, parameters, time_range, comparison, options, position,
     created_by, created_at, updated_at)
  select d.organization_id, pg_temp.row_id(d.created_at, 10 * w.position, w.title || w.dashboard || d.organization_id),
         d.id, w.title, w.kind, w.source_key, w.parameters, w.time_range, w.comparison, w.options, w.position,
         d.created_by, d.created_at, d.created_at
    from pg_temp.demo_widgets w
    join analytics.dashboards d on d.name = w.dashboard
    join pg_temp.demo_organizations o on o.id = d.organization_id
  returning organization_id, dashboard_id, id, title, position
)
insert into analytics.dashboard_layouts (organization_id, dashboard_id, widget_id, user_id, breakpoint, x, y, width, height)
select w.organization_id, w.dashboard_id, w.id, null, 'lg', g.x, g.y, g.width, g.height
  from widgets w
  join analytics.dashboards d on d.organization_id = w.organization_id and d.id = w.dashboard_id
  join pg_temp.demo_widgets g on g.dashboard = d.name and g.position = w.position;

insert into analytics.dashboard_alerts
  (organization_id, dashboard_id, name, source_key, parameters, time_range, measure, comparison, threshold, clear_threshold,
   for_minutes, check_every_minutes, recipient_ids, runs_as_id, created_by)
select d.organization_id, d.id, a.name, a.source_key, a.parameters, a.time_range, a.measure, a.comparison, a.threshold,
       a.clear_threshold, a.for_minutes, 15, array[p.user_id], p.user_id, p.user_id
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
  join (values
         ('Productions', 'Too much is late', 'projects.tasks_overdue', '{}'::jsonb, 'today', 'value', 'above', 20, 15, 60),
         ('Productions', 'Costs jump', 'finance.expense', '{}', 'last_30_days', 'change_percent', 'at_least', 75, 50, 0),
         ('Sales and marketing', 'No new leads', 'crm.leads_new', '{}', 'last_14_days', 'value', 'at_most', 0, 1, 1440)
       ) as a (dashboard, name, source_key, parameters, time_range, measure, comparison, threshold, clear_threshold,
               for_minutes) on true
  join analytics.dashboards d on d.organization_id = o.id and d.name = a.dashboard;

with reports as (
  insert into analytics.reports (organization_id, name, description, dashboard_id, time_range, comparison, format, created_by)
  select d.organization_id, 'Productions, week by week', 'Every Monday morning, before the meeting.', d.id, 'last_week',
         'previous_period', 'html_csv', d.created_by
    from analytics.dashboards d
    join pg_temp.demo_organizations o on o.id = d.organization_id
   where d.name = 'Productions'
  returning organization_id, id, created_by
)
insert into analytics.dashboard_subscriptions
  (organization_id, report_id, frequency, weekday, at_time, time_zone, recipient_ids, created_by)
select r.organization_id, r.id, 'weekly', 1, '07:30', 'America/New_York',
       array(select m.user_id from tenancy.organization_members m
              where m.organization_id = r.organization_id and m.status = 'active' and m.role_key in ('owner', 'admin')
              order by m.user_id limit 5),
       r.created_by
  from reports r;
