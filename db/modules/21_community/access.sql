grant usage on schema community to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission('community.read', 'Read referrals and what people share.', '{owner,admin,member}');

call platform.protect('community.referrals', 'tenant', read_only => '{code,used_at,rewarded_at}');
call platform.allow_transitions('community.referrals', 'status', '{
  "open": ["used", "expired", "cancelled"],
  "used": ["rewarded"],
  "expired": ["open"],
  "cancelled": ["open"]
}');

create or replace trigger _150_referral before insert or update on community.referrals
  for each row execute function community.keep_referral_trigger();
