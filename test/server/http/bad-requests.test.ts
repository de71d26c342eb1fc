import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { serving } from '../../helpers/serving.ts';
import { Subscription } from '../../helpers/subscription.ts';

/** What must never be in an answer: stacks, files, SQL, the names of what is inside. */
const INSIDE =
  /\bat .*:\d+:\d+|node_modules|\.[jt]s\b|\/tmp|\/work|\bselect\b.*\bfrom\b|plpgsql|pg_|authz\./i;

type Answer = { errors?: { message: string; extensions: { code: string } }[]; data?: unknown };

describe('a request that is wrong', () => {
  const api = serving('wrong', {
    MAX_REQUEST_BYTES: '20000',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_SIGN_IN_PER_MINUTE: '0',
  });

  async function answerOf(response: Response) {
    const text = await response.text();
    expect(text).not.toMatch(INSIDE);
    expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/);
    const { errors } = JSON.parse(text) as Answer;
    return [response.status, errors?.[0]?.extensions.code];
  }

  const JSON_TYPE = { accept: 'application/graphql-response+json' };
  const utf16 = Buffer.from('{"query":"{ __typename }"}', 'utf16le');

  test.each<[string, number, string, unknown, Record<string, string>]>([
    ['no JSON', 400, 'BAD_REQUEST', '{"query":', {}],
    ['a text', 400, 'BAD_REQUEST', '"query"', {}],
    ['null', 400, 'BAD_REQUEST', 'null', {}],
    ['nothing', 400, 'BAD_REQUEST', '', {}],
    ['a query that is a number', 400, 'BAD_REQUEST', { query: 1 }, {}],
    [
      'variables that are a text',
      400,
      'BAD_REQUEST',
      { query: '{ __typename }', variables: 'x' },
      {},
    ],
    [
      'a name that is an object',
      400,
      'BAD_REQUEST',
      { query: '{ __typename }', operationName: {} },
      {},
    ],
    ['no GraphQL', 400, 'GRAPHQL_PARSE_FAILED', { query: '{' }, {}],
    ['text', 415, 'BAD_REQUEST', 'x', { 'content-type': 'text/plain' }],
    [
      'a form',
      415,
      'BAD_REQUEST',
      'query={__typename}',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      'a form in parts',
      415,
      'BAD_REQUEST',
      '--x--',
      { 'content-type': 'multipart/form-data; boundary=x' },
    ],
    [
      'another charset',
      415,
      'BAD_REQUEST',
      utf16,
      { 'content-type': 'application/json; charset=utf-16le' },
    ],
    [
      'a charset that there is not',
      415,
      'BAD_REQUEST',
      '{}',
      { 'content-type': 'application/json; charset=x' },
    ],
    [
      'compressed',
      415,
      'BAD_REQUEST',
      gzipSync('{"query":"{ __typename }"}'),
      { 'content-encoding': 'gzip' },
    ],
    ['of an unknown encoding', 415, 'BAD_REQUEST', '{}', { 'content-encoding': 'x, y' }],
    ['no UTF-8', 400, 'BAD_REQUEST', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), {}],
    ['too large', 413, 'REQUEST_TOO_LARGE', { query: `# ${'x'.repeat(20_001)}` }, {}],
    ['unacceptable', 406, 'BAD_REQUEST', { query: '{ __typename }' }, { accept: 'text/csv' }],
  ])('because it is %s is %i', async (_what, status, code, body, headers) => {
    const response = await api.post(body, { ...JSON_TYPE, ...headers });
    expect(await answerOf(response)).toEqual([status, code]);
  });

  test('because it does not say what it is is 400', async () => {
    const response = await fetch(`${api.url()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': '' },
      body: Buffer.from('{}'),
    });
    expect(response.status).toBe(400);
  });

  test.each([
    ['UTF-8 in another spelling', 'application/json; charset="UTF-8"'],
    ['a charset in capitals', 'application/json;CHARSET=utf-8'],
  ])('is not one with %s', async (_what, type) => {
    const response = await api.post({ query: '{ __typename }' }, { 'content-type': type });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test.each([
    '/%',
    '/%E0%A4%A',
    '/graphql/%00',
    '/..%2f..%2fetc/passwd',
    '/explorer/%',
    '//',
    '/%2e%2e/',
  ])('at %s is answered in JSON', async (path) => {
    const [status, code] = await answerOf(await fetch(`${api.url()}${path}`));
    expect([400, 404]).toContain(status);
    expect(code).toBe('BAD_REQUEST');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'PROPFIND'])(
    'by %s is told the methods that there are',
    async (method) => {
      const response = await fetch(`${api.url()}/graphql`, { method });
      expect(response.headers.get('allow')).toMatch(/POST/);
      expect(await answerOf(response)).toEqual([405, 'BAD_REQUEST']);
      const health = await fetch(`${api.url()}/healthz`, { method });
      expect([health.status, health.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    },
  );

  test('because it is a mutation by GET is told to use POST', async () => {
    const query = 'mutation { signOut { signedOut } }';
    const response = await fetch(`${api.url()}/graphql?query=${encodeURIComponent(query)}`, {
      headers: JSON_TYPE,
    });
    expect(response.headers.get('allow')).toBe('POST');
    expect((await answerOf(response))[0]).toBe(405);
  });

  const signedIn = () => ({ authorization: `Bearer ${api.token()}` });
  const create = `mutation ($name: String!, $fields: JSON) {
    createProject(input: { project: { name: $name, customFields: $fields } }) { project { name } } }`;

  test.each([
    ['a null byte in a text', create, { name: 'a\0b' }, 'INVALID_INPUT'],
    ['a null byte in JSON', create, { name: 'x', fields: { a: '\0' } }, 'INVALID_INPUT'],
    [
      'an id that is none',
      'query ($id: UUID!) { project(rowId: $id) { name } }',
      { id: "' or 1=1" },
      'INVALID_INPUT',
    ],
    [
      'an id with a null byte',
      'query ($id: UUID!) { project(rowId: $id) { name } }',
      { id: '\0' },
      'INVALID_INPUT',
    ],
    [
      'a day that is none',
      'query ($d: Date!) { projects(filter: { startsOn: { equalTo: $d } }) { totalCount } }',
      { d: '2026-13-45' },
      'INVALID_INPUT',
    ],
    [
      'a page that is no number',
      '{ projects(first: 9e99) { totalCount } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a page from before the first', '{ projects(first: -1) { nodes { name } } }', {}, undefined],
    ['a cursor that is none', '{ projects(after: "x") { nodes { name } } }', {}, undefined],
    [
      'a cursor of something else',
      `{ projects(after: "${Buffer.from('["x","y"]').toString('base64')}") { nodes { name } } }`,
      {},
      undefined,
    ],
    ['an object for a text', create, { name: { a: 1 } }, 'INVALID_INPUT'],
  ])(
    'because of %s is refused without a word about the inside',
    async (_what, query, variables, code) => {
      const response = await api.post({ query, variables }, signedIn());
      const text = await response.text();
      expect(text).not.toMatch(INSIDE);
      const { errors } = JSON.parse(text) as Answer;
      expect(errors?.length).toBeGreaterThan(0);
      const codes = errors?.map(({ extensions }) => extensions.code);
      expect(codes).not.toContain('INTERNAL_ERROR');
      expect(code === undefined ? code : codes?.[0]).toBe(code);
    },
  );

  test('is not one with half a character: that becomes the sign for it', async () => {
    const response = await api.post(
      JSON.stringify({ query: create, variables: { name: 'half' } }).replace('half', '\\ud800'),
      signedIn(),
    );
    expect(await response.json()).toEqual({
      data: { createProject: { project: { name: '\ufffd' } } },
    });
  });

  /** Sends bytes as they are, and reads what comes until the connection ends. */
  async function raw(text: string): Promise<string> {
    const { hostname, port } = new URL(api.url());
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return answer;
  }

  test.each([
    ['huge headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    [
      'two lengths',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
      400,
    ],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a null byte in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'an expectation that nobody meets',
      'POST /graphql HTTP/1.1\r\nhost: x\r\nexpect: x\r\nconnection: close\r\n\r\n',
      417,
    ],
  ])('because of %s is refused', async (_what, text, status) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toMatch(INSIDE);
  });

  test('is not one that offers another protocol: it is answered by this one', async () => {
    const body = '{"query":"{ __typename }"}';
    const answer = await raw(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
  });

  test('leaves the server as it was', async () => {
    expect((await fetch(`${api.url()}/readyz`)).status).toBe(200);
    expect(api.lines.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  describe('over a web socket', () => {
    const opened = async () => {
      const socket = new WebSocket(
        `${api.url().replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
      );
      await once(socket, 'open');
      return socket;
    };
    const closed = async (socket: WebSocket) =>
      ((await once(socket, 'close')) as [number, Buffer]).map(String);

    test.each([
      ['no JSON', '{', '4400'],
      ['no message', '{"type":"nothing"}', '4400'],
      [
        'an operation before the beginning',
        '{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}',
        '4401',
      ],
      ['too large', `{"type":"connection_init","payload":{"x":"${'x'.repeat(20_001)}"}}`, '1009'],
    ])('because it is %s closes it', async (_what, message, code) => {
      const socket = await opened();
      socket.send(message);
      const [said, reason] = await closed(socket);
      expect(said).toBe(code);
      expect(reason).not.toMatch(INSIDE);
    });

    test('of another protocol closes it', async () => {
      const socket = new WebSocket(`${api.url().replace('http', 'ws')}/graphql`, 'graphql-ws');
      socket.on('error', () => undefined);
      expect((await closed(socket))[0]).toMatch(/4406|1006/);
    });

    test.each([
      ['no GraphQL', '{', 'GRAPHQL_PARSE_FAILED'],
      ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ])('because of %s is refused with a code', async (_what, query, code) => {
      const operation = new Subscription(api.url(), {}, query);
      const message = await operation.next();
      operation.close();
      expect(message).toMatchObject({ type: 'error', payload: [{ extensions: { code } }] });
      expect(JSON.stringify(message)).not.toMatch(INSIDE);
    });
  });
});
