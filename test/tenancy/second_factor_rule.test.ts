import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { actAs, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let cast: Cast;
let count = 0;

beforeEach(async () => {
  count += 1;
  cast = await makeCast(database, `rule${count}`);
});

const pool = () => database.pool();

const enable = ({ userId }: Caller) =>
  pool().query(
    'insert into identity.second_factors (user_id, secret_encrypted, confirmed_at) values ($1, $2, now())',
    [userId, randomBytes(64)],
  );
const disable = ({ userId }: Caller) =>
  pool().query('delete from identity.second_factors where user_id = $1', [userId]);

/** As the owner of the organization. */
const require_ = (required: boolean) =>
  actAs(database, cast.owner, (client) =>
    client.query(
      `insert into tenancy.organization_settings as s (section, value) values ('security', $1)
       on conflict (organization_id, section) do update set value = excluded.value`,
      [JSON.stringify({ secondFactorRequired: required })],
    ),
  );

/** The organization that a caller is in after entering with a token for it. */
const entered = (caller: Caller) =>
  as(database, caller, async (client) => {
    const { rows } = await client.query<{ id: string | null; allowed: boolean }>(
      "select authz.organization_id() as id, authz.has('projects.read') as allowed",
    );
    return rows[0];
  });
const inside = () => ({ id: cast.organizationId, allowed: true });
const OUTSIDE = { id: null, allowed: false };

describe('an organization that requires a second factor', () => {
  test('lets in who has one, and nobody else, from the next request on', async () => {
    await enable(cast.owner);
    await enable(cast.member);
    expect(await entered(cast.admin)).toEqual(inside());
    await require_(true);
    expect(await entered(cast.owner)).toEqual(inside());
    expect(await entered(cast.member)).toEqual(inside());
    expect(await entered(cast.admin)).toEqual(OUTSIDE);
    await enable(cast.admin);
    expect(await entered(cast.admin)).toEqual(inside());
    await disable(cast.member);
    expect(await entered(cast.member)).toEqual(OUTSIDE);
    await require_(false);
    expect(await entered(cast.member)).toEqual(inside());
    expect(await entered(cast.guest)).toMatchObject({ id: cast.organizationId });
  });

  test('counts a factor only when it is confirmed', async () => {
    await enable(cast.owner);
    await require_(true);
    await pool().query(
      'insert into identity.second_factors (user_id, secret_encrypted) values ($1, $2)',
      [cast.member.userId, randomBytes(64)],
    );
    expect(await entered(cast.member)).toEqual(OUTSIDE);
    await pool().query(
      'update identity.second_factors set confirmed_at = now() where user_id = $1',
      [cast.member.userId],
    );
    expect(await entered(cast.member)).toEqual(inside());
  });

  test('is not made by somebody who would be out', async () => {
    await expect(require_(true)).rejects.toMatchObject({ code: 'CB019' });
    expect(await entered(cast.owner)).toEqual(inside());
  });

  test('holds for who joins later, and after it was suspended', async () => {
    await enable(cast.owner);
    await require_(true);
    await pool().query(
      "update tenancy.organization_members set status = 'active' where organization_id = $1 and user_id = $2",
      [cast.organizationId, cast.left.userId],
    );
    expect(await entered(cast.left)).toEqual(OUTSIDE);
    for (const status of ['suspended', 'active']) {
      await pool().query('update tenancy.organizations set status = $2 where id = $1', [
        cast.organizationId,
        status,
      ]);
    }
    expect(await entered(cast.owner)).toEqual(inside());
    expect(await entered(cast.member)).toEqual(OUTSIDE);
  });

  test('says so to who asks for it by name, and is nobody’s default', async () => {
    await enable(cast.owner);
    await require_(true);
    const ask = (sql: string) =>
      pool().query<{ answer: string | null }>(sql, [cast.organizationId, cast.member.userId]);
    const refused = ask('select tenancy.require_active_member($1, $2) as answer');
    await expect(refused).rejects.toMatchObject({ code: 'CB019', column: 'organization_id' });
    const { rows } = await ask(
      'select identity.default_organization($2) as answer where $1::uuid is not null',
    );
    expect(rows).toEqual([{ answer: null }]);
  });

  test('leaves other organizations alone', async () => {
    const other = await makeCast(database, `other${count}`);
    await enable(cast.owner);
    await require_(true);
    expect(await entered(other.member)).toEqual({ id: other.organizationId, allowed: true });
  });
});

onServer('at the same moment', () => {
  test('the rule begins and a member’s factor ends: the member is out', async () => {
    for (let round = 0; round < 10; round += 1) {
      cast = await makeCast(database, `race${count}x${round}`);
      await enable(cast.owner);
      await enable(cast.member);
      await Promise.all([require_(true), disable(cast.member)]);
      expect(await entered(cast.member)).toEqual(OUTSIDE);
    }
  });
});
