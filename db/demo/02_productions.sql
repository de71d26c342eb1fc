-- Permits into productions. A production is what has one category and one neighbourhood (one borough where shoots are
-- rarer) with at most ten days from one permit to the next, in even parts of twelve permits at most.
-- All times move by one number of whole weeks, so that weekdays and times of day stay real and six of ten permits lie in
-- the past. They are New York's: the shift is made on its clock, across a change to summer time as well.

create temp table demo_neighbourhoods (zip text primary key, name text) on commit drop;
insert into pg_temp.demo_neighbourhoods values
  ('10001', 'Penn Station'), ('10002', 'Lower East Side'), ('10003', 'East Village'), ('10004', 'Battery'),
  ('10007', 'City Hall'), ('10009', 'Alphabet City'), ('10010', 'Gramercy'), ('10011', 'Chelsea'), ('10012', 'SoHo'),
  ('10013', 'Tribeca'), ('10014', 'West Village'), ('10016', 'Murray Hill'), ('10017', 'Turtle Bay'),
  ('10018', 'Garment District'), ('10019', 'Midtown West'), ('10021', 'Lenox Hill'), ('10022', 'Midtown East'),
  ('10023', 'Lincoln Square'), ('10024', 'Upper West Side'), ('10025', 'Manhattan Valley'), ('10026', 'Harlem South'),
  ('10027', 'Harlem'), ('10028', 'Yorkville'), ('10029', 'East Harlem'), ('10031', 'Hamilton Heights'),
  ('10032', 'Washington Heights South'), ('10033', 'Washington Heights'), ('10036', 'Theater District'),
  ('10038', 'Seaport'), ('10039', 'Sugar Hill'), ('10065', 'Upper East Side'), ('10303', 'Mariners Harbor'),
  ('10451', 'Concourse Village'), ('10452', 'Highbridge'), ('10454', 'Mott Haven'), ('10473', 'Soundview'),
  ('11101', 'Long Island City'), ('11106', 'Astoria'), ('11201', 'Brooklyn Heights'), ('11205', 'Navy Yard'),
  ('11206', 'East Williamsburg'), ('11207', 'East New York'), ('11210', 'Midwood'), ('11211', 'Williamsburg'),
  ('11213', 'Crown Heights'), ('11215', 'Park Slope'), ('11216', 'Bedford-Stuyvesant'), ('11217', 'Fort Greene'),
  ('11218', 'Kensington'), ('11220', 'Sunset Park'), ('11222', 'Greenpoint'), ('11225', 'Prospect Lefferts'),
  ('11226', 'Flatbush'), ('11230', 'Ocean Parkway'), ('11231', 'Red Hook'), ('11232', 'Industry City'),
  ('11233', 'Ocean Hill'), ('11234', 'Marine Park'), ('11235', 'Sheepshead Bay'), ('11237', 'Bushwick'),
  ('11238', 'Prospect Heights'), ('11249', 'South Williamsburg'), ('11385', 'Ridgewood'), ('11411', 'Cambria Heights');

create temp table demo_kinds (
  category text,
  kind text,
  organization text,
  family text,
  prep_days integer,
  wrap_days integer,
  -- people on a day, and the size of its packages where a television crew's is 1
  crew integer,
  gear numeric
) on commit drop;
insert into pg_temp.demo_kinds values
  ('Theater', 'theatre', 'lumen', 'stage', 17, 7, 22, 1),
  ('Commercial', 'commercial', 'lumen', 'spot', 17, 14, 28, 0.9),
  ('Still Photography', 'photography', 'lumen', 'spot', 12, 10, 9, 0.35),
  ('Television', 'television', 'brightside', 'shoot', 24, 14, 52, 1),
  ('Film', 'film', 'brightside', 'shoot', 30, 21, 64, 1.2),
  ('Documentary', 'documentary', 'brightside', 'shoot', 17, 14, 6, 0.2),
  ('WEB', 'online', 'brightside', 'shoot', 12, 10, 13, 0.3),
  ('Student', 'student', 'brightside', 'shoot', 12, 10, 8, 0.12);

