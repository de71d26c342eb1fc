create or replace function ai.index_trigger_of(searchable ai.searchable_tables) returns text
language sql immutable parallel safe
return 'index_' || replace(searchable.namespace, '.', '_') || '_trigger';

comment on function ai.index_trigger_of(ai.searchable_tables) is
  'How the function in schema ai is called that keeps what can be found of a table as its rows are.';

create or replace function ai.make_index_trigger(searchable ai.searchable_tables) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $make$
declare
  new_ones constant text := replace(searchable.rows_query, '%s', 'new_rows');
  old_ones constant text := replace(searchable.rows_query, '%s', 'old_rows');
begin
  -- A function for each table, whose statements are planned once for a connection: put together when a row is written, they
  -- would be planned for every row that somebody writes. Plans that were made while a table was small stay for some time,
  -- so they may not read whole tables.
  execute format(
    $sql$
    create or replace function ai.%1$I() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    as $body$
    declare
      usual_organization uuid;
      usual_language text;
      usual_words regconfig;
      batch ai.searchable_row[];
    begin
      if tg_op = 'INSERT' then
        -- Most statements write rows of one organization, whose language is looked up once.
        usual_organization := (select r.organization_id from new_rows r limit 1);
        if usual_organization is null then
          return null;
        end if;
        usual_language := coalesce(%4$L, ai.language_of(usual_organization));
        usual_words := ai.words_in(usual_language);
        with written as (
          insert into ai.search_documents as d
            (organization_id, namespace, id, workspace_id, read_permission, owner_id, title, title_key, body, codes, language,
             content_hash, search_vector)
          select t.organization_id, %2$L, t.id, t.workspace_id, %3$L, t.owner_id, t.title, ai.title_key_of(t.title),
                 ai.body_of(t.b, t.c, t.d), t.codes, t.language,
                 md5(t.title || E'\n' || ai.body_of(t.b, t.c, t.d))::uuid,
                 ai.words_of(case when t.is_usual then usual_words else ai.words_in(t.language) end, t.title, t.b, t.c, t.d)
            from (
                   select s.organization_id, s.id, s.workspace_id, s.owner_id,
                          coalesce(nullif(btrim(s.title), ''), '—') as title,
                          nullif(btrim(s.b), '') as b, nullif(btrim(s.c), '') as c, nullif(btrim(s.d), '') as d,
                          case when s.codes is null then '{}' else ai.codes_of(s.codes) end as codes,
                          s.organization_id = usual_organization as is_usual,
                          case
                            when s.organization_id = usual_organization then usual_language
                            else coalesce(%4$L, ai.language_of(s.organization_id))
                          end as language
                     from (%5$s) s
                   -- each of these once
                   offset 0
                 ) t
          on conflict on constraint search_documents_pkey do update
            set (workspace_id, read_permission, owner_id, title, title_key, body, codes, language, content_hash,
                 search_vector, updated_at)
              = (excluded.workspace_id, excluded.read_permission, excluded.owner_id, excluded.title, excluded.title_key,
                 excluded.body, excluded.codes, excluded.language, excluded.content_hash, excluded.search_vector, now())
          returning d.organization_id, d.namespace, d.id
        )
        insert into ai.embedding_marks (organization_id, namespace, document_id)
        select w.organization_id, w.namespace, w.id
          from written w;
        if found then
          perform ai.wake_embedder();
        end if;
      elsif tg_op = 'UPDATE' then
        -- What is searched no more: archived, or other than the table's condition asks for.
        delete from ai.search_documents d
         using (
                 select o.organization_id, o.id from (%6$s) o
                 except
                 select n.organization_id, n.id from (%5$s) n
               ) gone
         where d.organization_id = gone.organization_id and d.namespace = %2$L and d.id = gone.id;
        for batch in
          select array_agg(t.searchable)
            from (
                   select row(c.*)::ai.searchable_row as searchable, (row_number() over () - 1) / 500 as batch
                     from ((%5$s) except (%6$s)) c
                 ) t
           group by t.batch
        loop
          perform ai.index_rows(%2$L, %3$L, %4$L, batch);
        end loop;
      else
        delete from ai.search_documents d
         using (%6$s) gone
         where d.organization_id = gone.organization_id and d.namespace = %2$L and d.id = gone.id;
      end if;
      return null;
    end
    $body$
    $sql$,
    ai.index_trigger_of(searchable), searchable.namespace, searchable.read_permission, searchable.language, new_ones, old_ones);
  execute format(
    'comment on function ai.%I() is %L', ai.index_trigger_of(searchable),
    format(
      'Keeps what can be found of %s as its rows are, in their transaction; a statement that changes nothing of it writes '
      'nothing. Written by ai.make_searchable. Definer: callers may not write what is searched.', searchable.namespace));
end
$make$;

comment on function ai.make_index_trigger(ai.searchable_tables) is
  'Writes the function that keeps what can be found of a table as its rows are: found by its words with the commit of the '
  'row, and marked to be embedded.';
