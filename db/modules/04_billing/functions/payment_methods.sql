create or replace function billing.save_payment_method(
  organization_id uuid,
  provider text,
  external_id text,
  kind text,
  brand text default null,
  last4 text default null,
  expiry_month integer default null,
  expiry_year integer default null,
  make_default boolean default false
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  saved_id uuid;
begin
  perform from tenancy.organizations o where o.id = save_payment_method.organization_id for no key update;
  insert into billing.payment_methods as p
    (organization_id, provider, external_id, kind, brand, last4, expiry_month, expiry_year)
  values (
    save_payment_method.organization_id, save_payment_method.provider, save_payment_method.external_id,
    save_payment_method.kind, save_payment_method.brand, save_payment_method.last4, save_payment_method.expiry_month,
    save_payment_method.expiry_year)
  on conflict on constraint payment_methods_organization_id_provider_external_id_key do update
    set (kind, brand, last4, expiry_month, expiry_year, removed_at)
      = (excluded.kind, excluded.brand, excluded.last4, excluded.expiry_month, excluded.expiry_year, null)
  returning p.id into saved_id;
  if make_default or not exists (
    select from billing.payment_methods p
     where p.organization_id = save_payment_method.organization_id and p.is_default
  ) then
    perform billing.make_default_payment_method(organization_id, saved_id);
  end if;
  perform billing.renew_subscription(organization_id);
  return saved_id;
end
$$;

comment on function billing.save_payment_method(uuid, text, text, text, text, text, integer, integer, boolean) is
  'Notes a payment method that a provider has taken in, or what has changed about it; the first one becomes the default. A '
  'subscription whose payment is due goes on with it. Returns its id.';
grant execute on function
  billing.save_payment_method(uuid, text, text, text, text, text, integer, integer, boolean) to callboard_service;

create or replace function billing.make_default_payment_method(organization_id uuid, payment_method_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update billing.payment_methods p
     set is_default = false
   where p.organization_id = make_default_payment_method.organization_id and p.is_default and p.id <> payment_method_id;
  update billing.payment_methods p
     set is_default = true
   where p.organization_id = make_default_payment_method.organization_id and p.id = payment_method_id and not p.is_default;
end
$$;

comment on function billing.make_default_payment_method(uuid, uuid) is
  'Makes one payment method the default, and no other. The caller holds the organization.';
grant execute on function billing.make_default_payment_method(uuid, uuid) to callboard_service;

create or replace function billing.set_default_payment_method(row_id uuid) returns billing.payment_methods
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  chosen billing.payment_methods;
begin
  perform from tenancy.organizations o where o.id = organization for no key update;
  select p.*
    into chosen
    from billing.payment_methods p
   where p.organization_id = organization and p.id = row_id and p.removed_at is null;
  if chosen.id is null then
    perform platform.refuse('CB004', 'There is no such payment method.', field => 'row_id');
  end if;
  if chosen.expires_on < (now() at time zone 'UTC')::date then
    perform platform.refuse('CB002', 'This payment method has expired.', field => 'row_id');
  end if;
  perform billing.make_default_payment_method(organization, chosen.id);
  perform billing.renew_subscription(organization);
  select p.* into chosen from billing.payment_methods p where p.organization_id = organization and p.id = row_id;
  return chosen;
end
$$;

comment on function billing.set_default_payment_method(uuid) is
  'Has subscriptions paid with this payment method from now on, also one whose payment is due. Needs billing.write. Errors: '
  'NOT_FOUND_OR_FORBIDDEN; INVALID_INPUT when it has expired. Definer: callers may not write payment methods.';
grant execute on function billing.set_default_payment_method(uuid) to callboard_member;

create or replace function billing.remove_payment_method(row_id uuid) returns billing.payment_methods
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('billing.write');
  removed billing.payment_methods;
begin
  perform from tenancy.organizations o where o.id = organization for no key update;
  select p.*
    into removed
    from billing.payment_methods p
   where p.organization_id = organization and p.id = row_id and p.removed_at is null;
  if removed.id is null then
    perform platform.refuse('CB004', 'There is no such payment method.', field => 'row_id');
  end if;
  if removed.is_default and exists (
    select
      from billing.subscriptions s
     where s.organization_id = organization
       and s.ended_at is null
       and s.price > 0
       and s.collection = 'automatic'
       and not s.cancel_at_period_end
     union all
    select
      from billing.next_terms(organization) n
     where n.price > 0 and n.trial_ends_at is null
  ) then
    perform platform.refuse(
      'CB005', 'The subscription is paid with it: make another one the default first, or cancel the subscription.',
      field => 'row_id',
      hint => case
        when not exists (
          select
            from billing.subscriptions s
           where s.organization_id = organization
             and s.ended_at is null
             and s.price > 0
             and s.collection = 'automatic'
             and not s.cancel_at_period_end)
          then 'resumeSubscription takes back the change of plan that is to come.'
      end);
  end if;
  update billing.payment_methods p
     set removed_at = now(), is_default = false
   where p.organization_id = organization and p.id = row_id
  returning p.* into removed;
  return removed;
end
$$;

comment on function billing.remove_payment_method(uuid) is
  'Takes a payment method away. Needs billing.write. Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT for the default one while '
  'the subscription, or the plan that it changes to, is paid with it. Definer: callers may not write payment methods.';
grant execute on function billing.remove_payment_method(uuid) to callboard_member;
