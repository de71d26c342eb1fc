import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../plugins/limits/limits.ts';
import { DEFAULT_PAGE_SIZE } from '../../plugins/limits/rows.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, testApi } from '../helpers/graphql.ts';

const MAXIMUM_PAGE_SIZE = DEFAULT_LIMITS.pageSize;
const ROWS = MAXIMUM_PAGE_SIZE + 20;
const WRITTEN = (argument: string) => `{ projects${argument} { nodes { slug } } }`;
const FIRST = 'query ($n: Int) { projects(first: $n) { nodes { slug } } }';
const LAST = 'query ($n: Int) { projects(last: $n) { nodes { slug } } }';

describe('a list', () => {
  const database = testDatabase();
  const api = testApi(database);
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(database, 'pages');
    await database.pool().query(
      `insert into projects.projects (organization_id, name, slug)
       select $1, 'Project ' || n, 'project-' || n from generate_series(1, $2::int) n`,
      [cast.organizationId, ROWS],
    );
  });

  const countOf = async (source: string, variables = {}) =>
    dataOf(await api.ask(cast.owner, source, variables)).projects.nodes.length as number;

  test.each([
    ['nothing', WRITTEN(''), {}, DEFAULT_PAGE_SIZE],
    ['first: 3', WRITTEN('(first: 3)'), {}, 3],
    ['first: 0', WRITTEN('(first: 0)'), {}, 0],
    ['first: null', WRITTEN('(first: null)'), {}, DEFAULT_PAGE_SIZE],
    ['the most', WRITTEN(`(first: ${MAXIMUM_PAGE_SIZE})`), {}, MAXIMUM_PAGE_SIZE],
    ['last: 4', WRITTEN('(last: 4)'), {}, 4],
    ['a variable that is not given', FIRST, {}, DEFAULT_PAGE_SIZE],
    ['a variable for first', FIRST, { n: 7 }, 7],
    ['a variable for last', LAST, { n: 8 }, 8],
    ['a variable for last that is null', LAST, { n: null }, DEFAULT_PAGE_SIZE],
  ])('asked for with %s', async (_what, source, variables, count) => {
    expect(await countOf(source, variables)).toBe(count);
  });

  test.each([
    ['first', WRITTEN(`(first: ${MAXIMUM_PAGE_SIZE + 1})`), {}, MAXIMUM_PAGE_SIZE + 1],
    ['last', WRITTEN(`(last: ${MAXIMUM_PAGE_SIZE + 1})`), {}, MAXIMUM_PAGE_SIZE + 1],
    ['first', FIRST, { n: MAXIMUM_PAGE_SIZE + 1 }, MAXIMUM_PAGE_SIZE + 1],
    ['last', LAST, { n: MAXIMUM_PAGE_SIZE + 1 }, MAXIMUM_PAGE_SIZE + 1],
  ])(
    'that is too long by %s is refused, naming the limit',
    async (field, source, variables, value) => {
      const { errors } = await api.ask(cast.owner, source, variables);
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.extensions).toEqual({
        code: 'PAGE_TOO_LARGE',
        field,
        limit: MAXIMUM_PAGE_SIZE,
        value,
      });
    },
  );

  test.each([
    ['offset', WRITTEN('(offset: -1)'), {}],
    ['offset', 'query ($n: Int) { projects(offset: $n) { nodes { slug } } }', { n: -1 }],
    ['first', WRITTEN('(first: -1)'), {}],
    ['first', FIRST, { n: -1 }],
    ['last', WRITTEN('(last: -1)'), {}],
    ['last', LAST, { n: -1 }],
  ])('of less than no rows is refused, naming %s', async (field, source, variables) => {
    const { errors } = await api.ask(cast.owner, source, variables);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field });
  });

  test.each([
    [WRITTEN('(offset: 1, first: 3)'), {}, 3],
    [WRITTEN('(offset: null, first: 2)'), {}, 2],
    ['query ($n: Int) { projects(offset: $n, first: 4) { nodes { slug } } }', { n: 1 }, 4],
    ['query ($n: Int) { projects(offset: $n, first: 4) { nodes { slug } } }', {}, 4],
    ['query ($n: Int) { projects(offset: $n, first: 4) { nodes { slug } } }', { n: 2147483647 }, 0],
  ])('from an offset on: %s', async (source, variables, count) => {
    expect(await countOf(source, variables)).toBe(count);
  });

  const BEYOND = (argument: 'after' | 'before') =>
    `query ($cursor: Cursor) { projects(${argument}: $cursor, first: 1) { nodes { slug } } }`;
  const asCursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

  test.each([
    ['no cursor', 'after', 'x'],
    ['no cursor', 'before', ''],
    ['something else', 'after', asCursor({ id: 1 })],
    ['a cursor of another order', 'after', asCursor(['0123456789', 'a', 'b'])],
    ['a cursor of another order', 'before', asCursor(['natural', 1])],
    ['half a cursor', 'after', asCursor([])],
  ] as const)('from %s on is refused, naming %s', async (_what, field, cursor) => {
    // Outside of production @dataplan/pg tells its developers.
    const toldDevelopers = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      const { errors } = await api.ask(cast.owner, BEYOND(field), { cursor });
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field });
    } finally {
      toldDevelopers.mockRestore();
    }
  });

  test('of figures from no cursor on is refused, naming the argument', async () => {
    const { errors } = await api.ask(
      cast.owner,
      '{ metricSeries(metric: "events", fromDay: "2026-01-01", toDay: "2026-01-09", after: "x") { nodes { bucket } } }',
    );
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'after' });
  });

  test('within a row is limited too', async () => {
    const { data, errors } = await api.ask(
      cast.owner,
      `{ projects(first: 1) { nodes { projectTasks(first: ${MAXIMUM_PAGE_SIZE + 1}) { totalCount } } } }`,
    );
    expect(errors?.[0]?.extensions['code']).toBe('PAGE_TOO_LARGE');
    expect(data).not.toEqual(expect.objectContaining({ totalCount: expect.anything() as unknown }));
  });
});

describe('a list of a server with another limit', () => {
  const database = testDatabase();
  const api = testApi(database, { documents: { limits: { ...DEFAULT_LIMITS, pageSize: 3 } } });
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(database, 'pages');
    await database.pool().query(
      `insert into projects.projects (organization_id, name, slug)
       select $1, 'Project ' || n, 'project-' || n from generate_series(1, 5) n`,
      [cast.organizationId],
    );
  });

  test('has as many rows as that, also when nothing is said', async () => {
    const answer = await api.ask(cast.owner, WRITTEN(''));
    expect(dataOf(answer).projects.nodes).toHaveLength(3);
    const { errors } = await api.ask(cast.owner, WRITTEN('(first: 4)'));
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'PAGE_TOO_LARGE', limit: 3, value: 4 });
  });
});
