create or replace function crm.field_fits(value jsonb, operator text, operands text[]) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case operator
           when 'is_set' then t.texts <> '{}'
           when 'is_missing' then t.texts = '{}'
           when 'one_of' then exists (
             select from unnest(t.texts) as v (text) join unnest(operands) as o (text) on lower(o.text) = lower(v.text))
           when 'contains' then exists (
             select from unnest(t.texts) as v (text) join unnest(operands) as o (text)
                 on strpos(lower(v.text), lower(o.text)) > 0)
           when 'starts_with' then exists (
             select from unnest(t.texts) as v (text) join unnest(operands) as o (text)
                 on starts_with(lower(v.text), lower(o.text)))
           when 'ends_with' then exists (
             select from unnest(t.texts) as v (text) join unnest(operands) as o (text)
                 on right(lower(v.text), length(o.text)) = lower(o.text))
           -- a text that is no number is neither large nor small
           when 'at_least' then exists (
             select from unnest(t.texts) as v (text)
              where case when v.text ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$' then v.text::numeric >= operands[1]::numeric end)
           when 'at_most' then exists (
             select from unnest(t.texts) as v (text)
              where case when v.text ~ '^-?[0-9]{1,30}(\.[0-9]{1,30})?$' then v.text::numeric <= operands[1]::numeric end)
         end
    from (
           select case
                    when jsonb_typeof(value) = 'array' then array(
                      select e.text from jsonb_array_elements_text(value) as e (text) where btrim(e.text) <> '')
                    when btrim(value #>> '{}') <> '' then array[value #>> '{}']
                    else '{}'::text[]
                  end as texts
         ) t
$$;

comment on function crm.field_fits(jsonb, text, text[]) is
  E'@behavior -*\nWhether a field of a lead is what a rule asks for; of a list, whether any of it is. Null fits is_missing alone.';
grant execute on function crm.field_fits(jsonb, text, text[]) to callboard_member, callboard_service;
