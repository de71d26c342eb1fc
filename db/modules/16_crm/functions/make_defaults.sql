create or replace function crm.make_defaults(organization_id uuid default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  made uuid[];
begin
  with settings as (
    insert into crm.crm_settings (organization_id)
    select o.id
      from tenancy.organizations o
     where make_defaults.organization_id is null or o.id = make_defaults.organization_id
    on conflict on constraint crm_settings_organization_id_key do nothing
    returning crm_settings.organization_id as id
  )
  select array_agg(s.id) into made from settings s;
  if made is null then
    return;
  end if;

  insert into crm.pipeline_stages
    (organization_id, name, kind, probability, forecast_category, position, stale_after_days)
  select o.id, d.name, d.kind, d.probability, d.forecast_category, d.position, d.stale_after_days
    from unnest(made) as o (id)
   cross join (values
           ('Enquiry', 'open', 10, 'pipeline', 1, 7),
           ('Brief', 'open', 25, 'pipeline', 2, 14),
           ('Proposal', 'open', 50, 'best_case', 3, 21),
           ('Negotiation', 'open', 75, 'best_case', 4, 21),
           ('Verbal yes', 'open', 90, 'committed', 5, 14),
           ('Won', 'won', 100, 'committed', 6, null),
           ('Lost', 'lost', 0, 'pipeline', 7, null)
         ) as d (name, kind, probability, forecast_category, position, stale_after_days);

  insert into crm.lead_score_rules (organization_id, part, name, signal, operator, operands, points, position)
  select o.id, d.part, d.name, d.signal, d.operator, d.operands::text[], d.points, d.position
    from unnest(made) as o (id)
   cross join (values
           ('fit', 'We know the company', 'company_name', 'is_set', '{}', 15, 1),
           ('fit', 'Somebody who decides', 'job_title', 'contains',
            '{producer,director,head,chief,founder,owner,manager,curator,programmer,buyer}', 20, 2),
           ('fit', 'Our kind of business', 'industry', 'contains',
            '{festival,film,television,theatre,music,advertising,brand,venue,broadcast,fashion,museum,agency}', 20, 3),
           ('fit', 'A budget that pays for a small job', 'budget_amount', 'at_least', '{10000}', 20, 4),
           ('fit', 'A budget that pays for a large job', 'budget_amount', 'at_least', '{50000}', 10, 5),
           ('fit', 'More than a handful of people', 'employees', 'at_least', '{20}', 10, 6),
           ('fit', 'Can be called', 'phone', 'is_set', '{}', 5, 7),
           ('behaviour', 'Asked for a quote', 'quote_requested', 'happens', '{}', 20, 1),
           ('behaviour', 'Met us', 'meeting', 'happens', '{}', 15, 2),
           ('behaviour', 'Came to see us', 'site_visit', 'happens', '{}', 15, 3),
           ('behaviour', 'Looked at a proposal', 'proposal_viewed', 'happens', '{}', 15, 4),
           ('behaviour', 'Came to an event', 'event_attended', 'happens', '{}', 12, 5),
           ('behaviour', 'Sent a form', 'form_submitted', 'happens', '{}', 10, 6),
           ('behaviour', 'Called', 'call', 'happens', '{}', 8, 7),
           ('behaviour', 'Was recommended to us', 'referral', 'happens', '{}', 8, 8),
           ('behaviour', 'Wrote in the chat', 'chat', 'happens', '{}', 6, 9),
           ('behaviour', 'Downloaded something', 'download', 'happens', '{}', 5, 10),
           ('behaviour', 'Read or watched something', 'content_viewed', 'happens', '{}', 3, 11),
           ('behaviour', 'Came by a mail', 'email_click', 'happens', '{}', 3, 12),
           ('behaviour', 'Came by an advertisement', 'ad_click', 'happens', '{}', 2, 13),
           ('behaviour', 'Looked at a page', 'page_view', 'happens', '{}', 1, 14),
           ('behaviour', 'Reacted on social media', 'social_engagement', 'happens', '{}', 1, 15),
           ('engagement', 'Replied to a mail', 'mail_replied', 'happens', '{}', 10, 1),
           ('engagement', 'Followed a link in a mail', 'mail_clicked', 'happens', '{}', 4, 2),
           ('engagement', 'Opened a mail', 'mail_opened', 'happens', '{}', 1, 3),
           ('negative', 'Complained about a mail', 'mail_complained', 'happens', '{}', 100, 1),
           ('negative', 'A mail came back', 'mail_bounced', 'happens', '{}', 60, 2),
           ('negative', 'Unsubscribed', 'mail_unsubscribed', 'happens', '{}', 50, 3),
           ('negative', 'Does not want to be written to', 'email_consent', 'one_of', '{withdrawn}', 50, 4),
           ('negative', 'Looked into, and does not fit', 'status', 'one_of', '{unqualified}', 60, 5),
           ('negative', 'Nothing for a month', 'inactive_days', 'at_least', '{30}', 10, 6),
           ('negative', 'Nothing for three months', 'inactive_days', 'at_least', '{90}', 20, 7),
           ('negative', 'A private address', 'email_domain', 'one_of',
            '{gmail.com,googlemail.com,yahoo.com,hotmail.com,outlook.com,icloud.com,aol.com,gmx.de,gmx.net,web.de,proton.me}',
            10, 8)
         ) as d (part, name, signal, operator, operands, points, position);
end
$$;

comment on function crm.make_defaults(uuid) is
  'Gives an organization, or all that have none, settings, stages of the pipeline and rules for scores. What an organization '
  'made of its own stays as it is.';

create or replace function crm.make_defaults_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform crm.make_defaults(new.id);
  return null;
end
$$;

comment on function crm.make_defaults_trigger() is
  'A new organization can begin to sell. Definer: whoever makes an organization is not in it yet.';
