import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, ANONYMOUS, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { call, turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let founder: Caller;
let rival: Caller;
beforeAll(async () => {
  cast = await makeCast(database, 'settled');
  const { rows } = await database.pool().query<{ id: string }>(
    `insert into identity.users (email, name, time_zone)
     values ('founder@new.test', 'Founder', 'Asia/Tokyo'), ('rival@new.test', 'Rival', 'UTC') returning id`,
  );
  founder = { userId: rows[0]!.id };
  rival = { userId: rows[1]!.id };
});

const create = (
  client: PoolClient,
  name: string | null = 'Night Shift',
  subdomain: string | null = 'night-shift',
  plan_id?: string,
) => call(client, 'tenancy.create_tenant', { name, subdomain, plan_id });

const plan = async (key: string) =>
  (
    await database
      .pool()
      .query<{ id: string }>('select id from billing.subscription_plans where key = $1', [key])
  ).rows[0]?.id;

describe('starting an organization', () => {
  test('gives its owner roles, a workspace and the default plan, in their time zone', async () => {
    await as(database, founder, async (client) => {
      const made = await create(client, ' Night Shift ', ' Night-Shift ');
      expect(made).toMatchObject({
        name: 'Night Shift',
        slug: 'night-shift',
        time_zone: 'Asia/Tokyo',
        created_by: founder.userId,
        status: 'active',
      });
      await turnInto(client, { ...founder, organizationId: made['id'] as string });
      const { rows } = await client.query(
        `select (select array_agg(key order by key) from tenancy.roles) as roles,
                (select array_agg(slug) from tenancy.workspaces) as workspaces,
                (select array_agg(role_key) from tenancy.organization_members) as members,
                (select array_agg(p.key) from billing.subscriptions s join billing.subscription_plans p on p.id = s.plan_id)
                  as plans`,
      );
      expect(rows).toEqual([
        {
          roles: ['admin', 'guest', 'member', 'owner'],
          workspaces: ['general'],
          members: ['owner'],
          plans: ['free'],
        },
      ]);
      await client.query('set constraints all immediate');
    });
  });

  test('on a plan that is tried first, and not on one that is not offered', async () => {
    const studio = await plan('studio');
    const enterprise = await plan('enterprise');
    await as(database, founder, async (client) => {
      const made = await create(client, 'Night Shift', 'night-shift', studio);
      await turnInto(client, { ...founder, organizationId: made['id'] as string });
      const { rows } = await client.query(
        'select plan_id, status from billing.subscriptions where ended_at is null',
      );
      expect(rows).toEqual([{ plan_id: studio, status: 'trialing' }]);
    });
    for (const wrong of [enterprise, cast.organizationId]) {
      await as(database, founder, async (client) => {
        await expect(create(client, 'Night Shift', 'night-shift', wrong)).rejects.toMatchObject({
          code: 'CB002',
          column: 'plan_id',
        });
      });
    }
  });

  test.each([
    ['name', 'CB002', ['', 'night-shift']],
    ['name', 'CB002', [null, 'night-shift']],
    ['name', 'CB002', ['x'.repeat(201), 'night-shift']],
    ['subdomain', 'CB002', ['Night', null]],
    ['subdomain', 'CB002', ['Night', 'no']],
    ['subdomain', 'CB002', ['Night', 'night--shift']],
    ['subdomain', 'CB002', ['Night', '-night']],
    ['subdomain', 'CB002', ['Night', 'night.shift']],
    ['subdomain', 'CB002', ['Night', 'nächte']],
    ['subdomain', 'CB002', ['Night', 'x'.repeat(64)]],
    ['subdomain', 'CB002', ['Night', 'admin']],
    ['subdomain', 'CB002', ['Night', ' WWW ']],
    ['subdomain', 'CB005', ['Night', 'settled']],
  ] as const)('refuses a wrong %s with %s', async (column, code, [name, subdomain]) => {
    await as(database, founder, async (client) => {
      await expect(create(client, name, subdomain)).rejects.toMatchObject({ code, column });
    });
  });

  test('takes a session', async () => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(create(client)).rejects.toMatchObject({ code: '42501' });
    });
  });

  test('twice by the same person is once; by another, or under another name, a conflict', async () => {
    await undone(database, async (client) => {
      await turnInto(client, founder);
      const first = await create(client);
      expect(await create(client)).toEqual(first);
      for (const [who, name] of [
        [founder, 'Day Shift'],
        [rival, 'Night Shift'],
      ] as const) {
        await turnInto(client, who);
        await client.query('savepoint s');
        await expect(create(client, name)).rejects.toMatchObject({
          code: 'CB005',
          column: 'subdomain',
        });
        await client.query('rollback to s');
      }
    });
  });
});

describe('a slug', () => {
  test('is reserved for addresses, whoever writes', async () => {
    await undone(database, async (client) => {
      await expect(
        client.query("update tenancy.organizations set slug = 'graphql' where id = $1", [
          cast.organizationId,
        ]),
      ).rejects.toMatchObject({ code: '23514', constraint: 'organizations_slug_not_reserved' });
    });
  });

  test.each(['Settled', 'Admin', 'API', '!!!'])(
    'made of the name %j is free and allowed',
    async (name) => {
      await undone(database, async (client) => {
        await client.query('select tenancy.create_organization($1, $2)', [name, founder.userId]);
        const made = await client.query<{ slug: string }>(
          'select slug from tenancy.organizations where name = $1 and created_by = $2',
          [name, founder.userId],
        );
        expect(made.rows[0]?.slug).toMatch(/^[a-z]+(-[0-9a-f]{8})?$/);
      });
    },
  );
});

onServer('at the same moment', () => {
  const attempt = (who: Caller, name = 'Rush', subdomain = 'rush') =>
    actAs(database, who, (client) => create(client, name, subdomain)).then(
      (made) => made['id'] as string,
      (error: { code: string }) => error.code,
    );

  test('of two people who want a subdomain one gets it', async () => {
    const outcomes = await Promise.all([attempt(founder), attempt(rival)]);
    expect(outcomes.filter((outcome) => outcome === 'CB005')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.length === 36)).toHaveLength(1);
  });

  test('two clicks of one person make one organization', async () => {
    const outcomes = await Promise.all([
      attempt(founder, 'Twice', 'twice'),
      attempt(founder, 'Twice', 'twice'),
    ]);
    expect(new Set(outcomes).size).toBe(1);
    expect(outcomes[0]).toHaveLength(36);
  });

  test('two who found one of the same name both get one', async () => {
    const ids = await Promise.all(
      [founder, rival].map(async ({ userId }) => {
        const { rows } = await database
          .pool()
          .query<{ id: string }>("select tenancy.create_organization('Namesake', $1) as id", [
            userId,
          ]);
        return rows[0]?.id;
      }),
    );
    expect(new Set(ids.filter(Boolean)).size).toBe(2);
  });
});
