create or replace function tenancy.requires_second_factor(organization_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((tenancy.setting(requires_second_factor.organization_id, 'security') ->> 'secondFactorRequired')::boolean, false)
$$;

comment on function tenancy.requires_second_factor(uuid) is
  'Whether an organization lets members in with a second factor only. For functions that have checked who asks.';

create or replace function tenancy.follow_second_factor_rule_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_required constant boolean := tg_op <> 'DELETE' and coalesce((new.value ->> 'secondFactorRequired')::boolean, false);
  was_required constant boolean := tg_op <> 'INSERT' and coalesce((old.value ->> 'secondFactorRequired')::boolean, false);
begin
  if is_required = was_required or coalesce(new.section, old.section) <> 'security' then
    return null;
  end if;
  if is_required and not identity.has_second_factor(authz.user_id()) then
    perform platform.refuse(
      'CB019', 'You would be out yourself: set up your own second factor first.', field => 'patch.secondFactorRequired',
      hint => 'Call enrollSecondFactor.');
  end if;
  -- Members who switch their factor on or off at this moment come before or after.
  perform from tenancy.organizations o where o.id = coalesce(new.organization_id, old.organization_id) for no key update;
  update tenancy.organization_members m
     set may_enter = true -- the trigger knows better
   where m.organization_id = coalesce(new.organization_id, old.organization_id) and m.status = 'active';
  return null;
end
$$;

comment on function tenancy.follow_second_factor_rule_trigger() is
  'An organization begins or ceases to require second factors: who has none is out, or in, at their next request. Refuses '
  '(CB019) a caller who has none. Definer: members are written by functions only.';
