import type { PoolClient } from 'pg';

/** Column → value. Arrays and objects go in as `pg` writes them; null is null. */
export type Values = Readonly<Record<string, unknown>>;

/** Inserts one row as whoever the client is and gives its id. */
export async function add(client: PoolClient, table: string, values: Values): Promise<string> {
  const names = Object.keys(values);
  const { rows } = await client.query<{ id: string }>(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})
     returning id`,
    Object.values(values),
  );
  const id = rows[0]?.id;
  if (!id) throw new Error(`Nothing was inserted into ${table}.`);
  return id;
}

/** The first column of the first row, as JSON would carry it: days and instants are text, numbers are numbers. */
export async function one<T>(
  client: Pick<PoolClient, 'query'>,
  expression: string,
  parameters: readonly unknown[] = [],
): Promise<T> {
  const { rows } = await client.query<{ value: T }>(`select to_jsonb(${expression}) as value`, [
    ...parameters,
  ]);
  const row = rows[0];
  if (!row) throw new Error('There is no row.');
  return row.value;
}

/** The whole row of a table with this id, as JSON would carry it. */
export function rowOf(
  client: Pick<PoolClient, 'query'>,
  table: string,
  id: string,
): Promise<Record<string, unknown>> {
  return one(client, `(select r from ${table} r where r.id = $1)`, [id]);
}

/** How the database said no. */
export type Refusal = {
  readonly code: string;
  readonly message: string;
  readonly field: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
};

/** What `work` is refused with, undoing what it did; undefined when it goes through. */
export async function refusalOf(
  client: PoolClient,
  work: () => Promise<unknown>,
): Promise<Refusal | undefined> {
  await client.query('savepoint attempt');
  try {
    await work();
    return undefined;
  } catch (error) {
    const { code, message, column, detail, hint } = error as Record<string, string>;
    return { code: code ?? '', message: message ?? '', field: column, detail, hint };
  } finally {
    await client.query('rollback to savepoint attempt');
  }
}

/** An id that no row has. */
export const NOWHERE = '00000000-0000-7000-8000-000000000000';

/** A link: predecessor, successor, kind (`FS`, `SS`, `FF` or `SF`), lag in working days. */
export type Link = readonly [from: string, to: string, kind?: LinkKind, lag?: number];
export type LinkKind = 'FS' | 'SS' | 'FF' | 'SF';

const KINDS: Readonly<Record<LinkKind, string>> = {
  FS: 'finish_to_start',
  SS: 'start_to_start',
  FF: 'finish_to_finish',
  SF: 'start_to_finish',
};

/** A project with tasks that are named by their titles, all in one go. */
export type Plan = {
  readonly project?: Values;
  readonly tasks: Readonly<Record<string, number | Values>>;
  readonly links?: readonly Link[];
};

/** What `addPlan` has made. */
export type AddedPlan = {
  readonly projectId: string;
  /** Title → id. */
  readonly taskIds: Readonly<Record<string, string>>;
};

/** Inserts a plan; a task that is only a number lasts so many days. */
export async function addPlan(client: PoolClient, plan: Plan): Promise<AddedPlan> {
  const projectId = await add(client, 'projects.projects', { name: 'Pilot', ...plan.project });
  const taskIds: Record<string, string> = {};
  for (const [title, task] of Object.entries(plan.tasks)) {
    taskIds[title] = await add(client, 'projects.project_tasks', {
      project_id: projectId,
      title,
      ...(typeof task === 'number' ? { duration_days: task } : task),
    });
  }
  await addLinks(client, { projectId, taskIds }, plan.links ?? []);
  return { projectId, taskIds };
}

/** Inserts links in one statement. */
export async function addLinks(
  client: PoolClient,
  { projectId, taskIds }: AddedPlan,
  links: readonly Link[],
): Promise<void> {
  await client.query(
    `insert into projects.task_dependencies (project_id, predecessor_id, successor_id, kind, lag_days)
     select $1, l.* from jsonb_to_recordset($2) as l (predecessor uuid, successor uuid, kind text, lag int)`,
    [
      projectId,
      JSON.stringify(
        links.map(([from, to, kind = 'FS', lag = 0]) => ({
          predecessor: taskIds[from],
          successor: taskIds[to],
          kind: KINDS[kind],
          lag,
        })),
      ),
    ],
  );
}
