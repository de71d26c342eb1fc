create or replace function ai.language_of(organization_id uuid) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  locale constant text := (
    select split_part(s.value ->> 'locale', '-', 1)
      from tenancy.organization_settings s
     where s.organization_id = language_of.organization_id and s.section = 'general');
begin
  -- What most say, without looking for it: every change of a text asks.
  if locale is null or locale = 'en' then
    return 'english';
  end if;
  return coalesce(
    (select l.language
       from (values ('ar', 'arabic'), ('hy', 'armenian'), ('eu', 'basque'), ('ca', 'catalan'), ('da', 'danish'),
                    ('nl', 'dutch'), ('et', 'estonian'), ('fi', 'finnish'), ('fr', 'french'), ('de', 'german'),
                    ('el', 'greek'), ('hi', 'hindi'), ('hu', 'hungarian'), ('id', 'indonesian'), ('ga', 'irish'),
                    ('it', 'italian'), ('lt', 'lithuanian'), ('ne', 'nepali'), ('nb', 'norwegian'), ('nn', 'norwegian'),
                    ('no', 'norwegian'), ('pl', 'polish'), ('pt', 'portuguese'), ('ro', 'romanian'), ('ru', 'russian'),
                    ('sr', 'serbian'), ('es', 'spanish'), ('sv', 'swedish'), ('ta', 'tamil'), ('tr', 'turkish'),
                    ('yi', 'yiddish')) as l (tag, language)
       -- which there are depends on the version of Postgres
       join pg_ts_config c on c.cfgname = l.language and c.cfgnamespace = 'ai'::regnamespace
      where l.tag = locale),
    'simple');
end
$$;

comment on function ai.language_of(uuid) is
  'In which language the words of an organization''s texts are taken apart: that of its locale setting; "simple", which takes '
  'words as they are, for one that Postgres does not know. For functions that have checked who asks.';
grant execute on function ai.language_of(uuid) to callboard_service;

create or replace function ai.words_in(language text) returns regconfig
language sql stable parallel safe
return ('ai.' || quote_ident(language))::regconfig;

comment on function ai.words_in(text) is E'@behavior -*\nThe text search configuration of a language.';
grant execute on function ai.words_in(text) to callboard_member, callboard_service;
