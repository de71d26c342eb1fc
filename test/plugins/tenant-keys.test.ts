import { beforeAll, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';

const CREATE = `mutation ($name: String!) {
  createProject(input: { project: { name: $name } }) { project { id rowId slug createdBy { name } } }
}`;
const UPDATE = `mutation ($id: UUID!, $name: String) {
  updateProject(input: { rowId: $id, patch: { name: $name } }) { project { name } }
}`;
const LOOK_UP = `query ($id: UUID!, $slug: String!, $node: ID!) {
  project(rowId: $id) { name }
  projectBySlug(slug: $slug) { name }
  node(id: $node) { id ... on Project { name } }
}`;

describe('a tenant table', () => {
  const database = testDatabase();
  const api = testApi(database);
  let here: Cast;
  let there: Cast;
  beforeAll(async () => {
    here = await makeCast(database, 'here');
    there = await makeCast(database, 'there');
  });

  const create = async ({ ask }: Within, cast = here, name = 'Hamlet') =>
    dataOf(await ask(cast.owner, CREATE, { name })).createProject.project;

  test('takes rows into the active organization, and gives them by id, slug and node id', () =>
    api.within(async (transaction) => {
      const { id, rowId, slug, createdBy } = await create(transaction);
      expect(createdBy.name).toBe('Owner of Here');
      const variables = { id: rowId, slug, node: id };
      expect(dataOf(await transaction.ask(here.member, LOOK_UP, variables))).toEqual({
        project: { name: 'Hamlet' },
        projectBySlug: { name: 'Hamlet' },
        node: { id, name: 'Hamlet' },
      });
    }));

  test('shows nothing of another organization, by whatever key', () =>
    api.within(async (transaction) => {
      const { id, rowId, slug } = await create(transaction);
      const variables = { id: rowId, slug, node: id };
      const nothing = { project: null, projectBySlug: null, node: null };
      const { rows } = await transaction.client.query(
        'select from projects.projects where id = $1',
        [rowId],
      );
      expect(rows).toHaveLength(1);
      expect(dataOf(await transaction.ask(there.owner, LOOK_UP, variables))).toEqual(nothing);
      const { data, errors } = await transaction.ask(ANONYMOUS, LOOK_UP, variables);
      expect(data).toEqual(nothing);
      expect(errors?.map((error) => error.extensions['code'])).toEqual(
        Array.from({ length: 3 }, () => 'UNAUTHENTICATED'),
      );
    }));

  test('is updated by the id alone', () =>
    api.within(async (transaction) => {
      const { rowId } = await create(transaction);
      const answer = await transaction.ask(here.owner, UPDATE, { id: rowId, name: 'Macbeth' });
      expect(dataOf(answer).updateProject.project.name).toBe('Macbeth');
    }));

  test('refuses an update that touches no row, whether it is foreign or nowhere', () =>
    api.within(async (transaction) => {
      const { rowId } = await create(transaction);
      for (const id of [rowId, '00000000-0000-7000-8000-00000000dead']) {
        const answer = await transaction.ask(there.owner, UPDATE, { id, name: 'Stolen' });
        expect(errorOf(answer)).toEqual({ code: 'NOT_FOUND_OR_FORBIDDEN', field: 'rowId' });
      }
      const { rows } = await transaction.client.query<{ name: string }>(
        'select name from projects.projects where id = $1',
        [rowId],
      );
      expect(rows).toEqual([{ name: 'Hamlet' }]);
    }));

  test('joins along the whole key', () =>
    api.within(async (transaction) => {
      const { rowId } = await create(transaction);
      const made = await transaction.ask(
        here.member,
        `mutation ($id: UUID!) {
          createProjectTask(input: { projectTask: { projectId: $id, title: "Hang lights" } }) {
            projectTask { project { projectTasks { totalCount nodes { title } } } }
          }
        }`,
        { id: rowId },
      );
      expect(dataOf(made).createProjectTask.projectTask.project.projectTasks).toEqual({
        totalCount: 1,
        nodes: [{ title: 'Hang lights' }],
      });
    }));

  test('is read in one statement, however deep, which names the organization for every table', () =>
    api.within(async (transaction) => {
      await create(transaction);
      const statements: string[] = [];
      const { client } = transaction;
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((config: { text?: string }, ...rest: unknown[]) => {
        if (config.text?.includes('projects')) statements.push(config.text);
        return query(config, ...rest);
      }) as typeof client.query;
      const answer = await transaction.ask(
        here.owner,
        '{ projects { nodes { name projectTasks { nodes { title phase { name } } } } } }',
      );
      dataOf(answer);
      expect(statements).toHaveLength(1);
      const tables = statements[0]?.match(/from "projects"\."\w+"|join "projects"\."\w+"/g) ?? [];
      const conditions =
        statements[0]?.match(/"organization_id" = \(select authz\.organization_id\(\)\)/g) ?? [];
      expect(tables.length).toBe(3);
      expect(conditions.length).toBe(tables.length);
    }));
});
