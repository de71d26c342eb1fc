import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';

const LIST = `query ($archived: Archived) {
  projects(archived: $archived, orderBy: SLUG_ASC) { totalCount nodes { slug } }
}`;

describe('archived rows', () => {
  const database = testDatabase();
  const api = testApi(database);
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(database, 'attic');
  });

  /** A project that is archived, with its task, beside one that is not. */
  async function prepare({ ask, client }: Within) {
    const { rows } = await client.query<{ id: string; slug: string }>(
      `insert into projects.projects (organization_id, name, slug)
       values ($1, 'Kept', 'kept'), ($1, 'Gone', 'gone') returning id, slug`,
      [cast.organizationId],
    );
    const idOf = (slug: string) => rows.find((row) => row.slug === slug)?.id;
    await client.query(
      `insert into projects.project_tasks (organization_id, project_id, title) values ($1, $2, 'Strike')`,
      [cast.organizationId, idOf('gone')],
    );
    const answer = await ask(
      cast.owner,
      'mutation ($id: UUID!) { deleteProject(input: { rowId: $id }) { project { slug deletedAt } } }',
      { id: idOf('gone') },
    );
    expect(dataOf(answer).deleteProject.project).toEqual({
      slug: 'gone',
      deletedAt: expect.any(String) as unknown,
    });
    return { gone: idOf('gone'), kept: idOf('kept') };
  }

  test.each([
    [undefined, ['kept']],
    ['EXCLUDE', ['kept']],
    ['INCLUDE', ['gone', 'kept']],
    ['ONLY', ['gone']],
  ])('with archived: %s', (archived, slugs) =>
    api.within(async (transaction) => {
      await prepare(transaction);
      const answer = await transaction.ask(cast.owner, LIST, archived ? { archived } : {});
      expect(dataOf(answer).projects).toEqual({
        totalCount: slugs.length,
        nodes: slugs.map((slug) => ({ slug })),
      });
    }),
  );

  test('are left out when the argument is not written at all', () =>
    api.within(async (transaction) => {
      await prepare(transaction);
      const answer = await transaction.ask(cast.owner, '{ projects { nodes { slug } } }');
      expect(dataOf(answer).projects.nodes).toEqual([{ slug: 'kept' }]);
    }));

  test('are found by their id and through links, and left out of lists inside', () =>
    api.within(async (transaction) => {
      const { gone } = await prepare(transaction);
      const answer = await transaction.ask(
        cast.owner,
        `query ($id: UUID!) {
          project(rowId: $id) { slug deletedAt projectTasks { totalCount } }
          projectTasks(archived: ONLY) { nodes { title project { slug } } }
        }`,
        { id: gone },
      );
      expect(dataOf(answer)).toEqual({
        project: {
          slug: 'gone',
          deletedAt: expect.any(String) as unknown,
          projectTasks: { totalCount: 0 },
        },
        projectTasks: { nodes: [{ title: 'Strike', project: { slug: 'gone' } }] },
      });
    }));

  test('come back with what belongs to them', () =>
    api.within(async (transaction) => {
      const { gone } = await prepare(transaction);
      const answer = await transaction.ask(
        cast.owner,
        `mutation ($id: UUID!) {
          restoreProject(input: { rowId: $id }) { project { deletedAt projectTasks { totalCount } } }
        }`,
        { id: gone },
      );
      expect(dataOf(answer).restoreProject.project).toEqual({
        deletedAt: null,
        projectTasks: { totalCount: 1 },
      });
    }));

  test('cannot be archived by an update', () =>
    api.within(async (transaction) => {
      const { kept } = await prepare(transaction);
      const answer = await transaction.ask(
        cast.owner,
        `mutation ($id: UUID!) {
          updateProject(input: { rowId: $id, patch: { deletedAt: "2026-01-01T00:00:00Z" } }) { project { slug } }
        }`,
        { id: kept },
      );
      expect(errorOf(answer).code).toBe('GRAPHQL_VALIDATION_FAILED');
    }));
});
