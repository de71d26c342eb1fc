import type { JobHelpers } from 'graphile-worker';
import type { PoolClient } from 'pg';

/** On whose behalf a job looks. */
export type Member = {
  readonly userId: string;
  readonly organizationId: string;
};

/** Milliseconds that one statement may take. */
const STATEMENT_TIMEOUT = 60_000;

const ENTER = `
  select set_config('role', 'callboard_member', true), set_config('statement_timeout', $1, true), authz.enter($2)`;

/** What follows in the transaction is done with the rights of the member, and in time. */
async function enter(client: PoolClient, { userId, organizationId }: Member): Promise<void> {
  await client.query(ENTER, [
    String(STATEMENT_TIMEOUT),
    JSON.stringify({ user_id: userId, organization_id: organizationId }),
  ]);
}

/**
 * Lets `work` read with the rights that a member has at this moment, as a request of theirs would: row security and all.
 * Nothing can be written, and nothing of it outlasts the transaction.
 *
 * @throws an error with the code CB001 when the account is not active any more
 */
export function asMember<T>(
  helpers: Pick<JobHelpers, 'withPgClient'>,
  member: Member,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return helpers.withPgClient(async (client) => {
    await client.query('begin read only');
    try {
      await enter(client, member);
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  });
}

/**
 * Lets `work` look with the eyes of one member after the other, at the same moment: what is written meanwhile nobody of them
 * sees. A member whom the database refuses gets undefined.
 */
export function asEachMember<T>(
  helpers: Pick<JobHelpers, 'withPgClient'>,
  members: readonly Member[],
  work: (client: PoolClient) => Promise<T>,
): Promise<readonly (T | undefined)[]> {
  return helpers.withPgClient(async (client) => {
    const results: (T | undefined)[] = [];
    await client.query('begin isolation level repeatable read read only');
    try {
      for (const member of members) {
        // What is undone to the savepoint is the role and the caller, too.
        await client.query('savepoint looking');
        try {
          await enter(client, member);
          results.push(await work(client));
        } catch (error) {
          if (!refusalIn(error)) throw error;
          results.push(undefined);
        }
        await client.query('rollback to savepoint looking');
      }
      await client.query('commit');
      return results;
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  });
}

/** A refusal that the database raised, as answers tell it; undefined for every other error. */
export function refusalIn(
  error: unknown,
): { code: string; message: string; field: string | undefined } | undefined {
  const { code, message, column } = error as {
    code?: unknown;
    message?: unknown;
    column?: unknown;
  };
  if (typeof code !== 'string' || !/^(CB\d{3}|42501|22...)$/.test(code)) return undefined;
  return {
    code,
    message: String(message),
    field: typeof column === 'string' && column !== '' ? column : undefined,
  };
}
