import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { cheapPasswords, PASSWORD, signIn, signUp, type Grant } from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

let cast: Cast;
let grant: Grant;
let caller: Caller;

beforeAll(async () => {
  cast = await makeCast(database, 'sessions');
  grant = await actAs(database, ANONYMOUS, (client) =>
    signUp(client, ' Olive@Lumen.test ', PASSWORD, 'Olive', 'Lumen Stage'),
  );
  caller = {
    userId: grant.user_id,
    sessionId: grant.session_id,
    ...(grant.organization_id ? { organizationId: grant.organization_id } : {}),
  };
});

describe('identity.sign_up', () => {
  test('makes an account, an organization that it owns, and a session', async () => {
    const me = await as(
      database,
      caller,
      async (client) => (await client.query('select * from identity.me()')).rows[0],
    );
    expect(me).toMatchObject({
      email: 'olive@lumen.test',
      name: 'Olive',
      organization_name: 'Lumen Stage',
      role: 'owner',
    });
    expect(me.permissions).toEqual(expect.arrayContaining(['projects.write', 'finance.read']));
    expect(me.organizations).toEqual([
      {
        rowId: grant.organization_id,
        name: 'Lumen Stage',
        role: 'owner',
        needsSecondFactor: false,
      },
    ]);
  });

  test('without an organization there is nothing to see but oneself', async () => {
    const alone = await actAs(database, ANONYMOUS, (client) =>
      signUp(client, 'alone@lumen.test', PASSWORD, 'Alone', null),
    );
    expect(alone.organization_id).toBeNull();
    await as(database, { userId: alone.user_id }, async (client) => {
      expect((await client.query('select name from identity.users')).rows).toEqual([
        { name: 'Alone' },
      ]);
      expect((await client.query('select from projects.projects')).rowCount).toBe(0);
      const { rows } = await client.query('select permissions, organizations from identity.me()');
      expect(rows).toEqual([{ permissions: [], organizations: [] }]);
    });
  });

  test.each([
    ['email', 'CB002', ['no address', PASSWORD, 'A', null]],
    ['email', 'CB002', [null, PASSWORD, 'A', null]],
    ['password', 'CB002', ['new@lumen.test', 'too short', 'A', null]],
    ['password', 'CB002', ['new@lumen.test', null, 'A', null]],
    ['name', 'CB002', ['new@lumen.test', PASSWORD, '  ', null]],
    ['organization_name', 'CB002', ['new@lumen.test', PASSWORD, 'A', ' ']],
    ['email', 'CB005', ['OLIVE@lumen.test', PASSWORD, 'A', null]],
  ])('refuses a wrong %s with %s', async (column, code, values) => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(signUp(client, ...values)).rejects.toMatchObject({ code, column });
    });
  });

  test('keeps no password, and shows no hash to anybody', async () => {
    const { rows } = await database
      .pool()
      .query('select password_hash from identity.credentials where user_id = $1', [grant.user_id]);
    expect(rows[0].password_hash).toMatch(/^\$2a\$/);
    await as(database, caller, async (client) => {
      await expect(client.query('select from identity.credentials')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });
});

describe('identity.sign_in', () => {
  test('opens a session where the user was last, or where they ask', async () => {
    const again = await as(database, ANONYMOUS, (client) =>
      signIn(client, 'Olive@lumen.test', PASSWORD),
    );
    expect(again).toMatchObject({ user_id: grant.user_id, organization_id: grant.organization_id });
    expect(again.session_id).not.toBe(grant.session_id);
  });

  test.each([
    ['olive@lumen.test', 'wrong password'],
    ['nobody@lumen.test', PASSWORD],
    ['olive@lumen.test', ''],
    ['', PASSWORD],
  ])('%j with %j is told the same', async (email, password) => {
    await as(database, ANONYMOUS, async (client) => {
      expect(await signIn(client, email, password)).toEqual({
        user_id: null,
        organization_id: null,
        session_id: null,
        refresh_token: null,
        refresh_token_expires_at: null,
        challenge: null,
        refusal: { code: 'CB008', message: 'E-mail address and password do not match.' },
      });
    });
  });

  test('an organization of others is refused', async () => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(
        signIn(client, 'olive@lumen.test', PASSWORD, cast.organizationId),
      ).rejects.toMatchObject({ code: 'CB003', column: 'organization_id' });
    });
  });

  test('every character of a long password counts', async () => {
    const long = 'wxyz'.repeat(50).slice(0, 199);
    await actAs(database, ANONYMOUS, (client) =>
      signUp(client, 'long@lumen.test', `${long}y`, 'L', null),
    );
    await as(database, ANONYMOUS, async (client) => {
      expect(await signIn(client, 'long@lumen.test', `${long}z`)).toMatchObject({
        refusal: { code: 'CB008' },
      });
      expect(await signIn(client, 'long@lumen.test', `${long}y`)).toMatchObject({ refusal: null });
    });
  });
});

