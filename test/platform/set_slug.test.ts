import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { dataOf, testApi } from '../helpers/graphql.ts';
import { add, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';

const database = testDatabase();
const api = testApi(database);
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

async function slugOf(client: PoolClient, values: Values): Promise<unknown> {
  const id = await add(client, 'projects.projects', values);
  return (await rowOf(client, 'projects.projects', id))['slug'];
}

describe('a slug', () => {
  test.each([
    ['The Long Night', 'the-long-night'],
    ['  Act 2: "Storm" & Calm!  ', 'act-2-storm-calm'],
    ['---', 'project'],
    ['Müller & Çelik: Größe', 'muller-celik-grosse'],
    ['★ ★ ★', 'project'],
    ['Тихая ночь', 'project'],
    ['静かな夜', 'project'],
    ['Film 静か 7', 'film-7'],
    ['a'.repeat(200), 'a'.repeat(60)],
    [`${'a'.repeat(59)} b`, 'a'.repeat(59)],
  ])('of "%s" is "%s"', async (name, slug) => {
    await as(database, ours.member, async (client) => {
      expect(await slugOf(client, { name })).toBe(slug);
    });
  });

  test('that is given stays as it is', async () => {
    await as(database, ours.member, async (client) => {
      expect(await slugOf(client, { name: 'The Long Night', slug: 'night' })).toBe('night');
      expect(await slugOf(client, { name: 'Empty', slug: '' })).toBe('empty');
      expect(await slugOf(client, { name: 'Nothing', slug: null })).toBe('nothing');
    });
  });

  test.each(['Night', 'a--b', '-a', 'a b', 'é'])('cannot be "%s"', async (slug) => {
    await as(database, ours.member, async (client) => {
      const refusal = await refusalOf(client, () => slugOf(client, { name: 'Night', slug }));
      expect(refusal?.code).toBe('23514');
    });
  });
});

describe('a name that is there already', () => {
  test.each(['Pilot', '静か', 'b'.repeat(200)])('"%s" gets a slug of its own', async (name) => {
    await as(database, ours.member, async (client) => {
      const first = await slugOf(client, { name });
      const second = await slugOf(client, { name });
      const third = await slugOf(client, { name });
      expect(new Set([first, second, third]).size).toBe(3);
      expect(second).toMatch(new RegExp(`^${String(first)}-[0-9a-f]{12}$`));
    });
  });

  test('also when it is archived, or in a workspace that the caller does not see', async () => {
    await as(database, ours.owner, async (client) => {
      const id = await add(client, 'projects.projects', { name: 'Gone' });
      await client.query('select projects.delete_project($1)', [id]);
      await add(client, 'projects.projects', {
        name: 'Secret',
        workspace_id: ours.privateWorkspaceId,
      });
      await client.query('reset role');
      await enter(client, ours.member);
      expect(await slugOf(client, { name: 'Gone' })).toMatch(/^gone-[0-9a-f]{12}$/);
      expect(await slugOf(client, { name: 'Secret' })).toMatch(/^secret-[0-9a-f]{12}$/);
    });
  });

  test('in another organization does not matter', async () => {
    await as(database, ours.owner, async (client) => {
      expect(await slugOf(client, { name: 'Pilot' })).toBe('pilot');
      await client.query('reset role');
      await enter(client, theirs.owner);
      expect(await slugOf(client, { name: 'Pilot' })).toBe('pilot');
    });
  });

  test('a slug that is given twice is refused', async () => {
    await as(database, ours.owner, async (client) => {
      await slugOf(client, { name: 'Pilot', slug: 'pilot' });
      const refusal = await refusalOf(client, () =>
        slugOf(client, { name: 'Other', slug: 'pilot' }),
      );
      expect(refusal?.code).toBe('23505');
    });
  });
});

onServer('two projects of the same name at once', () => {
  test('the second waits and gets a slug of its own', async () => {
    const pool = database.pool('callboard_authenticator');
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    try {
      for (const client of [first, second]) {
        await client.query('begin');
        await enter(client, ours.member);
      }
      expect(await slugOf(first, { name: 'Race' })).toBe('race');
      const late = slugOf(second, { name: 'Race' });
      await first.query('commit');
      expect(await late).toMatch(/^race-[0-9a-f]{12}$/);
    } finally {
      await second.query('rollback');
      first.release();
      second.release();
    }
  });
});

const CREATE = `mutation ($workspace: WorkspaceInput!) {
  createWorkspace(input: { workspace: $workspace }) { workspace { slug } }
}`;

describe('a workspace', () => {
  const slugIn = async (client: PoolClient, name: string): Promise<unknown> => {
    const id = await add(client, 'tenancy.workspaces', { name });
    return (await rowOf(client, 'tenancy.workspaces', id))['slug'];
  };

  test('gets its slug from its name, or is called workspace', () =>
    api.within(async ({ ask }) => {
      const slugOfNew = async (workspace: Values) =>
        dataOf(await ask(ours.owner, CREATE, { workspace })).createWorkspace.workspace.slug;
      expect(await slugOfNew({ name: 'Stage 2: Sets & Props' })).toBe('stage-2-sets-props');
      expect(await slugOfNew({ name: '舞台', slug: null })).toBe('workspace');
      expect(await slugOfNew({ name: 'Costumes', slug: 'wardrobe' })).toBe('wardrobe');
    }));

  test('of a name that is there already gets one of its own, however long the name is', async () => {
    await as(database, ours.owner, async (client) => {
      // with a hyphen just where it is cut off
      const name = `${'a'.repeat(49)} ${'b'.repeat(30)}`;
      expect(await slugIn(client, name)).toBe(`${'a'.repeat(49)}-${'b'.repeat(10)}`);
      expect(await slugIn(client, name)).toMatch(/^a{49}-[0-9a-f]{12}$/);
      expect(await slugIn(client, 'c'.repeat(80))).toBe('c'.repeat(60));
      expect(await slugIn(client, 'c'.repeat(80))).toMatch(/^c{50}-[0-9a-f]{12}$/);
      await client.query('reset role');
      await enter(client, theirs.owner);
      expect(await slugIn(client, 'c'.repeat(80))).toBe('c'.repeat(60));
    });
  });

  test('cannot be made by who may not', async () => {
    await as(database, ours.member, async (client) => {
      const refusal = await refusalOf(client, () => slugIn(client, 'Attic'));
      expect(refusal?.code).toBe('42501');
    });
  });
});

test.each([
  ['createWorkspace', CREATE, 'workspace', 'workspaces_slug_check', 63],
  [
    'createProject',
    'mutation ($project: ProjectInput!) { createProject(input: { project: $project }) { project { slug } } }',
    'project',
    'projects_slug_check',
    80,
  ],
])('%s says which slugs are allowed', async (_name, mutation, argument, constraint, longest) => {
  const answer = await api.ask(ours.owner, mutation, { [argument]: { name: 'A', slug: 'Not So' } });
  expect(answer.errors?.[0]?.extensions).toEqual({
    code: 'CHECK_FAILED',
    field: 'slug',
    constraint,
    hint: `Lower-case letters a to z and digits, in words with a single hyphen between them; ${longest} characters at most.`,
  });
});
