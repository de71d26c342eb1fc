-- What dashboards can draw. Other modules register theirs in the same way in their own access files.

do $$
declare
  source record;
begin
  -- A source is for those who draw: clients see its figures, not the function.
  for source in
    select p.oid::regprocedure as name
      from pg_proc p
     where p.pronamespace = 'analytics'::regnamespace and p.proname like 'source\_%' and p.prokind = 'f'
  loop
    execute format('grant execute on function %s to callboard_member, callboard_service', source.name);
    if obj_description(source.name, 'pg_proc') is null then
      execute format(
        'comment on function %s is %L', source.name,
        E'@behavior -*\nA data source of dashboards: see data_sources, where it is registered.');
    end if;
  end loop;
  grant execute on function analytics.metric_totals(analytics.metric_definitions, date, date, text)
    to callboard_member, callboard_service;
end
$$;

call analytics.define_data_source(
  'analytics.metric', 'analytics.source_metric', 'analytics.read', 'Metric',
  'A figure of metricDefinitions, as a whole or by one of its dimensions.', 'time',
  parameters => '{
    "required": ["metric"],
    "properties": {
      "metric": {"type": "string", "maxLength": 100, "description": "A key of metricDefinitions."},
      "dimension": {"type": "string", "enum": ["event", "source"], "description": "What it is broken down by."},
      "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8, "description": "So many series, the largest."}
    }
  }', adds_up => 'none', "position" => 10);

call analytics.define_data_source(
  'projects.open', 'analytics.source_projects_open', 'projects.read', 'Open projects',
  'Projects that had begun, or been created, by the last day and were not over then.', 'number',
  unit => 'projects', is_headline => true, "position" => 100);
call analytics.define_data_source(
  'projects.by_status', 'analytics.source_projects_by_status', 'projects.read', 'Projects by status',
  'How many projects there are in each status now.', 'category', unit => 'projects', "position" => 110);
call analytics.define_data_source(
  'projects.by_kind', 'analytics.source_projects_by_kind', 'projects.read', 'Projects by kind',
  'How many projects there are of each kind now.', 'category', unit => 'projects',
  parameters => '{"properties": {"openOnly": {"type": "boolean", "default": false,
    "description": "Only those that are planned, active or on hold."}}}', "position" => 120);
call analytics.define_data_source(
  'projects.health', 'analytics.source_projects_health', 'projects.read', 'Health of projects',
  'How active projects stand now, 0 to 100.', 'category', kinds => '{bar,table}', unit => 'points', adds_up => 'none',
  parameters => '{"properties": {"limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8}}}',
  "position" => 130);
call analytics.define_data_source(
  'projects.tasks_due', 'analytics.source_tasks_due', 'projects.read', 'Tasks due',
  'Tasks that were promised for these days, without those that were cancelled.', 'time', unit => 'tasks',
  parameters => '{"properties": {
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "byState": {"type": "boolean", "default": false, "description": "Done, open and overdue apart."}}}',
  is_headline => true, "position" => 140);
call analytics.define_data_source(
  'projects.tasks_completed', 'analytics.source_tasks_completed', 'projects.read', 'Tasks completed',
  'Tasks that were done on these days.', 'time', unit => 'tasks',
  parameters => '{"properties": {
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}}}',
  is_headline => true, "position" => 150);
call analytics.define_data_source(
  'projects.tasks_overdue', 'analytics.source_tasks_overdue', 'projects.read', 'Overdue tasks',
  'Tasks that were promised for a day before the last one and were not done by then.', 'number', unit => 'tasks',
  parameters => '{"properties": {
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}}}',
  is_headline => true, "position" => 160);
call analytics.define_data_source(
  'projects.tasks_by_status', 'analytics.source_tasks_by_status', 'projects.read', 'Tasks by status',
  'How many tasks there are in each status now.', 'category', unit => 'tasks',
  parameters => '{"properties": {
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}}}',
  "position" => 170);
call analytics.define_data_source(
  'projects.tasks_by_person', 'analytics.source_tasks_by_person', 'projects.read', 'Tasks by person',
  'What is open and overdue now, by whom it is assigned to: those with the most.', 'category', unit => 'tasks',
  parameters => '{"properties": {"limit": {"type": "integer", "minimum": 1, "maximum": 30, "default": 10}}}',
  "position" => 180);
call analytics.define_data_source(
  'projects.tasks_by_weekday', 'analytics.source_tasks_by_weekday', 'projects.read', 'Tasks by weekday',
  'Tasks that were promised for these days, by day of the week and priority.', 'category', unit => 'tasks',
  "position" => 190);
call analytics.define_data_source(
  'projects.papers_by_status', 'analytics.source_papers_by_status', 'projects.read', 'Papers by status',
  'Permits, licences and other papers of projects, by kind and status now.', 'category', unit => 'papers',
  "position" => 195);

call analytics.define_data_source(
  'finance.revenue', 'analytics.source_revenue', 'finance.read', 'Revenue',
  'Revenue posted on these days. A series for each currency.', 'time',
  parameters => '{"properties": {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "byCategory": {"type": "boolean", "default": false, "description": "Apart by category."},
    "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8,
      "description": "So many categories, the largest; the rest is Other."}}}',
  is_headline => true, "position" => 200);
