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
create or replace trigger _500_spread_room_insert after insert on billing.subscriptions
  for each row when (new.ended_at is null) execute function billing.spread_room_trigger();
create or replace trigger _500_spread_room_update after update on billing.subscriptions
  for each row when (new.ended_at is null and (new.plan_id <> old.plan_id or new.seats is distinct from old.seats))
  execute function billing.spread_room_trigger();
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
call platform.protect('billing.usage_reports', 'internal');
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

create or replace trigger _200_one_default_insert before insert on billing.subscription_plans
  for each row when (new.is_default) execute function billing.keep_one_default_plan_trigger();
create or replace trigger _200_one_default_update before update of is_default on billing.subscription_plans
  for each row when (new.is_default <> old.is_default) execute function billing.keep_one_default_plan_trigger();
create or replace trigger _200_one_default_delete before delete on billing.subscription_plans
  for each row when (old.is_default) execute function billing.keep_one_default_plan_trigger();
create or replace trigger _200_default_is_free before insert or update on billing.plan_prices
  for each row when (new.price > 0) execute function billing.keep_default_plan_free_trigger();
create or replace trigger _500_forget_room_insert after insert on billing.plan_limits
  referencing new table as new_rows for each statement execute function billing.forget_room_of_plans_trigger();
create or replace trigger _500_forget_room_update after update on billing.plan_limits
  referencing old table as old_rows new table as new_rows
  for each statement execute function billing.forget_room_of_plans_trigger();
create or replace trigger _500_forget_room_delete after delete on billing.plan_limits
  referencing old table as old_rows for each statement execute function billing.forget_room_of_plans_trigger();
