import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, makePlan, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'invited');
});

/** Four members, and seats for so many. */
const seated = (seats: number, work: (client: PoolClient) => Promise<void>) =>
  within(database, async (client) => {
    await subscribe(
      client,
      cast.organizationId,
      await makePlan(client, 'seated', { members: seats }),
    );
    await work(client);
  });
const asOwner = <T>(client: PoolClient, sql: string, values: unknown[]) =>
  acting(client, cast.owner, () => client.query(sql, values)).then(({ rows }) => rows as T[]);
const invite = async (client: PoolClient, email: string) =>
  (
    await asOwner<{ id: string }>(
      client,
      `select (tenancy.invite_member($1, r.id)).id from tenancy.roles r where r.key = 'member'`,
      [email],
    )
  )[0]?.id ?? '';
const used = async (client: PoolClient) =>
  (
    await client.query<{ used: number }>("select used::int from billing.figures($1, 'members')", [
      cast.organizationId,
    ])
  ).rows[0]?.used;

/** Somebody with this address accepts the invitation. */
async function accept(client: PoolClient, invitationId: string, email: string): Promise<void> {
  const token = cast.organizationId.replaceAll('-', '') + 'ab'.repeat(32);
  await client.query(
    `insert into tenancy.invitation_tokens (organization_id, invitation_id, token_hash) values ($1, $2, sha256($3::bytea))`,
    [cast.organizationId, invitationId, token],
  );
  const { rows } = await client.query<{ id: string }>(
    "insert into identity.users (email, name) values ($1, 'Invited') returning id",
    [email],
  );
  const caller: Caller = { userId: rows[0]?.id ?? '' };
  await acting(client, caller, () => client.query('select tenancy.accept_invitation($1)', [token]));
}

describe('whoever is invited', () => {
  test('has a seat, until the invitation is revoked', async () => {
    await seated(5, async (client) => {
      const first = await invite(client, 'first@seats.test');
      expect(await used(client)).toBe(5);
      expect(await refusal(client, () => invite(client, 'second@seats.test'))).toMatchObject({
        code: 'CB025',
        facts: { metric: 'members', limit: 5, used: 5, asked: 1 },
      });
      await asOwner(client, 'select tenancy.revoke_invitation($1)', [first]);
      await invite(client, 'second@seats.test');
      expect(await used(client)).toBe(5);
    });
  });

  test('takes that seat by accepting, also the last one', async () => {
    await seated(5, async (client) => {
      const invitation = await invite(client, 'last@seats.test');
      await accept(client, invitation, 'last@seats.test');
      expect(await used(client)).toBe(5);
      const { rowCount } = await client.query(
        "select from tenancy.organization_members where organization_id = $1 and status = 'active'",
        [cast.organizationId],
      );
      expect(rowCount).toBe(5);
    });
  });

  test('loses it when the invitation expires: the next invitation finds it free', async () => {
    await seated(5, async (client) => {
      const first = await invite(client, 'late@seats.test');
      await client.query(
        "update tenancy.invitations set expires_at = now() - interval '1 second' where id = $1",
        [first],
      );
      const second = await invite(client, 'next@seats.test');
      expect(await used(client)).toBe(5);
      // sent again, the first one takes a seat again, and there is none
      await client.query(
        "update tenancy.invitations set sent_at = now() - interval '1 day' where id = $1",
        [first],
      );
      const resend = () => asOwner(client, 'select tenancy.resend_invitation($1)', [first]);
      expect((await refusal(client, resend))?.code).toBe('CB025');
      await asOwner(client, 'select tenancy.revoke_invitation($1)', [second]);
      await resend();
      expect(await used(client)).toBe(5);
    });
  });

  test('loses it to somebody who comes back', async () => {
    await seated(5, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "update tenancy.organization_members set status = 'suspended' where organization_id = $1 and user_id = $2 returning id",
        [cast.organizationId, cast.guest.userId],
      );
      await invite(client, 'one@seats.test');
      const two = await invite(client, 'two@seats.test');
      const back = () => asOwner(client, 'select tenancy.reactivate_member($1)', [rows[0]?.id]);
      expect((await refusal(client, back))?.code).toBe('CB025');
      await client.query(
        "update tenancy.invitations set expires_at = now() - interval '1 second' where id = $1",
        [two],
      );
      await back();
      expect(await used(client)).toBe(5);
    });
  });

  test('the job frees the seats of all that have expired, once', async () => {
    await seated(9, async (client) => {
      const first = await invite(client, 'a@seats.test');
      await invite(client, 'b@seats.test');
      await client.query(
        "update tenancy.invitations set expires_at = now() - interval '1 second' where id = $1",
        [first],
      );
      const lapse = async () =>
        (
          await client.query<{ n: number }>(
            "select rows_changed::int as n from tenancy.end_what_expired() where what = 'invitations'",
          )
        ).rows[0]?.n;
      await client.query('set local role callboard_service');
      expect([await lapse(), await lapse()]).toEqual([1, 0]);
      await client.query('reset role');
      expect(await used(client)).toBe(5);
    });
  });
});
