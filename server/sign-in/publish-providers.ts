import type { Database } from '../../db/connect.ts';
import type { ProviderSettings } from '../settings/providers.ts';

/** No such function: the SQLSTATE of a database that is older than this code, as while a release is rolled out. */
const NOT_MIGRATED = '42883';

/** Lets `identity.oauth_providers` say what the settings say: no secrets, and what is gone is not listed any more. */
export async function publishProviders(
  database: Database,
  providers: readonly ProviderSettings[],
): Promise<void> {
  const rows = providers.map(({ key, name, issuer, clientId, scopes }) => ({
    key,
    name,
    issuer,
    client_id: clientId,
    scopes,
  }));
  try {
    await database
      .pool('callboard_authenticator')
      .query('select identity.set_oauth_providers($1)', [JSON.stringify(rows)]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== NOT_MIGRATED) throw error;
  }
}
