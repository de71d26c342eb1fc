create or replace function billing.plans() returns setof billing.subscription_plans
language sql stable
set search_path = pg_catalog, pg_temp
rows 5
as $$
  select p.*
    from billing.subscription_plans p
   where p.is_public and p.retired_at is null
   order by p.position, p.id
$$;

comment on function billing.plans() is 'The plans that an organization can choose from, the smallest first.';
grant execute on function billing.plans() to callboard_member;

create or replace function billing.current_subscription() returns billing.subscriptions
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select s.*
    from billing.subscriptions s
   where s.organization_id = authz.require('billing.read') and s.ended_at is null
$$;

comment on function billing.current_subscription() is
  'The subscription that the organization has now. Needs billing.read. Errors: UNAUTHENTICATED, FORBIDDEN.';
grant execute on function billing.current_subscription() to callboard_member;

create or replace function billing.features_of(organization_id uuid) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.features
    from billing.subscription_plans p
    left join billing.subscriptions s on s.organization_id = features_of.organization_id and s.ended_at is null
   where p.id = s.plan_id or s.plan_id is null and p.is_default
$$;

comment on function billing.features_of(uuid) is 'The keys of what the plan of an organization includes besides its limits.';
grant execute on function billing.features_of(uuid) to callboard_service;

create or replace function billing.plan_features() returns text[]
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select billing.features_of(authz.organization_id()) where authz.organization_id() is not null
$$;

comment on function billing.plan_features() is
  'The keys of what the plan of the active organization includes besides its limits, such as single_sign_on; null without '
  'an organization. For whoever belongs to it. Definer: the subscription itself is for those who pay.';
grant execute on function billing.plan_features() to callboard_member;

create or replace function billing.keep_one_default_plan_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    perform platform.refuse('CB005', 'New organizations need a plan: make another one the default first.', field => 'row_id');
  elsif not new.is_default then
    -- One takes the place of the other, which happens one trigger deeper.
    if pg_trigger_depth() = 1 then
      perform platform.refuse(
        'CB005', 'New organizations need a plan: make another one the default instead.', field => 'is_default');
    end if;
    return new;
  end if;
  if exists (select from billing.plan_prices c where c.plan_id = new.id and c.price > 0) then
    perform platform.refuse('CB002', 'The default plan costs nothing.', field => 'is_default');
  end if;
  update billing.subscription_plans p set is_default = false where p.is_default and p.id <> new.id;
  return new;
end
$$;

comment on function billing.keep_one_default_plan_trigger() is
  'There is always one default plan: another one takes its place, and costs nothing. Definer: the one that was changes as '
  'well.';

create or replace function billing.keep_default_plan_free_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from billing.subscription_plans p where p.id = new.plan_id and p.is_default) then
    perform platform.refuse('CB002', 'The default plan costs nothing.', field => 'price');
  end if;
  return new;
end
$$;

comment on function billing.keep_default_plan_free_trigger() is 'Refuses a price for the default plan.';

create or replace function billing.forget_room_of_plans_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    update billing.usage_counters c
       set room = 0
      from new_rows n
      join billing.subscriptions s on s.plan_id = n.plan_id and s.ended_at is null
     where c.organization_id = s.organization_id and c.metric_key = n.metric_key and c.room is distinct from 0;
  else
    update billing.usage_counters c
       set room = 0
      from old_rows o
      join billing.subscriptions s on s.plan_id = o.plan_id and s.ended_at is null
     where c.organization_id = s.organization_id and c.metric_key = o.metric_key and c.room is distinct from 0;
  end if;
  return null;
end
$$;

comment on function billing.forget_room_of_plans_trigger() is
  'A changed limit holds from the next row on in every organization that has the plan. Definer: the counters are internal.';
