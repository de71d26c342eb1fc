create or replace function marketing.webhook_versions(organization_id uuid) returns integer[]
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
           when s.webhook_rotated_at > now() - interval '1 day' then array[s.webhook_version, s.webhook_version - 1]
           else array[coalesce(s.webhook_version, 1)]
         end
    from tenancy.organizations o
    left join marketing.sending_states s on s.organization_id = o.id
   -- Also of one that is suspended or closed: mails that it has sent go on bouncing, and their readers complain.
   where o.id = webhook_versions.organization_id
$$;

comment on function marketing.webhook_versions(uuid) is
  'Which versions of the secret of an organization''s reports hold: the present one first, the one before for a day. Null: '
  'there is no such organization. Definer: whoever reports is not signed in. Granted to the server''s login alone.';
grant execute on function marketing.webhook_versions(uuid) to callboard_authenticator;

create or replace function marketing.read_mail_webhook() returns integer
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return (marketing.webhook_versions(authz.require('marketing.manage')))[1];
end
$$;

comment on function marketing.read_mail_webhook() is
  E'@behavior -*\nThe version of the secret with which reports about mails are signed. Needs marketing.manage. Errors: '
  'UNAUTHENTICATED, FORBIDDEN. Definer: the versions are internal.';
grant execute on function marketing.read_mail_webhook() to callboard_member;

create or replace function marketing.rotate_mail_webhook() returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.manage');
  version integer;
begin
  insert into marketing.sending_states as s (organization_id, webhook_version, webhook_rotated_at)
  values (organization, 2, now())
  on conflict on constraint sending_states_pkey do update
    set webhook_version = s.webhook_version + 1, webhook_rotated_at = now()
  returning s.webhook_version into version;
  return version;
end
$$;

comment on function marketing.rotate_mail_webhook() is
  E'@behavior -*\nMakes a new secret for reports about mails; the one before holds for a day. Needs marketing.manage. Errors: '
  'UNAUTHENTICATED, FORBIDDEN. Definer: the versions are internal.';
grant execute on function marketing.rotate_mail_webhook() to callboard_member;

create or replace function marketing.take_mail_reports(organization_id uuid, reports jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found_mails jsonb;
  by_address record;
  added integer;
  noted integer;
begin
  -- A report names the mail by its id; or, when it knows no more, the address.
  select coalesce(jsonb_agg(r.report || jsonb_build_object('id', q.id)), '[]')
    into found_mails
    from jsonb_array_elements(reports) as r (report)
    join marketing.email_queue q
      on q.organization_id = take_mail_reports.organization_id and q.id = (r.report ->> 'id')::uuid;
  noted := marketing.note_interactions(organization_id, found_mails);
  for by_address in
    select lower(btrim(r.email)) as email, r.kind, coalesce(r.is_hard, false) as is_hard, r.reason, r.source, r.external_id,
           least(coalesce(r.occurred_at, now()), now()) as occurred_at
      from jsonb_to_recordset(reports) as r (
             id uuid, email text, kind text, is_hard boolean, reason text, source text, external_id text, occurred_at timestamptz)
     where r.email is not null
       and r.kind in ('bounced', 'complained', 'unsubscribed')
       and not exists (
             select from marketing.email_queue q
              where q.organization_id = take_mail_reports.organization_id and q.id = r.id
           )
     -- Who reports the same at the same time waits in the same order.
     order by 1, r.external_id
  loop
    insert into marketing.email_interactions
      (organization_id, occurred_at, lead_id, kind, source, is_hard_bounce, reason, external_id)
    values (take_mail_reports.organization_id, by_address.occurred_at,
            marketing.reader_at(organization_id, by_address.email), by_address.kind, by_address.source,
            case by_address.kind when 'bounced' then by_address.is_hard end, left(by_address.reason, 1000),
            by_address.external_id)
    on conflict on constraint email_interactions_organization_id_external_id_key do nothing;
    get diagnostics added = row_count;
    continue when added = 0;
    noted := noted + 1;
    case by_address.kind
      when 'unsubscribed' then
        perform marketing.unsubscribe(
          organization_id, by_address.email, by_address.reason, consent_source => 'Unsubscribed at their mail service');
      when 'complained' then
        perform marketing.suppress_email(organization_id, by_address.email, 'complaint', by_address.reason);
      else
        perform marketing.suppress_email(
          organization_id, by_address.email, case when by_address.is_hard then 'hard_bounce' else 'soft_bounce' end,
          by_address.reason, expires_at => case when not by_address.is_hard then now() + interval '3 days' end);
    end case;
  end loop;
  return jsonb_build_object('taken', noted);
end
$$;

comment on function marketing.take_mail_reports(uuid, jsonb) is
  'Takes reports about mails of one organization: {id, email, kind, is_hard, occurred_at, reason, source, external_id}. What '
  'came before under the same external_id counts no second time, whether it names a mail or an address. The server has checked '
  'that the organization''s own secret signed them. Definer: whoever reports is not signed in. Granted to the server''s login '
  'alone.';
grant execute on function marketing.take_mail_reports(uuid, jsonb) to callboard_authenticator;
