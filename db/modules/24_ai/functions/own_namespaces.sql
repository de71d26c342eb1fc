create or replace function ai.own_namespaces() returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- From one to the next by the key, however many documents there are.
  with recursive names as (
    (
      select d.namespace
        from ai.search_documents d
       where d.organization_id = (select authz.organization_id())
       order by d.namespace
       limit 1
    )
    union all
    select (
             select d.namespace
               from ai.search_documents d
              where d.organization_id = (select authz.organization_id()) and d.namespace > n.namespace
              order by d.namespace
              limit 1
           )
      from names n
     where n.namespace is not null
  )
  select coalesce(array_agg(n.namespace) filter (where n.namespace not like '%.%'), '{}') from names n
$$;

comment on function ai.own_namespaces() is
  E'@behavior -*\nThe namespaces of the users'' own documents, as far as the caller sees any of them.';
grant execute on function ai.own_namespaces() to callboard_member;
