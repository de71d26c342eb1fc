import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, ANONYMOUS, enter, type Caller } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/program.ts';
import {
  call,
  cheapPasswords,
  holderOf,
  linkFor,
  mailsTo,
  PASSWORD,
  signedUp,
  signIn,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

beforeAll(async () => {
  await database.pool().query(
    `insert into identity.oauth_providers (key, name, issuer, client_id)
     values ('studio', 'Studio', 'https://studio.test', 'x')`,
  );
});

/** An account with a linked account and a second factor, of whoever made it. */
async function account(email: string, verified: boolean): Promise<Grant> {
  const grant = await signedUp(database, email);
  const { user_id: userId } = grant;
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
  return grant;
}

const resetWith = (client: PoolClient, token: string | undefined) =>
  client.query("select identity.reset_password($1, 'another horse battery')", [token]);

async function reset(email: string): Promise<void> {
  const token = await linkFor(database, 'password_reset', email);
  await actAs(database, ANONYMOUS, (client) => resetWith(client, token));
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
    const { user_id: userId } = await account('planted@ways.test', false);
    await reset('planted@ways.test');
    expect(await waysIn(userId)).toEqual({ linked: 0, factors: 0 });
    const mails = await mailsTo(database, 'planted@ways.test');
    expect(JSON.stringify(mails)).toContain('Signing in takes no second factor any more.');
  });

  test('changes nothing else of an account whose address was verified', async () => {
    const { user_id: userId } = await account('own@ways.test', true);
    await reset('own@ways.test');
    expect(await waysIn(userId)).toEqual({ linked: 1, factors: 1 });
  });
});

/** The code of somebody who has come back from the provider just now. */
async function codeOf(subject: string, intent: 'sign_in' | 'link') {
  const code = randomBytes(16).toString('hex');
  const verifier = randomBytes(32).toString('base64url');
  await database.pool().query(
    `insert into identity.provider_sign_ins
       (provider_id, intent, state_hash, return_to, code_challenge, answered_at, code_hash, answer)
     select o.id, $1, $2, '/', rtrim(translate(encode(sha256(convert_to($3, 'UTF8')), 'base64'), '+/', '-_'), '='), now(),
            sha256(convert_to($4, 'UTF8')), jsonb_build_object('issuer', o.issuer, 'subject', $5::text)
       from identity.oauth_providers o`,
    [intent, randomBytes(32), verifier, code, subject],
  );
  return [code, verifier];
}

/** The span of 30 seconds that the database's clock is in. */
const NOW = 'floor(extract(epoch from clock_timestamp()) / 30)::bigint';

/** A transaction that is open. */
async function begun(caller: Caller): Promise<PoolClient> {
  const client = await database.pool('callboard_authenticator').connect();
  await client.query('begin');
  await enter(client, caller);
  return client;
}

/** Goes on as the server does that has checked a code. */
const asServer = (client: PoolClient) =>
  client.query("select set_config('role', 'callboard_authenticator', true)");

/** Lets something begin, until it waits for a lock or is at its end. */
async function beginning<T>(work: Promise<T>) {
  let isOver = false;
  const outcome = Promise.allSettled([work]).then(([settled]) => {
    isOver = true;
    return settled;
  });
  await until(async () => {
    const { rows } = await database
      .pool()
      .query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
    return isOver || rows.length > 0;
  });
  return { outcome };
}

/** What comes of `work` when a reset is under way as it begins, and is done before it ends. */
async function besideReset<T>(
  email: string,
  caller: Caller,
  work: (client: PoolClient) => Promise<T>,
) {
  const token = await linkFor(database, 'password_reset', email);
  const client = await begun(ANONYMOUS);
  try {
    await resetWith(client, token);
    const { outcome } = await beginning(actAs(database, caller, work));
    await client.query('commit');
    return await outcome;
  } finally {
    client.release();
  }
}

