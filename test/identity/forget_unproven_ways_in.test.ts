import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { cheapPasswords, linkFor, mailsTo, signedUp } from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

beforeAll(async () => {
  await database.pool().query(
    `insert into identity.oauth_providers (key, name, issuer, client_id)
     values ('studio', 'Studio', 'https://studio.test', 'x')`,
  );
});

/** An account with a linked account and a second factor, of whoever made it. */
async function account(email: string, verified: boolean): Promise<string> {
  const { user_id: userId } = await signedUp(database, email);
  const pool = database.pool();
  await pool.query(
    'update identity.users set email_verified_at = case when $2 then now() end where id = $1',
    [userId, verified],
  );
  await pool.query(
    `insert into identity.linked_accounts (user_id, provider_id, issuer, subject)
     select $1, o.id, o.issuer, $2 from identity.oauth_providers o`,
    [userId, email],
  );
  await pool.query(
    'insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, $2, now())',
    [userId, randomBytes(64)],
  );
  return userId;
}

async function reset(email: string): Promise<void> {
  const token = await linkFor(database, 'password_reset', email);
  await actAs(database, ANONYMOUS, (client) =>
    client.query("select identity.reset_password($1, 'another horse battery')", [token]),
  );
}

async function waysIn(userId: string) {
  const { rows } = await database.pool().query<{ linked: number; factors: number }>(
    `select (select count(*)::int from identity.linked_accounts where user_id = $1) as linked,
            (select count(*)::int from identity.second_factors where user_id = $1) as factors`,
    [userId],
  );
  return rows[0];
}

describe('a password that is reset by mail', () => {
  test('leaves no other way in to an account whose address nobody had verified', async () => {
    const userId = await account('planted@ways.test', false);
    await reset('planted@ways.test');
    expect(await waysIn(userId)).toEqual({ linked: 0, factors: 0 });
    const mails = await mailsTo(database, 'planted@ways.test');
    expect(JSON.stringify(mails)).toContain('Signing in takes no second factor any more.');
  });

  test('changes nothing else of an account whose address was verified', async () => {
    const userId = await account('own@ways.test', true);
    await reset('own@ways.test');
    expect(await waysIn(userId)).toEqual({ linked: 1, factors: 1 });
  });
});
