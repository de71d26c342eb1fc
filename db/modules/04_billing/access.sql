grant usage on schema billing to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission(
  'billing.read', 'See the subscription, payment methods and revenue streams.', '{owner,admin}');
select authz.define_permission(
  'billing.write', 'Change and cancel the plan, manage payment methods and revenue streams.', '{owner,admin}');

call platform.protect('billing.usage_metrics', 'catalog');
call platform.protect('billing.subscription_plans', 'catalog');
call platform.protect('billing.plan_limits', 'catalog');
call platform.protect('billing.plan_prices', 'catalog');

-- Read by those who may; changed by functions, which keep terms, limits and payment together.
call platform.protect('billing.subscriptions', 'custom', audit => true);
create policy tenant_read on billing.subscriptions for select to callboard_member
  using (organization_id = (select authz.allowed('billing.read')));
grant select on billing.subscriptions to callboard_member;
call platform.allow_transitions('billing.subscriptions', 'status', '{
  "trialing": ["active", "past_due", "cancelled", "expired"],
  "active": ["trialing", "past_due", "cancelled", "expired"],
  "past_due": ["active", "cancelled", "expired"]
}');

call platform.protect('billing.billing_customers', 'custom', audit => true);
create policy tenant_read on billing.billing_customers for select to callboard_member
  using (organization_id = (select authz.allowed('billing.read')));
grant select on billing.billing_customers to callboard_member;

call platform.protect('billing.payment_methods', 'custom', audit => true);
create policy tenant_read on billing.payment_methods for select to callboard_member
  using (organization_id = (select authz.allowed('billing.read')));
grant select on billing.payment_methods to callboard_member;

call platform.protect('billing.provider_events', 'internal');
call platform.protect('billing.usage_counters', 'internal');
call platform.protect('billing.metered_tables', 'internal');
call platform.protect('tenancy.organization_usage', 'tenant_log');
call platform.protect('billing.revenue_streams', 'tenant');
call platform.allow_transitions('billing.revenue_streams', 'status', '{
  "planned": ["active", "ended"],
  "active": ["paused", "ended"],
  "paused": ["active", "ended"],
  "ended": ["active"]
}');

-- Deferred: whoever makes an organization says the plan before the end of the transaction.
do $$
begin
  if not exists (
    select from pg_trigger t
     where t.tgrelid = 'tenancy.organizations'::regclass and t.tgname = '_600_ensure_subscription'
  ) then
    create constraint trigger _600_ensure_subscription after insert on tenancy.organizations
      deferrable initially deferred
      for each row execute function billing.ensure_subscription_trigger();
  end if;
end
$$;
