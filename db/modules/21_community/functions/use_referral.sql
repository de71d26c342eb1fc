create or replace function community.keep_referral_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    new.code := community.generate_referral_code();
  else
    new.code := old.code;
  end if;
  new.invitee_email := nullif(lower(btrim(new.invitee_email)), '');
  new.used_at := case when new.status in ('used', 'rewarded') then coalesce(new.used_at, now()) end;
  new.rewarded_at := case when new.status = 'rewarded' then coalesce(new.rewarded_at, now()) end;
  return new;
end
$$;

comment on function community.keep_referral_trigger() is
  'A referral has the code that was drawn for it, and says when it was used and rewarded.';

create or replace function community.use_referral(code text, lead_id uuid) returns community.referrals
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('community.write');
  -- as people type it
  bare constant text := regexp_replace(upper(coalesce(use_referral.code, '')), '[^0-9A-Z]', '', 'g');
  referral community.referrals;
begin
  select r.*
    into referral
    from community.referrals r
   where r.organization_id = organization
     and r.code = left(bare, 4) || '-' || substr(bare, 5)
     and r.deleted_at is null
     for update;
  if referral.id is null then
    perform platform.refuse('CB004', 'There is no such code.', field => 'code');
  end if;
  if not exists (
    select
      from crm.leads l
     where l.organization_id = organization and l.id = use_referral.lead_id and l.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'There is no such lead, or you may not read it.', field => 'lead_id');
  end if;
  if referral.status in ('used', 'rewarded') and referral.lead_id = use_referral.lead_id then
    return referral;
  end if;
  if referral.status <> 'open' or referral.expires_at <= now() then
    perform platform.refuse(
      'CB006', 'This code is not valid any more.', field => 'code',
      hint => case when referral.status = 'open' then 'It has expired.' else format('It is %s.', referral.status) end);
  end if;
  if referral.referrer_lead_id = use_referral.lead_id then
    perform platform.refuse('CB002', 'Nobody recommends themselves.', field => 'lead_id');
  end if;
  if exists (
    select
      from community.referrals r
     where r.organization_id = organization and r.lead_id = use_referral.lead_id and r.deleted_at is null
  ) then
    perform platform.refuse('CB005', 'This lead came by another referral.', field => 'lead_id');
  end if;
  update community.referrals r
     set status = 'used', lead_id = use_referral.lead_id
   where r.organization_id = organization and r.id = referral.id
  returning r.* into referral;
  return referral;
end
$$;

comment on function community.use_referral(text, uuid) is
  'Writes down that a lead came by a referral, whose code may be typed in any case and without its dash. The same lead twice '
  'changes nothing. Needs community.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for a code that is used, '
  'cancelled or expired, CONFLICT for a lead that came by another one, INVALID_INPUT.';
grant execute on function community.use_referral(text, uuid) to callboard_member, callboard_service;
