create or replace function ai.snippet(
  document ai.search_documents,
  query text,
  starts_at integer default null,
  is_typed boolean default false
) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
  -- Two characters that stand for nothing: what the text itself has in its place is left out.
  begins constant text := chr(57344);
  ends constant text := chr(57345);
  shown text := translate(
    case
      when document.body = '' then document.title
      when starts_at > 0 then substr(document.body, starts_at + 1, 2000)
      else left(document.body, 20000)
    end, begins || ends, '');
  words constant tsquery := case
    when query is null then null
    when is_typed then ai.any_typed_word(document.language, query)
    else ai.any_word_of(document.language, query)
  end;
begin
  if words is not null then
    shown := ts_headline(
      ai.words_in(document.language), shown, words,
      format('StartSel="%s", StopSel="%s", MaxWords=32, MinWords=12, ShortWord=2', begins, ends));
  else
    shown := left(shown, 200);
  end if;
  shown := replace(replace(replace(replace(shown, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
  return replace(replace(btrim(shown), begins, '<mark>'), ends, '</mark>');
end
$$;

comment on function ai.snippet(ai.search_documents, text, integer, boolean) is
  E'@behavior -*\nThe part of a document that fits a query best, or the one that begins there, as HTML: everything is escaped, and '
  '<mark> is around the words that match.';
grant execute on function ai.snippet(ai.search_documents, text, integer, boolean) to callboard_member;
