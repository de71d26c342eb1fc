create or replace function crm.keep_lead_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_customer boolean;
begin
  -- what copying out of a document or a table brings along: no-break spaces, byte order marks, spaces of no width
  new.email := lower(btrim(new.email, E' \t\r\n\u00a0\u200b\ufeff'));
  -- Who has said no at an address has not said yes by becoming a lead there once more, such as by an import.
  if new.email_consent <> 'withdrawn'
     and (tg_op = 'INSERT'
          or new.email_consent = old.email_consent
             and (new.email <> old.email or old.deleted_at is not null and new.deleted_at is null))
  then
    -- What marketing.is_unsubscribed says, without a call for each row of an import.
    if exists (
         select
           from marketing.email_suppressions s
          where s.organization_id = new.organization_id
            and s.email = new.email
            and s.reason in ('unsubscribed', 'consent_withdrawn')
            and s.lifted_at is null)
    then
      new.email_consent := 'withdrawn';
      new.email_consent_at := null;
      new.email_consent_source := 'Unsubscribed at this address before';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.email_consent_at := case
      when new.email_consent = 'unknown' then null
      else coalesce(new.email_consent_at, now())
    end;
  elsif new.email_consent <> old.email_consent then
    new.email_consent_at := case
      when new.email_consent = 'unknown' then null
      when new.email_consent_at is distinct from old.email_consent_at then coalesce(new.email_consent_at, now())
      else now()
    end;
    -- what showed the one consent does not show the other
    if new.email_consent_source is not distinct from old.email_consent_source then
      new.email_consent_source := null;
    end if;
  end if;
  if tg_op = 'UPDATE' and old.merged_into_lead_id is not null and old.deleted_at is not null and new.deleted_at is null then
    perform platform.refuse(
      'CB005', 'This lead was merged into another.', field => 'row_id',
      hint => 'What belonged to it belongs to the other one now.');
  end if;
  if tg_op = 'INSERT' and new.status = 'converted' or tg_op = 'UPDATE' and new.status <> old.status then
    select c.occurred_at is not null, c.occurred_at
      into is_customer, new.converted_at
      from (values (1)) as one_row
      left join crm.conversions c
        on c.organization_id = new.organization_id and c.lead_id = new.id and c.makes_customer and c.deleted_at is null;
    if new.status = 'converted' and not is_customer then
      perform platform.refuse(
        'CB006', 'Nothing has made this lead a client yet.', field => 'status',
        hint => 'convertLead and won deals do.');
    elsif new.status <> 'converted' and is_customer and tg_op = 'UPDATE' then
      perform platform.refuse(
        'CB006', 'This lead is a client.', field => 'status', hint => 'Reopen the deal that made it one.');
    end if;
  end if;
  return new;
end
$$;

comment on function crm.keep_lead_trigger() is
  'Writes an e-mail address as it is compared, notes when consent changed, takes it for withdrawn where somebody has unsubscribed '
  'at the address, and keeps converted for leads that are clients. Definer: conversions and suppressions count for callers '
  'who do not see them.';
