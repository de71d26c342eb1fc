import { beforeAll, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, as, makeCast, sqlstateOf, type Cast } from '../../helpers/callers.ts';
import { testDatabase } from '../../helpers/database.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'bypass');
});

/** Functions that say what only the server may: that a code was right, what a provider has answered, what a secret is. */
const OF_THE_SERVER = [
  "identity.read_challenge('x')",
  "identity.finish_challenge('x', 1, null)",
  "identity.enroll_second_factor('x', null)",
  'identity.read_second_factor()',
  'identity.confirm_second_factor(1)',
  "identity.disable_second_factor(1, null, 'x')",
  'identity.regenerate_recovery_codes(1, null)',
  "identity.set_oauth_providers('[]')",
  "identity.begin_provider_sign_in('x', 'sign_in', 'x', 'x', null)",
  "identity.take_provider_answer('x', 'x')",
  "identity.keep_provider_answer(null, '{}', null, null)",
];

/** Parts of functions, which nobody calls by themselves. */
const PARTS = [
  'identity.spend_second_factor(null, 1, null)',
  "identity.open_challenge(null, null, '{}')",
  "identity.complete_sign_in(null, null, '{}')",
  'identity.make_recovery_codes(null)',
  'identity.remove_second_factor(null)',
  'identity.has_second_factor(null)',
  "identity.prove_caller('x')",
  "identity.take_journey('x', 'x', 'link')",
];

describe('what only the server may say', () => {
  test.each([...OF_THE_SERVER, ...PARTS])('%s is refused to callers', async (call) => {
    for (const caller of [ANONYMOUS, cast.owner]) {
      await as(database, caller, async (client) => {
        expect(await sqlstateOf(client, () => client.query(`select ${call}`))).toBe('42501');
      });
    }
  });

  test.each(OF_THE_SERVER)('%s is there for the server', async (call) => {
    const { rows } = await database.pool().query(
      `select has_function_privilege('callboard_authenticator', p.oid, 'execute') as allowed
         from pg_proc p where p.oid::regproc::text = $1`,
      [call.replace(/\(.*$/s, '')],
    );
    expect(rows).toEqual([{ allowed: true }]);
  });

  test.each(PARTS)('%s is not even for the server', async (call) => {
    const { rows } = await database.pool().query(
      `select has_function_privilege('callboard_authenticator', p.oid, 'execute') as allowed
         from pg_proc p where p.oid::regproc::text = $1`,
      [call.replace(/\(.*$/s, '')],
    );
    expect(rows).toEqual([{ allowed: false }]);
  });
});
