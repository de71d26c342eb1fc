-- Row security lets an index serve only operators that are known to tell nothing about rows they have not let through, and
-- those for words, trigrams and arrays are not known for it: under a policy they would read every row of the organization.
-- So candidates are looked for by definers that state the policies' conditions themselves, and whoever asks joins them with
-- the table under its policies: what these would let through by mistake stops there.

create or replace function ai.may_see(
  document ai.search_documents,
  permissions text[],
  user_id uuid,
  sees_all boolean,
  workspaces uuid[]
) returns boolean
language sql immutable parallel safe
return document.read_permission = any (permissions)
  and (document.owner_id is null or document.owner_id = user_id)
  and (sees_all or coalesce(document.workspace_id, '00000000-0000-0000-0000-000000000000') = any (workspaces));

comment on function ai.may_see(ai.search_documents, text[], uuid, boolean, uuid[]) is
  E'@behavior -*\nWhat the policies of the table say about rows of the active organization, for definers, whom they let through.';

create or replace function ai.is_visible(document ai.search_documents) returns boolean
language sql stable
return document.organization_id = authz.organization_id()
  and ai.may_see(
        document, authz.permissions(), authz.user_id(), authz.has('workspaces.all'), authz.visible_workspaces());

comment on function ai.is_visible(ai.search_documents) is
  E'@behavior -*\nWhether the caller may see a document, for definers.';

create or replace function ai.find_by_words(query text, namespaces text[], at_most integer)
returns table (namespace text, id uuid, place integer, score real)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
-- that a query has nothing but stop words is nothing to be told about
set client_min_messages = warning
-- whatever whoever calls has found best for itself
set plan_cache_mode = auto
rows 50
as $$
declare
  organization constant uuid := authz.organization_id();
  permissions constant text[] := authz.permissions();
  caller constant uuid := authz.user_id();
  sees_all constant boolean := authz.has('workspaces.all');
  workspaces constant uuid[] := authz.visible_workspaces();
  -- A dash that stands alone is one, and not "without" what comes next.
  said constant text := regexp_replace(query, '(^|[\s!&|()])-+(?=[\s\u00a0!&|()]|$)', '\1', 'g');
  -- Whoever writes operators means them; otherwise rows with some of the words come after those with all.
  is_plain constant boolean := said !~* '"|(^|[\s!&|()])-|\mor\M';
  -- That of the organization, and those of tables whose texts are in one of their own.
  languages constant text[] := array(
    select ai.language_of(organization)
     union
    select s.language from ai.searchable_tables s where s.language is not null);
  most integer := greatest(at_most, ai.fused_places());
  language text;
  words tsquery;
  all_words tsquery;
  any_word tsquery;
begin
  place := 0;
  if organization is null then
    return;
  end if;
  foreach language in array languages loop
    words := websearch_to_tsquery(ai.words_in(language), said);
    all_words := coalesce(all_words || words, words);
  end loop;
  if coalesce(numnode(all_words), 0) = 0 then
    return;
  end if;
  for namespace, id, score in
    select d.namespace, d.id, ts_rank_cd('{0.1,0.2,0.4,1.0}', d.search_vector, all_words, 1) as rank
      from ai.search_documents d
     where d.organization_id = organization
       and d.search_vector @@ all_words
       and (namespaces is null or d.namespace = any (namespaces))
       and ai.may_see(d, permissions, caller, sees_all, workspaces)
     order by rank desc, d.namespace, d.id
     limit most
  loop
    place := place + 1;
    return next;
  end loop;
  if place >= most or not is_plain then
    return;
  end if;
  -- To rank all that has a word which is everywhere takes long. Where half of the places that are fused are taken already, it
  -- is done for those alone who page on beyond what has all words, and the places of what has some are behind the fused ones
  -- for everybody: so what is listed before does not depend on whether it was done.
  if place * 2 >= ai.fused_places() then
    if place >= at_most then
      return;
    end if;
    most := greatest(place, ai.fused_places()) + most - place;
    place := greatest(place, ai.fused_places());
  end if;
  foreach language in array languages loop
    words := ai.any_word_of(language, query);
    any_word := coalesce(any_word || words, any_word, words);
  end loop;
  if any_word = all_words then
    return;
  end if;
  for namespace, id, score in
    select d.namespace, d.id, ts_rank_cd('{0.1,0.2,0.4,1.0}', d.search_vector, any_word, 1) as rank
      from ai.search_documents d
     where d.organization_id = organization
       and d.search_vector @@ any_word
       and not d.search_vector @@ all_words
       and (namespaces is null or d.namespace = any (namespaces))
       and ai.may_see(d, permissions, caller, sees_all, workspaces)
     order by rank desc, d.namespace, d.id
     limit most - place
  loop
    place := place + 1;
    return next;
  end loop;
