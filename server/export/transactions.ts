import type { PoolClient } from 'pg';
import { beginEntered } from '../adaptor/entered.ts';
import { entryOf, type Access, type Caller } from '../caller.ts';

/** Runs `work` in a transaction that the caller has entered, as operations do. */
export async function asCaller<T>(
  client: PoolClient,
  caller: Caller,
  access: Access,
  statementTimeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await beginEntered(client, entryOf(caller, access), statementTimeoutMs).catch(
    async (error: unknown) => {
      await client.query('rollback').catch(() => undefined);
      throw error;
    },
  );
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that cannot even roll back is thrown away by whoever releases it.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
