import type { Result } from 'postgraphile/grafserv';

const STREAMED =
  '{"errors":[{"message":"A list of operations has no subscriptions.","extensions":{"code":"BAD_REQUEST"}}]}';

/** The JSON of an answer. */
async function textOf(result: Result | null): Promise<string> {
  if (result?.type === 'json') return JSON.stringify(result.json);
  if (result?.type === 'buffer') return result.buffer.toString('utf8');
  if (result?.type === 'bufferStream') await result.bufferIterator.return(undefined);
  return STREAMED;
}

/**
 * Answers operations one after the other, as if each had come by itself. The status is 200 if it is not the same for all:
 * each answer has its own errors.
 */
export async function answerAll(
  operations: readonly (() => Promise<Result | null>)[],
): Promise<Result> {
  const texts: string[] = [];
  const statuses = new Set<number>();
  for (const operation of operations) {
    const result = await operation();
    statuses.add(result?.statusCode ?? 400);
    texts.push(await textOf(result));
  }
  const [status = 200] = statuses;
  const buffer = Buffer.from(`[${texts.join(',')}]`);
  return {
    type: 'buffer',
    statusCode: statuses.size > 1 ? 200 : status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(buffer.length),
    },
    buffer,
  };
}
