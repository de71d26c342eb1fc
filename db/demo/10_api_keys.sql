-- Keys of programs, for the list of them. Nobody has what they are the hash of: none of them opens anything.

insert into tenancy.api_keys
  (organization_id, name, prefix, secret_hash, scopes, expires_at, revoked_at, revoked_by, last_used_at, created_by,
   created_at, updated_at)
select o.id, k.name, k.prefix, sha256(convert_to('nobody''s ' || k.prefix, 'UTF8')), k.scopes::text[], k.ends_at,
       case when k.is_revoked then k.last_used_at end, case when k.is_revoked then p.user_id end, k.last_used_at, p.user_id,
       k.made_at, k.made_at
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
  join (values
         ('lumen', 'Calendar of load-ins', 'cb_live_0a1c27e5', '{projects.read}', null::timestamptz, false,
          pg_temp.at_clock(pg_temp.today() - 1, '06:00'), pg_temp.at_clock(pg_temp.today() - 120, '10:15')),
         ('lumen', 'Import of permits', 'cb_live_5f30b9d4', '{projects.read,projects.write}',
          pg_temp.at_clock(pg_temp.today() + 60, '00:00'), false,
          pg_temp.at_clock(pg_temp.today() - 3, '02:30'), pg_temp.at_clock(pg_temp.today() - 90, '16:40')),
         ('lumen', 'Old accounting', 'cb_live_c8d2416b', '{finance.read}', null, true,
          pg_temp.at_clock(pg_temp.today() - 40, '23:00'), pg_temp.at_clock(pg_temp.today() - 250, '09:05')),
         ('lumen', 'Fair in spring', 'cb_live_2be7f018', '{projects.read}',
          pg_temp.at_clock(pg_temp.today() - 20, '00:00'), false,
          pg_temp.at_clock(pg_temp.today() - 21, '18:20'), pg_temp.at_clock(pg_temp.today() - 60, '11:30')),
         ('brightside', 'Call sheets on the wall', 'cb_live_93e7a05f', '{projects.read}', null, false,
          pg_temp.at_clock(pg_temp.today(), '05:00'), pg_temp.at_clock(pg_temp.today() - 30, '12:00'))
       ) as k (organization, name, prefix, scopes, ends_at, is_revoked, last_used_at, made_at) on k.organization = o.key;
