create or replace function crm.upsert_leads(rows crm.lead_draft[]) returns setof crm.lead_outcome
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  org_currency constant text := (select o.currency from tenancy.organizations o where o.id = organization);
  drafts jsonb;
  hidden text[];
  before jsonb;
  written jsonb;
begin
  if cardinality(rows) > 10000 then
    perform platform.refuse('CB002', 'Import at most 10 000 rows at once.', field => 'rows');
  end if;
  -- Cleaned, and with the first thing that is wrong about each.
  with given as (
    select r.number::integer as number,
           lower(btrim(r.email, E' \t\r\n\u00a0\u200b\ufeff')) as email,
           nullif(btrim(r.first_name), '') as first_name,
           nullif(btrim(r.last_name), '') as last_name,
           nullif(btrim(r.company_name), '') as company_name,
           nullif(btrim(r.job_title), '') as job_title,
           nullif(btrim(r.phone), '') as phone,
           nullif(btrim(r.website), '') as website,
           nullif(btrim(r.industry), '') as industry,
           r.employees,
           nullif(btrim(r.city), '') as city,
           nullif(upper(btrim(r.country)), '') as country,
           nullif(btrim(r.time_zone), '') as time_zone,
           nullif(btrim(r.locale), '') as locale,
           nullif(lower(btrim(r.email_consent)), '') as email_consent,
           nullif(btrim(r.email_consent_source), '') as email_consent_source,
           nullif(btrim(r.source), '') as source,
           r.budget_amount,
           coalesce(nullif(upper(btrim(r.currency)), ''), case when r.budget_amount is not null then org_currency end)
             as currency,
           (select array_agg(i.name order by i.number)
              from (select btrim(u.name) as name, min(u.number) as number
                      from unnest(r.interests) with ordinality as u (name, number)
                     where btrim(u.name) <> ''
                     group by btrim(u.name)) i) as interests,
           nullif(btrim(r.notes), '') as notes
      from unnest(rows) with ordinality
             as r (email, first_name, last_name, company_name, job_title, phone, website, industry, employees, city, country,
                   time_zone, locale, email_consent, email_consent_source, source, budget_amount, currency, interests, notes,
                   number)
  ),
  zones as (
    select z.name, platform.is_time_zone(z.name) as is_known
      from (select distinct g.time_zone as name from given g where g.time_zone is not null) z
  ),
  seen as (
    select g.*, s.id as lead_source_id, z.is_known as is_time_zone,
           row_number() over (partition by g.email order by g.number) as occurrence
      from given g
      left join zones z on z.name = g.time_zone
      left join crm.lead_sources s
        on s.organization_id = organization and lower(btrim(s.name)) = lower(g.source) and s.deleted_at is null
  )
  select jsonb_agg(to_jsonb(s) || jsonb_build_object('field', w.field, 'reason', w.reason) order by s.number)
    into drafts
    from seen s
    left join lateral (
           select c.field, c.reason
             from (values
                     (coalesce(s.email, '') = '', 'email', 'There is no e-mail address.'),
                     (not platform.is_email_address(s.email), 'email', 'This is no e-mail address.'),
                     (s.occurrence > 1, 'email', 'This address is in an earlier row already.'),
                     (length(s.first_name) > 200, 'first_name', 'This is too long.'),
                     (length(s.last_name) > 200, 'last_name', 'This is too long.'),
                     (length(s.company_name) > 200, 'company_name', 'This is too long.'),
                     (length(s.job_title) > 200, 'job_title', 'This is too long.'),
                     (length(s.phone) > 40, 'phone', 'This is too long.'),
                     (length(s.industry) > 100, 'industry', 'This is too long.'),
                     (length(s.city) > 200, 'city', 'This is too long.'),
                     (length(s.email_consent_source) > 500, 'email_consent_source', 'This is too long.'),
                     (cardinality(s.interests) > 100, 'interests', 'These are too many.'),
                     (s.website !~ '^https?://' or length(s.website) > 2000, 'website',
                      'An address begins with http:// or https://.'),
                     (s.employees < 0, 'employees', 'This is less than nothing.'),
                     (s.country !~ '^[A-Z]{2}$', 'country', 'A country is two letters, such as DE.'),
                     (not s.is_time_zone, 'time_zone', 'There is no such time zone.'),
                     (s.locale !~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$', 'locale',
                      'A language is a tag such as en or pt-BR.'),
                     (s.email_consent not in ('unknown', 'granted', 'withdrawn'), 'email_consent',
                      'Consent is unknown, granted or withdrawn.'),
                     (s.source is not null and s.lead_source_id is null, 'source', 'There is no source of this name.'),
                     (s.budget_amount < 0 or s.budget_amount = 'NaN' or abs(s.budget_amount) >= 1e12, 'budget_amount',
                      'This is no amount.'),
                     (s.currency !~ '^[A-Z]{3}$', 'currency', 'A currency is three letters, such as EUR.')
                  ) as c (is_wrong, field, reason)
            where c.is_wrong
            limit 1
         ) w on true;
  if drafts is null then
    return;
  end if;

  -- One address is one lead, also where the caller does not see it.
  hidden := crm.hidden_lead_emails(array(
    select d.draft ->> 'email' from jsonb_array_elements(drafts) as d (draft) where d.draft ->> 'reason' is null));

  -- as it was before, to tell what changed
  select jsonb_object_agg(l.email, jsonb_build_object('id', l.id, 'consent', l.email_consent))
    into before
    from crm.leads l
   where l.organization_id = organization
     and l.deleted_at is null
     and l.email in (select d.draft ->> 'email' from jsonb_array_elements(drafts) as d (draft));

  with good as (
    select d.*
      from jsonb_array_elements(drafts) as e (draft)
     cross join lateral jsonb_populate_record(null::crm.leads, e.draft) as d
     where e.draft ->> 'reason' is null and d.email <> all (hidden)
  ),
  upserted as (
    insert into crm.leads as l
      (email, first_name, last_name, company_name, job_title, phone, website, industry, employees, city, country, time_zone,
       locale, email_consent, email_consent_source, lead_source_id, budget_amount, currency, interests, notes)
    select g.email, g.first_name, g.last_name, g.company_name, g.job_title, g.phone, g.website, g.industry, g.employees,
           g.city, g.country, g.time_zone, g.locale, coalesce(g.email_consent, 'unknown'), g.email_consent_source,
           g.lead_source_id, round(g.budget_amount, 2), g.currency, coalesce(g.interests, '{}'), g.notes
      from good g
     -- two imports of the same addresses wait for each other in one order
     order by g.email
    on conflict (organization_id, email) where deleted_at is null do update
      set first_name = coalesce(excluded.first_name, l.first_name),
          last_name = coalesce(excluded.last_name, l.last_name),
          company_name = coalesce(excluded.company_name, l.company_name),
          job_title = coalesce(excluded.job_title, l.job_title),
          phone = coalesce(excluded.phone, l.phone),
          website = coalesce(excluded.website, l.website),
          industry = coalesce(excluded.industry, l.industry),
          employees = coalesce(excluded.employees, l.employees),
          city = coalesce(excluded.city, l.city),
          country = coalesce(excluded.country, l.country),
          time_zone = coalesce(excluded.time_zone, l.time_zone),
          locale = coalesce(excluded.locale, l.locale),
          email_consent = case
            when excluded.email_consent = 'unknown' or l.email_consent = 'withdrawn' then l.email_consent
            else excluded.email_consent
          end,
          email_consent_source = case
            when excluded.email_consent = 'unknown' or l.email_consent in ('withdrawn', excluded.email_consent)
              then l.email_consent_source
            else excluded.email_consent_source
          end,
          lead_source_id = coalesce(l.lead_source_id, excluded.lead_source_id),
          budget_amount = coalesce(excluded.budget_amount, l.budget_amount),
          currency = case when excluded.budget_amount is not null then excluded.currency else l.currency end,
          interests = case when excluded.interests <> '{}' then excluded.interests else l.interests end,
          notes = coalesce(excluded.notes, l.notes)
    where (l.first_name, l.last_name, l.company_name, l.job_title, l.phone, l.website, l.industry, l.employees, l.city,
           l.country, l.time_zone, l.locale, l.email_consent, l.lead_source_id, l.budget_amount, l.currency, l.interests,
           l.notes)
          is distinct from
          (coalesce(excluded.first_name, l.first_name), coalesce(excluded.last_name, l.last_name),
           coalesce(excluded.company_name, l.company_name), coalesce(excluded.job_title, l.job_title),
           coalesce(excluded.phone, l.phone), coalesce(excluded.website, l.website),
           coalesce(excluded.industry, l.industry), coalesce(excluded.employees, l.employees),
           coalesce(excluded.city, l.city), coalesce(excluded.country, l.country),
           coalesce(excluded.time_zone, l.time_zone), coalesce(excluded.locale, l.locale),
           case when excluded.email_consent = 'unknown' or l.email_consent = 'withdrawn' then l.email_consent
             else excluded.email_consent end,
           coalesce(l.lead_source_id, excluded.lead_source_id), coalesce(excluded.budget_amount, l.budget_amount),
           case when excluded.budget_amount is not null then excluded.currency else l.currency end,
           case when excluded.interests <> '{}' then excluded.interests else l.interests end,
           coalesce(excluded.notes, l.notes))
    returning l.email, l.id, xmax = 0 as is_new, l.email_consent as consent
  )
  select jsonb_object_agg(u.email, jsonb_build_object('id', u.id, 'is_new', u.is_new, 'consent', u.consent))
    into written
    from upserted u;

  return query
    select (d.draft ->> 'number')::integer, d.draft ->> 'email',
           case
             when d.draft ->> 'reason' is not null or d.draft ->> 'email' = any (hidden) then 'rejected'
             when (w.entry ->> 'is_new')::boolean then 'created'
             when w.entry is not null then 'updated'
             else 'unchanged'
           end,
           -- one that somebody else has made since is there by now
           case when d.draft ->> 'reason' is null then coalesce(
             (w.entry ->> 'id')::uuid, (before -> (d.draft ->> 'email') ->> 'id')::uuid,
             (select l.id
                from crm.leads l
               where l.organization_id = organization and l.email = d.draft ->> 'email' and l.deleted_at is null)) end,
           case
             when d.draft ->> 'email' = any (hidden) and d.draft ->> 'reason' is null then 'email'
             when d.draft ->> 'reason' is null and d.draft ->> 'email_consent' = 'granted'
                  and coalesce(w.entry, before -> (d.draft ->> 'email')) ->> 'consent' = 'withdrawn' then 'email_consent'
             else d.draft ->> 'field'
           end,
           case
             when d.draft ->> 'email' = any (hidden) and d.draft ->> 'reason' is null
               then 'There is a lead with this address that you may not change.'
             when d.draft ->> 'reason' is null and d.draft ->> 'email_consent' = 'granted'
                  and coalesce(w.entry, before -> (d.draft ->> 'email')) ->> 'consent' = 'withdrawn'
               then 'This lead has withdrawn its consent, which an import does not give back.'
             else d.draft ->> 'reason'
           end
      from jsonb_array_elements(drafts) as d (draft)
      left join lateral (select written -> (d.draft ->> 'email') as entry where d.draft ->> 'reason' is null) w on true
     order by (d.draft ->> 'number')::integer;
end
$$;

comment on function crm.upsert_leads(crm.lead_draft[]) is
  'Leads out of a list, such as a CSV file: those whose e-mail address is there are changed in what the row says, the '
  'others are made. A row that is wrong is rejected with the field and the reason while the others go in. At most 10 000 rows. '
  'Needs crm.write. Errors: INVALID_INPUT.';
grant execute on function crm.upsert_leads(crm.lead_draft[]) to callboard_member, callboard_service;

create or replace function crm.hidden_lead_emails(emails text[]) returns text[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
begin
  return array(
    select l.email
      from crm.leads l
     where l.organization_id = organization
       and l.email = any (emails)
       and l.deleted_at is null
       and not authz.sees_workspace(l.workspace_id));
end
$$;

comment on function crm.hidden_lead_emails(text[]) is
  E'@behavior -*\nThose of some addresses that belong to leads in workspaces that the caller does not see. Definer: an address is unique in '
  'the organization, so an import has to step around them, as a single lead is refused.';
grant execute on function crm.hidden_lead_emails(text[]) to callboard_member, callboard_service;