onServer('while a password is reset', () => {
  const over = { status: 'rejected', reason: { code: 'CB001' } };

  test('a planted account at a provider does not sign in, nor is it linked anew', async () => {
    const { user_id: userId } = await account('exchange@ways.test', false);
    const values = await codeOf('exchange@ways.test', 'sign_in');
    const outcome = await besideReset('exchange@ways.test', ANONYMOUS, (client) =>
      call(client, 'select * from identity.exchange_sign_in_code($1, $2)', values),
    );
    expect(outcome).toMatchObject({ value: { session_id: null, refusal: { code: 'CB017' } } });
    expect(await waysIn(userId)).toEqual({ linked: 0, factors: 0 });
  });

  test('an account at a provider signs in to an account whose address was verified', async () => {
    const { user_id: userId } = await account('both@ways.test', true);
    const values = await codeOf('both@ways.test', 'sign_in');
    const outcome = await besideReset('both@ways.test', ANONYMOUS, (client) =>
      call(client, 'select * from identity.exchange_sign_in_code($1, $2)', values),
    );
    expect(outcome).toMatchObject({
      value: { refusal: null, challenge: { token: expect.any(String) as unknown } },
    });
    expect(await waysIn(userId)).toEqual({ linked: 1, factors: 1 });
  });

  test.each([false, true])('nobody links an account, verified: %s', async (verified) => {
    const email = `link-${verified}@ways.test`;
    const grant = await account(email, verified);
    const values = await codeOf(`other ${email}`, 'link');
    const outcome = await besideReset(email, holderOf(grant), (client) =>
      client.query('select * from identity.link_account($1, $2)', values),
    );
    expect(outcome).toMatchObject(over);
    const left = verified ? 1 : 0;
    expect(await waysIn(grant.user_id)).toEqual({ linked: left, factors: left });
  });

  test.each([false, true])('nobody enrolls a second factor, verified: %s', async (verified) => {
    const email = `enroll-${verified}@ways.test`;
    const grant = await account(email, verified);
    await database
      .pool()
      .query('delete from identity.second_factors where user_id = $1', [grant.user_id]);
    const outcome = await besideReset(email, holderOf(grant), async (client) => {
      await asServer(client);
      return client.query('select identity.enroll_second_factor($1, null)', [randomBytes(64)]);
    });
    expect(outcome).toMatchObject(over);
    expect(await waysIn(grant.user_id)).toMatchObject({ factors: 0 });
  });

  test('nobody switches a second factor on that was enrolled before', async () => {
    const grant = await account('confirm@ways.test', true);
    await database
      .pool()
      .query('update identity.second_factors set confirmed_at = null where user_id = $1', [
        grant.user_id,
      ]);
    const outcome = await besideReset('confirm@ways.test', holderOf(grant), async (client) => {
      await asServer(client);
      await client.query('select identity.read_second_factor()');
      return client.query(`select identity.confirm_second_factor(${NOW})`);
    });
    expect(outcome).toMatchObject(over);
    const { rows } = await database
      .pool()
      .query('select confirmed_at from identity.second_factors where user_id = $1', [
        grant.user_id,
      ]);
    expect(rows).toEqual([{ confirmed_at: null }]);
  });

  test('nobody makes recovery codes with a session that it ends', async () => {
    const grant = await account('codes@ways.test', true);
    const outcome = await besideReset('codes@ways.test', holderOf(grant), async (client) => {
      await asServer(client);
      return client.query(`select identity.regenerate_recovery_codes(${NOW}, null)`);
    });
    expect(outcome).toMatchObject(over);
  });
});

onServer('two who change an account at the same moment take turns', () => {
  /** Switches the second factor off while `other` begins between its two steps. */
  async function switchingOff(grant: Grant, other: () => Promise<unknown>) {
    const client = await begun(holderOf(grant));
    try {
      await asServer(client);
      await client.query('select identity.read_second_factor()');
      const { outcome } = await beginning(other());
      const { refusal } = await call<{ refusal: object | null }>(
        client,
        `select identity.disable_second_factor(${NOW}, null, $1) as refusal`,
        [PASSWORD],
      );
      await client.query('commit');
      return [refusal, (await outcome).status];
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  test('a second factor that is switched off, and a reset', async () => {
    const grant = await account('off@ways.test', false);
    expect(await switchingOff(grant, () => reset('off@ways.test'))).toEqual([null, 'fulfilled']);
    expect(await waysIn(grant.user_id)).toEqual({ linked: 0, factors: 0 });
  });

  test('a second factor that is switched off, and a sign-in', async () => {
    const grant = await account('in@ways.test', true);
    const other = () =>
      actAs(database, ANONYMOUS, (client) => signIn(client, 'in@ways.test', PASSWORD));
    expect(await switchingOff(grant, other)).toEqual([null, 'fulfilled']);
  });

  test('a sign-in that takes a second factor, and a reset', async () => {
    const { user_id: userId } = await account('challenge@ways.test', false);
    const { challenge } = await actAs(database, ANONYMOUS, (client) =>
      signIn(client, 'challenge@ways.test', PASSWORD),
    );
    const client = await begun(ANONYMOUS);
    try {
      await asServer(client);
      await client.query('select identity.read_challenge($1)', [challenge?.['token']]);
      const { outcome } = await beginning(reset('challenge@ways.test'));
      const grant = await call(
        client,
        `select * from identity.finish_challenge($1, ${NOW}, null)`,
        [challenge?.['token']],
      );
      expect(grant).toMatchObject({ user_id: userId, refusal: null });
      await client.query('commit');
      expect(await outcome).toMatchObject({ status: 'fulfilled' });
    } finally {
      await client.query('rollback');
      client.release();
    }
    // The reset came second, and ended the session.
    const { rows } = await database
      .pool()
      .query('select from identity.session_families where user_id = $1 and revoked_at is null', [
        userId,
      ]);
    expect(rows).toEqual([]);
  });
});
