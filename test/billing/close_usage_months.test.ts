import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, makePlan, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;
let eastern: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'months');
  eastern = await makeCast(database, 'eastern');
  await database
    .pool()
    .query("update tenancy.organizations set time_zone = 'Pacific/Kiritimati' where id = $1", [
      eastern.organizationId,
    ]);
  await database.pool().query("update tenancy.organizations set created_at = '2027-01-01'");
});

const count = (
  client: PoolClient,
  month: string,
  used: number,
  organizationId = cast.organizationId,
  metric = 'emails',
  part = 0,
) =>
  client.query(
    'insert into billing.usage_counters (organization_id, metric_key, period, part, used) values ($1, $2, $3, $4, $5)',
    [organizationId, metric, month, part, used],
  );
const close = async (client: PoolClient, at: string) =>
  (await client.query<{ closed: number }>('select billing.close_usage_months($1) as closed', [at]))
    .rows[0]?.closed;
const history = async (client: PoolClient, organizationId = cast.organizationId) =>
  (
    await client.query<{ row: unknown[] }>(
      `select jsonb_build_array(month, metric_key, used, limit_value) as row from tenancy.organization_usage
        where organization_id = $1 order by month, metric_key`,
      [organizationId],
    )
  ).rows.map(({ row }) => row);

describe('billing.close_usage_months', () => {
  test('moves what was counted in months that are over, of all parts together, and leaves the present one', async () => {
    await within(database, async (client) => {
      await subscribe(
        client,
        cast.organizationId,
        await makePlan(client, 'mail', { emails: 500, members: 9 }),
      );
      await count(client, '2088-01-01', 7, cast.organizationId, 'ai_tokens');
      await count(client, '2088-02-01', 40);
      await count(client, '2088-02-01', 2, cast.organizationId, 'emails', 1);
      await count(client, '2088-03-01', 5);
      await close(client, '2088-03-05T00:00:00Z');
      expect((await history(client)).filter(([, , used]) => used !== 0)).toEqual([
        ['2088-01-01', 'ai_tokens', 7, null],
        ['2088-02-01', 'emails', 42, 500],
        // what gauges stood at
        ['2088-02-01', 'members', 4, 9],
        ['2088-02-01', 'workspaces', 2, null],
      ]);
      const { rows } = await client.query(
        "select period::text, used from billing.usage_counters where organization_id = $1 and period > '2027-01-01' and used > 0",
        [cast.organizationId],
      );
      expect(rows).toEqual([{ period: '2088-03-01', used: '5' }]);
      expect(await close(client, '2088-03-05T01:00:00Z')).toBe(0);
    });
  });

  test('at midnight of each place, an hour later', async () => {
    await within(database, async (client) => {
      await count(client, '2088-02-01', 1);
      await count(client, '2088-02-01', 2, eastern.organizationId);
      // in Kiritimati March begins on the 29th of February at 10:00 UTC
      await close(client, '2088-02-29T10:59:59Z');
      expect(await history(client, eastern.organizationId)).not.toContainEqual([
        '2088-02-01',
        'emails',
        2,
        null,
      ]);
      await close(client, '2088-02-29T11:00:00Z');
      expect(await history(client, eastern.organizationId)).toContainEqual([
        '2088-02-01',
        'emails',
        2,
        null,
      ]);
      expect(await history(client)).not.toContainEqual(['2088-02-01', 'emails', 1, null]);
      await close(client, '2088-03-01T01:00:00Z');
      expect(await history(client)).toContainEqual(['2088-02-01', 'emails', 1, null]);
    });
  });

  test('adds what came late', async () => {
    await within(database, async (client) => {
      await count(client, '2088-02-01', 1);
      await close(client, '2088-03-02T00:00:00Z');
      await count(client, '2088-02-01', 3);
      await close(client, '2088-03-02T01:00:00Z');
      expect(await history(client)).toContainEqual(['2088-02-01', 'emails', 4, null]);
    });
  });

  test('notes gauges once a month, and none for an organization that was not there yet', async () => {
    await within(database, async (client) => {
      await close(client, '2088-03-01T01:00:00Z');
      await client.query(
        "update tenancy.organization_members set status = 'left' where user_id = $1",
        [cast.guest.userId],
      );
      await close(client, '2088-03-06T00:00:00Z');
      await close(client, '2088-04-01T01:00:00Z');
      expect((await history(client)).filter((row) => row[1] === 'members')).toEqual([
        ['2088-02-01', 'members', 4, null],
        ['2088-03-01', 'members', 3, null],
      ]);
      await client.query(
        "update tenancy.organizations set created_at = '2088-04-03' where id = $1",
        [eastern.organizationId],
      );
      const before = await history(client, eastern.organizationId);
      await close(client, '2088-04-06T00:00:00Z');
      expect(await history(client, eastern.organizationId)).toEqual(before);
    });
  });

  test('notes what a gauge stood at also where that is nothing, so that the next month is not taken for it', async () => {
    await within(database, async (client) => {
      // as for a gauge that has never been counted, and one of which all has gone
      await client.query(
        "delete from billing.usage_counters where metric_key in ('projects', 'storage_bytes')",
      );
      await count(client, '-infinity', 3, cast.organizationId, 'storage_bytes');
      await count(client, '-infinity', -3, cast.organizationId, 'storage_bytes', 1);
      await close(client, '2088-03-01T01:00:00Z');
      const noted = await history(client);
      for (const metric of ['projects', 'storage_bytes']) {
        expect(noted).toContainEqual(['2088-02-01', metric, 0, null]);
      }
      expect(noted.map(([, metric]) => metric)).not.toContain('emails');
      await client.query(
        "insert into projects.projects (organization_id, name) select $1, 'P' || n from generate_series(1, 3) n",
        [cast.organizationId],
      );
      expect(await close(client, '2088-03-06T00:00:00Z')).toBe(0);
      expect(await history(client)).toEqual(noted);
      await close(client, '2088-04-01T01:00:00Z');
      expect(await history(client)).toContainEqual(['2088-03-01', 'projects', 3, null]);
    });
  });

  test('members of the organization read it, guests and others do not, and nobody writes', async () => {
    await within(database, async (client) => {
      await close(client, '2088-03-01T01:00:00Z');
      const there = (await history(client)).length;
      expect(there).toBeGreaterThan(0);
      for (const [caller, seen] of [
        [cast.owner, there],
        [cast.member, there],
        [cast.guest, 0],
        [cast.left, 0],
      ] as const) {
        const { rowCount } = await acting(client, caller, () =>
          client.query('select from tenancy.organization_usage'),
        );
        expect(rowCount).toBe(seen);
      }
      expect(
        (
          await refusal(client, () =>
            acting(client, cast.owner, () =>
              client.query('update tenancy.organization_usage set used = 0'),
            ),
          )
        )?.code,
      ).toBe('42501');
    });
  });
});
