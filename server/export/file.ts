import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import { guarded } from './guard.ts';
import { wrongParameter } from './refused.ts';
import type { TextRow } from './rows.ts';

/** How a file is written. */
export type FileOptions = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly numeric: readonly boolean[];
  readonly delimiter: string;
  readonly bom: boolean;
};

/** What has gone out. */
export type Written = { rows: number; bytes: number };

const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
};

/**
 * What the address says about the file: `delimiter` (comma, semicolon, tab) and `bom` (true: with a byte order mark, by which
 * some spreadsheets know UTF-8).
 *
 * @throws Refused INVALID_INPUT
 */
export function formatOf(parameters: ReadonlyMap<string, string>) {
  const delimiter = DELIMITERS[parameters.get('delimiter') ?? 'comma'];
  if (delimiter === undefined) {
    throw wrongParameter('delimiter', 'delimiter is comma, semicolon or tab.');
  }
  const bom = parameters.get('bom') ?? 'false';
  if (!['true', 'false'].includes(bom)) throw wrongParameter('bom', 'bom is true or false.');
  return { delimiter, bom: bom === 'true' };
}

/** The header that makes a browser save a file under a name, whatever is in it (RFC 6266). */
function disposition(name: string): string {
  const plain = name.replace(/[^\w.-]+/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}

/** The batches after the first one is there: what goes wrong before is still an answer. */
async function begun<T>(batches: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = batches[Symbol.asyncIterator]();
  let next = await iterator.next();
  return (async function* () {
    try {
      while (!next.done) {
        yield next.value;
        next = await iterator.next();
      }
    } finally {
      await iterator.return?.();
    }
  })();
}

/**
 * Sends rows as CSV (RFC 4180), as they come and as fast as the client takes them: never is more of them in memory than a few
 * batches. Texts that a spreadsheet would take for formulas are guarded. The answer is left open, for whoever calls to end.
 *
 * @param written is told what has gone out, as it goes
 * @throws Error when there are no rows to begin with, and nothing has been sent; when they break off or the client hangs up,
 *   and half of an answer has
 */
export async function sendFile(
  response: Response,
  rows: AsyncIterable<readonly TextRow[]>,
  { name, columns, numeric, delimiter, bom }: FileOptions,
  written: Written,
): Promise<void> {
  const batches = await begun(rows);
  response
    .status(200)
    .setHeader('content-type', 'text/csv; charset=utf-8; header=present')
    .setHeader('content-disposition', disposition(name));
  const texts = numeric.map((isNumber) => !isNumber);
  const cells = async function* () {
    for await (const batch of batches) {
      for (const row of batch) {
        written.rows += 1;
        // Columns that are read only to go on behind them are not among those that were asked for.
        yield columns.map((_name, index) => {
          const value = row[index] ?? null;
          return value !== null && texts[index] ? guarded(value) : value;
        });
      }
    }
  };
  const lines = stringify({
    header: true,
    columns: [...columns],
    delimiter,
    bom,
    record_delimiter: 'windows',
  });
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written.bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(Readable.from(cells(), { highWaterMark: 64 }), lines, counted, response, {
    end: false,
  });
}
