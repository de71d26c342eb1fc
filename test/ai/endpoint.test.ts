import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  EmbeddingEndpoint,
  batchesOf,
  EndpointUnavailable,
} from '../../server/embeddings/endpoint.ts';
import { queryEmbedder } from '../../server/embeddings/queries.ts';
import { embeddingsOf } from '../../server/settings/embeddings.ts';
import { answering, embeddingOf, EmbeddingServer, json } from '../helpers/embedding-endpoint.ts';

const server = new EmbeddingServer();
const KEY = 'sk-secret-of-the-tests';
const MODEL = { model: 'letters', dimension: 16 };
let url: string;

beforeAll(async () => {
  url = await server.listen();
});
afterEach(() => server.forget());
afterAll(() => server.close());

const endpoint = (settings: object = {}) =>
  new EmbeddingEndpoint({
    url,
    key: KEY,
    batch: 4,
    requestsPerMinute: 0,
    timeoutMs: 300,
    ...settings,
  });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const unavailable = async (work: Promise<unknown>) => {
  const error = await failure(work);
  expect(error).toBeInstanceOf(EndpointUnavailable);
  return error as EndpointUnavailable;
};

describe('an endpoint', () => {
  test('embeds in batches, in order, with the key and nothing from the environment', async () => {
    const texts = ['one', 'two', 'three', 'four', 'five'];
    expect(await endpoint().embed(texts, MODEL)).toEqual(
      texts.map((text) => embeddingOf(text, 16)),
    );
    expect(server.asked.map(({ input }) => input.length)).toEqual([4, 1]);
    expect(server.asked[0]).toMatchObject({
      model: 'letters',
      authorization: `Bearer ${KEY}`,
      encoding_format: 'float',
    });
    expect(server.asked[0]).not.toHaveProperty('dimensions');
    expect(await endpoint().embed([], MODEL)).toEqual([]);
  });

  test('is asked again where what went wrong passes: 429 with Retry-After, 500, a reset', async () => {
    server.misbehaviours = [json(429, { error: { message: 'slow down' } }, { 'retry-after': '0' })];
    expect(await endpoint().embed(['a'], MODEL)).toHaveLength(1);
    server.misbehaviours = [json(500, 'oops')];
    expect(await endpoint().embed(['a'], MODEL)).toHaveLength(1);
    server.misbehaviours = [
      (_asked, response) => {
        response.socket?.destroy();
        return true;
      },
    ];
    expect(await endpoint().embed(['a'], MODEL)).toHaveLength(1);
    expect(server.asked).toHaveLength(6);
  });

  test('that goes on refusing says when to come back', async () => {
    server.always = json(429, { error: { message: 'slow down' } }, { 'retry-after': '17' });
    const error = await unavailable(endpoint().embed(['a'], MODEL, { retries: 0 }));
    expect(error.retryAfter).toBe(17);
    server.always = json(503, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const dated = await unavailable(endpoint().embed(['a'], MODEL, { retries: 0 }));
    expect(dated.retryAfter).toBeGreaterThan(55);
    expect(dated.retryAfter).toBeLessThan(62);
  });

  test('that is slow, broken, closed or says nothing is unavailable', async () => {
    const attempts = [
      // Never an answer.
      () => true,
      json(200, '{"data": [', {}),
      json(200, '<html>hello</html>', { 'content-type': 'text/html' }),
      json(200, { hello: 'world' }),
      json(200, 'null'),
      json(401, { error: { message: `Incorrect API key provided: ${KEY}` } }),
      json(404, { error: { message: 'The model does not exist' } }),
    ];
    for (const attempt of attempts) {
      server.always = attempt;
      const { message } = await unavailable(endpoint().embed(['a'], MODEL, { retries: 0 }));
      expect(message).not.toContain(KEY);
    }
    await unavailable(
      endpoint({ url: 'http://127.0.0.1:1/v1' }).embed(['a'], MODEL, { retries: 0 }),
    );
  });

  test('that does not take one text of many is told which', async () => {
    server.always = (asked, response, request) =>
      asked.input.includes('bad')
        ? json(400, { error: { message: `This text is too long for ${KEY}` } })(
            asked,
            response,
            request,
          )
        : false;
    const results = await endpoint().embed(['a', 'b', 'bad', 'd'], MODEL);
    expect(results[2]).toEqual({ reason: '400 This text is too long for [key]', isFinal: true });
    expect(results.filter(Array.isArray)).toHaveLength(3);
  });

  test('that refuses whatever it is given does not work: no text is to blame', async () => {
    server.always = json(400, { error: { message: `API key not valid: ${KEY}` } });
    const { message } = await unavailable(endpoint().embed(['a', 'b'], MODEL));
    expect(message).toBe('The endpoint refuses every text: 400 API key not valid: [key]');
    expect(server.asked.at(-1)?.input).toEqual(['word']);
  });

  test('whose refusal holds a NUL or is cut in the middle of a character says it in whole ones', async () => {
    const message = `\0${'é'.repeat(494)}🎬🎬`;
    server.always = (asked, response, request) =>
      asked.input.includes('bad') && json(400, { error: { message } })(asked, response, request);
    const [result] = await endpoint().embed(['bad'], MODEL);
    const { reason } = result as { reason: string };
    expect(reason.isWellFormed()).toBe(true);
    expect(reason).not.toContain('\0');
  });

  test('that leaves items out is asked for those alone, and then they have failed', async () => {
    server.misbehaviours = [answering(16, (items) => items.slice(1))];
    expect((await endpoint().embed(['a', 'b', 'c'], MODEL)).every(Array.isArray)).toBe(true);
    expect(server.asked.map(({ input }) => input)).toEqual([['a', 'b', 'c'], ['a']]);
    server.always = (asked, response, request) =>
      answering(16, (items) => items.filter((_item, index) => asked.input[index] !== 'b'))(
        asked,
        response,
        request,
      );
    const results = await endpoint().embed(['a', 'b', 'c'], MODEL);
    expect(results[1]).toEqual({
      reason: 'The endpoint gave no embedding for it.',
      isFinal: false,
    });
    expect([results[0], results[2]].every(Array.isArray)).toBe(true);
  });

  test('whose numbers are too large for four bytes, or nothing in them, gave none', async () => {
    for (const number of [1e39, 1e-60]) {
      server.always = answering(16, (items) =>
        items.map((item) => ({ ...item, embedding: Array.from({ length: 16 }, () => number) })),
      );
      const [result] = await endpoint().embed(['a'], MODEL);
      expect(result).toMatchObject({ isFinal: false });
    }
  });

  test('whose items come in another order, without numbers or as nonsense is understood as far as it goes', async () => {
    server.misbehaviours = [answering(16, (items) => items.toReversed())];
    expect(await endpoint().embed(['a', 'b'], MODEL)).toEqual([
      embeddingOf('a', 16),
      embeddingOf('b', 16),
    ]);
    server.always = answering(16, (items) => [
      { ...items[0], embedding: ['x', null] },
      { ...items[0], index: 99 },
      null as unknown as object,
    ]);
    const [nonsense] = await endpoint().embed(['a'], MODEL);
    expect(nonsense).toMatchObject({ isFinal: false });
    server.always = answering(16, (items) =>
      items.map((item) => ({ ...item, embedding: Array(16).fill(0) })),
    );
    expect((await endpoint().embed(['a'], MODEL))[0]).toMatchObject({ isFinal: false });
  });

  test('of another dimension is told the wanted one, and refused where that does not help', async () => {
    server.dimension = 32;
    expect(await endpoint().embed(['a'], MODEL)).toEqual([embeddingOf('a', 16)]);
    expect(server.asked.map(({ dimensions }) => dimensions)).toEqual([undefined, 16]);
    server.always = (asked, response, request) =>
      asked.dimensions
        ? json(400, { error: { message: 'dimensions are not supported' } })(
            asked,
            response,
            request,
          )
        : false;
    const { message } = await unavailable(endpoint().embed(['a'], MODEL));
    expect(message).toBe('letters gives embeddings of 32 numbers, but EMBEDDING_DIMENSION is 16.');
  });

  test('is not asked more often in a minute than it may be', async () => {
    const quick = endpoint({ batch: 1, requestsPerMinute: 600 });
    const started = performance.now();
    await quick.embed(['a', 'b', 'c'], MODEL);
    expect(performance.now() - started).toBeGreaterThan(190);
  });

  test('gets requests of a size that it can take', () => {
    expect(batchesOf(['a', 'b', 'c'], 2)).toEqual([['a', 'b'], ['c']]);
    const long = 'x'.repeat(300_000);
    expect(batchesOf([long, long, 'y'], 10).map((batch) => batch.length)).toEqual([1, 2]);
    expect(batchesOf([], 10)).toEqual([]);
  });
});

describe('queries', () => {
  const settings = () => embeddingsOf({ EMBEDDING_URL: url, EMBEDDING_API_KEY: KEY });

  test('are embedded once for the same text, also when it is asked for at the same time', async () => {
    const embed = queryEmbedder(settings())!;
    const [first, second] = await Promise.all([embed('crane', MODEL), embed('crane', MODEL)]);
    expect(first).toEqual(embeddingOf('crane', 16));
    expect(second).toBe(first);
    await embed('crane', { ...MODEL, model: 'other' });
    expect(server.asked).toHaveLength(2);
  });

  test('are not embedded when the endpoint fails, which nobody waits for a second time', async () => {
    const warned: object[] = [];
    const embed = queryEmbedder(settings(), {
      warn: (line: object) => void warned.push(line),
    })!;
    server.always = json(500, 'oops');
    expect(await embed('crane', MODEL)).toBeNull();
    expect(await embed('crane', MODEL)).toBeNull();
    expect(server.asked).toHaveLength(1);
    expect(JSON.stringify(warned)).toMatch(/500/);
    expect(queryEmbedder(embeddingsOf({}))).toBeUndefined();
  });
});
