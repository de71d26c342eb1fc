create or replace function analytics.distinct_names(names text[]) returns table (place integer, name text)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  with given as (
    select n.place, n.name, count(*) over (partition by n.name) as times,
           row_number() over (partition by n.name order by n.place) as number
      from unnest(names) with ordinality as n (name, place)
  )
  select g.place::integer,
         case when g.times = 1 then g.name
              else (
                -- the first, the second … number that no other name has in it already
                select m.name
                  from generate_series(1, g.number + cardinality(names)) as k (number)
                 cross join lateral (select format('%s (%s)', g.name, k.number) as name) m
                 where m.name <> all (names)
                 order by k.number
                offset g.number - 1
                 limit 1)
         end
    from given g
$$;

comment on function analytics.distinct_names(text[]) is
  E'@behavior -*\nNames by which a chart tells apart what may be called the same: a name that is there more than once has a '
  'number behind it, in the order of places. What has the same label is one in a chart.';
grant execute on function analytics.distinct_names(text[]) to callboard_member, callboard_service;
