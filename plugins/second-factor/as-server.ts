import type { PgClient } from 'postgraphile/@dataplan/pg';
import { clientSetting, type RequestClient } from '../session/client.ts';

/**
 * Lets `work` call what only the server itself may say, such as that a code was right: in one transaction, with the caller
 * entered, under the role of the server's login. Callers have no right to these functions, by whatever way they reach the
 * database. The transaction commits when `work` returns, a refusal as a value too.
 */
export function asServer<T>(
  client: PgClient,
  sender: RequestClient | null | undefined,
  work: (server: PgClient) => Promise<T>,
): Promise<T> {
  return client.withTransaction(async (transaction) => {
    await transaction.query({
      text: `select set_config('callboard.client', $1, true), set_config('role', 'callboard_authenticator', true)`,
      values: [clientSetting(sender)],
    });
    return work(transaction);
  });
}
