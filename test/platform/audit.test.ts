import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'audited');
});

const makeProject = async (client: PoolClient, name = 'Night shoot') =>
  (
    await client.query<{ id: string }>(
      'insert into projects.projects (name) values ($1) returning id',
      [name],
    )
  ).rows[0]?.id;

const logOf = async (client: PoolClient, entityId: string | undefined) =>
  (
    await client.query<{
      action: string;
      before: Record<string, unknown> | null;
      after: Record<string, unknown> | null;
      actor_id: string | null;
      request_id: string | null;
      entity_type: string;
    }>(
      `select action, before, after, actor_id, request_id, entity_type
         from security.audit_logs where entity_id = $1 order by id`,
      [entityId],
    )
  ).rows;

describe('the audit log', () => {
  test('says who did what, in which request', async () => {
    await as(database, { ...cast.owner, requestId: 'request-1' }, async (client) => {
      const id = await makeProject(client);
      const [entry] = await logOf(client, id);
      expect(entry).toMatchObject({
        action: 'insert',
        actor_id: cast.owner.userId,
        request_id: 'request-1',
        entity_type: 'projects.projects',
        before: null,
      });
      expect(entry?.after).toMatchObject({ name: 'Night shoot', status: 'planning' });
    });
  });

  test('keeps the changed columns only, before and after', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await makeProject(client);
      await client.query(
        "update projects.projects set name = 'Day shoot', description = 'By the river' where id = $1",
        [id],
      );
      const [, entry] = await logOf(client, id);
      expect(entry?.before).toEqual({ name: 'Night shoot', description: null });
      expect(entry?.after).toEqual({ name: 'Day shoot', description: 'By the river' });
    });
  });

  test('says nothing of an update that changes nothing', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await makeProject(client);
      await client.query('update projects.projects set name = name where id = $1', [id]);
      expect(await logOf(client, id)).toHaveLength(1);
    });
  });

  test('calls archiving delete, its opposite restore, and the end of a row purge', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      const { rows } = await client.query<{ id: string }>(
        "insert into projects.projects (organization_id, name) values ($1, 'Gone') returning id",
        [cast.organizationId],
      );
      const id = rows[0]?.id;
      for (const statement of [
        'update projects.projects set deleted_at = now() where id = $1',
        'update projects.projects set deleted_at = null where id = $1',
        'delete from projects.projects where id = $1',
      ]) {
        await client.query(statement, [id]);
      }
      expect((await logOf(client, id)).map((entry) => entry.action)).toEqual([
        'insert',
        'delete',
        'restore',
        'purge',
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('has one row for each of a thousand that one statement changes', async () => {
    await as(database, cast.owner, async (client) => {
      await client.query(
        "insert into projects.projects (name, slug) select 'P' || g, 'p' || g from generate_series(1, 1000) g",
      );
      await client.query('update projects.projects set location = $1', ['Brooklyn']);
      const { rows } = await client.query(
        `select action, count(*)::int, count(distinct entity_id)::int as entities
           from security.audit_logs where entity_type = 'projects.projects' group by 1 order by 1`,
      );
      expect(rows).toEqual([
        { action: 'insert', count: 1000, entities: 1000 },
        { action: 'update', count: 1000, entities: 1000 },
      ]);
    });
  });

  test('is read by owners and admins, written by nobody', async () => {
    await as(database, cast.member, async (client) => {
      await makeProject(client);
      expect((await client.query('select from security.audit_logs')).rowCount).toBe(0);
    });
    await as(database, cast.admin, async (client) => {
      const id = await makeProject(client);
      expect(await logOf(client, id)).toHaveLength(1);
      expect(
        await sqlstateOf(client, () =>
          client.query("update security.audit_logs set action = 'purge' where entity_id = $1", [
            id,
          ]),
        ),
      ).toBe('42501');
      expect(
        await sqlstateOf(client, () =>
          client.query('delete from security.audit_logs where entity_id = $1', [id]),
        ),
      ).toBe('42501');
    });
  });

  test('covers the organization itself', async () => {
    await as(database, cast.owner, async (client) => {
      await client.query('update tenancy.organizations set description = $1', ['Stages']);
      const [entry] = (await logOf(client, cast.organizationId)).slice(-1);
      expect(entry).toMatchObject({
        entity_type: 'tenancy.organizations',
        before: { description: null },
        after: { description: 'Stages' },
      });
    });
  });
});

describe('partitions of the log', () => {
  test('rows that waited in the default partition move when their month is made', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      const { rows } = await client.query<{ month: string; id: string }>(
        `insert into security.audit_logs (organization_id, occurred_at, entity_type, entity_id, action)
         values ($1, now() + interval '8 months', 'projects.projects', platform.uuidv7(), 'insert')
         returning to_char(occurred_at at time zone 'UTC', 'YYYY_MM') as month, id`,
        [cast.organizationId],
      );
      const placeOf = async () =>
        (
          await client.query<{ place: string }>(
            'select tableoid::regclass::text as place from security.audit_logs where id = $1',
            [rows[0]?.id],
          )
        ).rows[0]?.place;
      expect(await placeOf()).toBe('security.audit_logs_default');
      const made = await client.query<{ partition_name: string; action: string }>(
        'select * from platform.maintain_partitions(9)',
      );
      expect(made.rows.every((row) => row.action === 'made')).toBe(true);
      expect(await placeOf()).toBe(`security.audit_logs_${rows[0]?.month}`);
      expect((await client.query('select from platform.maintain_partitions(9)')).rowCount).toBe(0);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('what is older than the retention goes, a month at a time', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      // A month may have begun since the database was made.
      await client.query('select platform.maintain_partitions()');
      await client.query(
        `select platform.make_month_partition('security.audit_logs', 'security', 'audit_logs_2015_01', '2015-01-01'),
                platform.make_month_partition('security.audit_logs', 'security', 'audit_logs_2024_01', '2024-01-01')`,
      );
      const { rows } = await client.query('select * from platform.maintain_partitions()');
      expect(rows).toEqual([{ partition_name: 'audit_logs_2015_01', action: 'dropped' }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
