-- The built-in provider. Words weigh most, by their stems; pairs of neighbours tell "stage manager" from "manage a stage";
-- the trigrams of a word bring its other forms, its parts and its misspellings near. Each of them goes to one of the numbers
-- of the embedding by its hash, and another bit of the hash says whether it counts up or down, so that those which meet
-- there cancel each other out on average.
create or replace function ai.embed_text(content text, dimension integer) returns extensions.halfvec
language sql stable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
  with lexemes as materialized (
    select l.lexeme, l.positions
      from unnest(to_tsvector('ai.english'::regconfig, left(content, 20000))) l
  ),
  places as (
    select l.lexeme, p.position, lead(l.lexeme) over w as next, lead(p.position) over w - p.position as distance
      from lexemes l
     cross join lateral unnest(l.positions) as p (position)
    window w as (order by p.position, l.lexeme)
  ),
  features as (
    select hashtextextended('w' || l.lexeme, 0) as hash, 1 + ln(cardinality(l.positions)) as weight
      from lexemes l
    union all
    select hashtextextended('p' || p.lexeme || ' ' || p.next, 0), 0.4 * (1 + ln(count(*)))
      from places p
     where p.next is not null and p.distance <= 2
     group by p.lexeme, p.next
    union all
    select hashtextextended('g' || g.trigram, 0),
           0.7 * (1 + ln(cardinality(l.positions))) / sqrt(cardinality(t.trigrams))
      from lexemes l
     cross join lateral (select extensions.show_trgm(l.lexeme) as trigrams) t
     cross join lateral unnest(t.trigrams) as g (trigram)
  ),
  numbers as (
    select (f.hash & 9223372036854775807) % dimension as place,
           sum(case when (f.hash >> 62) & 1 = 1 then f.weight else - f.weight end) as number
      from features f
     group by 1
  )
  select extensions.l2_normalize(
           array_agg(coalesce(n.number, 0)::real order by p.place)::real[]::extensions.vector::extensions.halfvec)
    from generate_series(0, dimension - 1) as p (place)
    left join numbers n on n.place = p.place
  having count(n.number) filter (where n.number <> 0) > 0
$$;

comment on function ai.embed_text(text, integer) is
  E'@behavior -*\nThe embedding of a text by the built-in provider: always the same for a text, of length 1; null without a word in it.';
grant execute on function ai.embed_text(text, integer) to callboard_member, callboard_service;