create temp table demo_permits on commit drop as
with shift as (
  select (pg_temp.today() - percentile_disc(0.6) within group (order by r.starts::date)) / 7 * 7 as days
    from pg_temp.demo_rows r
),
placed as (
  select r.*, k.kind, k.organization, k.family,
         coalesce(substring(r.zips from '\d{5}'), '') as zip,
         pg_temp.write_places(split_part(r.parking, ' between ', 1)) as street,
         pg_temp.write_places(r.parking) as location,
         case when k.kind = 'theatre' or r.subcategory = 'Episodic series' then substring(r.zips from '\d{5}')
              else r.borough end as area
    from pg_temp.demo_rows r
    join pg_temp.demo_kinds k on k.category = r.category
),
spaced as (
  select p.*,
         case when p.starts::date - lag(p.starts::date) over own_kind <= 10 then 0 else 1 end as is_first
    from placed p
  window own_kind as (partition by p.category, p.subcategory, p.area order by p.starts::date, p.event_id::bigint)
),
runs as (
  select s.*,
         sum(s.is_first) over (partition by s.category, s.subcategory, s.area order by s.starts::date, s.event_id::bigint)
           as run
    from spaced s
),
sized as (
  select r.*,
         row_number() over (partition by r.category, r.subcategory, r.area, r.run
                            order by r.starts::date, r.event_id::bigint) - 1 as place_in_run,
         count(*) over (partition by r.category, r.subcategory, r.area, r.run) as size
    from runs r
),
parted as (
  select s.*, s.place_in_run * ceil(s.size / 12.0)::integer / s.size as part from sized s
)
select p.event_id, p.event_type, p.kind, p.family, p.organization, p.authority, p.category, p.subcategory, p.borough,
       p.boards, p.precincts, p.zip, p.zips, p.area, p.street, p.location,
       (p.starts + shift.days * interval '1 day') at time zone 'America/New_York' as starts_at,
       -- an hour that a change to summer time swallows is no reason for a permit that ends as it begins
       greatest(
         (p.ends + shift.days * interval '1 day') at time zone 'America/New_York',
         (p.starts + shift.days * interval '1 day') at time zone 'America/New_York' + interval '30 minutes') as ends_at,
       (p.entered + shift.days * interval '1 day') at time zone 'America/New_York' as entered_at,
       p.starts::date + shift.days as first_day,
       -- what ends before the morning ends on the night before
       greatest((p.ends - interval '7 hours')::date, p.starts::date) + shift.days as last_day,
       -- by bytes: every database sorts these alike
       dense_rank() over (
         order by p.organization collate "C", p.category collate "C", p.subcategory collate "C", p.area collate "C",
                  p.run, p.part)::integer as production
  from parted p
 cross join shift;
create index on pg_temp.demo_permits (production);
analyze pg_temp.demo_permits;

