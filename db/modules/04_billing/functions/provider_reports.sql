create or replace function billing.note_event(
  provider text,
  event_id text,
  event_type text,
  occurred_at timestamptz
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into billing.provider_events (provider, event_id, event_type, occurred_at)
  values (note_event.provider, note_event.event_id, note_event.event_type, note_event.occurred_at)
  on conflict do nothing;
  return found;
end
$$;

comment on function billing.note_event(text, text, text, timestamptz) is
  'Whether a report of a payment provider comes for the first time. One that is being applied elsewhere is waited for.';
grant execute on function billing.note_event(text, text, text, timestamptz) to callboard_service;

create or replace function billing.forget_provider_events(at_most integer default 10000) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
begin
  delete from billing.provider_events e
   where (e.provider, e.event_id) in (
           select old.provider, old.event_id
             from billing.provider_events old
            where old.received_at < now() - interval '90 days'
            order by old.received_at
            limit at_most
              for update skip locked
         );
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;

comment on function billing.forget_provider_events(integer) is
  'Deletes reports of payment providers that were applied ninety days ago: none is sent again so late, and one that is would '
  'be older than what is known. Returns how many, 0 when nothing is left to forget.';
grant execute on function billing.forget_provider_events(integer) to callboard_service;

create or replace function billing.save_customer(
  organization_id uuid,
  provider text,
  external_id text,
  name text default null,
  email text default null,
  tax_number text default null
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  saved_id uuid;
begin
  if exists (
    select
      from billing.billing_customers c
     where (c.provider, c.external_id) = (save_customer.provider, save_customer.external_id)
       and c.organization_id <> save_customer.organization_id
  ) then
    perform platform.refuse('CB005', 'Another organization is this customer.', field => 'external_id');
  end if;
  insert into billing.billing_customers as c (organization_id, provider, external_id, name, email, tax_number)
  values (
    save_customer.organization_id, save_customer.provider, save_customer.external_id, save_customer.name,
    save_customer.email, save_customer.tax_number)
  on conflict on constraint billing_customers_organization_id_provider_key do update
    set (external_id, name, email, tax_number)
      = (excluded.external_id, excluded.name, excluded.email, excluded.tax_number)
  returning c.id into saved_id;
  return saved_id;
end
$$;

comment on function billing.save_customer(uuid, text, text, text, text, text) is
  'Notes what a provider calls an organization. Returns the id of the row. Errors: CB005 when another organization has '
  'this customer.';
grant execute on function billing.save_customer(uuid, text, text, text, text, text) to callboard_service;

create or replace function billing.organization_of_customer(provider text, customer_id text) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization uuid;
begin
  select c.organization_id
    into organization
    from billing.billing_customers c
   where (c.provider, c.external_id) = (organization_of_customer.provider, organization_of_customer.customer_id);
  if organization is null then
    perform platform.refuse('CB004', 'There is no such customer.', field => 'customer_id');
  end if;
  perform from tenancy.organizations o where o.id = organization for no key update;
  return organization;
end
$$;

comment on function billing.organization_of_customer(text, text) is
  'The organization that a provider calls so, held until the transaction ends. Errors: CB004.';
grant execute on function billing.organization_of_customer(text, text) to callboard_service;

create or replace function billing.sync_payment_method(
  provider text,
  event_id text,
  event_type text,
  occurred_at timestamptz,
  customer_id text,
  external_id text,
  kind text,
  brand text default null,
  last4 text default null,
  expiry_month integer default null,
  expiry_year integer default null,
  make_default boolean default false,
  removed boolean default false
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := billing.organization_of_customer(provider, customer_id);
begin
  if not billing.note_event(provider, event_id, event_type, occurred_at) or exists (
    select
      from billing.payment_methods p
     where p.organization_id = organization
       and (p.provider, p.external_id) = (sync_payment_method.provider, sync_payment_method.external_id)
       and p.synced_at > occurred_at
  ) then
    return false;
  end if;
  if not removed then
    perform billing.save_payment_method(
      organization, provider, external_id, kind, brand, last4, expiry_month, expiry_year, make_default);
  end if;
  update billing.payment_methods p
     set synced_at = occurred_at,
         removed_at = case when removed then coalesce(p.removed_at, occurred_at) end,
         is_default = p.is_default and not removed
   where p.organization_id = organization
     and (p.provider, p.external_id) = (sync_payment_method.provider, sync_payment_method.external_id);
  return true;
end
$$;

comment on function billing.sync_payment_method(
  text, text, text, timestamptz, text, text, text, text, text, integer, integer, boolean, boolean) is
  'Applies what a provider reports about a payment method. Returns false, and changes nothing, for a report that has been '
  'applied or is older than what is known. Errors: CB004 for a customer that nobody is.';
grant execute on function billing.sync_payment_method(
  text, text, text, timestamptz, text, text, text, text, text, integer, integer, boolean, boolean) to callboard_service;
