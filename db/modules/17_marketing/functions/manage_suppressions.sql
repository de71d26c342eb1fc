create or replace function marketing.suppress_address(email text, note text default null)
returns marketing.email_suppressions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  suppression_id uuid;
  suppression marketing.email_suppressions;
begin
  if email is null or lower(btrim(email)) !~ '^[^@\s]+@[^@\s]+$' or length(btrim(email)) > 254 then
    perform platform.refuse('CB002', 'This is no e-mail address.', field => 'email');
  end if;
  if length(note) > 1000 then
    perform platform.refuse('CB002', 'A note has 1000 characters at most.', field => 'note');
  end if;
  suppression_id := marketing.suppress_email(organization, email, 'manual', note);
  select s.* into suppression
    from marketing.email_suppressions s
   where s.organization_id = organization and s.id = suppression_id;
  return suppression;
end
$$;

comment on function marketing.suppress_address(text, text) is
  'Bars an address from all mails of the organization, a lead''s or not. Twice is the same as once. Needs marketing.write. '
  'Errors: UNAUTHENTICATED, FORBIDDEN, INVALID_INPUT. Definer: suppressions are written by functions alone.';
grant execute on function marketing.suppress_address(text, text) to callboard_member;

create or replace function marketing.lift_email_suppression(row_id uuid) returns marketing.email_suppressions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  suppression marketing.email_suppressions;
begin
  select s.* into suppression
    from marketing.email_suppressions s
   where s.organization_id = organization and s.id = row_id
     for update;
  if suppression.id is null or suppression.lifted_at is not null then
    perform platform.refuse('CB004', 'There is no such suppression in force.', field => 'row_id');
  end if;
  if suppression.reason in ('unsubscribed', 'consent_withdrawn') then
    perform platform.refuse(
      'CB050', 'Whoever has unsubscribed gets mail again when they agree to it.', field => 'row_id',
      hint => 'Set emailConsent of the lead to granted once they have.');
  end if;
  update marketing.email_suppressions s
     set lifted_at = now(), lifted_by = authz.actor_id()
   where s.organization_id = organization and s.id = row_id
  returning s.* into suppression;
  return suppression;
end
$$;

comment on function marketing.lift_email_suppression(uuid) is
  'Lets an address get mails again that was barred by hand, by a bounce or by a complaint. Needs marketing.write. Errors: '
  'UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN; CONSENT_REQUIRED for whoever has unsubscribed: new consent of the '
  'lead ends that, and nothing else. Definer: suppressions are written by functions alone.';
grant execute on function marketing.lift_email_suppression(uuid) to callboard_member;
