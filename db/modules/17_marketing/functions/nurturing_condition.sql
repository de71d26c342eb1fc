-- Conditions are data that is walked through, never text that is run.

create or replace function marketing.condition_field_kind(field text) returns text
language sql immutable parallel safe
return case
  when field in ('email', 'email_domain', 'first_name', 'last_name', 'full_name', 'company_name', 'job_title', 'industry',
                 'city', 'country', 'time_zone', 'locale', 'status', 'email_consent', 'lead_source_id', 'owner_id',
                 'currency') then 'text'
  when field in ('score', 'score_fit', 'score_behaviour', 'score_engagement', 'score_negative', 'employees',
                 'budget_amount') then 'number'
  when field in ('created_at', 'converted_at', 'last_activity_at', 'scored_at') then 'time'
  when field = 'interests' then 'list'
  when field ~ '^custom\.[^.]{1,100}$' then 'any'
end;

comment on function marketing.condition_field_kind(text) is
  E'@behavior -*\nWhat a field of a lead holds, for conditions: text, number, time, list or any; null: there is no such field.';

create or replace function marketing.condition_problem(
  condition jsonb,
  path text default '',
  depth integer default 0,
  out field text,
  out problem text
)
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  inside constant text := case when path = '' then '' else path || '.' end;
  op constant text := condition ->> 'op';
  given constant jsonb := condition -> 'value';
  given_type constant text := coalesce(jsonb_typeof(condition -> 'value'), 'missing');
  kind text;
  joint text;
