create or replace function platform.singular(plural text) returns text
language sql immutable parallel safe
return case
  when plural ~ '(ss|ness|ance|ety|show)$' then plural
  when plural ~ 'people$' then regexp_replace(plural, 'people$', 'person')
  when plural ~ 'ies$' then regexp_replace(plural, 'ies$', 'y')
  when plural ~ '(ses|xes|ches|shes)$' and plural !~ '(cases|phases|leases|expenses|responses|purchases|releases)$'
    then regexp_replace(plural, 'es$', '')
  when plural ~ 's$' then regexp_replace(plural, 's$', '')
  else plural
end;

comment on function platform.singular(text) is
  'One of what a table name counts: project_tasks → project_task. Names delete_* and restore_* functions.';
