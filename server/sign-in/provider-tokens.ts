import type { Pool } from 'pg';
import type { Encryption } from '../encryption.ts';
import { ProviderError, type Providers, type ProviderTokens } from './providers.ts';

/** What a token of a provider is bound to when it is encrypted: whose it is, and which of the two. */
export const tokenPlace = (kind: 'access' | 'refresh', issuer: string, subject: string): string =>
  JSON.stringify(['oauth_tokens', kind, issuer, subject]);

/** The user has to link the account again: there is no token that the provider takes. */
export class NoProviderTokenError extends Error {
  override readonly name = 'NoProviderTokenError';
}

type Row = {
  readonly provider_key: string;
  readonly issuer: string;
  readonly subject: string;
  readonly access_token_encrypted: Buffer;
  readonly refresh_token_encrypted: Buffer | null;
  readonly is_fresh: boolean;
  readonly failed_at: Date | null;
};

const READ = `
  select o.key as provider_key, l.issuer, l.subject, t.access_token_encrypted, t.refresh_token_encrypted, t.failed_at,
         coalesce(t.expires_at > now() + interval '1 minute', true) as is_fresh
    from identity.oauth_tokens t
    join identity.linked_accounts l on l.id = t.linked_account_id
    join identity.oauth_providers o on o.id = l.provider_id
    join identity.users u on u.id = l.user_id and u.is_active
   where t.linked_account_id = $1
     for update of t`;

const KEEP = `
  update identity.oauth_tokens t
     set access_token_encrypted = $2, refresh_token_encrypted = coalesce($3, t.refresh_token_encrypted),
         scopes = $4, expires_at = $5, failed_at = null
   where t.linked_account_id = $1`;

export type ProviderTokenOptions = {
  /** The pool of `callboard_service`: for jobs, never for requests. */
  readonly pool: Pool;
  readonly providers: Providers;
  readonly encryption: Encryption;
};

/**
 * An access token with which Callboard may ask a provider on behalf of a user, renewed when it is about to run out. Jobs that
 * need the same token at the same time wait for one renewal, since a provider may take a refresh token once.
 *
 * @param linkedAccountId the `identity.linked_accounts` row
 * @throws {NoProviderTokenError} when the user has to link the account again
 * @throws {ProviderError} when the provider does not answer: trying later may help
 */
export async function providerAccessToken(
  { pool, providers, encryption }: ProviderTokenOptions,
  linkedAccountId: string,
): Promise<string> {
  const client = await pool.connect();
  let failure: unknown;
  try {
    await client.query('begin');
    const { rows } = await client.query<Row>(READ, [linkedAccountId]);
    const [row] = rows;
    if (!row || row.failed_at)
      throw new NoProviderTokenError('The account is not linked any more.');
    const { issuer, subject } = row;
    const placeOf = (kind: 'access' | 'refresh') => tokenPlace(kind, issuer, subject);
    if (row.is_fresh) {
      await client.query('commit');
      return encryption.decrypt(row.access_token_encrypted, placeOf('access'));
    }
    const provider = providers.find(row.provider_key);
    if (!provider || !row.refresh_token_encrypted) {
      throw new NoProviderTokenError('The token has run out, and nothing renews it.');
    }
    let tokens: ProviderTokens;
    try {
      const refreshToken = encryption.decrypt(row.refresh_token_encrypted, placeOf('refresh'));
      tokens = await providers.renew(provider, refreshToken);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.code !== 'SIGN_IN_EXPIRED') throw error;
      await client.query(
        'update identity.oauth_tokens set failed_at = now() where linked_account_id = $1',
        [linkedAccountId],
      );
      await client.query('commit');
      throw new NoProviderTokenError(error.message, { cause: error });
    }
    await client.query(KEEP, [
      linkedAccountId,
      encryption.encrypt(tokens.accessToken, placeOf('access')),
      tokens.refreshToken === undefined
        ? null
        : encryption.encrypt(tokens.refreshToken, placeOf('refresh')),
      tokens.scopes,
      tokens.expiresAt ?? null,
    ]);
    await client.query('commit');
    return tokens.accessToken;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    if (failure !== undefined) await client.query('rollback').catch(() => undefined);
    client.release();
  }
}