call analytics.define_data_source(
  'finance.expense', 'analytics.source_expense', 'finance.read', 'Expense',
  'Expenses, wages and invoices posted on these days. A series for each currency.', 'time',
  parameters => '{"properties": {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "byCategory": {"type": "boolean", "default": false, "description": "Apart by category of the budget."},
    "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8,
      "description": "So many categories, the largest; the rest is Other."}}}',
  is_headline => true, "position" => 210);
call analytics.define_data_source(
  'finance.profit', 'analytics.source_profit', 'finance.read', 'Profit',
  'Revenue less expense of these days. A series for each currency.', 'time',
  parameters => '{"properties": {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}}}',
  is_headline => true, "position" => 220);
call analytics.define_data_source(
  'finance.budget_left', 'analytics.source_budget_left', 'finance.read', 'Budget left',
  'What approved budgets plan, less what was posted on them by the last day. A row for each currency.', 'number',
  is_headline => true, "position" => 230);
call analytics.define_data_source(
  'finance.budgets', 'analytics.source_budgets', 'finance.read', 'Budgets',
  'Plan, cost and forecast of approved budgets as of the last day, the newest first, in one currency.', 'category',
  kinds => '{bar,table}',
  parameters => '{"properties": {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Left out, the organization''s."},
    "projectId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 30, "default": 8}}}',
  adds_up => 'series', "position" => 240);
call analytics.define_data_source(
  'finance.budget_variance', 'analytics.source_budget_variance', 'finance.read', 'Budget by category',
  'What each category of a budget plans, costs and will cost as of the last day.', 'category', kinds => '{bar,table}',
  parameters => '{
    "required": ["budgetId"],
    "properties": {"budgetId": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}}}',
  adds_up => 'series', "position" => 250);

call analytics.define_data_source(
  'crm.leads_new', 'analytics.source_leads_new', 'crm.read', 'New leads',
  'Leads that came on these days, those that were archived since too.', 'time', unit => 'leads',
  parameters => '{"properties": {"bySource": {"type": "boolean", "default": false}}}',
  is_headline => true, "position" => 300);
call analytics.define_data_source(
  'crm.leads_by_status', 'analytics.source_leads_by_status', 'crm.read', 'Leads by status',
  'How many leads there are in each status now.', 'category', unit => 'leads', "position" => 310);
call analytics.define_data_source(
  'crm.pipeline', 'analytics.source_pipeline', 'crm.read', 'Pipeline',
  'What deals are worth that were open at the end of the last day. A row for each currency.', 'category',
  kinds => '{number,bar,pie,table}', is_headline => true, "position" => 320);
call analytics.define_data_source(
  'crm.deals_by_stage', 'analytics.source_deals_by_stage', 'crm.read', 'Deals by stage',
  'Open deals in each stage now: how many, or what they are worth in one currency.', 'category',
  parameters => '{"properties": {
    "measure": {"type": "string", "enum": ["deals", "amount"], "default": "deals"},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Left out, the organization''s."}}}',
  "position" => 330);
call analytics.define_data_source(
  'crm.deals_won', 'analytics.source_deals_won', 'crm.read', 'Deals won',
  'What deals are worth that were won on these days. A series for each currency.', 'time',
  parameters => '{"properties": {"currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}}',
  is_headline => true, "position" => 340);
call analytics.define_data_source(
  'crm.forecast', 'analytics.source_forecast', 'crm.read', 'Forecast',
  'What deals brought on these days and may bring, by the day on which they should be decided, in one currency.', 'time',
  kinds => '{line,area,bar,stacked_bar,table}', adds_up => 'series',
  parameters => '{"properties": {"currency": {"type": "string", "pattern": "^[A-Z]{3}$",
    "description": "Left out, the organization''s."}}}', "position" => 350);

call analytics.define_data_source(
  'marketing.campaigns', 'analytics.source_campaigns', 'marketing.read', 'Campaigns',
  'What became of the mails of campaigns, the newest first.', 'category', kinds => '{bar,table}', adds_up => 'series',
  parameters => '{"properties": {"limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8}}}',
  "position" => 400);
call analytics.define_data_source(
  'marketing.interactions', 'analytics.source_mail_interactions', 'marketing.read', 'What happened to mails',
  'Mails that people opened, clicked, answered… on these days, each once.', 'time', unit => 'mails', adds_up => 'series',
  parameters => '{"properties": {"kinds": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string",
    "enum": ["delivered", "opened", "clicked", "replied", "bounced", "complained", "unsubscribed"]}}}}',
  "position" => 410);
call analytics.define_data_source(
  'marketing.roi', 'analytics.source_roi', 'marketing.read', 'Cost and revenue of marketing',
  'What each channel or campaign cost and brought on these days, in one currency.', 'category', kinds => '{bar,table}',
  adds_up => 'series',
  parameters => '{"properties": {
    "dimension": {"type": "string", "enum": ["channel", "campaign"], "default": "channel"},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "Left out, the organization''s."}}}',
  "position" => 420);
