import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { secretPlace } from '../../plugins/second-factor/verify.ts';
import { Encryption } from '../../server/encryption.ts';
import { encryptAnew } from '../../server/encrypt-anew.ts';
import { tokenPlace } from '../../server/sign-in/provider-tokens.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();
const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const before = new Encryption([oldKey]);
const after = new Encryption([newKey, oldKey]);

beforeAll(async () => {
  const pool = database.pool();
  await pool.query(
    `insert into identity.oauth_providers (key, name, issuer, client_id) values ('x', 'X', 'https://x.test', 'x')`,
  );
  for (const name of ['a', 'b']) {
    const { rows } = await pool.query<{ user_id: string; id: string }>(
      `with someone as (
         insert into identity.users (email, name) values ($1 || '@anew.test', $1) returning id
       )
       insert into identity.linked_accounts (user_id, provider_id, issuer, subject)
       select s.id, o.id, o.issuer, $1 from someone s, identity.oauth_providers o
       returning user_id, id`,
      [name],
    );
    const { user_id: userId, id } = rows[0]!;
    await pool.query(
      'insert into identity.second_factors (user_id, secret_encrypted) values ($1, $2)',
      [userId, before.encrypt(`secret ${name}`, secretPlace(userId))],
    );
    await pool.query(
      `insert into identity.oauth_tokens (linked_account_id, user_id, access_token_encrypted, refresh_token_encrypted)
       values ($1, $2, $3, $4)`,
      [
        id,
        userId,
        before.encrypt(`access ${name}`, tokenPlace('access', 'https://x.test', name)),
        name === 'a'
          ? before.encrypt('refresh', tokenPlace('refresh', 'https://x.test', name))
          : null,
      ],
    );
  }
});

describe('encrypting anew', () => {
  test('moves all that an old key encrypted to the current one, once', async () => {
    const pool = database.pool('callboard_service');
    expect(await encryptAnew(pool, after)).toBe(5);
    expect(await encryptAnew(pool, after)).toBe(0);
    const onlyNew = new Encryption([newKey]);
    const { rows } = await database.pool().query<{
      user_id: string;
      subject: string;
      secret: Buffer;
      access: Buffer;
      refresh: Buffer | null;
    }>(
      `select l.user_id, l.subject, f.secret_encrypted as secret, t.access_token_encrypted as access,
              t.refresh_token_encrypted as refresh
         from identity.linked_accounts l
         join identity.second_factors f on f.user_id = l.user_id
         join identity.oauth_tokens t on t.linked_account_id = l.id
        order by l.subject`,
    );
    const read = rows.map(({ user_id: userId, subject, secret, access, refresh }) => [
      onlyNew.decrypt(secret, secretPlace(userId)),
      onlyNew.decrypt(access, tokenPlace('access', 'https://x.test', subject)),
      refresh && onlyNew.decrypt(refresh, tokenPlace('refresh', 'https://x.test', subject)),
    ]);
    expect(read).toEqual([
      ['secret a', 'access a', 'refresh'],
      ['secret b', 'access b', null],
    ]);
  });

  test('stops at what no key opens', async () => {
    const pool = database.pool('callboard_service');
    await expect(encryptAnew(pool, new Encryption([randomBytes(32)]))).rejects.toThrow(
      'which is not in ENCRYPTION_KEY',
    );
  });
});
