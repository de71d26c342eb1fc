import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as, enter } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import {
  cheapPasswords,
  holderOf,
  refresh,
  signedIn,
  signUp,
  switchTo,
  PASSWORD,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

const EMAIL = 'olive@refresh.test';
let organizationId: string;
let secondOrganizationId: string;

beforeAll(async () => {
  const grant = await actAs(database, ANONYMOUS, (client) =>
    signUp(client, EMAIL, PASSWORD, 'Olive', 'First Stage'),
  );
  organizationId = grant.organization_id ?? '';
  const { rows } = await database
    .pool()
    .query("select tenancy.create_organization('Second Stage', $1) as id", [grant.user_id]);
  secondOrganizationId = rows[0].id;
});

const refreshed = (token: string): Promise<Grant> =>
  actAs(database, ANONYMOUS, (client) => refresh(client, token));

/** Makes a token's use as old as `interval`. */
const age = (token: string, interval: string) =>
  database.pool().query(
    `update identity.refresh_tokens set used_at = used_at - $2::interval
        where token_hash = sha256(convert_to($1, 'UTF8')) and used_at is not null`,
    [token, interval],
  );

const sessionOf = async (grant: Grant) =>
  (
    await database
      .pool()
      .query(
        'select organization_id, revoked_at, revoked_reason, last_used_at, expires_at from identity.session_families where id = $1',
        [grant.session_id],
      )
  ).rows[0];

async function expectOver(token: string): Promise<void> {
  await as(database, ANONYMOUS, async (client) => {
    await expect(refresh(client, token)).rejects.toMatchObject({
      code: 'CB008',
      column: 'refresh_token',
      message: 'The session is over. Sign in again.',
    });
  });
}

describe('a refresh token', () => {
  test('is followed by the next one of the same session', async () => {
    const first = await signedIn(database, EMAIL);
    const before = await sessionOf(first);
    const second = await refreshed(first.refresh_token);
    expect(second).toMatchObject({
      user_id: first.user_id,
      session_id: first.session_id,
      organization_id: first.organization_id,
      refusal: null,
    });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const after = await sessionOf(first);
    expect(after.expires_at.getTime()).toBeGreaterThan(before.expires_at.getTime());
    expect(after.last_used_at.getTime()).toBeGreaterThan(before.last_used_at.getTime());
  });

  test('is kept as a hash only', async () => {
    const { refresh_token: token } = await signedIn(database, EMAIL);
    const { rows } = await database.pool().query(
      `select token_hash = sha256(convert_to($1, 'UTF8')) as is_hash,
              to_jsonb(t)::text like '%' || $1 || '%' as is_there
         from identity.refresh_tokens t order by id desc limit 1`,
      [token],
    );
    expect(rows).toEqual([{ is_hash: true, is_there: false }]);
  });

  test.each([
    ['unknown', 'unknown'],
    ['empty', ''],
    ['with a backslash', '\\x00'],
    ['very long', 'ÿ'.repeat(100_000)],
  ])('that nobody was given is refused, %s', (_what, token) => expectOver(token));

  test('that comes again within ten seconds yields a sibling, and both go on', async () => {
    const { refresh_token: shared } = await signedIn(database, EMAIL);
    const one = await refreshed(shared);
    const other = await refreshed(shared);
    expect(other.refresh_token).not.toBe(one.refresh_token);
    expect(other.session_id).toBe(one.session_id);
    await age(shared, '9 seconds');
    const third = await refreshed(shared);
    for (const sibling of [one, other, third]) {
      const next = await refreshed(sibling.refresh_token);
      expect(await refreshed(next.refresh_token)).toMatchObject({ refusal: null });
    }
    expect((await sessionOf(one)).revoked_at).toBeNull();
  });

  test('that comes again later ends the whole family, and this is written down', async () => {
    const first = await signedIn(database, EMAIL);
    const bystander = await signedIn(database, EMAIL);
    const second = await refreshed(first.refresh_token);
    const sibling = await refreshed(first.refresh_token);
    await age(first.refresh_token, '11 seconds');
    expect(await refreshed(first.refresh_token)).toMatchObject({
      user_id: null,
      refresh_token: null,
      refusal: {
        code: 'CB008',
        field: 'refresh_token',
        message: 'The session is over. Sign in again.',
      },
    });
    expect(await sessionOf(first)).toMatchObject({ revoked_reason: 'reused' });
    for (const { refresh_token: token } of [first, second, sibling]) await expectOver(token);
    expect(await refreshed(bystander.refresh_token)).toMatchObject({ refusal: null });
    const { rows } = await database
      .pool()
      .query(
        'select event_type, severity, user_id from security.security_events where session_id = $1',
        [first.session_id],
      );
    expect(rows).toEqual([
      { event_type: 'refresh_token_reused', severity: 'critical', user_id: first.user_id },
    ]);
  });

  test('is refused when it, or its session, is out of date', async () => {
    const client = await database.pool().connect();
    const session = await signedIn(database, EMAIL);
    try {
      for (const table of ['refresh_tokens set', 'session_families set']) {
        await client.query('begin');
        await client.query(`update identity.${table} expires_at = now()`);
        await expect(refresh(client, session.refresh_token)).rejects.toMatchObject({
          code: 'CB008',
        });
        await client.query('rollback');
      }
      expect(await refresh(client, session.refresh_token)).toMatchObject({ refusal: null });
    } finally {
      client.release();
    }
  });

  test('goes on for ninety days after the sign-in, or what the server says, and no longer', async () => {
    const client = await database.pool().connect();
    const session = await signedIn(database, EMAIL);
    const { session_id: id, refresh_token: token } = session;
    // What is left when the sign-in was so many days ago.
    const afterDays = async (days: number, sessionDays?: number) => {
      await client.query('begin');
      try {
        await client.query("select set_config('callboard.client', $1, true)", [
          JSON.stringify({ session_days: sessionDays }),
        ]);
        await client.query(
          'update identity.session_families set created_at = now() - make_interval(days => $2) where id = $1',
          [id, days],
        );
        const next = await refresh(client, token);
        const { rows } = await client.query<{ session: number; token: number }>(
          `select extract(day from s.expires_at - now())::int as session, extract(day from t.expires_at - now())::int as token
             from identity.session_families s
             join identity.refresh_tokens t on t.session_id = s.id
            where t.token_hash = sha256(convert_to($1, 'UTF8'))`,
          [next.refresh_token],
        );
        return rows[0];
      } catch (error) {
        const { code, column, message } = error as Record<string, unknown>;
        return { code, column, message };
      } finally {
        await client.query('rollback');
      }
    };
    const over = {
      code: 'CB008',
      column: 'refresh_token',
      message: 'The session is over. Sign in again.',
    };
    try {
      expect(await afterDays(0)).toEqual({ session: 30, token: 30 });
      expect(await afterDays(60)).toEqual({ session: 30, token: 30 });
      expect(await afterDays(80)).toEqual({ session: 10, token: 10 });
      expect(await afterDays(89)).toEqual({ session: 1, token: 1 });
      expect(await afterDays(90)).toEqual(over);
      expect(await afterDays(0, 7)).toEqual({ session: 7, token: 7 });
      expect(await afterDays(8, 7)).toEqual(over);
      expect(await afterDays(300, 365)).toEqual({ session: 30, token: 30 });
      // Neither is it gone on with in another organization.
      await client.query('begin');
      await client.query(
        "update identity.session_families set created_at = now() - interval '91 days' where id = $1",
        [id],
      );
      await enter(client, holderOf(session));
      await expect(switchTo(client, secondOrganizationId)).rejects.toMatchObject({ code: 'CB001' });
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('is refused after signing out, and when the account is no longer active', async () => {
    const session = await signedIn(database, EMAIL);
    await as(database, holderOf(session), async (client) => {
      expect((await client.query('select identity.sign_out() as done')).rows).toEqual([
        { done: true },
      ]);
      await expect(refresh(client, session.refresh_token)).rejects.toMatchObject({ code: 'CB008' });
    });
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query('update identity.users set is_active = false where email = $1', [EMAIL]);
      await expect(refresh(client, session.refresh_token)).rejects.toMatchObject({ code: 'CB008' });
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('leads to another organization when the user has left the one of the session', async () => {
    const session = await signedIn(database, EMAIL);
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query("update tenancy.organizations set status = 'closed' where id = $1", [
        session.organization_id,
      ]);
      const next = await refresh(client, session.refresh_token);
      expect([organizationId, secondOrganizationId]).toContain(next.organization_id);
      expect(next.organization_id).not.toBe(session.organization_id);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('that never served is forgotten when fifty newer ones of its session did not either', async () => {
    const session = await signedIn(database, EMAIL);
    const old = await refreshed(session.refresh_token);
    await as(database, ANONYMOUS, async (client) => {
      let newest = old;
      for (let index = 0; index < 50; index += 1) {
        newest = await refresh(client, session.refresh_token);
      }
      await client.query('savepoint attempt');
      await expect(refresh(client, old.refresh_token)).rejects.toMatchObject({ code: 'CB008' });
      await client.query('rollback to savepoint attempt');
      expect(await refresh(client, newest.refresh_token)).toMatchObject({ refusal: null });
    });
  });
});

describe('identity.switch_organization', () => {
  test('goes on in another organization of the caller, and refreshing stays there', async () => {
    const session = await signedIn(database, EMAIL);
    const elsewhere =
      session.organization_id === organizationId ? secondOrganizationId : organizationId;
    await as(database, holderOf(session), async (client) => {
      const switched = await switchTo(client, elsewhere);
      expect(switched).toMatchObject({
        organization_id: elsewhere,
        session_id: session.session_id,
      });
      expect(await refresh(client, switched.refresh_token)).toMatchObject({
        organization_id: elsewhere,
      });
      // Another tab, which still has the token from before.
      expect(await refresh(client, session.refresh_token)).toMatchObject({
        organization_id: elsewhere,
      });
    });
  });

  test('of others, or none, is refused', async () => {
    const session = await signedIn(database, EMAIL);
    const { rows } = await database.pool().query(
      `with other as (insert into identity.users (email, name) values ('else@refresh.test', 'Else') returning id)
       select tenancy.create_organization('Elsewhere', id) as id from other`,
    );
    for (const id of [rows[0].id, null]) {
      await as(database, holderOf(session), async (client) => {
        await expect(
          client.query('select identity.switch_organization($1)', [id]),
        ).rejects.toMatchObject({ code: 'CB003', column: 'organization_id' });
      });
    }
  });

  test('is refused when the session is over', async () => {
    const session = await signedIn(database, EMAIL);
    await as(database, holderOf(session), async (client) => {
      await client.query('select identity.sign_out()');
      await expect(switchTo(client, organizationId)).rejects.toMatchObject({ code: 'CB001' });
    });
  });
});

describe('a device', () => {
  test.each([
    ['a string', '"phone"'],
    ['a list', '[1]'],
    ['null', 'null'],
    ['too much', JSON.stringify({ name: 'x'.repeat(2000) })],
  ])('is described by an object of sane size, not by %s', async (_what, device) => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(
        client.query('select identity.sign_in($1, $2, null, $3)', [EMAIL, PASSWORD, device]),
      ).rejects.toMatchObject({ code: 'CB002', column: 'device' });
    });
  });
});

onServer('at the same moment', () => {
  test('many refreshes of one token all succeed, and each answer goes on', async () => {
    const { refresh_token: shared, session_id: id } = await signedIn(database, EMAIL);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refreshed(shared)));
    expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(8);
    const next = await Promise.all(answers.map((answer) => refreshed(answer.refresh_token)));
    expect(next.map((answer) => answer.session_id)).toEqual(Array(8).fill(id));
  });

  test('of two late copies one is the alarm, and neither gets a token', async () => {
    const first = await signedIn(database, EMAIL);
    const second = await refreshed(first.refresh_token);
    await age(first.refresh_token, '1 minute');
    const answers = await Promise.allSettled([
      refreshed(first.refresh_token),
      refreshed(first.refresh_token),
      refreshed(second.refresh_token),
    ]);
    const alarms = answers.filter(
      (answer) => answer.status === 'fulfilled' && answer.value.refusal !== null,
    );
    expect(alarms).toHaveLength(1);
    await expectOver(second.refresh_token);
    const { rows } = await database
      .pool()
      .query('select from security.security_events where session_id = $1', [first.session_id]);
    expect(rows).toHaveLength(1);
  });

  test('switching in one tab and refreshing in another both go on, in the new organization', async () => {
    for (let round = 0; round < 5; round += 1) {
      const session = await signedIn(database, EMAIL);
      const elsewhere =
        session.organization_id === organizationId ? secondOrganizationId : organizationId;
      const [switched, other] = await Promise.all([
        actAs(database, holderOf(session), (client) => switchTo(client, elsewhere)),
        refreshed(session.refresh_token),
      ]);
      for (const { refresh_token: token } of [switched, other]) {
        expect(await refreshed(token)).toMatchObject({ organization_id: elsewhere });
      }
    }
  });
});
