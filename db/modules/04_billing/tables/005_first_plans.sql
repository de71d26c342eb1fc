-- What a new installation starts with. Administrators of the platform change it as they like: it is not touched again.
insert into billing.usage_metrics (key, name, description, unit, kind, is_hard, is_per_seat, position) values
  ('members', 'Members', 'People who belong to the organization, and those who are invited.', 'member', 'gauge', true, true,
   1),
  ('workspaces', 'Workspaces', 'Parts that the organization is divided into.', 'workspace', 'gauge', true, false, 2),
  ('projects', 'Projects', 'Projects that are not archived.', 'project', 'gauge', true, false, 3),
  ('custom_fields', 'Custom fields', 'Fields of its own that the organization has added.', 'field', 'gauge', true, false,
   4),
  ('api_keys', 'API keys', 'Keys that are neither revoked nor expired.', 'key', 'gauge', true, false, 5),
  ('storage_bytes', 'Storage', 'What files take up.', 'byte', 'gauge', true, false, 6),
  ('emails', 'E-mails', 'E-mails sent in the month.', 'e-mail', 'counter', true, false, 7),
  ('api_calls', 'API calls', 'Requests with an API key in the month.', 'call', 'counter', false, false, 8),
  ('ai_tokens', 'AI tokens', 'Tokens that language models have read and written in the month.', 'token', 'counter', false,
   false, 9);

-- The same ids everywhere, so that documents can name them.
insert into billing.subscription_plans
  (id, key, name, description, features, trial_days, is_default, is_public, position)
values
  ('01980000-0000-7000-8000-000000000001', 'free', 'Free', 'To try it with a small crew.', '{}', 0, true, true, 1),
  ('01980000-0000-7000-8000-000000000002', 'studio', 'Studio', 'For a studio that runs several productions at a time.',
   '{private_workspaces,api_keys}', 14, false, true, 2),
  ('01980000-0000-7000-8000-000000000003', 'company', 'Company',
   'For a production company with many productions and people.',
   '{private_workspaces,api_keys,audit_log,single_sign_on}', 14, false, true, 3),
  ('01980000-0000-7000-8000-000000000004', 'enterprise', 'Enterprise', 'Without limits, by arrangement.',
   '{private_workspaces,api_keys,audit_log,single_sign_on,priority_support}', 0, false, false, 4);

insert into billing.plan_limits (plan_id, metric_key, limit_value)
select p.id, l.metric, l.limit_value
  from (values
         ('free', 'members', 5), ('free', 'workspaces', 2), ('free', 'projects', 5), ('free', 'custom_fields', 10),
         ('free', 'api_keys', 1), ('free', 'storage_bytes', 1073741824), ('free', 'emails', 200),
         ('free', 'api_calls', 10000), ('free', 'ai_tokens', 50000),
         ('studio', 'members', 25), ('studio', 'workspaces', 10), ('studio', 'projects', 100),
         ('studio', 'custom_fields', 100), ('studio', 'api_keys', 10), ('studio', 'storage_bytes', 107374182400),
         ('studio', 'emails', 5000), ('studio', 'api_calls', 500000), ('studio', 'ai_tokens', 2000000),
         ('company', 'members', 250), ('company', 'workspaces', 100), ('company', 'projects', 2000),
         ('company', 'custom_fields', 500), ('company', 'api_keys', 100), ('company', 'storage_bytes', 2199023255552),
         ('company', 'emails', 100000), ('company', 'api_calls', 10000000), ('company', 'ai_tokens', 20000000),
         ('enterprise', 'members', null), ('enterprise', 'workspaces', null), ('enterprise', 'projects', null),
         ('enterprise', 'custom_fields', null), ('enterprise', 'api_keys', null), ('enterprise', 'storage_bytes', null),
         ('enterprise', 'emails', null), ('enterprise', 'api_calls', null), ('enterprise', 'ai_tokens', null)
       ) as l (plan, metric, limit_value)
  join billing.subscription_plans p on p.key = l.plan;

insert into billing.plan_prices (plan_id, billing_interval, currency, price, seat_price)
select p.id, c.billing_interval, c.currency, c.price, c.seat_price
  from (values
         ('studio', 'month', 'USD', 49.00, 6.00), ('studio', 'year', 'USD', 490.00, 60.00),
         ('studio', 'month', 'EUR', 45.00, 5.50), ('studio', 'year', 'EUR', 450.00, 55.00),
         ('company', 'month', 'USD', 299.00, 5.00), ('company', 'year', 'USD', 2990.00, 50.00),
         ('company', 'month', 'EUR', 275.00, 4.50), ('company', 'year', 'EUR', 2750.00, 45.00)
       ) as c (plan, billing_interval, currency, price, seat_price)
  join billing.subscription_plans p on p.key = c.plan;
