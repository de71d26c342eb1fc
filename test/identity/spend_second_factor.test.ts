import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { cheapPasswords, PASSWORD, signIn, signUp, type Grant } from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);
const EMAIL = 'ada@spend.test';
let userId: string;

beforeAll(async () => {
  const grant = await actAs(database, ANONYMOUS, (client) =>
    signUp(client, EMAIL, PASSWORD, 'Ada', null),
  );
  userId = grant.user_id;
});

/** The span of 30 seconds that the database's clock is in. */
const NOW = 'floor(extract(epoch from clock_timestamp()) / 30)::bigint';

/** Switches the factor on anew, with nothing spent; returns its recovery codes. */
async function fresh(): Promise<string[]> {
  const pool = database.pool();
  await pool.query('delete from identity.second_factors');
  await pool.query('delete from security.failed_login_attempts');
  await pool.query(
    'insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, $2, now())',
    [userId, randomBytes(64)],
  );
  const { rows } = await pool.query<{ codes: string[] }>(
    'select identity.make_recovery_codes($1) as codes',
    [userId],
  );
  return rows[0]?.codes ?? [];
}

async function challenge(): Promise<string> {
  const { challenge: awaited } = await actAs(database, ANONYMOUS, (client) =>
    signIn(client, EMAIL, PASSWORD),
  );
  return String(awaited?.['token']);
}

/** As the server does when it has found a code right. */
async function finish(token: string, step: string, recoveryCode?: string): Promise<Grant> {
  const client = await database.pool('callboard_authenticator').connect();
  try {
    const { rows } = await client.query<Grant>(
      `select * from identity.finish_challenge($1, ${step}, $2)`,
      [token, recoveryCode ?? null],
    );
    if (!rows[0]) throw new Error('No row came back.');
    return rows[0];
  } finally {
    client.release();
  }
}

const passed = (grants: readonly Grant[]) => grants.filter((grant) => grant.session_id !== null);

test('a sign-in with a device that no session could keep gets no challenge, which nobody could answer', async () => {
  await fresh();
  const signingIn = (name: string) =>
    actAs(database, ANONYMOUS, async (client) => {
      const { rows } = await client.query<Grant>(
        'select * from identity.sign_in($1, $2, null, $3)',
        [EMAIL, PASSWORD, { name }],
      );
      return rows[0];
    });
  await expect(signingIn('x'.repeat(2000))).rejects.toMatchObject({
    code: 'CB002',
    column: 'device',
  });
  const kept = await signingIn('x'.repeat(1900));
  expect(passed([await finish(String(kept?.challenge?.['token']), NOW)])).toHaveLength(1);
});

describe('identity.spend_second_factor', () => {
  test.each([`${NOW} - 3`, `${NOW} + 3`, '0', '-1', 'null::bigint'])(
    'takes no step far from now, whoever says that it was right: %s',
    async (step) => {
      await fresh();
      expect((await finish(await challenge(), step)).refusal).toMatchObject({ code: 'CB015' });
    },
  );

  test('counts what it refuses', async () => {
    await fresh();
    await finish(await challenge(), 'null::bigint');
    const { rows } = await database
      .pool()
      .query(
        'select from security.failed_login_attempts where email_digest = security.login_digest($1)',
        [`second factor of ${userId}`],
      );
    expect(rows).toHaveLength(1);
  });
});

onServer('two callers at once', () => {
  test('with the same code in two sign-ins: one comes in', async () => {
    await fresh();
    const tokens = await Promise.all([1, 2, 3, 4].map(() => challenge()));
    const grants = await Promise.all(tokens.map((token) => finish(token, NOW)));
    expect(passed(grants)).toHaveLength(1);
  });

  test('with the same challenge and different codes: one comes in', async () => {
    const codes = await fresh();
    const token = await challenge();
    const grants = await Promise.all(
      codes.slice(0, 4).map((code) => finish(token, 'null::bigint', code)),
    );
    expect(passed(grants)).toHaveLength(1);
  });

  test('with the same recovery code: one comes in', async () => {
    const [code] = await fresh();
    const tokens = await Promise.all([1, 2, 3, 4].map(() => challenge()));
    const grants = await Promise.all(tokens.map((token) => finish(token, 'null::bigint', code)));
    expect(passed(grants)).toHaveLength(1);
  });

  test('guessing side by side get no more tries than one after the other', async () => {
    await fresh();
    const token = await challenge();
    const grants = await Promise.all(
      Array.from({ length: 10 }, () => finish(token, 'null::bigint')),
    );
    const codes = grants.map((grant) => grant.refusal?.['code']);
    expect(codes.filter((code) => code === 'CB015')).toHaveLength(5);
    expect(codes.filter((code) => code === 'CB016')).toHaveLength(5);
  });
});
