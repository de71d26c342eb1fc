import type { Pool } from 'pg';
import { secretPlace } from '../plugins/second-factor/verify.ts';
import type { Encryption } from './encryption.ts';
import { tokenPlace } from './sign-in/provider-tokens.ts';

type Row = {
  /** The key of the row, by which pages go on. */
  readonly id: string;
  readonly user_id?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly encrypted: Buffer;
};

/** A column that holds something encrypted. */
type Column = {
  /** A page of rows after the key $1: key, what is encrypted, and whatever says where that belongs. */
  readonly read: string;
  /** Writes $3 where the row $1 still has $2. */
  readonly write: string;
  readonly placeOf: (row: Row) => string;
};

const PAGE = 500;

const tokenColumn = (kind: 'access' | 'refresh'): Column => ({
  read: `select t.linked_account_id as id, l.issuer, l.subject, t.${kind}_token_encrypted as encrypted
           from identity.oauth_tokens t
           join identity.linked_accounts l on l.id = t.linked_account_id
          where t.linked_account_id > $1 and t.${kind}_token_encrypted is not null
          order by t.linked_account_id
          limit ${PAGE}`,
  write: `update identity.oauth_tokens set ${kind}_token_encrypted = $3
           where linked_account_id = $1 and ${kind}_token_encrypted = $2`,
  placeOf: ({ issuer = '', subject = '' }) => tokenPlace(kind, issuer, subject),
});

const COLUMNS: readonly Column[] = [
  {
    read: `select f.user_id as id, f.user_id, f.secret_encrypted as encrypted
             from identity.second_factors f
            where f.user_id > $1
            order by f.user_id
            limit ${PAGE}`,
    write: `update identity.second_factors set secret_encrypted = $3
             where user_id = $1 and secret_encrypted = $2`,
    placeOf: ({ user_id: userId = '' }) => secretPlace(userId),
  },
  tokenColumn('access'),
  tokenColumn('refresh'),
];

/**
 * Encrypts with the current key whatever was encrypted with an older one, after which that can go. Row by row, so that it
 * stands in nobody's way; a row that changes meanwhile is encrypted with the current key already.
 *
 * @param pool of `callboard_service`
 * @returns how many values were written
 * @throws {DecryptionError} when a key is missing; what was done stays
 */
export async function encryptAnew(pool: Pool, encryption: Encryption): Promise<number> {
  let written = 0;
  for (const { read, write, placeOf } of COLUMNS) {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await pool.query<Row>(read, [after]);
      for (const row of rows) {
        if (encryption.isCurrent(row.encrypted)) continue;
        const place = placeOf(row);
        const anew = encryption.encrypt(encryption.decrypt(row.encrypted, place), place);
        const { rowCount } = await pool.query(write, [row.id, row.encrypted, anew]);
        written += rowCount ?? 0;
      }
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
    }
  }
  return written;
}
