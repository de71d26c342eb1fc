create or replace function projects.note_completion_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.status <> tg_argv[0] then
    new.completed_at := null;
  elsif tg_op = 'INSERT' or old.status <> tg_argv[0] then
    -- a job that imports history may say when it was
    new.completed_at := coalesce(new.completed_at, now());
  end if;
  return new;
end
$$;

comment on function projects.note_completion_trigger() is 'completed_at is when the status last became the final one.';
