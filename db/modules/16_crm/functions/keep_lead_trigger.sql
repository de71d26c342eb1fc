create or replace function crm.keep_lead_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- what copying out of a document or a table brings along: no-break spaces, byte order marks, spaces of no width
  new.email := lower(btrim(new.email, E' \t\r\n\u00a0\u200b\ufeff'));
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
  end if;
  return new;
end
$$;

comment on function crm.keep_lead_trigger() is
  'Writes an e-mail address as it is compared, and notes when consent changed.';
