create or replace function ai.forget_texts(user_id uuid, at_most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organizations constant uuid[] := array(
    select m.organization_id from tenancy.organization_members m where m.user_id = forget_texts.user_id);
  documents integer;
begin
  update ai.interaction_feedback f
     set comment = null
   where f.organization_id = any (organizations) and f.user_id = forget_texts.user_id and f.comment is not null;
  delete from ai.search_documents d
   where (d.organization_id, d.namespace, d.id) in (
           select p.organization_id, p.namespace, p.id
             from ai.search_documents p
            where p.organization_id = any (organizations)
              and p.owner_id = forget_texts.user_id
              -- what stands for a row of a table goes with that
              and p.key is not null
            limit at_most
         );
  get diagnostics documents = row_count;
  return documents;
end
$$;

comment on function ai.forget_texts(uuid, integer) is
  'Takes the documents that an account which has ended kept to itself out of the search, at most so many, and what it wrote '
  'with its ratings; returns how many documents there were. Part of forget_person.';
grant execute on function ai.forget_texts(uuid, integer) to callboard_service;
