import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { call, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'settled');
  other = await makeCast(database, 'unsettled');
});

const read = (client: PoolClient, section: string) =>
  call(client, 'tenancy.get_organization_settings', { section });
const update = (
  client: PoolClient,
  section: unknown,
  patch: unknown,
  if_version: number | null = null,
) => call(client, 'tenancy.update_organization_settings', { section, patch, if_version });

describe('the settings of an organization', () => {
  test('are sections with defaults, for every member', async () => {
    await as(database, cast.guest, async (client) => {
      const { rows } = await client.query('select * from tenancy.get_organization_settings()');
      expect(rows.map((row) => row.section)).toEqual([
        'general',
        'security',
        'integrations',
        'notifications',
        'workflows',
        'customizations',
        'marketing',
        'analytics',
      ]);
      expect(rows.every((row) => row.version === 0)).toBe(true);
      expect(rows[0].value).toMatchObject({ locale: 'en-US', weekStartsOn: 1 });
      expect(rows[2].value).toMatchObject({ calendar: { provider: 'none' } });
    });
    await as(database, { userId: cast.owner.userId! }, async (client) => {
      const { rows } = await client.query('select * from tenancy.get_organization_settings()');
      expect(rows).toEqual([]);
    });
  });

  test('are merged: what is not mentioned stays, null goes back to the default', async () => {
    await as(database, cast.admin, async (client) => {
      await update(client, 'notifications', { digest: 'off', channels: { push: true } });
      const second = await update(client, 'notifications', {
        channels: { email: false },
        digest: null,
      });
      expect(second).toMatchObject({
        version: 2,
        value: { digest: 'daily', channels: { inApp: true, email: false, push: true } },
      });
      expect(await read(client, 'notifications')).toMatchObject({ value: second['value'] });
      const { rows } = await client.query('select value from tenancy.organization_settings');
      expect(rows).toEqual([{ value: { channels: { email: false, push: true } } }]);
      // nothing new is no change
      expect(await update(client, 'notifications', {})).toMatchObject({ version: 2 });
    });
  });

  test.each([
    ['patch.weekStartsOn', 'general', { weekStartsOn: 8 }],
    ['patch.locale', 'general', { locale: 'English' }],
    ['patch.unknown', 'general', { unknown: 1 }],
    ['patch.quietHours.to', 'notifications', { quietHours: { from: '22:00' } }],
    [
      'patch.quietHours.timeZone',
      'notifications',
      { quietHours: { from: '22:00', to: '06:00', timeZone: 'X' } },
    ],
    ['patch.replyTo', 'notifications', { replyTo: 'nobody' }],
    ['patch.workDays.1', 'workflows', { workDays: [1, 8] }],
    ['patch.logoUrl', 'customizations', { logoUrl: 'javascript:alert(1)' }],
    ['patch.storage.secretKey', 'integrations', { storage: { secretKey: 'x' } }],
    ['patch', 'general', []],
    ['patch', 'general', null],
    ['patch', 'customizations', { documentFooter: 'x'.repeat(70_000) }],
    ['section', 'user', {}],
    ['section', 'nothing', {}],
    ['section', null, {}],
  ])('a wrong %s is refused and named', async (column, section, patch) => {
    await as(database, cast.owner, async (client) => {
      await expect(
        update(client, section, patch === null ? null : JSON.stringify(patch)),
      ).rejects.toMatchObject({ code: 'CB002', column });
    });
  });

  test('nested deeper than any schema they are refused, not the end of the server', async () => {
    let patch: object = {};
    for (let depth = 0; depth < 2_000; depth += 1) patch = { a: patch };
    await as(database, cast.owner, async (client) => {
      await expect(update(client, 'customizations', { terms: patch })).rejects.toMatchObject({
        code: 'CB002',
        column: 'patch.terms.a',
      });
    });
  });

  test('take tenancy.write; those of security more', async () => {
    for (const who of [cast.member, cast.guest]) {
      await as(database, who, async (client) => {
        await expect(update(client, 'general', {})).rejects.toMatchObject({ code: 'CB003' });
      });
    }
    await as(database, cast.admin, async (client) => {
      await expect(update(client, 'security', { guestsAllowed: false })).rejects.toMatchObject({
        code: 'CB003',
        detail: expect.stringContaining('tenancy.manage_security'),
      });
    });
    await as(database, cast.admin, async (client) => {
      await expect(
        client.query("insert into tenancy.organization_settings (section) values ('security')"),
      ).rejects.toMatchObject({ code: '42501' });
    });
    await as(database, cast.owner, async (client) => {
      expect(await update(client, 'security', { guestsAllowed: false })).toMatchObject({
        value: { guestsAllowed: false },
      });
    });
  });

  test('are checked whoever writes them', async () => {
    await undone(database, async (client) => {
      await expect(
        client.query(
          `insert into tenancy.organization_settings (organization_id, section, value) values ($1, 'general', '{"a": 1}')`,
          [cast.organizationId],
        ),
      ).rejects.toMatchObject({ code: 'CB002', column: 'patch.a' });
    });
  });

  test('are changed for another version only when nobody was faster', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await update(client, 'general', { units: 'imperial' }, 0)).toMatchObject({
        version: 1,
      });
      expect(await update(client, 'general', { units: 'metric' }, 1)).toMatchObject({ version: 2 });
      await expect(update(client, 'general', { units: 'imperial' }, 1)).rejects.toMatchObject({
        code: 'CB005',
        column: 'if_version',
      });
    });
  });

  test('are those of the active organization, and of nobody else', async () => {
    await actAs(database, cast.owner, (client) => update(client, 'general', { dateFormat: 'iso' }));
    await as(database, other.owner, async (client) => {
      expect(await read(client, 'general')).toMatchObject({ value: { dateFormat: 'locale' } });
      expect((await client.query('select from tenancy.organization_settings')).rowCount).toBe(0);
      const { rowCount } = await client.query(
        "update tenancy.organization_settings set value = '{}'",
      );
      expect(rowCount).toBe(0);
    });
  });
});

