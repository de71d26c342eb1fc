// Row security leaves the rows of the caller's organization and workspaces; `deleted_at` is what GraphQL hides by itself.
// Composite rows made into JSON are faster than json_build_object, and either is faster than rows that Node makes JSON of.

/** A page in the order of the key. One row more is read than asked for: whether there is one is `hasNextPage`. */
export const page = {
  name: 'page',
  text: `
    with found as materialized (
      select id as "rowId", title, status, priority, due_on as "dueOn", created_at as "createdAt"
        from projects.project_tasks
       where deleted_at is null
       order by organization_id, id
       limit $1::int + 1
    ),
    shown as materialized (select * from found limit $1)
    select format(
             '{"data":{"projectTasks":{"nodes":%s,"pageInfo":{"hasNextPage":%s,"endCursor":%s}}}}',
             coalesce((select array_to_json(array_agg(shown)) from shown), '[]'),
             (select to_json(count(*) > $1) from found),
             coalesce((
               select to_json(translate(encode(convert_to(format('["4a97d31430","%s"]', "rowId"), 'UTF8'), 'base64'), E'\\n', ''))
                 from shown offset $1 - 1
             ), 'null')
           ) as answer`,
};

/** Projects, their tasks and budgets, and the lines of the budgets. */
export const levels = {
  name: 'levels',
  text: `
    select format('{"data":{"projects":{"nodes":%s}}}', coalesce(array_to_json(array_agg(project)), '[]')) as answer
      from (
        select p.id as "rowId", p.name, p.status, p.starts_on as "startsOn",
               (select json_build_object('nodes', coalesce(array_to_json(array_agg(task)), '[]'))
                  from (select t.id as "rowId", t.title, t.status, t.due_on as "dueOn"
                          from projects.project_tasks t
                         where t.organization_id = p.organization_id and t.project_id = p.id and t.deleted_at is null
                         order by t.organization_id, t.id
                         limit 10) task) as "projectTasks",
               (select json_build_object('nodes', coalesce(array_to_json(array_agg(budget)), '[]'))
                  from (select b.id as "rowId", b.name, b.status,
                               (select json_build_object('nodes', coalesce(array_to_json(array_agg(line)), '[]'))
                                  from (select l.id as "rowId", l.name, l.quantity::text, l.planned_amount::text as "plannedAmount"
                                          from finance.budget_line_items l
                                         where l.organization_id = b.organization_id and l.budget_id = b.id and l.deleted_at is null
                                         order by l.organization_id, l.id
                                         limit 50) line) as "budgetLineItems"
                          from finance.budgets b
                         where b.organization_id = p.organization_id and b.project_id = p.id and b.deleted_at is null
                         order by b.organization_id, b.id
                         limit 50) budget) as "budgets"
          from projects.projects p
         where p.deleted_at is null
         order by p.organization_id, p.id
         limit 10
      ) project`,
};

/** One task by its id. */
export const row = {
  name: 'row',
  text: `
    select format('{"data":{"projectTask":%s}}', coalesce(row_to_json(task), 'null')) as answer
      from (select) one
      left join (
        select id as "rowId", title, description, status, priority, due_on as "dueOn", created_at as "createdAt",
               updated_at as "updatedAt"
          from projects.project_tasks
         where id = $1
      ) task on true`,
};

/** A new task. */
export const insert = {
  name: 'insert',
  text: `
    with made as (
      insert into projects.project_tasks (project_id, title, due_on) values ($1, $2, $3)
      returning id as "rowId", title, status, priority, due_on as "dueOn", created_at as "createdAt"
    )
    select format('{"data":{"createProjectTask":{"projectTask":%s}}}', row_to_json(made)) as answer
      from made`,
};
