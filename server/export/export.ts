import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import { CHALLENGE } from '../../plugins/errors/http.ts';
import { linesOf, LINE_COLUMNS, type Chart } from '../../worker/reports/chart.ts';
import { fileNameOf } from '../../worker/reports/render.ts';
import { isIdle } from '../adaptor/entered.ts';
import type { Access, Caller } from '../caller.ts';
import { refuse } from '../http/answers.ts';
import { formatOf, sendFile, type FileOptions, type Written } from './file.ts';
import { Refused, refusedBy, wrongParameter } from './refused.ts';
import { cancelRunning, inPages, throughCursor, type TextRow } from './rows.ts';
import { columnOf, FILE_PARAMETERS, tableQuery, type ExportColumn } from './table-query.ts';
import { asCaller } from './transactions.ts';

/** Below it are the files. */
export const EXPORT_PATH = '/export';

export type ExportOptions = {
  readonly database: Database;
  readonly callerOf: (request: Request) => Caller;
  readonly statementTimeoutMs: number;
  /** Exports that run at the same time in this process; each holds a connection. */
  readonly atOnce: number;
  /** Minutes after which an export is broken off. */
  readonly minutes: number;
  /** Told about what goes wrong after an answer has begun, or nobody foresaw. */
  readonly report: (error: unknown) => void;
};

type Prepared = {
  /** For the log: which data, which columns, which rows. */
  readonly what: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly file: FileOptions;
  /** Gives the rows. */
  readonly rows: () => AsyncIterable<readonly TextRow[]>;
  /** Whether that takes a transaction of the caller's around it. */
  readonly inTransaction: boolean;
};

type Job = {
  readonly client: PoolClient;
  readonly caller: Caller;
  readonly parameters: ReadonlyMap<string, string>;
};

/** Whether Postgres could not read a value: SQLSTATE 22, a data exception. */
const isAboutValue = (error: unknown): boolean =>
  String((error as { code?: unknown } | null)?.code).startsWith('22');

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The parameters of an address, each of which may be there once. */
function parametersOf(request: Request): Map<string, string> {
  const { searchParams } = new URL(request.originalUrl, 'http://localhost');
  const parameters = new Map<string, string>();
  for (const [name, value] of searchParams) {
    if (parameters.has(name)) throw wrongParameter(name, 'It is given twice.');
    parameters.set(name, value);
  }
  return parameters;
}

/**
 * `GET /export/<table>.csv`, `/export/reports/<id>.csv` and `/export/widgets/<id>.csv`: rows and figures as files, for whoever
 * may read them, with the same tokens and keys as the API. A file streams: it may be larger than memory.
 */
export class Exports {
  readonly #options: ExportOptions;
  #running = 0;

  constructor(options: ExportOptions) {
    this.#options = options;
  }

  routes(): Router {
    const router = express.Router();
    const serve =
      (prepare: (job: Job, name: string) => Promise<Prepared>) =>
      (request: Request, response: Response, next: NextFunction) => {
        const name = String(request.params['name']).replace(/\.csv$/i, '');
        this.#serve(request, response, (job) => prepare(job, name)).catch(next);
      };
    router.get(
      '/reports/:name',
      serve((job, id) => this.#charts(job, 'report', id)),
    );
    router.get(
      '/widgets/:name',
      serve((job, id) => this.#charts(job, 'widget', id)),
    );
    router.get(
      '/:name',
      serve((job, table) => this.#table(job, table)),
    );
    return router;
  }

  async #serve(
    request: Request,
    response: Response,
    prepare: (job: Job) => Promise<Prepared>,
  ): Promise<void> {
    const { database, callerOf, atOnce } = this.#options;
    const caller = callerOf(request);
    if (!caller.session && !caller.apiKey) {
      response.setHeader('www-authenticate', CHALLENGE['www-authenticate']);
      refuse(response, 401, 'Sign in first.', { code: 'UNAUTHENTICATED' });
      return;
    }
    if (this.#running >= atOnce) {
      response.setHeader('retry-after', 10);
      refuse(response, 429, 'Too many exports at once. Try again in a moment.', {
        code: 'RATE_LIMITED',
        limit: atOnce,
        retryAfter: 10,
      });
      return;
    }
    this.#running += 1;
    let client: PoolClient | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      const parameters = parametersOf(request);
      client = await database.pool('callboard_authenticator').connect();
      await this.#send({ client, caller, parameters }, response, prepare);
    } catch (error) {
      failure = { error };
    } finally {
      client?.release(!isIdle(client));
      this.#running -= 1;
    }
    // Whoever has the whole file may ask for the next one.
    if (failure) this.#answer(response, failure.error);
    else response.end();
  }

  /** Sends the file, but for the end of the answer. */
  async #send(job: Job, response: Response, prepare: (job: Job) => Promise<Prepared>) {
    const { database, statementTimeoutMs, minutes, report } = this.#options;
    const { client, caller } = job;
    const entered = <T>(access: Access, work: () => Promise<T>) =>
      asCaller(client, caller, access, statementTimeoutMs, work);
    const { prepared, id } = await entered('read write', async () => {
      const made = await prepare(job);
      // Written down, and committed, before anything leaves.
      const { rows } = await client.query<{ id: string }>(
        'select analytics.begin_export($1, $2, $3) as id',
        [made.what, made.file.columns, JSON.stringify(made.filters)],
      );
      return { prepared: made, id: rows[0]?.id };
    });
    let hungUp = response.destroyed;
    const breakOff = () => {
      hungUp = true;
      if (database.engine === 'server') cancelRunning(client);
    };
    const tooLong = setTimeout(() => response.destroy(), minutes * 60_000);
    response.once('close', breakOff);
    const written: Written = { rows: 0, bytes: 0 };
    let status: 'done' | 'aborted' | 'failed' = 'failed';
    const send = () => sendFile(response, prepared.rows(), prepared.file, written);
    try {
      if (!hungUp) await (prepared.inTransaction ? entered('read only', send) : send());
      status = hungUp ? 'aborted' : 'done';
    } catch (error) {
      if (!hungUp) throw error;
      status = 'aborted';
    } finally {
      clearTimeout(tooLong);
      response.off('close', breakOff);
      await entered('read write', () =>
        client.query('select analytics.end_export($1, $2, $3, $4)', [
          ...[id, status, written.rows, written.bytes],
        ]),
      ).catch(report);
    }
  }

