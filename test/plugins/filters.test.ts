import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'filters');
  await database.pool().query(
    `insert into projects.projects (organization_id, name, slug, custom_fields)
     values ($1, 'One', 'one', '{}'), ($1, 'Two', 'two', '{}')`,
    [cast.organizationId],
  );
});

const PROJECTS = `query ($filter: ProjectFilter) {
  projects(filter: $filter, orderBy: [SLUG_ASC]) { nodes { slug } totalCount }
}`;

const BOTH = { nodes: [{ slug: 'one' }, { slug: 'two' }], totalCount: 2 };

describe('a filter that says nothing leaves out nothing', () => {
  test.each([
    ['left out', {}],
    ['null', { filter: null }],
    ['empty', { filter: {} }],
  ])('when a variable is %s', async (_what, variables) => {
    expect(dataOf(await api.ask(cast.owner, PROJECTS, variables))).toEqual({ projects: BOTH });
  });

  test.each(['null', '{}'])('when the document says %s', async (written) => {
    const source = `{ projects(filter: ${written}, orderBy: [SLUG_ASC]) { nodes { slug } totalCount } }`;
    expect(dataOf(await api.ask(cast.owner, source))).toEqual({ projects: BOTH });
  });

  test.each([
    ['null', null],
    ['empty', {}],
  ])('in a list inside of a row, when it is %s', async (_what, filter) => {
    const source = `query ($filter: ProjectTaskFilter) {
      projects(filter: { slug: { equalTo: "one" } }) { nodes { slug projectTasks(filter: $filter) { totalCount } } }
    }`;
    expect(dataOf(await api.ask(cast.owner, source, { filter }))).toEqual({
      projects: { nodes: [{ slug: 'one', projectTasks: { totalCount: 0 } }] },
    });
  });

  test('and a list of no alternatives is as it was', async () => {
    const { projects } = dataOf(await api.ask(cast.owner, PROJECTS, { filter: { and: [] } }));
    expect(projects).toEqual(BOTH);
  });
});

describe('a filter with nothing inside is refused with the place', () => {
  test.each<[path: string, filter: object]>([
    ['filter.slug', { slug: null }],
    ['filter.slug', { slug: {} }],
    ['filter.slug.equalTo', { slug: { equalTo: null } }],
    ['filter.status.in', { status: { in: null } }],
    ['filter.or', { or: null }],
    ['filter.or.1', { or: [{ slug: { equalTo: 'one' } }, {}] }],
    ['filter.or.0.and.0.slug.equalTo', { or: [{ and: [{ slug: { equalTo: null } }] }] }],
    ['filter.not', { not: {} }],
    ['filter.not.startsOn.lessThan', { not: { startsOn: { lessThan: null } } }],
  ])('%s', async (path, filter) => {
    const given = await api.ask(cast.owner, PROJECTS, { filter });
    expect(errorOf(given)).toEqual({ code: 'INVALID_INPUT', field: path });
    expect(given.errors?.[0]?.message).toMatch(/^filter[.\w]* is (null|empty)\.$/);

    const written = JSON.stringify(filter).replace(/"(\w+)":/g, '$1:');
    const spelt = await api.ask(
      cast.owner,
      `{ projects(filter: ${written}) { nodes { slug } totalCount } }`,
    );
    expect(errorOf(spelt)).toEqual({ code: 'INVALID_INPUT', field: path });
    expect(api.unexpected).toEqual([]);
  });

  test('also one of what a row points at', async () => {
    const answer = await api.ask(cast.owner, PROJECTS, {
      filter: { manager: { rowId: { equalTo: null } } },
    });
    expect(errorOf(answer)).toEqual({
      code: 'INVALID_INPUT',
      field: 'filter.manager.rowId.equalTo',
    });
  });

  test('but JSON that it compares with may hold anything', async () => {
    const answer = await api.ask(
      cast.owner,
      '{ appEvents(filter: { properties: { contains: { a: null, b: {} } } }) { totalCount } }',
    );
    expect(dataOf(answer)).toEqual({ appEvents: { totalCount: 0 } });
  });

  test('but what it compares with may be empty', async () => {
    const { projects } = dataOf(
      await api.ask(cast.owner, PROJECTS, { filter: { status: { in: [] } } }),
    );
    expect(projects.totalCount).toBe(0);
  });
});

describe('what lists are sorted and searched by', () => {
  test.each([
    ['projects', 'name'],
    ['budgets', 'name'],
    ['campaigns', 'name'],
    ['emailTemplates', 'name'],
    ['deals', 'name'],
    ['teams', 'name'],
    ['segments', 'name'],
    ['nurturingSequences', 'name'],
    ['organizationMembers', 'status'],
  ])('%s know their %s', async (list, field) => {
    const source = `{
      ${list}(filter: { ${field}: { equalTo: "nobody" } }, orderBy: [${field.toUpperCase()}_DESC]) { totalCount }
    }`;
    expect(dataOf(await api.ask(cast.owner, source))).toEqual({ [list]: { totalCount: 0 } });
  });

  test('a name sorts, and finds its row', async () => {
    const source = `{
      sorted: projects(orderBy: [NAME_DESC]) { nodes { name } }
      found: projects(filter: { name: { startsWith: "On" } }) { nodes { name } }
    }`;
    expect(dataOf(await api.ask(cast.owner, source))).toEqual({
      sorted: { nodes: [{ name: 'Two' }, { name: 'One' }] },
      found: { nodes: [{ name: 'One' }] },
    });
  });
});
