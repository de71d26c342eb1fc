create or replace function platform.fits_custom_field(value jsonb, field_type text, options jsonb) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  content constant text := value #>> '{}';
begin
  case field_type
    when 'number' then
      return jsonb_typeof(value) = 'number'
         and (options ->> 'min' is null or content::numeric >= (options ->> 'min')::numeric)
         and (options ->> 'max' is null or content::numeric <= (options ->> 'max')::numeric);
    when 'boolean' then
      return jsonb_typeof(value) = 'boolean';
    when 'multi_select' then
      return jsonb_typeof(value) = 'array' and coalesce(options -> 'choices', '[]') @> value;
    else
      if jsonb_typeof(value) <> 'string' then
        return false;
      end if;
  end case;
  case field_type
    when 'text' then
      return char_length(content) <= coalesce((options ->> 'max_length')::int, 10000);
    when 'select' then
      return coalesce(options -> 'choices', '[]') ? content;
    when 'url' then
      return content ~* '^https?://[^\s]+$';
    when 'email' then
      return content ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$';
    when 'date' then
      perform content::date;
      return content ~ '^\d{4}-\d{2}-\d{2}$';
    when 'datetime' then
      perform content::timestamptz;
      return content ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}';
    else
      return false;
  end case;
exception
  when datetime_field_overflow or invalid_datetime_format then
    return false;
end
$$;

comment on function platform.fits_custom_field(jsonb, text, jsonb) is
  'Whether a value is one of the field''s type and within its options (choices, min, max, max_length).';

create or replace function platform.custom_field_expectation(field_type text, options jsonb) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  select case field_type
    when 'number' then 'a number'
      || coalesce(' of at least ' || (options ->> 'min'), '') || coalesce(' of at most ' || (options ->> 'max'), '')
    when 'boolean' then 'true or false'
    when 'multi_select' then 'a list out of ' || coalesce(options ->> 'choices', '[]')
    when 'select' then 'one of ' || coalesce(options ->> 'choices', '[]')
    when 'url' then 'an http or https address'
    when 'email' then 'an e-mail address'
    when 'date' then 'a date such as 2026-02-28'
    when 'datetime' then 'a time such as 2026-02-28T18:30:00Z'
    else 'a text of at most ' || coalesce(options ->> 'max_length', '10000') || ' characters'
  end
$$;

comment on function platform.custom_field_expectation(text, jsonb) is
  'What a custom field takes, in the words of an error message.';
