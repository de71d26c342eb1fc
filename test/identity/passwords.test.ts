import { describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { ANONYMOUS, as, undone } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { cheapPasswords, PASSWORD, signedUp, signIn } from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

const asOwner = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => undone(database, work);

const check = (password: string | null) =>
  asOwner((client) =>
    client.query('select identity.check_password($1, $2, $3)', [
      password,
      'Olive.Brown@lumen.test',
      'Olive Brown',
    ]),
  );

describe('a password', () => {
  test.each([
    ['too short', 'x7$kQ2!mz'],
    ['missing', null],
    ['empty', ''],
    ['too long', 'long pass '.repeat(20) + 'x'],
    ['common', 'qwertyuiop'],
    ['common in capitals', 'QWERTYUIOP'],
    ['a common word with digits', 'Password2024!'],
    ['a common word between digits', '123 welcome 123'],
    ['digits alone', '73920184655'],
    ['of few characters', 'ababababababab'],
    ['the e-mail address', 'olive.brown@lumen.test'],
    ['the part before the @ with digits', 'Olive.Brown99'],
    ['the name', 'olive brown'],
    ['the name and a little', '12olive brown!'],
  ])('that is %s is refused', async (_what, password) => {
    await expect(check(password)).rejects.toMatchObject({ code: 'CB002', column: 'password' });
  });

  test.each([
    [PASSWORD],
    ['x7$kQ2!mzR'],
    ['callboard-demo'],
    ['olives are not brown in spring'],
    ['пароль из слов'],
    ['long pass '.repeat(20)],
  ])('%j is taken', async (password) => {
    expect((await check(password)).rowCount).toBe(1);
  });
});

describe('the cost of hashing', () => {
  test.each([
    [4, 4, []],
    [4, 10, [4, 5, 6, 7, 8, 9]],
    [9, 10, [9]],
    [12, 10, []],
  ])(
    'of a wrong password is the same for a hash of cost %i when it is %i',
    async (old, now, besides) => {
      await asOwner(async (client) => {
        await client.query("select set_config('callboard.password_cost', $1, true)", [String(now)]);
        const { rows } = await client.query<{ costs: number[] }>(
          `select array(select * from identity.costs_up_to_now(identity.hash_of_nothing($1))) as costs`,
          [old],
        );
        const { costs } = rows[0]!;
        expect(costs).toEqual(besides);
        if (old > now) return;
        // Each step of the cost doubles the work.
        expect([old, ...costs].reduce((sum, cost) => sum + 2 ** cost, 0)).toBe(2 ** now);
      });
    },
  );

  const costOf = async (client: PoolClient, email: string) =>
    (
      await client.query(
        `select identity.cost_of(c.password_hash) as cost
           from identity.credentials c join identity.users u on u.id = c.user_id where u.email = $1`,
        [email],
      )
    ).rows[0].cost;

  test('follows the setting at the next sign-in', async () => {
    await signedUp(database, 'cost@passwords.test');
    await asOwner(async (client) => {
      expect(await costOf(client, 'cost@passwords.test')).toBe(4);
      await client.query("set local callboard.password_cost = '5'");
      expect(await signIn(client, 'cost@passwords.test', 'wrong')).toMatchObject({
        refusal: { code: 'CB008' },
      });
      expect(await costOf(client, 'cost@passwords.test')).toBe(4);
      expect(await signIn(client, 'cost@passwords.test', PASSWORD)).toMatchObject({
        refusal: null,
      });
      expect(await costOf(client, 'cost@passwords.test')).toBe(5);
      expect(await signIn(client, 'cost@passwords.test', PASSWORD)).toMatchObject({
        refusal: null,
      });
    });
  });

  test('is the same where there is no account: as many rounds of the same function', async () => {
    await asOwner(async (client) => {
      const { rows } = await client.query(
        `select identity.cost_of(identity.hash_of_nothing()) as cost,
                length(identity.hash_of_nothing()) = length(identity.hash_password('x')) as alike,
                identity.matches_password('', identity.hash_of_nothing()) as matches`,
      );
      expect(rows).toEqual([{ cost: 4, alike: true, matches: false }]);
    });
  });
});

describe('text that Postgres cannot hold', () => {
  test.each([
    ['email', ['a\u0000@b.test', PASSWORD]],
    ['password', ['a@b.test', 'correct\u0000horse battery']],
  ])('in %s is an error of its own', async (_field, [email, password]) => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(signIn(client, email ?? '', password ?? '')).rejects.toMatchObject({
        code: '22021',
      });
    });
  });
});
