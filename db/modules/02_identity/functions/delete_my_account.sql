create or replace function identity.delete_my_account(password text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
  refusal jsonb;
  orphaned text;
begin
  refusal := identity.prove_caller(delete_my_account.password, with_password => true);
  if refusal is not null then
    return jsonb_build_object('refusal', refusal);
  end if;
  -- Of two owners who go at the same moment the second one waits here, and finds that the first has gone.
  perform
     from tenancy.organizations o
    where o.id in (select m.organization_id from tenancy.organization_members m where m.user_id = caller_id)
    order by o.id
      for no key update;
  select string_agg(o.name, ', ' order by o.name, o.id)
    into orphaned
    from tenancy.organization_members m
    join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id and r.key = 'owner'
    join tenancy.organizations o on o.id = m.organization_id and o.status <> 'closed'
   where m.user_id = caller_id
     and m.status = 'active'
     and not exists (
           select
             from tenancy.organization_members other
             join identity.users u on u.id = other.user_id and u.is_active
            where other.organization_id = m.organization_id
              and other.role_id = m.role_id
              and other.user_id <> caller_id
              and other.status = 'active'
         );
  if orphaned is not null then
    perform platform.refuse(
      'CB020', 'You are the only owner of ' || orphaned || '.',
      hint => 'Make somebody else an owner first.');
  end if;
  perform identity.anonymize_user(caller_id);
  return '{}'::jsonb;
end
$$;

comment on function identity.delete_my_account(text) is E'@behavior -*\n'
  'Ends the caller''s account: what says who it was goes, memberships end, what it created keeps its author. Errors: '
  'UNAUTHENTICATED, INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS, LAST_OWNER naming the organizations that would have no owner. '
  'Definer: an account is in many organizations and tables.';
grant execute on function identity.delete_my_account(text) to callboard_member;

create or replace function identity.anonymize_user(user_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
  own record;
begin
  select u.email, u.name into account from identity.users u where u.id = anonymize_user.user_id for no key update;
  perform platform.send_mail('account_deleted', account.email, jsonb_build_object('name', account.name));
  update tenancy.organization_members m
     set status = 'left', title = null
   where m.user_id = anonymize_user.user_id and m.status <> 'left';
  delete from tenancy.workspace_members w where w.user_id = anonymize_user.user_id;
  perform tenancy.forget_membership(anonymize_user.user_id, account.email);
  -- Whatever is the user's own, in any module, and all that lets them in.
  for own in
    select p.table_id
      from platform.protected_tables p
      join pg_attribute a on a.attrelid = p.table_id and a.attname = 'user_id' and not a.attisdropped
     where p.kind = 'personal' or p.module = 'identity'
     order by p.table_id
  loop
    execute format('delete from %s where user_id = $1', own.table_id) using anonymize_user.user_id;
  end loop;
  update security.security_events e
     set address = null, user_agent = null, metadata = '{}'
   where e.user_id = anonymize_user.user_id;
  delete from security.failed_login_attempts a where a.email_digest = security.login_digest(account.email);
  update identity.users u
     set email = 'deleted-' || u.id || '@callboard.invalid',
         name = 'Deleted user',
         avatar_url = null,
         time_zone = 'UTC',
         email_verified_at = null,
         last_sign_in_at = null,
         is_active = false,
         deleted_at = now()
   where u.id = anonymize_user.user_id;
  insert into security.security_events (user_id, event_type) values (anonymize_user.user_id, 'account_deleted');
end
$$;

comment on function identity.anonymize_user(uuid) is
  'Takes from an account what says who it was: the row stays for what it created. The caller has checked who asks.';
