import type { PgClient, WithPgClient } from 'postgraphile/@dataplan/pg';
import { SafeError } from 'postgraphile/grafast';

/** What the database says on the topic of an organization. */
type Announcement = {
  readonly type: string;
  readonly operation: 'insert' | 'update' | 'delete';
  readonly ids: readonly string[];
};

/** A change, as far as the subscriber may see it. */
export type Change = {
  /** The GraphQL type of the rows. */
  readonly type: string;
  readonly operation: Announcement['operation'];
  /** Rows that the subscriber may read. */
  readonly ids: readonly string[];
};

/** A table whose changes are told. */
export type WatchedTable = {
  /** Its GraphQL type. */
  readonly type: string;
  /** The name in SQL, quoted. */
  readonly table: string;
};

/** What is asked of PostGraphile's context. */
export type WatchContext = {
  readonly pgSettings: Record<string, string | undefined>;
  readonly withPgClient: WithPgClient;
  readonly pgSubscriber: { subscribe(topic: string): AsyncIterableIterator<string> } | null;
  /** Until when the access token serves that the subscription began with. */
  readonly sessionExpiresAt?: Date | undefined;
};

export type WatchOptions = {
  readonly context: WatchContext;
  /** By the name that the database announces: `schema.table`. */
  readonly tables: ReadonlyMap<string, WatchedTable>;
  /** The types to tell about; null for all. */
  readonly types: readonly string[] | null;
};

/** Milliseconds between two registrations, each of which lasts for twice as long. */
const RENEWAL = 30_000;

const REGISTER = `select authz.organization_id() as id, case when authz.organization_id() is not null
  then platform.watch_changes(authz.organization_id()) end`;

async function register(client: PgClient): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>({ text: REGISTER });
  return rows[0]?.id ?? null;
}

async function readable(client: PgClient, table: string, ids: readonly string[]) {
  const { rows } = await client.query<{ id: string }>({
    text: `select t.id from ${table} t
            where t.organization_id = (select authz.organization_id()) and t.id = any ($1::uuid[])`,
    values: [ids],
  });
  const found = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => found.has(id));
}

const interrupted = () =>
  new SafeError('Changes may have been missed: read again, and subscribe again.', {
    code: 'DATABASE_UNAVAILABLE',
  });

/**
 * The changes of the active organization, as they are committed, of which the caller may read rows; each time with the
 * rights that the caller has then. Ends when the access token does, or when the caller leaves the organization.
 *
 * @throws SafeError FORBIDDEN without an active organization
 */
export async function watchChanges(options: WatchOptions): Promise<AsyncIterableIterator<Change>> {
  const { context, tables, types } = options;
  const { pgSettings: settings, withPgClient, pgSubscriber, sessionExpiresAt } = context;
  if (!pgSubscriber) throw new Error('Nothing listens to the database.');
  const organizationId = await withPgClient(settings, register);
  if (organizationId === null) {
    throw new SafeError('You are in no organization whose changes could be told.', {
      code: 'FORBIDDEN',
    });
  }
  const announcements = pgSubscriber.subscribe(`changes:${organizationId}`);
  const end = () => void announcements.return?.();
  const renewal = setInterval(() => {
    withPgClient(settings, register).then((id) => id === organizationId || end(), end);
  }, RENEWAL);
  const expiry =
    sessionExpiresAt &&
    setTimeout(end, Math.max(0, Math.min(sessionExpiresAt.getTime() - Date.now(), 2 ** 31 - 1)));

  async function* changes(): AsyncGenerator<Change, void, undefined> {
    try {
      for await (const announced of announcements) {
        const { type: name, operation, ids } = JSON.parse(announced) as Announcement;
        const watched = tables.get(name);
        if (!watched || (types && !types.includes(watched.type))) continue;
        const visible = await withPgClient(settings, (client) =>
          readable(client, watched.table, ids),
        );
        if (visible.length === 0) continue;
        yield { type: watched.type, operation, ids: visible };
      }
    } catch (error) {
      throw isInterruption(error) ? interrupted() : error;
    } finally {
      clearInterval(renewal);
      clearTimeout(expiry);
    }
  }

  const told = changes();
  const iterator: AsyncIterableIterator<Change> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => told.next(),
    // The generator may be waiting for an announcement that never comes: end what it waits for.
    async return() {
      end();
      clearInterval(renewal);
      clearTimeout(expiry);
      await told.return();
      return { done: true, value: undefined };
    },
    throw: (error: unknown) => told.throw(error),
  };
  return iterator;
}

const isInterruption = (error: unknown): boolean =>
  error instanceof Error && /pubsub channel interrupted|Released/.test(error.message);
