import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, makePlan, planOf, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'tracked');
  other = await makeCast(database, 'foreign');
});

type Figure = {
  metric: string;
  used: string;
  limit: string | null;
  remaining: string | null;
  percent: string | null;
  allowed: boolean;
};

const track = async (
  client: PoolClient,
  metric: string | null,
  increment?: number | string | null,
  {
    caller = cast.owner,
    tenant = cast.organizationId,
  }: { caller?: Caller; tenant?: string | null } = {},
) => {
  const values = increment === undefined ? [tenant, metric] : [tenant, metric, increment];
  const { rows } = await acting(client, caller, () =>
    client.query<Figure>(
      `select * from billing.track_usage(${values.map((_, index) => `$${index + 1}`).join(', ')})`,
      values,
    ),
  );
  return rows[0];
};
const check = async (
  client: PoolClient,
  metric: string | null,
  { caller = cast.member, tenant = cast.organizationId } = {},
) => {
  const { rows } = await acting(client, caller, () =>
    client.query<Figure>('select * from billing.check_tenant_limit($1, $2)', [tenant, metric]),
  );
  return rows[0];
};
const limited = async (client: PoolClient, limits: Record<string, number | null>) =>
  subscribe(client, cast.organizationId, await makePlan(client, 'tiny', limits));

describe('billing.track_usage', () => {
  test('adds up, and answers where the metric stands', async () => {
    await within(database, async (client) => {
      await limited(client, { emails: 10 });
      expect(await track(client, 'emails')).toMatchObject({
        metric: 'emails',
        used: '1',
        limit: '10',
        remaining: '9',
        percent: '10.0',
        allowed: true,
      });
      expect(await track(client, 'emails', 8)).toMatchObject({
        used: '9',
        remaining: '1',
        percent: '90.0',
        allowed: true,
      });
      expect(await track(client, 'emails', 1)).toMatchObject({
        used: '10',
        remaining: '0',
        percent: '100.0',
        allowed: false,
      });
      expect(await refusal(client, () => track(client, 'emails', 1))).toMatchObject({
        code: 'CB025',
        facts: { metric: 'emails', limit: 10, used: 10, asked: 1 },
      });
    });
  });

  test('one that would go beyond the limit counts nothing', async () => {
    await within(database, async (client) => {
      await limited(client, { emails: 10 });
      expect((await refusal(client, () => track(client, 'emails', 11)))?.code).toBe('CB025');
      expect(await check(client, 'emails')).toMatchObject({ used: '0' });
    });
  });

  test('counts a metric with a soft limit beyond it, and says that no more is allowed', async () => {
    await within(database, async (client) => {
      await limited(client, { ai_tokens: 1000 });
      expect(await track(client, 'ai_tokens', 2500)).toMatchObject({
        used: '2500',
        limit: '1000',
        remaining: '0',
        percent: '250.0',
        allowed: false,
      });
    });
  });

  test.each([0, -1, -5, null, '1000000000001', '9223372036854775807'])(
    'an increment of %s is refused',
    async (increment) => {
      await within(database, async (client) => {
        expect(await refusal(client, () => track(client, 'emails', increment))).toMatchObject({
          code: 'CB002',
          field: 'increment',
        });
      });
    },
  );

  test('the largest increment is counted, also many times', async () => {
    await within(database, async (client) => {
      for (let time = 0; time < 3; time += 1) await track(client, 'ai_tokens', '1000000000000');
      expect(await check(client, 'ai_tokens')).toMatchObject({
        used: '3000000000000',
        limit: null,
        percent: null,
        allowed: true,
      });
    });
  });

  test('a gauge that is told goes up and down, not below 0', async () => {
    await within(database, async (client) => {
      await limited(client, { storage_bytes: 100 });
      expect(await track(client, 'storage_bytes', 60)).toMatchObject({ used: '60' });
      expect(await track(client, 'storage_bytes', -20)).toMatchObject({
        used: '40',
        remaining: '60',
      });
      expect(await refusal(client, () => track(client, 'storage_bytes', -41))).toMatchObject({
        code: 'CB002',
        message: 'There is less than that.',
      });
      expect(await track(client, 'storage_bytes', -40)).toMatchObject({ used: '0' });
      await track(client, 'storage_bytes', 100);
      expect((await refusal(client, () => track(client, 'storage_bytes', 1)))?.code).toBe('CB025');
    });
  });

  test('a metric that counts rows is not told', async () => {
    await within(database, async (client) => {
      expect(await refusal(client, () => track(client, 'projects', 1))).toMatchObject({
        code: 'CB002',
        field: 'metric_type',
      });
    });
  });

  test.each([['nothing'], [''], [null]])('%s is no metric', async (metric) => {
    await within(database, async (client) => {
      const refused = {
        code: 'CB002',
        field: 'metric_type',
        hint: expect.stringMatching(/^One of members, workspaces, projects/),
      };
      expect(await refusal(client, () => track(client, metric, 1))).toMatchObject(refused);
      expect(await refusal(client, () => check(client, metric))).toMatchObject(refused);
    });
  });

  test('without a tenant means the active organization; another one is refused, whoever asks', async () => {
    await within(database, async (client) => {
      expect(await track(client, 'emails', 2, { tenant: null })).toMatchObject({ used: '2' });
      for (const tenant of [other.organizationId, '00000000-0000-7000-8000-000000000000']) {
        const refused = { code: 'CB003', field: 'tenant_id' };
        expect(await refusal(client, () => track(client, 'emails', 1, { tenant }))).toMatchObject(
          refused,
        );
        expect(await refusal(client, () => check(client, 'emails', { tenant }))).toMatchObject(
          refused,
        );
      }
      const { rows } = await client.query("select used from billing.figures($1, 'emails')", [
        other.organizationId,
      ]);
      expect(rows).toEqual([{ used: '0' }]);
    });
  });

  test('is for those who manage billing; looking is for everybody who belongs to the organization', async () => {
    await within(database, async (client) => {
      expect(await track(client, 'emails', 1, { caller: cast.admin })).toMatchObject({ used: '1' });
      for (const caller of [cast.member, cast.guest]) {
        expect((await refusal(client, () => track(client, 'emails', 1, { caller })))?.code).toBe(
          'CB003',
        );
        expect(await check(client, 'emails', { caller })).toMatchObject({ used: '1' });
      }
      for (const caller of [cast.left, { userId: cast.owner.userId ?? '' }]) {
        expect((await refusal(client, () => track(client, 'emails', 1, { caller })))?.code).toBe(
          'CB003',
        );
        expect((await refusal(client, () => check(client, 'emails', { caller })))?.code).toBe(
          'CB003',
        );
      }
      expect((await refusal(client, () => track(client, 'emails', 1, { caller: {} })))?.code).toBe(
        '42501',
      );
    });
  });

  test('the back office tells for any organization, which it has to name', async () => {
    await within(database, async (client) => {
      await client.query('set local role callboard_service');
      const { rows } = await client.query<Figure>(
        "select used from billing.track_usage($1, 'emails', 4)",
        [other.organizationId],
      );
      expect(rows).toEqual([{ used: '4' }]);
      expect(
        await refusal(client, () => client.query("select billing.track_usage(null, 'emails', 4)")),
      ).toMatchObject({ code: 'CB002', field: 'tenant_id' });
      expect(
        await refusal(client, () =>
          client.query(
            "select billing.track_usage('00000000-0000-7000-8000-000000000000', 'emails', 4)",
          ),
        ),
      ).toMatchObject({ code: 'CB004', field: 'tenant_id' });
    });
  });
});

