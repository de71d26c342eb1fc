import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  ANONYMOUS,
  as,
  enter,
  makeCast,
  sqlstateOf,
  type Caller,
  type Cast,
} from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let ours: Cast;
let theirs: Cast;

const CONTACTS: readonly (readonly [
  who: 'owner' | 'member' | 'guest' | 'left',
  name: string,
  shared: boolean,
])[] = [
  ['owner', 'Elin', true],
  ['member', 'Grace', true],
  ['member', 'Ben', false],
  ['guest', 'Rui', true],
  ['left', 'Nobody', true],
];

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  for (const cast of [ours, theirs]) {
    for (const [who, name, shared] of CONTACTS) {
      await database.pool().query(
        `insert into identity.emergency_contacts (user_id, name, phone, is_shared)
         values ($1, $2, '+1 212 555 0100', $3)`,
        [cast[who].userId, name, shared],
      );
    }
  }
});

const namesOf = async (caller: Caller, sql: string, values: unknown[] = []) =>
  as(database, caller, async (client) =>
    (await client.query<{ name: string }>(sql, values)).rows.map(({ name }) => name).sort(),
  );
const MEMBERS = 'select name from identity.member_emergency_contacts()';
const OF_ONE = 'select name from identity.member_emergency_contacts($1)';

describe('emergency contacts', () => {
  test('are read by the user', async () => {
    const own = 'select name from identity.emergency_contacts';
    expect(await namesOf(ours.member, own)).toEqual(['Ben', 'Grace']);
    expect(await namesOf(ours.owner, own)).toEqual(['Elin']);
  });

  test('are read by owners and admins as far as active members share them', async () => {
    const shared = ['Elin', 'Grace', 'Rui'];
    expect(await namesOf(ours.owner, MEMBERS)).toEqual(shared);
    expect(await namesOf(ours.admin, MEMBERS)).toEqual(shared);
    expect(await namesOf(ours.owner, OF_ONE, [ours.member.userId])).toEqual(['Grace']);
    // What is not told is there.
    const { rows } = await database
      .pool()
      .query("select from identity.emergency_contacts where name in ('Ben', 'Nobody')");
    expect(rows).toHaveLength(4);
  });

  test('of another organization are not read by naming their user', async () => {
    expect(await namesOf(ours.owner, OF_ONE, [theirs.member.userId])).toEqual([]);
    expect(await namesOf(theirs.owner, OF_ONE, [theirs.member.userId])).toEqual(['Grace']);
  });

  test.each(['member', 'guest', 'left'] as const)('are not read by a %s', async (who) => {
    await as(database, ours[who], async (client) => {
      expect(await sqlstateOf(client, () => client.query(MEMBERS))).toBe('CB003');
    });
  });

  test('are not read by nobody', async () => {
    const answer = await api.ask(ANONYMOUS, '{ memberEmergencyContacts { nodes { name } } }');
    expect(errorOf(answer).code).toBe('UNAUTHENTICATED');
  });

  test('have a way to reach them, and one to call first', async () => {
    await as(database, ours.owner, async (client) => {
      const add = (columns: string, values: string) =>
        sqlstateOf(client, () =>
          client.query(`insert into identity.emergency_contacts (${columns}) values (${values})`),
        );
      expect(await add('name', "'Silent'")).toBe('23514');
      expect(await add('name, phone', "'Odd', 'call me'")).toBe('23514');
      expect(await add('name, email', "'Mail', 'a@b.test'")).toBeUndefined();
      await client.query('update identity.emergency_contacts set is_primary = true');
      expect(await add('name, phone, is_primary', "'Second', '112', true")).toBe('23505');
    });
  });

  test('are kept by their user through the API', () =>
    api.within(async ({ ask }) => {
      const made = dataOf(
        await ask(
          ours.admin,
          `mutation { createEmergencyContact(input: { emergencyContact: { name: "Robin", phone: "112" } }) {
             emergencyContact { rowId isShared } } }`,
        ),
      ).createEmergencyContact.emergencyContact;
      expect(made.isShared).toBe(true);
      const change = `mutation ($id: UUID!) {
        updateEmergencyContact(input: { rowId: $id, patch: { isShared: false } }) { emergencyContact { isShared } } }`;
      const stolen = await ask(ours.owner, change, { id: made.rowId });
      expect(errorOf(stolen).code).toBe('NOT_FOUND_OR_FORBIDDEN');
      const changed = dataOf(await ask(ours.admin, change, { id: made.rowId }));
      expect(changed.updateEmergencyContact.emergencyContact.isShared).toBe(false);
      const members = dataOf(
        await ask(ours.owner, '{ memberEmergencyContacts { nodes { name user { name } } } }'),
      );
      expect(members.memberEmergencyContacts.nodes).not.toContainEqual(
        expect.objectContaining({ name: 'Robin' }),
      );
      expect(members.memberEmergencyContacts.nodes).toContainEqual({
        name: 'Grace',
        user: { name: 'Member of Ours' },
      });
    }));
});

