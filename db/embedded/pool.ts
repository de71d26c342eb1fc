import pg from 'pg';
import { guardPool } from '../pools.ts';
import type { Session } from './session.ts';
import { EmbeddedSocket } from './socket.ts';

type Callback = (error: Error) => void;

/**
 * `pg.Client` over the shared session, with two differences. Prepared statements lose their name, because names belong to
 * the session that all clients share. A query on a client that was given back is refused: it would run in the middle of
 * what the next holder does.
 */
class EmbeddedClient extends pg.Client {
  checkedOut = true;
  /** For those who prepare statements by themselves, without `query`. */
  readonly keepsStatements = false;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- `pg` declares nine overloads; callers see those.
  override query(...args: any[]): any {
    const [config, ...rest] = args as [unknown, ...unknown[]];
    if (!this.checkedOut) return this.#refuse(args as unknown[]);
    const query = super.query.bind(this) as (...args: unknown[]) => unknown;
    if (
      typeof config !== 'object' ||
      config === null ||
      !('name' in config) ||
      'submit' in config
    ) {
      return query(config, ...rest);
    }
    return query({ ...config, name: undefined, queryMode: 'extended' }, ...rest);
  }

  #refuse(args: unknown[]): Promise<never> | undefined {
    const error = new Error('This client has been released to its pool: it takes no more queries.');
    const callback = args.find((each): each is Callback => typeof each === 'function');
    if (!callback) return Promise.reject(error);
    process.nextTick(callback, error);
    return undefined;
  }
}

/**
 * A `pg.Pool` whose clients share the session.
 *
 * @param role the role that clients are signed in as; absent for the superuser
 */
export function openEmbeddedPool(session: Session, role: string | undefined, max: number): pg.Pool {
  const pool = new pg.Pool({
    Client: EmbeddedClient,
    stream: () => new EmbeddedSocket(session, role),
    // Stated, so that PGHOST, PGSSLMODE and their like say nothing here.
    host: 'embedded',
    port: 5432,
    user: role ?? 'postgres',
    password: '',
    database: 'postgres',
    ssl: false,
    pipeline: role === 'callboard_authenticator',
    max,
    // A connection costs nothing while it is idle.
    idleTimeoutMillis: 0,
  });
  guardPool(pool);
  const clientOf = (client: pg.PoolClient) => client as unknown as EmbeddedClient;
  pool.on('acquire', (client) => {
    clientOf(client).checkedOut = true;
  });
  pool.on('release', (_error, client) => {
    clientOf(client).checkedOut = false;
  });
  return pool;
}