describe('billing.check_tenant_limit', () => {
  test('says of a gauge what is there, and of a counter also which month and when it begins anew', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 3, emails: 0 });
      await client.query(
        "update tenancy.organizations set time_zone = 'America/New_York' where id = $1",
        [cast.organizationId],
      );
      expect(await check(client, 'projects')).toEqual({
        metric: 'projects',
        name: 'Projects',
        unit: 'project',
        kind: 'gauge',
        used: '0',
        limit: '3',
        remaining: '3',
        percent: '0.0',
        allowed: true,
        period_starts_at: null,
        resets_at: null,
      });
      const figure = await check(client, 'emails');
      expect(figure).toMatchObject({ limit: '0', percent: null, allowed: false });
      const { rows } = await client.query(
        `select resets_at = (date_trunc('month', now() at time zone 'America/New_York') + interval '1 month') at time zone 'America/New_York' as next,
                period_starts_at + interval '20 days' < resets_at as ends,
                to_char(period_starts_at at time zone 'America/New_York', 'DD HH24:MI') as begins
           from billing.figures($1, 'emails')`,
        [cast.organizationId],
      );
      expect(rows).toEqual([{ next: true, ends: true, begins: '01 00:00' }]);
    });
  });

  test('allowed is what happens when somebody tries', async () => {
    await within(database, async (client) => {
      await limited(client, { projects: 2 });
      const add = () =>
        client.query(
          "insert into projects.projects (organization_id, name) values ($1, 'One more')",
          [cast.organizationId],
        );
      for (let number = 0; number < 4; number += 1) {
        const figure = await check(client, 'projects');
        expect((await refusal(client, add))?.code).toBe(figure?.allowed ? undefined : 'CB025');
        if (figure?.allowed) await add();
      }
    });
  });
});