create temp table demo_productions on commit drop as
with described as (
  select p.production as key, min(p.organization) as organization, min(p.kind) as kind, min(p.family) as family,
         min(p.category) as category, min(p.subcategory) as subcategory, min(p.borough) as borough,
         min(p.first_day) as first_day, max(p.last_day) as last_day, count(*)::integer as permits,
         string_agg(distinct p.boards collate "C", ', ') as boards, string_agg(distinct p.precincts collate "C", ', ') as precincts,
         min(p.event_id) as seed
    from pg_temp.demo_permits p
   group by p.production
),
-- The street where most of it happens, among permits of which the neighbourhood is sure.
places as (
  select distinct on (p.production) p.production as key, p.street, p.zip, p.is_sure
    from (select m.*, m.area = m.zip or m.zips !~ ',' as is_sure,
                 count(*) over (partition by m.production, m.street) as times
            from pg_temp.demo_permits m) p
   order by p.production, p.is_sure desc, p.times desc, p.event_id
),
days as (
  select p.production as key, array_agg(distinct d.day::date) as days,
         bool_or(extract(isodow from d.day) = 6) as has_saturday, bool_or(extract(isodow from d.day) = 7) as has_sunday
    from pg_temp.demo_permits p
   cross join generate_series(p.first_day::timestamp, p.last_day::timestamp, interval '1 day') as d (day)
   group by p.production
),
dated as (
  select d.*, y.days, l.street, l.zip, a.neighbourhood, k.crew, k.gear, k.prep_days,
         date_trunc('week', (d.first_day - k.prep_days)::timestamp)::date as starts_on,
         -- some have promised to be through in a hurry
         date_trunc('week', (d.last_day + case when pg_temp.roll(d.seed, 6) = 0 then 3 else k.wrap_days end)::timestamp)::date
           + case when pg_temp.roll(d.seed, 6) = 0 then 7 else 4 end as ends_on,
         case when y.has_sunday then '{1,2,3,4,5,6,7}' when y.has_saturday then '{1,2,3,4,5,6}'
              else '{1,2,3,4,5}' end::smallint[] as weekdays,
         case
           when d.kind = 'theatre' then a.neighbourhood || ' Load-In: ' || l.street
           else case
             when d.kind = 'photography' then 'Photo Shoot'
             when d.kind = 'online' then 'Web Series'
             when d.kind = 'student' then 'Student Film'
             when d.kind = 'documentary' then 'Documentary'
             when d.subcategory = 'Commercial' then 'Commercial Spot'
             when d.subcategory = 'Promo' then 'Promo'
             when d.subcategory = 'Feature' then 'Feature Film'
             when d.subcategory = 'Short' then 'Short Film'
             when d.subcategory = 'Episodic series' then 'Episodic Series'
             when d.subcategory like 'Cable%' then 'Cable Series'
             when d.subcategory = 'News' then 'News Live'
             when d.subcategory = 'Variety' then 'Variety Show'
             when d.subcategory = 'Reality' then 'Reality Series'
             else d.subcategory
           end || ': ' || a.neighbourhood || ', ' || l.street
         end as plain_name
    from described d
    join days y using (key)
    join pg_temp.demo_kinds k on k.category = d.category
    join places l using (key)
    left join pg_temp.demo_neighbourhoods n on n.zip = l.zip and l.is_sure
   cross join lateral (select coalesce(n.name, d.borough) as neighbourhood) a
),
named as (
  select d.*,
         d.plain_name || case when row_number() over same > 1 then ' ' || row_number() over same else '' end as name,
         case when d.ends_on < pg_temp.today() then 'completed'
              when d.starts_on > pg_temp.today() then 'planning'
              when d.first_day > pg_temp.today() then 'preparing'
              else 'running' end as stage
    from dated d
  window same as (partition by d.organization, d.plain_name order by d.first_day, d.key)
),
counted as (
  select n.*, row_number() over (partition by n.stage order by n.seed) as place_in_stage,
         row_number() over (partition by n.organization, n.stage order by n.seed) as place_in_own_stage
    from named n
)
select c.key, c.organization, c.kind, c.family, c.category, c.subcategory, c.borough, c.boards, c.precincts,
       c.neighbourhood, c.street, c.name, c.seed, c.permits, c.days, cardinality(c.days) as day_count, c.crew, c.gear,
       c.weekdays, c.starts_on, c.ends_on, c.first_day, c.last_day, c.place_in_stage, c.place_in_own_stage, c.stage,
       (c.first_day - c.starts_on) as prep_days,
       case
         when c.stage = 'completed' and c.place_in_stage in (7, 21) or c.stage = 'preparing' and c.place_in_stage = 3
           then 'cancelled'
         when c.stage = 'preparing' and c.place_in_stage = 2 then 'on_hold'
         when c.stage in ('preparing', 'running') then 'active'
         else c.stage
       end as status,
       least(pg_temp.at_clock(c.starts_on - 9, '10:00') + pg_temp.roll(c.seed, 480) * interval '1 minute',
             pg_temp.present() - (1 + pg_temp.roll(c.seed, 40)) * interval '1 hour') as made_at,
       -- holidays on which nobody has a permit
       array(
         select h.day
           from (select make_date(y.year, f.month, f.day) as day
                   from generate_series(extract(year from c.starts_on)::integer, extract(year from c.ends_on)::integer)
                          as y (year)
                  cross join (values (1, 1), (6, 19), (7, 4), (11, 11), (12, 25)) as f (month, day)) h
          where h.day between c.starts_on and c.ends_on and h.day <> all (c.days)
          order by h.day
       ) as days_off
  from counted c;
alter table pg_temp.demo_productions add primary key (key);
analyze pg_temp.demo_productions;
