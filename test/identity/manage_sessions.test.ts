import { beforeEach, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import {
  call,
  cheapPasswords,
  comesFrom,
  holderOf,
  PASSWORD,
  refresh,
  signedIn,
  signedUp,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

let serial = 0;
let email: string;
let here: Grant;
let phone: Grant;

beforeEach(async () => {
  serial += 1;
  email = `user${serial}@manage.test`;
  here = await signedUp(database, email);
  phone = await actAs(database, ANONYMOUS, async (client) => {
    await comesFrom(client, '2001:db8::7', 'Phone/2.0');
    return call<Grant>(client, 'select * from identity.sign_in($1, $2, null, $3)', [
      email,
      PASSWORD,
      JSON.stringify({ name: 'Phone' }),
    ]);
  });
});

const listed = (grant: Grant) =>
  as(
    database,
    holderOf(grant),
    async (client) => (await client.query('select * from identity.list_sessions()')).rows,
  );
const revoke = (grant: Grant, id: string | null) =>
  actAs(database, holderOf(grant), (client) =>
    call<{ revoked: boolean }>(client, 'select identity.revoke_session($1) as revoked', [id]),
  );
const everywhere = (grant: Grant, keep: boolean | null) =>
  actAs(database, holderOf(grant), (client) =>
    call<{ ended: number }>(client, 'select identity.sign_out_everywhere($1) as ended', [keep]),
  );
const reasonOf = async ({ session_id: id }: Grant) =>
  (
    await database
      .pool()
      .query('select revoked_reason as reason from identity.session_families where id = $1', [id])
  ).rows[0].reason;

describe('the list of sessions', () => {
  test('says of each what it is, which is this one, and nothing that opens it', async () => {
    const sessions = await listed(here);
    expect(sessions).toEqual([
      {
        row_id: phone.session_id,
        device: { name: 'Phone' },
        address: '2001:db8::7',
        user_agent: 'Phone/2.0',
        created_at: expect.any(Date),
        last_used_at: expect.any(Date),
        expires_at: expect.any(Date),
        is_current: false,
      },
      expect.objectContaining({
        row_id: here.session_id,
        device: {},
        address: null,
        user_agent: null,
        is_current: true,
      }),
    ]);
  });

  test('begins with the one used last, and says from where', async () => {
    await actAs(database, ANONYMOUS, async (client) => {
      await comesFrom(client, '192.0.2.4', `Browser/${'9'.repeat(2000)}`);
      await refresh(client, here.refresh_token);
    });
    const [first] = await listed(phone);
    expect(first).toMatchObject({
      row_id: here.session_id,
      address: '192.0.2.4',
      is_current: false,
    });
    expect(first.user_agent).toHaveLength(500);
  });

  test('has nothing of others, of what is over, or for nobody', async () => {
    await signedUp(database, `other${serial}@manage.test`);
    await database
      .pool()
      .query('update identity.session_families set expires_at = now() where id = $1', [
        phone.session_id,
      ]);
    expect((await listed(here)).map((session) => session.row_id)).toEqual([here.session_id]);
    await as(database, ANONYMOUS, async (client) => {
      expect((await client.query('select * from identity.list_sessions()')).rows).toEqual([]);
      await expect(client.query('select from identity.session_families')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });
});

describe('revoking a session', () => {
  test('ends it and no other', async () => {
    expect(await revoke(here, phone.session_id)).toEqual({ revoked: true });
    expect(await reasonOf(phone)).toBe('signed_out_elsewhere');
    await expect(refresh(database.pool(), phone.refresh_token)).rejects.toMatchObject({
      code: 'CB008',
    });
    expect(await refresh(database.pool(), here.refresh_token)).toMatchObject({ refusal: null });
    await expect(revoke(here, phone.session_id)).rejects.toMatchObject({
      code: 'CB004',
      column: 'row_id',
    });
  });

  test('may be done to the one that it is done with', async () => {
    await revoke(here, here.session_id);
    expect(await reasonOf(here)).toBe('signed_out');
    await expect(revoke(here, phone.session_id)).rejects.toMatchObject({ code: 'CB001' });
  });

  test('of somebody else, or none, is refused', async () => {
    const other = await signedUp(database, `other${serial}@manage.test`);
    for (const id of [other.session_id, '01a1fdc1-fd58-7fff-bc0b-d7021e5e35a1', null]) {
      await expect(revoke(here, id)).rejects.toMatchObject({ code: 'CB004', column: 'row_id' });
    }
    expect(await reasonOf(other)).toBeNull();
  });
});

describe('signing out', () => {
  test('everywhere ends all sessions of the user and none of others', async () => {
    const other = await signedUp(database, `other${serial}@manage.test`);
    expect(await everywhere(here, null)).toEqual({ ended: 2 });
    for (const grant of [here, phone]) expect(await reasonOf(grant)).toBe('signed_out_elsewhere');
    expect(await reasonOf(other)).toBeNull();
  });

  test('everywhere else keeps this one', async () => {
    await signedIn(database, email);
    expect(await everywhere(here, true)).toEqual({ ended: 2 });
    expect(await reasonOf(here)).toBeNull();
    expect(await everywhere(here, true)).toEqual({ ended: 0 });
  });

  test('ends the session of this device and no other', async () => {
    const out = () =>
      actAs(database, holderOf(here), (client) =>
        call<{ done: boolean }>(client, 'select identity.sign_out() as done'),
      );
    expect(await out()).toEqual({ done: true });
    expect([await reasonOf(here), await reasonOf(phone)]).toEqual(['signed_out', null]);
    await expect(out()).rejects.toMatchObject({ code: 'CB001' });
  });
});

describe('what is kept for a while only', () => {
  test('goes when its time is over, and not before', async () => {
    const client = await database.pool('callboard_service').connect();
    try {
      await client.query('begin');
      const { rows } = await client.query(
        `with ended as (
           update identity.session_families set revoked_at = now() - interval '91 days', revoked_reason = 'signed_out'
            where id = $1
         ),
         old as (
           update identity.refresh_tokens set expires_at = now() - interval '1 second' where session_id = $2
         ),
         links as (
           insert into identity.one_time_tokens (user_id, purpose, email, token_hash, expires_at)
           select $3, 'password_reset', 'a@manage.test', sha256(n::text::bytea), now() - make_interval(days => n)
             from generate_series(6, 8) n
         ),
         challenges as (
           insert into identity.sign_in_challenges (user_id, challenge_hash, expires_at)
           select $3, sha256(n::text::bytea), now() - make_interval(mins => n) from generate_series(-1, 1, 2) n
         ),
         provider as (
           insert into identity.oauth_providers (key, name, issuer, client_id)
           values ('purged', 'Purged', 'https://purged.test', 'x') returning id
         ),
         journeys as (
           insert into identity.provider_sign_ins (provider_id, intent, state_hash, return_to, expires_at)
           select id, 'sign_in', sha256(n::text::bytea), '/', now() - make_interval(mins => n)
             from provider, generate_series(-1, 1, 2) n
         ),
         factors as (
           insert into identity.second_factors (user_id, secret_encrypted, created_at)
           values ($3, 'x', now() - interval '25 hours')
         ),
         attempts as (
           insert into security.failed_login_attempts (email_digest, attempted_at)
           select sha256('x'), now() - make_interval(days => n) from generate_series(29, 31) n
         ),
         events as (
           insert into security.security_events (user_id, event_type, occurred_at)
           select $3, 'password_changed', now() - make_interval(days => n) from generate_series(730, 735) n
         )
         select`,
        [phone.session_id, here.session_id, here.user_id],
      );
      expect(rows).toHaveLength(1);
      const purged = await client.query('select what, rows::int from identity.purge_expired()');
      expect(Object.fromEntries(purged.rows.map((row) => [row.what, row.rows]))).toEqual({
        'refresh tokens': 1,
        sessions: 1,
        links: 1,
        'sign-ins begun': 2,
        'second factors begun': 1,
        'failed sign-ins': 1,
        'security events': expect.any(Number),
      });
      const left = await client.query(
        'select id from identity.session_families where user_id = $1',
        [here.user_id],
      );
      expect(left.rows).toEqual([{ id: here.session_id }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