describe('connected apps', () => {
  const add = (name: string, more = '') =>
    `insert into identity.connected_apps (name${more ? ', linked_account_id' : ''}) values ('${name}'${more})`;

  test('are the user’s own', async () => {
    await as(database, ours.member, async (client) => {
      await client.query(add('Slack'));
      const { rows } = await client.query('select name, is_declared from identity.connected_apps');
      expect(rows).toEqual([{ name: 'Slack', is_declared: true }]);
    });
  });

  test('are declared once each, and claim no linked account', async () => {
    await as(database, ours.member, async (client) => {
      await client.query(add('Slack'));
      expect(await sqlstateOf(client, () => client.query(add(' slack ')))).toBe('23505');
      const claimed = add('Mine', ", '00000000-0000-7000-8000-000000000001'");
      expect(await sqlstateOf(client, () => client.query(claimed))).toBe('42501');
    });
  });

  test('of others are not seen', async () => {
    await database
      .pool()
      .query("insert into identity.connected_apps (user_id, name) values ($1, 'Trello')", [
        ours.member.userId,
      ]);
    const seen = 'select name from identity.connected_apps';
    expect(await namesOf(ours.member, seen)).toEqual(['Trello']);
    expect(await namesOf(ours.owner, seen)).toEqual([]);
  });
});

describe('what a provider lets Callboard do', () => {
  test('is seen by the user alone, and the tokens by nobody', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        `with provider as (
           insert into identity.oauth_providers (key, name, issuer, client_id) values ('own', 'Own', 'https://o.test', 'x')
           returning id
         ),
         account as (
           insert into identity.linked_accounts (user_id, provider_id, issuer, subject)
           select $1, p.id, 'https://o.test', 'ours' from provider p
           returning id, user_id
         )
         insert into identity.oauth_tokens (linked_account_id, user_id, access_token_encrypted)
         select a.id, a.user_id, '' from account a`,
        [ours.member.userId],
      );
      await client.query(
        "insert into identity.platform_roles (user_id, role) values ($1, 'admin')",
        [ours.owner.userId],
      );
      for (const [who, count] of [
        [ours.member, 1],
        [ours.owner, 0],
        [theirs.owner, 0],
      ] as const) {
        await client.query('reset role');
        await enter(client, who);
        expect((await client.query('select scopes from identity.oauth_tokens')).rowCount).toBe(
          count,
        );
        expect(
          await sqlstateOf(client, () =>
            client.query('select access_token_encrypted from identity.oauth_tokens'),
          ),
        ).toBe('42501');
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('providers', () => {
  const SEEN = 'select key as name from identity.oauth_providers';

  beforeAll(async () => {
    await database.pool().query(
      `insert into identity.oauth_providers (key, name, issuer, client_id, is_configured, is_enabled)
       values ('usable', 'Usable', 'https://a.test', 'x', true, true),
              ('off', 'Off', 'https://b.test', 'x', true, false),
              ('gone', 'Gone', 'https://c.test', 'x', false, true)`,
    );
    await database
      .pool()
      .query("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
        theirs.admin.userId,
      ]);
  });

  test('that can be used are seen by everybody, the others by platform administrators', async () => {
    expect(await namesOf(ANONYMOUS, SEEN)).toEqual(['usable']);
    expect(await namesOf(ours.owner, SEEN)).toEqual(['usable']);
    expect(await namesOf(theirs.admin, SEEN)).toEqual(['gone', 'off', 'usable']);
  });

  test('are switched off and on by platform administrators alone', async () => {
    const update = 'update identity.oauth_providers set is_enabled = not is_enabled';
    await as(database, ours.owner, async (client) => {
      expect((await client.query(update)).rowCount).toBe(0);
    });
    await as(database, theirs.admin, async (client) => {
      expect((await client.query(update)).rowCount).toBe(3);
      const forge = "update identity.oauth_providers set issuer = 'https://evil.test'";
      expect(await sqlstateOf(client, () => client.query(forge))).toBe('42501');
    });
  });

  test('follow the settings of the server that starts, and stay switched off', async () => {
    const client = await database.pool('callboard_authenticator').connect();
    try {
      await client.query('begin');
      const given = ['off', 'fresh'].map((key) => ({
        ...{ key, name: key, issuer: 'https://d.test', client_id: 'y', scopes: ['openid'] },
      }));
      await client.query('select identity.set_oauth_providers($1)', [JSON.stringify(given)]);
      await client.query('set local role callboard_anonymous');
      const { rows } = await client.query(SEEN);
      expect(rows).toEqual([{ name: 'fresh' }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
