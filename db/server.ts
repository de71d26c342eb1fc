import pg from 'pg';
import type { Database, DatabaseRole } from './connect.ts';
import { guardPool } from './pools.ts';

/** No connection: the server cannot be reached, or does not let us in. One line, without secrets. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  /** `ECONNREFUSED`, `ENOTFOUND`, … or the SQLSTATE with which the server refused. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it broke the connection off',
};

/** How values are written on the wire, whatever a database is set to: `pg` reads no dates but these, and takes \ for itself. */
const WIRE = { DateStyle: 'ISO', standard_conforming_strings: 'on' };

/** A client whose failure to connect is a `DatabaseUnavailableError`. */
class ServerClient extends pg.Client {
  /** The parameters that a connection starts with; its declaration leaves it out. */
  getStartupConf(): Record<string, string> {
    const inherited = pg.Client.prototype as unknown as Pick<ServerClient, 'getStartupConf'>;
    return { ...inherited.getStartupConf.call(this), ...WIRE };
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error | null) => void): void;
  override connect(callback?: (error: Error | null) => void): Promise<pg.Client> | undefined {
    if (!callback) {
      return super.connect().catch((error: unknown) => {
        throw this.#unavailable(error);
      });
    }
    super.connect((error: Error | null) => callback(error && this.#unavailable(error)));
    return undefined;
  }

  #unavailable(cause: unknown): DatabaseUnavailableError {
    const { code, message } = cause as { code?: string; message: string };
    const reason = REASONS[code ?? ''] ?? (message || 'it cannot be reached');
    const place = `${this.host}:${this.port}`;
    return new DatabaseUnavailableError(`No database at ${place}: ${reason}.`, code, { cause });
  }
}

type ServerSettings = {
  databaseUrl: string;
  databaseOwnerUrl?: string | undefined;
  poolSize?: number | undefined;
};

const CONNECT_PATIENCE = 10_000;
const LOGIN = 'callboard_authenticator';
const OWNER = 'callboard_owner';

function parse(address: string, name: string): URL {
  if (URL.canParse(address)) return new URL(address);
  throw new DatabaseUnavailableError(
    `${name} is no address of the form postgres://login:password@host:port/database.`,
    undefined,
  );
}

/** The login that an address leads to, with what the environment and `pg` add to it. */
const loginOf = (url: URL) => new pg.Client({ connectionString: url.href });

/** The address whose connections start as `role`, with whatever options it has already. */
function addressAs(url: URL, role: DatabaseRole | undefined): string {
  if (!role || loginOf(url).user === role) return url.href;
  const own = url.searchParams.get('options') ?? process.env['PGOPTIONS'];
  const withRole = new URL(url);
  withRole.searchParams.set('options', [own, `-c role=${role}`].filter(Boolean).join(' '));
  return withRole.href;
}

/** A Postgres server: one pool for each role, made when it is first asked for. */
export class ServerDatabase implements Database {
  readonly engine = 'server';
  readonly #url: URL;
  readonly #ownerUrl: URL;
  readonly #hasOwnerUrl: boolean;
  readonly #poolSize: number;
  #closed = false;
  readonly #pools = new Map<DatabaseRole | undefined, pg.Pool>();

  private constructor(settings: ServerSettings) {
    const { databaseUrl, databaseOwnerUrl, poolSize } = settings;
    this.#url = parse(databaseUrl, 'DATABASE_URL');
    this.#ownerUrl = databaseOwnerUrl ? parse(databaseOwnerUrl, 'DATABASE_OWNER_URL') : this.#url;
    this.#hasOwnerUrl = Boolean(databaseOwnerUrl);
    this.#poolSize = poolSize ?? 10;
  }

  /** @throws {DatabaseUnavailableError} when the server cannot be reached or refuses the login */
  static async open(settings: ServerSettings): Promise<ServerDatabase> {
    const database = new ServerDatabase(settings);
    const client = new ServerClient({
      connectionString: database.#url.href,
      connectionTimeoutMillis: CONNECT_PATIENCE,
    });
    await client.connect();
    await client.end();
    return database;
  }

  pool(role?: DatabaseRole): pg.Pool {
    if (this.#closed) throw new Error('The database is closed.');
    const known = this.#pools.get(role);
    if (known && !known.ending) return known;
    const owner = role === undefined || role === OWNER;
    if (role === OWNER && !this.#hasOwnerUrl && loginOf(this.#url).user === LOGIN) {
      throw new DatabaseUnavailableError(
        `DATABASE_URL signs in as ${LOGIN}, which may not migrate: set DATABASE_OWNER_URL too.`,
        undefined,
      );
    }
    const pool = new pg.Pool({
      Client: ServerClient,
      connectionString: addressAs(owner ? this.#ownerUrl : this.#url, role),
      application_name: 'callboard',
      connectionTimeoutMillis: CONNECT_PATIENCE,
      max: this.#poolSize,
      pipeline: role === LOGIN,
    });
    this.#pools.set(role, guardPool(pool));
    return pool;
  }

  describe(): string {
    const { host, port, database } = loginOf(this.#url);
    return `Postgres at ${host}:${port}/${database ?? ''}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#pools.values()].filter((pool) => !pool.ending);
    await Promise.all(open.map((pool) => pool.end()));
  }
}