begin
  field := path;
  if jsonb_typeof(condition) is distinct from 'object' then
    problem := 'has to be an object';
    return;
  elsif depth > 10 then
    problem := 'is nested more than ten deep';
    return;
  elsif (select count(*) from unnest('{all,any,not,field,segment}'::text[]) as k (key) where condition ? k.key) <> 1 then
    problem := 'has to say one of all, any, not, field and segment';
    return;
  elsif condition - '{all,any,not,field,op,value,segment}'::text[] <> '{}'
        or condition ?| '{op,value}' and not condition ? 'field' then
    problem := 'says something that is not known';
    return;
  end if;
  if condition ?| '{all,any}' then
    joint := case when condition ? 'all' then 'all' else 'any' end;
    if jsonb_typeof(condition -> joint) <> 'array' or jsonb_array_length(condition -> joint) not between 1 and 50 then
      field := inside || joint;
      problem := 'has to be a list of 1 to 50 conditions';
      return;
    end if;
    select p.field, p.problem
      into field, problem
      from jsonb_array_elements(condition -> joint) with ordinality as e (part, number)
     cross join lateral marketing.condition_problem(e.part, inside || joint || '.' || e.number - 1, depth + 1) p
     where p.problem is not null
     order by e.number
     limit 1;
    return;
  elsif condition ? 'not' then
    select p.field, p.problem
      into field, problem
      from marketing.condition_problem(condition -> 'not', inside || 'not', depth + 1) p;
    return;
  elsif condition ? 'segment' then
    field := inside || 'segment';
    if jsonb_typeof(condition -> 'segment') <> 'string'
       or condition ->> 'segment' !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
      problem := 'has to be the id of a segment';
    else
      field := null;
    end if;
    return;
  end if;

  kind := case when jsonb_typeof(condition -> 'field') = 'string' then marketing.condition_field_kind(condition ->> 'field') end;
  if kind is null then
    field := inside || 'field';
    problem := 'is no field of leads';
    return;
  elsif op is null or op not in ('=', '!=', '>', '>=', '<', '<=', 'in', 'not_in', 'contains', 'starts_with', 'is_set',
                                 'is_not_set', 'within_days', 'before_days') then
    field := inside || 'op';
    problem := 'has to be one of =, !=, >, >=, <, <=, in, not_in, contains, starts_with, is_set, is_not_set, within_days, '
               'before_days';
    return;
  elsif not (case op
          when '=' then kind in ('text', 'number', 'any')
          when '!=' then kind in ('text', 'number', 'any')
          when 'in' then kind in ('text', 'number', 'any')
          when 'not_in' then kind in ('text', 'number', 'any')
          when 'contains' then kind in ('text', 'list', 'any')
          when 'starts_with' then kind in ('text', 'any')
          when 'within_days' then kind = 'time'
          when 'before_days' then kind = 'time'
          when 'is_set' then true
          when 'is_not_set' then true
          else kind in ('number', 'time', 'any')
        end) then
    field := inside || 'op';
    problem := format('does not go with a field that holds a %s', kind);
    return;
  end if;

  field := inside || 'value';
  problem := case
    when op in ('is_set', 'is_not_set') then
      case when condition ? 'value' then 'has nothing to be compared with' end
    when op in ('in', 'not_in') then
      case
        when given_type <> 'array' or jsonb_array_length(given) not between 1 and 200
             or exists (
                  select
                    from jsonb_array_elements(given) e
                   where not case kind
                           when 'text' then jsonb_typeof(e) = 'string'
                           when 'number' then jsonb_typeof(e) = 'number'
                           else jsonb_typeof(e) in ('string', 'number', 'boolean')
                         end
                )
          then format('has to be a list of 1 to 200 %s', case kind when 'any' then 'values' else kind || 's' end)
      end
    when op in ('contains', 'starts_with') then
      case when given_type <> 'string' or given #>> '{}' = '' then 'has to be a text' end
    when op in ('within_days', 'before_days') then
      case
        when given_type <> 'number' or not ((given #>> '{}')::numeric between 0 and 36500)
          then 'has to be a number of days, 0 to 36500'
      end
    when kind = 'time' then
      case
        when given_type <> 'string' or not marketing.is_moment(given #>> '{}')
          then 'has to be a day or a moment with its offset, such as 2026-05-04 or 2026-05-04T10:00:00Z'
      end
    when kind = 'number' or op not in ('=', '!=') then
      case when given_type <> 'number' then 'has to be a number' end
    when kind = 'text' then
      case when given_type <> 'string' then 'has to be a text' end
    when given_type not in ('string', 'number', 'boolean') then 'has to be a text, a number, true or false'
  end;
  if problem is null then
    field := null;
  end if;
end
$$;

comment on function marketing.condition_problem(jsonb, text, integer) is
  E'@behavior -*\nWhere a condition is wrong, and how: a path such as all.0.op, and what would be right. Nulls: it can be evaluated.';

create or replace function marketing.is_moment(value text) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$' then
    return false;
  end if;
  perform value::timestamptz;
  return true;
exception when data_exception then
  return false; -- there is no such day
end
$$;

comment on function marketing.is_moment(text) is
  E'@behavior -*\nWhether a text is a day, or a moment with its offset, that the calendar has.';

create or replace function marketing.condition_applies(condition jsonb, facts jsonb, segment_ids uuid[], at timestamptz)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  op constant text := condition ->> 'op';
  given constant jsonb := condition -> 'value';
  kind text;
  held jsonb;
  held_text text;
  part jsonb;
begin
  if condition is null then
    return true;
  elsif condition ? 'all' then
    for part in select e from jsonb_array_elements(condition -> 'all') e loop
      if not marketing.condition_applies(part, facts, segment_ids, at) then
        return false;
      end if;
    end loop;
    return true;
  elsif condition ? 'any' then
    for part in select e from jsonb_array_elements(condition -> 'any') e loop
      if marketing.condition_applies(part, facts, segment_ids, at) then
        return true;
      end if;
    end loop;
    return false;
  elsif condition ? 'not' then
    return not marketing.condition_applies(condition -> 'not', facts, segment_ids, at);
  elsif condition ? 'segment' then
    return coalesce((condition ->> 'segment')::uuid = any (segment_ids), false);
  end if;
  kind := marketing.condition_field_kind(condition ->> 'field');
  held := case kind
    when 'any' then facts -> 'custom_fields' -> substr(condition ->> 'field', length('custom.') + 1)
    else facts -> (condition ->> 'field')
  end;
  if held in ('null', '""', '[]') then
    held := null;
  end if;
  if held is null then
    return op in ('is_not_set', '!=', 'not_in');
  end if;
  held_text := held #>> '{}';
  if kind = 'time' and op in ('>', '>=', '<', '<=') then
    return case op
      when '>' then held_text::timestamptz > (given #>> '{}')::timestamptz
      when '>=' then held_text::timestamptz >= (given #>> '{}')::timestamptz
      when '<' then held_text::timestamptz < (given #>> '{}')::timestamptz
      else held_text::timestamptz <= (given #>> '{}')::timestamptz
    end;
  end if;
  return case op
    when 'is_set' then true
    when 'is_not_set' then false
    when '=' then marketing.is_same(held, given)
    when '!=' then not marketing.is_same(held, given)
    when 'in' then exists (select from jsonb_array_elements(given) e where marketing.is_same(held, e))
    when 'not_in' then not exists (select from jsonb_array_elements(given) e where marketing.is_same(held, e))
    when 'contains' then
      case jsonb_typeof(held)
        when 'array' then exists (select from jsonb_array_elements(held) e where marketing.is_same(e, given))
        else strpos(lower(held_text), lower(given #>> '{}')) > 0
      end
    when 'starts_with' then starts_with(lower(held_text), lower(given #>> '{}'))
    when 'within_days' then
      held_text::timestamptz >= at - make_interval(secs => (given #>> '{}')::double precision * 86400)
    when 'before_days' then
      held_text::timestamptz < at - make_interval(secs => (given #>> '{}')::double precision * 86400)
    else
      -- a field of the organization's own may hold anything
      case
        when jsonb_typeof(held) <> 'number' then false
        when op = '>' then held > given
        when op = '>=' then held >= given
        when op = '<' then held < given
        else held <= given
      end
  end;
end
$$;

comment on function marketing.condition_applies(jsonb, jsonb, uuid[], timestamptz) is
  E'@behavior -*\nWhether a condition applies to a lead: its fields (marketing.lead_facts), the segments it is in, at a moment. Texts are '
  'compared whatever their case; of a field without a value only is_not_set, != and not_in hold.';

create or replace function marketing.is_same(held jsonb, given jsonb) returns boolean
language sql immutable parallel safe
return case
  when jsonb_typeof(held) = 'string' and jsonb_typeof(given) = 'string' then lower(held #>> '{}') = lower(given #>> '{}')
  else held = given
end;

comment on function marketing.is_same(jsonb, jsonb) is
  E'@behavior -*\nWhether two values are the same, texts whatever their case.';

create or replace function marketing.segments_of_leads(organization_id uuid, lead_ids uuid[])
returns table (lead_id uuid, segment_ids uuid[])
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select m.lead_id, array_agg(m.segment_id)
    from analytics.user_segments m
   where m.organization_id = segments_of_leads.organization_id
     and m.lead_id = any (segments_of_leads.lead_ids)
     and m.left_at is null
   group by m.lead_id
$$;

comment on function marketing.segments_of_leads(uuid, uuid[]) is 'The segments that leads are in now; no row for one in none.';

create or replace function marketing.lead_facts(lead crm.leads) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select to_jsonb(lead) - '{organization_id,deleted_at,notes}'::text[]
         || jsonb_build_object('email_domain', split_part(lead.email, '@', 2))
$$;

comment on function marketing.lead_facts(crm.leads) is
  E'@behavior -*\nWhat conditions see of a lead.';
grant execute on function
  marketing.condition_field_kind(text), marketing.condition_problem(jsonb, text, integer),
  marketing.is_moment(text), marketing.condition_applies(jsonb, jsonb, uuid[], timestamptz),
  marketing.is_same(jsonb, jsonb), marketing.segments_of_leads(uuid, uuid[]), marketing.lead_facts(crm.leads)
  to callboard_member, callboard_service;