test('every default fits its own schema, and no setting is a secret', async () => {
  const { rows } = await database.pool().query(
    `select s.section, v.field, v.problem
       from tenancy.settings_sections s
      cross join lateral platform.json_schema_violations(s.schema, platform.with_defaults(s.schema, '{}')) v
      where v.problem <> 'is missing'`,
  );
  expect(rows).toEqual([]);
  const { rows: named } = await database.pool().query(
    `select section from tenancy.settings_sections
      where schema::text ~* '"[a-z]*(secret|password|token|apikey|credential)[a-z]*": \\{'`,
  );
  expect(named).toEqual([]);
});

describe('the settings of a user', () => {
  const mine = (client: PoolClient, tenant_id: string | null = null) =>
    call(client, 'identity.get_or_create_user_settings', { tenant_id });
  const change = (client: PoolClient, patch: object, tenant_id: string | null = null) =>
    call(client, 'identity.update_user_settings', { patch, tenant_id });
  const inForce = async (client: PoolClient, tenantId: string | null) =>
    (
      await client.query<{ value: Record<string, unknown> }>(
        `select identity.user_settings_in_force(s) as value from identity.user_settings s
          where s.organization_id is not distinct from $1`,
        [tenantId],
      )
    ).rows[0]?.value;

  test('are there from the start, and those for an organization when they are asked for', async () => {
    await as(database, cast.member, async (client) => {
      const everywhere = await mine(client);
      expect(everywhere).toMatchObject({ user_id: cast.member.userId, organization_id: null });
      expect(await mine(client)).toEqual(everywhere);
      const here = await mine(client, cast.organizationId);
      expect(here).toMatchObject({ organization_id: cast.organizationId, value: {}, version: 1 });
      expect(await mine(client, cast.organizationId)).toEqual(here);
    });
  });

  test('of an organization go before those of everywhere, and those before defaults', async () => {
    await as(database, cast.member, async (client) => {
      await change(client, { theme: 'dark', density: 'compact' });
      await change(client, { theme: 'light' }, cast.organizationId);
      expect(await inForce(client, null)).toMatchObject({ theme: 'dark', density: 'compact' });
      expect(await inForce(client, cast.organizationId)).toMatchObject({
        theme: 'light',
        density: 'compact',
        keyboardShortcuts: true,
      });
      await change(client, { theme: null }, cast.organizationId);
      expect(await inForce(client, cast.organizationId)).toMatchObject({ theme: 'dark' });
      await expect(change(client, { theme: 'pink' })).rejects.toMatchObject({
        code: 'CB002',
        column: 'patch.theme',
      });
    });
  });

  test("are one's own", async () => {
    await actAs(database, cast.member, (client) => change(client, { theme: 'dark' }));
    await as(database, cast.owner, async (client) => {
      const { rows } = await client.query('select user_id from identity.user_settings');
      expect(rows).toEqual([{ user_id: cast.owner.userId }]);
      await client.query('savepoint s');
      await expect(
        call(client, 'identity.get_or_create_user_settings', { user_id: cast.member.userId }),
      ).rejects.toMatchObject({ code: 'CB003', column: 'user_id' });
      await client.query('rollback to s');
      for (const work of [mine, (c: PoolClient, id: string) => change(c, {}, id)]) {
        await expect(work(client, other.organizationId)).rejects.toMatchObject({
          code: 'CB003',
          column: 'tenant_id',
        });
        await client.query('rollback to s');
      }
    });
    await as(database, cast.left, async (client) => {
      await expect(mine(client, cast.organizationId)).rejects.toMatchObject({ code: 'CB003' });
    });
  });
});

onServer('two at the same moment', () => {
  test('get one row of settings', async () => {
    const found = await Promise.all(
      [1, 2, 3, 4].map(() =>
        actAs(database, cast.guest, (client) =>
          call(client, 'identity.get_or_create_user_settings', { tenant_id: cast.organizationId }),
        ),
      ),
    );
    expect(new Set(found.map((row) => row['id'])).size).toBe(1);
  });

  test('lose nothing of what they set, also when it is the first', async () => {
    await Promise.all(
      Object.entries({
        locale: 'de-DE',
        units: 'imperial',
        timeFormat: '24h',
        dateFormat: 'dmy',
      }).map(([key, value]) =>
        actAs(database, other.owner, (client) => update(client, 'general', { [key]: value })),
      ),
    );
    await as(database, other.owner, async (client) => {
      expect(await read(client, 'general')).toMatchObject({
        version: 4,
        value: { locale: 'de-DE', units: 'imperial', timeFormat: '24h', dateFormat: 'dmy' },
      });
    });
  });
});
