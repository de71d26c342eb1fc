import { beforeAll, describe, expect, test } from '@jest/globals';
import { execute, getGrafastMiddleware } from 'postgraphile/grafast';
import { makeSchema } from 'postgraphile';
import { parse } from 'postgraphile/graphql';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { enteredClientsWithin } from '../../server/adaptor.ts';
import { entryOf } from '../../server/caller.ts';
import { presetOf } from '../../server/schema.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

/** What is asked for, in words and in GraphQL. */
type Operation = readonly [what: string, source: string, variables?: Record<string, unknown>];

type Answer = { readonly data?: unknown; readonly errors?: readonly unknown[] };

const NAMES = [
  'Plain',
  '"Quoted" \\ back\nline\ttab',
  'Ünïcödé 🎬 \u2028',
  "it's {}[],:null",
  '\u0001',
];

describe('plans', () => {
  const database = testDatabase();
  let cast: Cast;
  let built: Awaited<ReturnType<typeof makeSchema>>;
  beforeAll(async () => {
    built = await makeSchema(presetOf(database, { report: () => undefined }));
    cast = await makeCast(database, 'plans');
    const client = database.pool();
    for (const [index, name] of NAMES.entries()) {
      await client.query(
        `with project as (
           insert into projects.projects (organization_id, name, slug, starts_on, estimated_hours, is_template)
           values ($1, $2, $3, case when $4 % 2 = 0 then date '2026-05-04' end, 12.5 * $4, $4 = 1)
           returning organization_id, id
         ),
         tasks as (
           insert into projects.project_tasks (organization_id, project_id, title, description, duration_days, due_on)
           select organization_id, id, $2 || n, case when n = 2 then $2 end, n, date '2027-01-01' + n
             from project cross join generate_series(1, $4) n
         ),
         budgets as (
           insert into finance.budgets (organization_id, project_id, name)
           select organization_id, id, $2 || n from project cross join generate_series(1, 2) n where $4 <> 2
           returning organization_id, id
         )
         insert into finance.budget_line_items (organization_id, budget_id, category, name, quantity, unit_cost)
         select organization_id, id, 'Camera', $2 || n, n, 99.99 from budgets cross join generate_series(1, 3) n`,
        [cast.organizationId, name, `project-${index}`, index],
      );
    }
    await client.query(
      `update projects.project_tasks set deleted_at = now() where title like '%4' and organization_id = $1`,
      [cast.organizationId],
    );
  });

  /** Runs an operation in several ways, and notes what Postgres is asked. */
  async function run(
    source: string,
    variables: Record<string, unknown>,
    ways: readonly { readonly changed: boolean; readonly asText: boolean }[],
  ): Promise<{ answers: Answer[]; asked: string[] }> {
    const { schema, resolvedPreset } = built;
    const client = await database.pool().connect();
    const asked: string[] = [];
    const entered = enteredClientsWithin(client, 30_000);
    const withPgClient: WithPgClient = (settings, callback) =>
      entered(settings, (inner) =>
        callback({
          query: (query) => {
            asked.push(query.text);
            return inner.query(query);
          },
          withTransaction: (work) => inner.withTransaction(work),
        }),
      );
    const { userId = '' } = cast.owner;
    const session = {
      userId,
      organizationId: cast.organizationId,
    };
    // The same document has the same plan.
    const documents = { true: parse(source), false: parse(source) };
    const answers: Answer[] = [];
    try {
      await client.query('begin');
      for (const { changed, asText } of ways) {
        const { data, errors } = (await execute({
          schema,
          document: documents[`${changed}`],
          variableValues: variables,
          contextValue: {
            pgSettings: entryOf({ requestId: 'test', session }, 'read only'),
            withPgClient,
          },
          resolvedPreset: {} as never,
          middleware: changed ? getGrafastMiddleware(resolvedPreset) : null,
          ...(asText ? { outputDataAsString: true } : {}),
        })) as Answer;
        answers.push({
          data: JSON.parse(asText ? String(data) : JSON.stringify(data)) as unknown,
          ...(errors ? { errors: JSON.parse(JSON.stringify(errors)) as unknown[] } : {}),
        });
      }
      return { answers, asked };
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  const LINES = 'budgetLineItems { nodes { rowId name quantity unitCost plannedAmount position } }';
  const LEVELS = `projects {
    nodes { rowId name status startsOn isTemplate estimatedHours createdAt
      projectTasks(first: 3) { nodes { rowId title description durationDays dueOn completedAt } }
      budgets { nodes { rowId name ${LINES} } } } }`;

  const WRITTEN: readonly Operation[] = [
    [
      'columns of all kinds',
      '{ projects { nodes { rowId name description isTemplate startsOn estimatedHours } } }',
    ],
    ['three levels', `{ ${LEVELS} }`],
    [
      'names of types',
      '{ __typename projects { __typename nodes { __typename rowId projectTasks { __typename nodes { __typename title } } } } }',
    ],
    [
      'aliases',
      '{ a: projects { b: nodes { c: rowId d: projectTasks(first: 1) { nodes { e: title } } f: projectTasks(first: 2) { nodes { title } } } } }',
    ],
    [
      'fragments',
      '{ projects { nodes { ...F ... on Project { slug } } } } fragment F on Project { rowId projectTasks { nodes { ...G } } } fragment G on ProjectTask { title }',
    ],
    [
      'places that are left out',
      'query ($yes: Boolean!, $no: Boolean!) { projects { nodes { rowId @include(if: $no) name @skip(if: $no) projectTasks @include(if: $yes) { nodes { title } } } } }',
      { yes: true, no: false },
    ],
    [
      'a page',
      '{ projects(first: 2) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
    ],
    ['a last page', '{ projects(first: 5) { nodes { name } pageInfo { hasNextPage endCursor } } }'],
    [
      'a page of a size that varies',
      'query ($n: Int) { projects(first: $n, offset: 1) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } }',
      { n: 3 },
    ],
    [
      'a page from the end',
      '{ projects(last: 2) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor } } }',
    ],
    [
      'an order',
      '{ projects(orderBy: [STARTS_ON_DESC, PRIMARY_KEY_DESC]) { nodes { name startsOn } pageInfo { endCursor } } }',
    ],
    [
      'a filter',
      '{ projects(filter: { slug: { in: ["project-1", "project-3"] } }) { nodes { slug projectTasks(filter: { dueOn: { greaterThan: "2027-01-02" } }, orderBy: [ROW_ID_DESC]) { nodes { durationDays } } } } }',
    ],
    [
      'a filter that varies',
      'query ($slugs: [String!], $day: Date) { projects(filter: { slug: { in: $slugs } }) { nodes { slug projectTasks(filter: { dueOn: { greaterThan: $day } }) { nodes { durationDays } } } } }',
      { slugs: ['project-2', 'project-4'], day: '2027-01-02' },
    ],
    ['archived rows', '{ projectTasks(archived: ONLY) { nodes { title deletedAt } } }'],
    [
      'no rows',
      '{ projects(filter: { slug: { equalTo: "none" } }) { nodes { name } pageInfo { hasNextPage endCursor } } }',
    ],
    [
      'one list in two ways',
      '{ a: projects(first: 2) { nodes { name } } b: projects(first: 2) { nodes { slug } } }',
    ],
    ['two lists', '{ projects { nodes { name } } projectTasks(first: 2) { nodes { title } } }'],
  ];

  const ASKED_FOR_AS_BEFORE: typeof WRITTEN = [
    ['edges', '{ projects(first: 2) { edges { cursor node { name } } } }'],
    ['edges and nodes', '{ projects(first: 2) { nodes { name } edges { node { slug } } } }'],
    ['ids of nodes', '{ projects { nodes { id } } }'],
    [
      'a row that a row points at',
      '{ projectTasks(first: 2) { nodes { title project { name } } } }',
    ],
    ['JSON and arrays', '{ projects { nodes { customFields tags workingDays } } }'],
    ['a count in a row', '{ projects { nodes { projectTasks { totalCount nodes { title } } } } }'],
    [
      'a page in a row',
      '{ projects { nodes { projectTasks(first: 1) { nodes { title } pageInfo { hasNextPage } } } } }',
    ],
    [
      'the end of a list in a row',
      '{ projects { nodes { projectTasks(last: 2) { nodes { title } } } } }',
    ],
    ['computed values', '{ projects(first: 2) { nodes { timeline { workingDays } } } }'],
  ];

  const OTHERS: typeof WRITTEN = [
    ['nothing of a list', '{ projects(first: 0) { nodes { name } pageInfo { hasNextPage } } }'],
    [
      'a row',
      'query ($slug: String!) { projectBySlug(slug: $slug) { name projectTasks { nodes { title } } } }',
      { slug: 'project-3' },
    ],
    ['a row that is not there', '{ projectBySlug(slug: "none") { name } }'],
    [
      'wrong: a page that is too large',
      '{ projects(first: 100000) { nodes { name } } me { name } }',
    ],
    ['wrong: a cursor', '{ projects(after: "x") { nodes { name } } }'],
    ['the schema', '{ __schema { queryType { name } } __type(name: "Project") { name } }'],
  ];

  const FAILING = new Set(
    OTHERS.filter(([what]) => what.startsWith('wrong')).map(([, source]) => source),
  );

  const WAYS = [
    { changed: false, asText: false },
    ...[false, true, true, false].map((asText) => ({ changed: true, asText })),
  ];

  test.each([...WRITTEN, ...ASKED_FOR_AS_BEFORE, ...OTHERS])(
    'give the same with their changes as without: %s',
    async (_what, source, variables = {}) => {
      const { answers } = await run(source, variables, WAYS);
      const [plain, ...others] = answers;
      expect(plain?.errors !== undefined).toBe(FAILING.has(source));
      for (const other of others) expect(other).toEqual(plain);
    },
  );

  const writtenByPostgres = async (source: string, variables: Record<string, unknown>) => {
    const { asked } = await run(source, variables, [{ changed: true, asText: true }]);
    expect(asked).not.toHaveLength(0);
    return asked.every((text) => text.includes(`'{"`));
  };

  test.each(WRITTEN)('let Postgres write %s', async (_what, source, variables = {}) => {
    expect(await writtenByPostgres(source, variables)).toBe(true);
  });

  test.each(ASKED_FOR_AS_BEFORE)(
    'do not let Postgres write %s',
    async (_what, source, variables = {}) => {
      expect(await writtenByPostgres(source, variables)).toBe(false);
    },
  );

  test('page through a list', async () => {
    const source = `query ($after: Cursor) {
      projects(first: 2, after: $after) { nodes { slug } pageInfo { hasNextPage endCursor } } }`;
    const slugs: string[] = [];
    let after: string | null = null;
    do {
      const { answers } = await run(source, { after }, [{ changed: true, asText: true }]);
      const { projects } = answers[0]?.data as {
        projects: {
          nodes: { slug: string }[];
          pageInfo: { hasNextPage: boolean; endCursor: string };
        };
      };
      slugs.push(...projects.nodes.map(({ slug }) => slug));
      after = projects.pageInfo.hasNextPage ? projects.pageInfo.endCursor : null;
    } while (after);
    expect(slugs).toEqual(NAMES.map((_, index) => `project-${index}`));
  });

  test('ask for other rows with other values', async () => {
    const { schema, resolvedPreset } = built;
    const document = parse(
      'query ($slug: String!, $n: Int) { projectBySlug(slug: $slug) { slug projectTasks(first: $n) { nodes { durationDays } } } projects(first: $n) { nodes { slug } } }',
    );
    const client = await database.pool().connect();
    const ask = async (slug: string, n: number | null) => {
      const { data } = (await execute({
        schema,
        document,
        variableValues: { slug, n },
        contextValue: {
          pgSettings: entryOf(
            {
              requestId: 'test',
              session: {
                userId: cast.owner.userId ?? '',
                organizationId: cast.organizationId,
              },
            },
            'read only',
          ),
          withPgClient: enteredClientsWithin(client, 30_000),
        },
        resolvedPreset: {} as never,
        middleware: getGrafastMiddleware(resolvedPreset),
      })) as Answer;
      return JSON.parse(JSON.stringify(data)) as unknown;
    };
    const expected = (slug: string | null, days: number[], slugs: number) => ({
      projectBySlug:
        slug === null
          ? null
          : { slug, projectTasks: { nodes: days.map((durationDays) => ({ durationDays })) } },
      projects: { nodes: NAMES.slice(0, slugs).map((_, index) => ({ slug: `project-${index}` })) },
    });
    try {
      await client.query('begin');
      for (let time = 0; time < 2; time += 1) {
        expect(await ask('project-2', 1)).toEqual(expected('project-2', [1], 1));
        expect(await ask('project-3', 2)).toEqual(expected('project-3', [1, 2], 2));
        expect(await ask('project-3', null)).toEqual(expected('project-3', [1, 2, 3], 5));
        expect(await ask('none', 0)).toEqual(expected(null, [], 0));
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