  #answer(response: Response, error: unknown): void {
    if (response.headersSent) {
      // Too late for an answer: the connection is closed, so that nobody takes half of a file for the whole.
      this.#options.report(error);
      response.destroy();
      return;
    }
    const refused = refusedBy(error);
    if (!refused) throw error;
    for (const name of ['content-type', 'content-disposition']) response.removeHeader(name);
    if (refused.status === 401) {
      response.setHeader('www-authenticate', CHALLENGE['www-authenticate']);
    }
    refuse(response, refused.status, refused.message, refused.extensions);
  }

  async #table({ client, caller, parameters }: Job, name: string): Promise<Prepared> {
    const { database, statementTimeoutMs } = this.#options;
    const { rows: columns } = await client.query<ExportColumn & { permission: string | null }>(
      'select * from analytics.export_columns($1)',
      [columnOf(name)],
    );
    const [first] = columns;
    if (!first) {
      throw new Refused(404, 'NOT_FOUND_OR_FORBIDDEN', 'There is no such table to export.');
    }
    if (new Set(columns.map((column) => column.schema_name)).size > 1) {
      throw new Refused(404, 'NOT_FOUND_OR_FORBIDDEN', 'Say which of the tables, as module.table.');
    }
    // Without it there would be a file with nothing in it, which looks like an answer.
    if (first.permission) await client.query('select authz.require($1)', [first.permission]);
    const query = tableQuery(columns, parameters);
    for (const { name: parameter, text, value } of query.given) {
      await client.query(text, [value]).catch((error: unknown) => {
        if (!isAboutValue(error)) throw error;
        throw wrongParameter(parameter, `The value of ${parameter} is none of its column.`);
      });
    }
    const page = (text: string, values: readonly unknown[]) =>
      asCaller(client, caller, 'read only', statementTimeoutMs, async () => {
        const { rows } = await client.query<string[]>({
          text,
          values: [...values],
          rowMode: 'array',
        });
        return rows;
      });
    const hasCursor = database.engine === 'server';
    return {
      what: query.table,
      filters: query.filters,
      file: {
        name: `${first.table_name}.csv`,
        columns: query.columns,
        numeric: query.numeric,
        ...formatOf(parameters),
      },
      rows: () => (hasCursor ? throughCursor(client, query) : inPages(query, page)),
      inTransaction: hasCursor,
    };
  }

  async #charts({ client, parameters }: Job, kind: 'report' | 'widget', id: string) {
    if (!UUID.test(id)) {
      throw new Refused(404, 'NOT_FOUND_OR_FORBIDDEN', `There is no such ${kind}.`);
    }
    const days = kind === 'report' ? ['asOf'] : ['fromDay', 'toDay'];
    for (const name of parameters.keys()) {
      if (!days.includes(name) && !(FILE_PARAMETERS.has(name) && name !== 'columns')) {
        throw wrongParameter(name, `There is ${days.join(', ')}, delimiter and bom.`);
      }
    }
    const [first, second] = days.map((day) => parameters.get(day) ?? null);
    const { rows } = await client.query<{ charts: Chart[]; name: string }>(
      kind === 'report'
        ? `select to_jsonb(analytics.report_charts($1, $2)) as charts,
                  (select r.name from analytics.reports r
                    where r.organization_id = authz.organization_id() and r.id = $1) as name`
        : `select jsonb_build_array(c) as charts, c.title as name from analytics.widget_data($1, $2, $3) c`,
      kind === 'report' ? [id, first] : [id, first, second],
    );
    const charts = (rows[0]?.charts ?? []).filter((chart) => chart.refusal === null);
    const refusal = rows[0]?.charts.find((chart) => chart.refusal !== null)?.refusal;
    if (charts.length === 0 && refusal) {
      throw new Refused(refusal.code === 'FORBIDDEN' ? 403 : 400, refusal.code, refusal.message);
    }
    const lines = Array.from(linesOf(charts), (line) =>
      line.map((value) => (value === null ? null : String(value))),
    );
    return {
      what: `${kind}:${id}`,
      filters: Object.fromEntries(parameters),
      file: {
        name: `${fileNameOf(rows[0]?.name ?? kind)}.csv`,
        columns: LINE_COLUMNS,
        numeric: LINE_COLUMNS.map((column) => column === 'value' || column === 'previous'),
        ...formatOf(parameters),
      },
      // They are there already: a chart is small.
      // eslint-disable-next-line @typescript-eslint/require-await -- rows come in batches, here in one
      rows: async function* () {
        yield lines;
      },
      inTransaction: false,
    };
  }
}