describe('users', () => {
  test('see colleagues and nobody else', async () => {
    await as(database, cast.member, async (client) => {
      const { rows } = await client.query('select name from identity.users order by name');
      expect(rows.map((row) => row.name)).toEqual([
        'Admin of Sessions',
        'Guest of Sessions',
        'Left of Sessions',
        'Member of Sessions',
        'Owner of Sessions',
      ]);
    });
  });

  test('an e-mail address is for oneself and for those who read members', async () => {
    const emails = (who: Caller) =>
      as(database, who, async (client) =>
        (
          await client.query<{ email: string }>(
            'select tenancy.organization_members_email(m) as email from tenancy.organization_members m order by 1',
          )
        ).rows.map((row) => row.email),
      );
    expect(await emails(cast.guest)).toEqual(['guest@sessions.test']);
    expect(await emails(cast.member)).toEqual(
      ['admin', 'guest', 'left', 'member', 'owner'].map((who) => `${who}@sessions.test`),
    );
    await as(database, cast.owner, async (client) => {
      await expect(client.query('select email from identity.users')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  test("change their own name, nobody else's", async () => {
    await as(database, cast.owner, async (client) => {
      const { rows } = await client.query(
        "update identity.users set name = 'Renamed' returning id",
      );
      expect(rows).toEqual([{ id: cast.owner.userId }]);
    });
  });

  test('keep a profile of their own', async () => {
    await as(database, cast.member, async (client) => {
      expect((await client.query("update identity.profiles set bio = 'Grip'")).rowCount).toBe(1);
    });
    await as(database, cast.owner, async (client) => {
      expect(
        (
          await client.query('select from identity.profiles where user_id = $1', [
            cast.member.userId,
          ])
        ).rowCount,
      ).toBe(0);
    });
  });
});

describe('what the tables of an organization show', () => {
  test('members and roles: to those who may, of this organization only', async () => {
    const other = await makeCast(database, 'neighbours');
    const organizations = (who: Caller, table: string) =>
      as(database, who, async (client) =>
        (await client.query(`select distinct organization_id from tenancy.${table}`)).rows.map(
          (row) => row.organization_id,
        ),
      );
    for (const table of ['organization_members', 'roles', 'workspaces', 'workspace_members']) {
      expect(await organizations(cast.owner, table)).toEqual([cast.organizationId]);
      expect(await organizations(other.owner, table)).toEqual([other.organizationId]);
      expect(await organizations(cast.left, table)).toEqual([]);
    }
    expect(await organizations(cast.guest, 'roles')).toEqual([]);
  });

  test.each([
    ['organization_members', 'update tenancy.organization_members set role_id = role_id'],
    ['roles', "update tenancy.roles set permissions = '{finance.write}'"],
    ['organizations', "update tenancy.organizations set status = 'closed'"],
    [
      'platform_roles',
      "insert into identity.platform_roles (user_id, role) values (authz.user_id(), 'admin')",
    ],
    ['enter', "select authz.enter('{}')"],
  ])('an admin cannot raise itself by way of %s', async (_what, sql) => {
    await as(database, cast.admin, async (client) => {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    });
  });
});
