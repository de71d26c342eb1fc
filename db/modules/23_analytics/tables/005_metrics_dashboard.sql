create view analytics.metrics_dashboard with (security_invoker = true) as
  select d.key as metric, d.title, d.unit, d.position, d.higher_is_better,
         max(m.day) as latest_day,
         (array_agg(m.value order by m.day desc))[1] as latest_value,
         case d.rollup
           when 'ratio' then round(d.scale * sum(m.numerator) filter (where m.day > t.day - 7)
                                   / nullif(sum(m.denominator) filter (where m.day > t.day - 7), 0), 4)
           when 'sum' then coalesce(sum(m.value) filter (where m.day > t.day - 7), 0)
           else round(avg(m.value) filter (where m.day > t.day - 7), 4)
         end as last_7_days,
         case d.rollup
           when 'ratio' then round(d.scale * sum(m.numerator) filter (where m.day between t.day - 13 and t.day - 7)
                                   / nullif(sum(m.denominator) filter (where m.day between t.day - 13 and t.day - 7), 0), 4)
           when 'sum' then coalesce(sum(m.value) filter (where m.day between t.day - 13 and t.day - 7), 0)
           else round(avg(m.value) filter (where m.day between t.day - 13 and t.day - 7), 4)
         end as previous_7_days,
         case d.rollup
           when 'ratio' then round(d.scale * sum(m.numerator) / nullif(sum(m.denominator), 0), 4)
           when 'sum' then sum(m.value)
           else round(avg(m.value), 4)
         end as last_28_days
    from (select authz.organization_id() as organization_id) c
   cross join lateral (select platform.today(c.organization_id) as day) t
    join analytics.metrics_daily m
      on m.organization_id = c.organization_id and m.dimension = '' and m.day between t.day - 27 and t.day
    join analytics.metric_definitions d on d.key = m.metric
   group by d.key, t.day;
comment on view analytics.metrics_dashboard is
  E'@primaryKey metric\n@behavior -insert -update -delete\n'
  'The metrics of the active organization at a glance (seed metrics_dashboard): the newest figure, and the last 7 days, the 7 '
  'before and the last 28, today included. Counts are added up, ratios are ratios of sums, users and states are means of the '
  'days. Needs analytics.read.';