end
$$;

comment on function ai.find_by_words(text, text[], integer) is
  E'@behavior -*\nDocuments with the words of a query, the best first: those with all of them, then, where the query has no '
  'operators, those with some. As many as decide about the first at_most results of a search, if there are so many. Definer: '
  'under row security no index serves words; it states the conditions of the policies itself.';
grant execute on function ai.find_by_words(text, text[], integer) to callboard_member;

create or replace function ai.any_word_of(language text, query text) returns tsquery
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select string_agg('''' || replace(replace(l.lexeme, '\', '\\'), '''', '''''') || '''', ' | ' order by l.lexeme)::tsquery
      from unnest(to_tsvector(ai.words_in(any_word_of.language), query)) l);
end
$$;

comment on function ai.any_word_of(text, text) is
  E'@behavior -*\nLooks for texts with one or more of the words of a query; null when it has none.';
grant execute on function ai.any_word_of(text, text) to callboard_member;

create or replace function ai.find_by_typing(query text, namespaces text[], at_most integer)
returns table (namespace text, id uuid, place integer, score real, matched_by text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
rows 50
as $$
declare
  organization constant uuid := authz.organization_id();
  permissions constant text[] := authz.permissions();
  caller constant uuid := authz.user_id();
  sees_all constant boolean := authz.has('workspaces.all');
  workspaces constant uuid[] := authz.visible_workspaces();
  typed constant text := lower(btrim(query));
  spelled constant text := lower(extensions.unaccent('extensions.unaccent'::regdictionary, btrim(query)));
  -- by each way to read what was typed
  readings tsquery[] := array[]::tsquery[];
  read tsquery[];
  words tsquery;
  language text;
  found_ones text[] := array[]::text[];
begin
  place := 0;
  if organization is null or typed = '' then
    return;
  end if;
  matched_by := 'code';
  score := 1;
  for namespace, id in
    select d.namespace, d.id
      from ai.search_documents d
     where d.organization_id = organization
       and d.codes @> array[typed]
       and (namespaces is null or d.namespace = any (namespaces))
       and ai.may_see(d, permissions, caller, sees_all, workspaces)
     order by d.namespace, d.id
     limit at_most
  loop
    place := place + 1;
    found_ones := found_ones || (namespace || ' ' || id);
    return next;
  end loop;
  matched_by := 'words';
  for language in
    select ai.language_of(organization)
     union
    select s.language from ai.searchable_tables s where s.language is not null
  loop
    read := ai.typed_words(language, query);
    for reading in 1 .. cardinality(read) loop
      readings[reading] := coalesce(readings[reading], ''::tsquery) || read[reading];
    end loop;
  end loop;
  foreach words in array readings loop
    if place >= at_most or numnode(words) = 0 then
      continue;
    end if;
    for namespace, id, score in
      select d.namespace, d.id, ts_rank_cd('{0.1,0.2,0.4,1.0}', d.search_vector, words, 1) as rank
        from ai.search_documents d
       where d.organization_id = organization
         and d.search_vector @@ words
         and (namespaces is null or d.namespace = any (namespaces))
         and ai.may_see(d, permissions, caller, sees_all, workspaces)
         and d.namespace || ' ' || d.id <> all (found_ones)
       order by rank desc, d.namespace, d.id
       limit at_most - place
    loop
      place := place + 1;
      found_ones := found_ones || (namespace || ' ' || id);
      return next;
    end loop;
  end loop;
  matched_by := 'spelling';
  if place < at_most and length(spelled) > 2 then
    perform set_config('pg_trgm.word_similarity_threshold', '0.4', true);
    for namespace, id, score in
      select d.namespace, d.id, extensions.word_similarity(spelled, d.title_key) as rank
        from ai.search_documents d
       where d.organization_id = organization
         and spelled operator(extensions.<%) d.title_key
         and (namespaces is null or d.namespace = any (namespaces))
         and ai.may_see(d, permissions, caller, sees_all, workspaces)
         and d.namespace || ' ' || d.id <> all (found_ones)
       order by rank desc, d.namespace, d.id
       limit at_most - place
    loop
      place := place + 1;
      return next;
    end loop;
  end if;
end
$$;

comment on function ai.find_by_typing(text, text[], integer) is
  E'@behavior -*\nDocuments for what somebody types, the best first: with exactly this code, number or e-mail address; with all '
  'of the words, of which the last may not be finished; with a title that is spelled like it. Definer: under row security no '
  'index serves words; it states the conditions of the policies itself.';
grant execute on function ai.find_by_typing(text, text[], integer) to callboard_member;

create or replace function ai.typed_words(language text, query text) returns tsquery[]
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  words constant regconfig := ai.words_in(language);
  last constant text := substring(query from '(\S+)\s*$');
  begun constant tsquery := ai.begun_words(language, last, ' & ');
  finished constant tsquery := coalesce(plainto_tsquery(words, substring(query from '^(.*)\s\S+\s*$')), ''::tsquery);
  apart constant text := btrim(ai.apart_at_signs(query));
  without_last tsquery := ''::tsquery;
  taken_apart tsquery := ''::tsquery;
begin
  if numnode(begun) > 0 and to_tsvector(words, last) = ''::tsvector then
    without_last := finished;
  end if;
  if apart <> btrim(regexp_replace(query, '\s+', ' ', 'g')) then
    taken_apart := coalesce(plainto_tsquery(words, substring(apart from '^(.*) ')), ''::tsquery)
      && ai.begun_words(language, substring(apart from '[^ ]+$'), ' & ');
  end if;
  return array[finished && begun, without_last, taken_apart];
end
$$;

comment on function ai.typed_words(text, text) is
  E'@behavior -*\nThree ways to read what somebody types, the best first, of which the latter two may be empty: all of the words, '
  'of which the last may be the beginning of one; those before it, where it is one without which texts are searched; all of the '
  'words that signs stand between.';
grant execute on function ai.typed_words(text, text) to callboard_member;

create or replace function ai.any_typed_word(language text, query text) returns tsquery
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  apart constant text := ai.apart_at_signs(query);
begin
  return nullif(
    coalesce(ai.any_word_of(language, query || ' ' || apart), ''::tsquery)
      || ai.begun_words(language, substring(query from '(\S+)\s*$'), ' | ')
      || ai.begun_words(language, substring(apart from '([^ ]+) *$'), ' | '),
    ''::tsquery);
end
$$;

comment on function ai.any_typed_word(text, text) is
  E'@behavior -*\nLooks for texts with one or more of the words that somebody types, however they are read; null when there are '
  'none.';
grant execute on function ai.any_typed_word(text, text) to callboard_member;

create or replace function ai.begun_words(language text, typed text, operator text) returns tsquery
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Texts are kept without the protocols of addresses.
  literal constant text := regexp_replace(lower(typed), '^[a-z][a-z0-9+.-]*://', '');
begin
  -- As texts of the language have it and as titles do; and as it stands, since half an address or number is none yet. Each
  -- once: the index looks for the same beginning as often as it is asked.
  return (
    with readings as (
      select distinct (
               select string_agg(
                        '''' || replace(replace(l.lexeme, '\', '\\'), '''', '''''') || ''''
                          || case when l.is_last or ai.apart_at_signs(l.lexeme) <> l.lexeme then ':*' else '' end,
                        operator order by l.lexeme)
                 from (
                        select u.lexeme, max(p.position) = max(max(p.position)) over () as is_last
                          from unnest(r.vector) u
                          left join lateral unnest(u.positions) as p (position) on true
                         group by u.lexeme
                      ) l
             ) as words
        from (
               values (to_tsvector(ai.words_in(language), typed)),
                      (to_tsvector('ai.simple'::regconfig, typed)),
                      (case
                         when literal ~ '[[:alnum:]]' and ai.apart_at_signs(literal) <> literal and octet_length(literal) < 2000
                           then array_to_tsvector(array[literal])
                       end)
             ) r (vector)
    )
    select coalesce(string_agg('(' || r.words || ')', ' | ' order by r.words), '')::tsquery from readings r);
end
$$;

comment on function ai.begun_words(text, text, text) is
  E'@behavior -*\nLooks for texts with words that begin as what somebody is typing, which may be several, joined by the operator: '
  '" & " or " | ". Empty when it is nothing but signs.';
grant execute on function ai.begun_words(text, text, text) to callboard_member;

create or replace function ai.apart_at_signs(typed text) returns text
language sql immutable parallel safe
return regexp_replace(typed, '[!-/:-@\[-`{-~[:space:]]+', ' ', 'g');

comment on function ai.apart_at_signs(text) is
  E'@behavior -*\nWith a space for every sign at which a text may, but need not, be taken apart: ac/dc, 3.5 and an address are one '
  'word each.';
grant execute on function ai.apart_at_signs(text) to callboard_member;
