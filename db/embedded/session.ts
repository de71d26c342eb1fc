import { setImmediate as nextLoop } from 'node:timers/promises';
import pg from 'pg';
import { errorField, firstColumnOf, MessageReader, queryMessage } from './protocol.ts';

/** Sends messages to the engine and gives everything that it answers. */
export type Engine = (messages: Uint8Array) => Promise<Buffer>;

/** Somebody who takes the session in turns with others. */
export type Turn = {
  /** Has something to do now. */
  readonly ready: boolean;
  /** Does one step; true keeps the session for the next one too. Never rejects. */
  takeTurn(): Promise<boolean>;
  /** The session was kept without use for too long while others wait. The next `takeTurn` must let go of it. */
  expire(): void;
};

/** A connection: takes turns, hears notifications, and can be cut off. */
export type Member = Turn & {
  hear(notification: Buffer): void;
  terminate(code: string, text: string): void;
};

/** Whatever a client left behind, cheap enough (20 µs) to run each time another client gets the session. */
const FORGET =
  'set role none; set session authorization postgres; reset all; close all; deallocate all; discard temp;';

const FAILED =
  'the embedded database has broken down and has to be opened again; what was committed is safe';

/**
 * The one session of an embedded database, taken in turns, first come, first served. A turn lasts for one query, or from
 * the begin to the end of a transaction.
 *
 * What a client sets for its session (`set`, `set role`, temporary tables, prepared statements) lasts until another client
 * gets a turn: it never reaches another client. Settings that a transaction needs belong into it (`set local`).
 */
export class Session {
  readonly #engine: Engine;
  readonly #patience: number;
  readonly #waiting: Turn[] = [];
  readonly #channels = new Map<string, Set<Member>>();
  readonly #members = new Set<Member>();
  #holder: Turn | undefined;
  #running = false;
  #failed = false;
  #timer: NodeJS.Timeout | undefined;
  /** Whose role and settings the session has. */
  #guise: object | undefined;

  /** @param patience milliseconds that an unused transaction may keep others waiting */
  constructor(engine: Engine, patience: number) {
    this.#engine = engine;
    this.#patience = patience;
  }

  /** Gives `turn` the session as soon as it is its turn. */
  request(turn: Turn): void {
    if (turn !== this.#holder && !this.#waiting.includes(turn)) this.#waiting.push(turn);
    void this.#run();
  }

  /** Somebody has the session, or keeps it between two queries. */
  get held(): boolean {
    return this.#holder !== undefined;
  }

  join(member: Member): void {
    this.#members.add(member);
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** Cuts all connections off and waits until the session is idle. */
  async close(): Promise<void> {
    for (const member of this.#members) {
      member.terminate('57P01', 'terminating connection: the database is closing');
    }
    await this.exclusively(() => Promise.resolve());
  }

  /** Runs `job` with the whole session as the superuser, between the turns of others. */
  exclusively<T>(job: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const turn: Turn = {
      ready: false,
      expire: () => undefined,
      takeTurn: async () => {
        const done = this.become(turn).then(job);
        resolve(done);
        await done.catch(() => undefined);
        return false;
      },
    };
    this.request(turn);
    return promise;
  }

  /** Sends messages as they are. Only whoever has the turn may. */
  async send(messages: Uint8Array): Promise<Buffer> {
    if (this.#failed) throw new Error(FAILED);
    return this.#engine(messages);
  }

  /** The engine broke off in the middle of a query: its memory cannot be trusted any more, its files can. */
  fail(): void {
    this.#failed = true;
    for (const member of this.#members) member.terminate('57P02', FAILED);
  }

  /** Runs statements and gives the last value of the first column, as text. Only whoever has the turn may. */
  async command(sql: string): Promise<string | undefined> {
    let value: string | undefined;
    for (const { type, bytes } of new MessageReader(true).read(
      await this.send(queryMessage(sql)),
    )) {
      if (type === 'D') value = firstColumnOf(bytes);
      if (type !== 'E') continue;
      const error = new pg.DatabaseError(
        errorField(bytes, 'M') ?? 'unknown error',
        bytes.length,
        'error',
      );
      error.code = errorField(bytes, 'C');
      error.severity = errorField(bytes, 'S');
      throw error;
    }
    return value;
  }

  /**
   * Makes the session that of `whom`, signed in as `role`, unless it is already. `session authorization` is used, not
   * `role`: so `reset role` leads back to `role`, and `set role` asks for its memberships, as with a login of its own.
   *
   * @throws DatabaseError 22023 when there is no such role
   */
  async become(whom: object, role?: string): Promise<void> {
    if (this.#guise === whom) return;
    this.#guise = undefined;
    const signIn = role ? `set session authorization ${pg.escapeIdentifier(role)}` : '';
    await this.command(FORGET + signIn);
    this.#guise = whom;
  }

  /** Passes a notification to those who listen on its channel. */
  publish(channel: string, notification: Buffer): void {
    for (const listener of this.#channels.get(channel) ?? []) listener.hear(notification);
  }

  /** Records what the session has agreed to: `listener` hears `channel`. */
  addListener(channel: string, listener: Member): void {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners.add(listener));
  }

  listens(listener: Member): boolean {
    return [...this.#channels.values()].some((listeners) => listeners.has(listener));
  }

  /**
   * `listener` hears `channel` (or, with `*`, anything) no more. The session itself goes on listening for the others.
   * Only whoever has the turn may.
   */
  async removeListener(channel: string, listener: Member): Promise<void> {
    const channels = channel === '*' ? [...this.#channels.keys()] : [channel];
    for (const each of channels) {
      const listeners = this.#channels.get(each);
      listeners?.delete(listener);
      if (listeners?.size === 0) this.#channels.delete(each);
    }
    const commands = [
      'unlisten *',
      ...[...this.#channels.keys()].map((each) => `listen ${pg.escapeIdentifier(each)}`),
    ];
    await this.command(commands.join(';'));
  }

  #next(): Turn | undefined {
    if (!this.#holder) return this.#waiting.shift();
    return this.#holder.ready ? this.#holder : undefined;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let turn = this.#next(); turn; turn = this.#next()) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#holder = turn;
      const keeps = await turn.takeTurn();
      if (!keeps) {
        this.#holder = undefined;
        if (turn.ready) this.#waiting.push(turn);
      }
      // The engine computes on this thread: let sockets and timers have theirs between two steps.
      await nextLoop();
    }
    this.#running = false;
    const holder = this.#holder;
    if (!holder || this.#waiting.length === 0 || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      holder.expire();
      void this.#run();
    }, this.#patience).unref();
  }
}
