import { describeSqlstate, messageOf } from '../../plugins/errors/registry.ts';
import { fieldOf } from '../../plugins/names.ts';

/** Why an export was refused before anything of it had left: as GraphQL would say it, with a status of HTTP. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.extensions = { code, ...more };
  }
}

/** What is wrong with a parameter of the address. */
export const wrongParameter = (field: string, message: string): Refused =>
  new Refused(400, 'INVALID_INPUT', message, { field });

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND_OR_FORBIDDEN: 404,
  TIMEOUT: 504,
  DATABASE_UNAVAILABLE: 503,
  CONFLICT: 409,
  SERIALIZATION_FAILURE: 409,
  LOCKED: 409,
};

type Failure = {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly column?: string;
  readonly detail?: string;
  readonly hint?: string;
};

/** How Node and `pg` say that there is no connection. */
const UNREACHABLE =
  /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$|^(Connection terminated|timeout exceeded when trying)/;

/** What a client learns of an error of the database; undefined for one that nobody foresaw. */
export function refusedBy(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error;
  const { code, message, column, detail, hint } = (error ?? {}) as Failure;
  const isLost = UNREACHABLE.test(String(code)) || UNREACHABLE.test(String(message));
  const known = describeSqlstate(isLost ? '08006' : typeof code === 'string' ? code : '');
  if (!known) return undefined;
  const fields = column ? [fieldOf(column)] : [];
  const help = known.speaks ? hint : known.hint;
  return new Refused(
    STATUS[known.code] ?? 400,
    known.code,
    known.speaks ? String(message) : messageOf(known, fields),
    {
      ...(column ? { field: fieldOf(column) } : {}),
      ...(known.speaks && detail ? { detail } : {}),
      ...(help ? { hint: help } : {}),
    },
  );
}