describe('the month of a counter', () => {
  const period = async (client: PoolClient, at: string) =>
    (
      await client.query<{ period: string }>(
        "select billing.usage_period($1, 'emails', $2)::text as period",
        [cast.organizationId, at],
      )
    ).rows[0]?.period;

  test.each([
    ['UTC', '2028-02-29T23:59:59.999Z', '2028-02-01'],
    ['UTC', '2028-03-01T00:00:00Z', '2028-03-01'],
    // still February in New York
    ['America/New_York', '2028-03-01T04:59:59Z', '2028-02-01'],
    ['America/New_York', '2028-03-01T05:00:00Z', '2028-03-01'],
    // in summer an hour earlier
    ['America/New_York', '2028-07-01T03:59:59Z', '2028-06-01'],
    ['America/New_York', '2028-07-01T04:00:00Z', '2028-07-01'],
    // already March in Kiritimati
    ['Pacific/Kiritimati', '2027-02-28T10:00:00Z', '2027-03-01'],
    ['Pacific/Kiritimati', '2027-12-31T10:00:00Z', '2028-01-01'],
    // half an hour past
    ['Asia/Kolkata', '2027-04-30T18:29:59Z', '2027-04-01'],
    ['Asia/Kolkata', '2027-04-30T18:30:00Z', '2027-05-01'],
  ])('in %s, at %s, is %s', async (zone, at, month) => {
    await within(database, async (client) => {
      await client.query('update tenancy.organizations set time_zone = $2 where id = $1', [
        cast.organizationId,
        zone,
      ]);
      expect(await period(client, at)).toBe(month);
    });
  });

  test('a move to another time zone does not begin it anew', async () => {
    await within(database, async (client) => {
      await client.query(
        "update tenancy.organizations set time_zone = 'Europe/Berlin' where id = $1",
        [cast.organizationId],
      );
      const { rows } = await client.query<{ at: string }>(
        "select (date_trunc('month', now()) + interval '14 days')::text as at",
      );
      expect(await period(client, rows[0]?.at ?? '')).toBe(
        await client
          .query("update tenancy.organizations set time_zone = 'Asia/Tokyo' where id = $1", [
            cast.organizationId,
          ])
          .then(() => period(client, rows[0]?.at ?? '')),
      );
    });
  });

  test('what was counted last month does not count towards this one', async () => {
    await within(database, async (client) => {
      await limited(client, { emails: 5 });
      await track(client, 'emails', 5);
      await client.query(
        "update billing.usage_counters set period = (period - interval '1 month')::date where metric_key = 'emails'",
      );
      expect(await track(client, 'emails', 5)).toMatchObject({ used: '5' });
    });
  });
});

describe('an API key', () => {
  const keyWith = async (client: PoolClient, ...scopes: string[]): Promise<Caller> => {
    const { rows } = await acting(client, cast.owner, () =>
      client.query<{ hash: string }>(
        "select encode(sha256(convert_to(token, 'UTF8')), 'hex') as hash from tenancy.create_api_key('Meter', $1)",
        [scopes],
      ),
    );
    return { apiKey: rows[0]?.hash ?? '' };
  };

  test('tells what was used when it holds billing.write, and asks about its own organization', async () => {
    await within(database, async (client) => {
      await limited(client, { emails: 10, api_keys: 5 });
      const key = await keyWith(client, 'billing.write');
      expect(await track(client, 'emails', 4, { caller: key })).toMatchObject({ used: '4' });
      expect(await check(client, 'emails', { caller: key })).toMatchObject({ remaining: '6' });
      expect(
        await refusal(client, () =>
          check(client, 'emails', { caller: key, tenant: other.organizationId }),
        ),
      ).toMatchObject({ code: 'CB003', field: 'tenant_id' });
      const reader = await keyWith(client, 'projects.read');
      expect(await check(client, 'emails', { caller: reader })).toMatchObject({ used: '4' });
      expect(
        (await refusal(client, () => track(client, 'emails', 1, { caller: reader })))?.code,
      ).toBe('CB003');
    });
  });
});

describe('billing.usage', () => {
  test('is everything that is measured, in order, for members; not for guests', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'company'));
      await track(client, 'emails', 25_000);
      const { rows } = await acting(client, cast.member, () =>
        client.query<Figure>('select * from billing.usage()'),
      );
      expect(rows.map((row) => [row.metric, row.used, row.limit, row.percent])).toEqual([
        ['members', '4', '250', '1.6'],
        ['workspaces', '2', '100', '2.0'],
        ['projects', '0', '2000', '0.0'],
        ['custom_fields', '0', '500', '0.0'],
        ['api_keys', '0', '100', '0.0'],
        ['storage_bytes', '0', '2199023255552', '0.0'],
        ['emails', '25000', '100000', '25.0'],
        ['api_calls', '0', '10000000', '0.0'],
        ['ai_tokens', '0', '20000000', '0.0'],
      ]);
      const usage = (caller: Caller) =>
        acting(client, caller, () => client.query<Figure>('select * from billing.usage()'));
      for (const caller of [cast.guest, cast.left]) {
        expect((await refusal(client, () => usage(caller)))?.code).toBe('CB003');
      }
      const theirs = await usage(other.owner);
      expect(theirs.rows.find((row) => row.metric === 'emails')?.used).toBe('0');
    });
  });
});
