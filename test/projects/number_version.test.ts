import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { add, refusalOf } from './fixtures.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

async function addVersion(client: PoolClient, projectId: string, name: string): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    'insert into projects.design_versions (project_id, name) values ($1, $2) returning version',
    [projectId, name],
  );
  return rows[0]?.version ?? 0;
}

describe('versions of a design', () => {
  test('are counted from 1, by project and name', async () => {
    await as(database, cast.member, async (client) => {
      const project = await add(client, 'projects.projects', { name: 'Festival' });
      const other = await add(client, 'projects.projects', { name: 'Gala' });
      expect(await addVersion(client, project, 'Poster')).toBe(1);
      expect(await addVersion(client, project, 'Poster')).toBe(2);
      expect(await addVersion(client, project, 'Flyer')).toBe(1);
      expect(await addVersion(client, other, 'Poster')).toBe(1);
      expect(await addVersion(client, project, 'Poster')).toBe(3);
    });
  });

  test('several in one statement are counted one by one', async () => {
    await as(database, cast.member, async (client) => {
      const project = await add(client, 'projects.projects', { name: 'Festival' });
      const { rows } = await client.query<{ version: number }>(
        `insert into projects.design_versions (project_id, name) values ($1, 'Poster'), ($1, 'Poster') returning version`,
        [project],
      );
      expect(rows.map((row) => row.version)).toEqual([1, 2]);
    });
  });

  test('an archived one keeps its number', async () => {
    await as(database, cast.member, async (client) => {
      const project = await add(client, 'projects.projects', { name: 'Festival' });
      await addVersion(client, project, 'Poster');
      await client.query(
        'select projects.delete_design_version(v.id) from projects.design_versions v',
      );
      expect(await addVersion(client, project, 'Poster')).toBe(2);
    });
  });

  test('the number is not for callers to write', async () => {
    await as(database, cast.owner, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Festival' });
      const refusal = await refusalOf(client, () =>
        add(client, 'projects.design_versions', { project_id, name: 'Poster', version: 7 }),
      );
      expect(refusal?.code).toBe('42501');
    });
  });
});

onServer('two versions at once', () => {
  test('the second waits and gets the next number', async () => {
    const project = await actAs(database, cast.member, (client) =>
      add(client, 'projects.projects', { name: 'Festival' }),
    );
    const pool = database.pool('callboard_authenticator');
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    try {
      for (const client of [first, second]) {
        await client.query('begin');
        await enter(client, cast.member);
      }
      expect(await addVersion(first, project, 'Poster')).toBe(1);
      const late = addVersion(second, project, 'Poster');
      await first.query('commit');
      expect(await late).toBe(2);
      await second.query('commit');
    } finally {
      first.release();
      second.release();
    }
  });
});
