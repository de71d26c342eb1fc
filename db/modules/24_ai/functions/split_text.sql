create or replace function ai.split_text(content text, most integer, overlap integer)
returns table (chunk integer, starts_at integer, characters integer)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Where sentences begin, from 1, in order; and one behind the end.
  starts integer[] := array[]::integer[];
  longest_section constant integer := least(most::bigint * 40, 2147483647);
  sentence text;
  remaining integer;
  section text;
  done integer;
  place integer := 1;
  piece integer;
  first integer := 1;
  last integer;
  back integer;
begin
  if length(content) <= most then
    chunk := 0; starts_at := 0; characters := coalesce(length(content), 0);
    return next;
    return;
  end if;
  for sentence in
    select m[1]
      from regexp_matches(content, '.+?(?:[.!?…][)"''”’»]*(?=\s)\s+|[。！？]+|\n\s*\n\s*|$)', 'g') as m
  loop
    -- A sentence that is longer than a part is cut at spaces, and where there is none, anywhere. To find the place of a
    -- character takes as long as all before it, and to take off what is done, as all behind it: so forty parts are
    -- taken at a time.
    remaining := length(sentence);
    while remaining > most loop
      section := left(sentence, longest_section);
      done := 0;
      while remaining > most and done <= longest_section - most loop
        starts := starts || place;
        piece := coalesce(nullif(length(substring(substr(section, done + 1, most) from '^.*\s')), 0), most);
        place := place + piece;
        done := done + piece;
        remaining := remaining - piece;
      end loop;
      sentence := substr(sentence, done + 1);
    end loop;
    if remaining > 0 then
      starts := starts || place;
      place := place + remaining;
    end if;
  end loop;
  starts := starts || (length(content) + 1);
  chunk := 0;
  while first < cardinality(starts) loop
    last := first + 1;
    while last < cardinality(starts) and starts[last + 1] - starts[first] <= most loop
      last := last + 1;
    end loop;
    starts_at := starts[first] - 1;
    characters := starts[last] - starts[first];
    return next;
    chunk := chunk + 1;
    exit when last = cardinality(starts);
    back := last;
    while back - 1 > first and starts[last] - starts[back - 1] <= overlap
          and starts[least(last + 1, cardinality(starts))] - starts[back - 1] <= most loop
      back := back - 1;
    end loop;
    first := back;
  end loop;
end
$$;

comment on function ai.split_text(text, integer, integer) is
  E'@behavior -*\nThe parts of a text that are embedded one by one: whole sentences, at most so many characters together, each part beginning '
  'with the last sentences of the one before as far as they have no more than overlap. starts_at counts from 0.';
grant execute on function ai.split_text(text, integer, integer) to callboard_member, callboard_service;
