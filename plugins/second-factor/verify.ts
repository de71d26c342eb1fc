import type { PgClient } from 'postgraphile/@dataplan/pg';
import type { Encryption } from '../../server/encryption.ts';
import { readCode, stepOf } from './totp.ts';

/** Where a secret of an authenticator is kept; it cannot be read anywhere else. */
export const secretPlace = (userId: string): string => `second_factors:${userId}`;

/** A second factor as the database hands it to the server, locked until the transaction ends. */
type Factor = {
  readonly user_id: string | null;
  readonly secret_encrypted: Buffer | null;
  readonly asked_at: Date;
};

/** What a code comes to: the arguments of the SQL functions that take it. Both are null when it is wrong. */
export type CheckedCode = {
  readonly step: number | null;
  readonly recoveryCode: string | null;
};

/**
 * Checks a code against the second factor that `read` finds. Right means: the authenticator shows it now. Whether it may
 * serve is for the database to say, which counts tries and keeps the steps that have served.
 *
 * @param read SQL that returns one row of `identity.read_second_factor()` or its like
 */
export async function checkCode(
  server: PgClient,
  encryption: Encryption,
  read: { readonly text: string; readonly values: readonly unknown[] },
  typed: string,
): Promise<CheckedCode> {
  const { rows } = await server.query<Factor>({ text: read.text, values: [...read.values] });
  const [factor] = rows;
  const code = readCode(typed);
  if (code.kind === 'recovery') return { step: null, recoveryCode: code.code };
  if (!factor?.user_id || !factor.secret_encrypted) return { step: null, recoveryCode: null };
  const secret = encryption.decrypt(factor.secret_encrypted, secretPlace(factor.user_id));
  return { step: stepOf(secret, code.digits, factor.asked_at), recoveryCode: null };
}
