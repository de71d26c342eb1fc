import { request as httpRequest } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { uncounted } from '../helpers/server.ts';

const RESPONSE_JSON = 'application/graphql-response+json';
const CREATE =
  'mutation { createProject(input: { project: { name: "Never made" } }) { project { rowId } } }';

describe('a request', () => {
  const server = uncounted();
  let owner: { authorization: string };
  beforeAll(async () => {
    owner = await server.signUp('Requests');
  });

  const send = async (init: RequestInit) => {
    const response = await fetch(server.url(), { method: 'POST', ...init });
    return { status: response.status, json: JSON.parse(await response.text()) };
  };
  const get = async (parameters: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url()}?${parameters}`, { headers });
    const { status } = response;
    return { status, headers: response.headers, json: JSON.parse(await response.text()) };
  };
  const projects = async () => {
    const { rows } = await server.database
      .pool()
      .query('select from projects.projects where name = $1', ['Never made']);
    return rows.length;
  };
  const BODY = JSON.stringify({ query: CREATE });

  test('that makes something makes it, when it is one', async () => {
    const query = CREATE.replace('Never made', 'Made');
    const { json } = await server.post({ query }, owner);
    expect(json.data.createProject.project.rowId).toEqual(expect.any(String));
  });

  test.each([
    ['text/plain', 415],
    ['text/plain; charset=utf-8', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/graphql', 415],
    ['application/jsonp', 415],
    ['application/json, text/plain', 415],
    ['text/plain; application/json', 415],
    ['', 400],
  ])('of content type "%s" runs nothing', async (type, status) => {
    const bytes = new TextEncoder().encode(BODY);
    const answer = await send({ headers: { ...owner, 'content-type': type }, body: bytes });
    expect([answer.status, answer.json.errors[0].extensions]).toEqual([
      status,
      { code: 'BAD_REQUEST' },
    ]);
    expect(await projects()).toBe(0);
  });

  test('without a content type runs nothing', async () => {
    const answer = await send({ headers: owner, body: new TextEncoder().encode(BODY) });
    expect([answer.status, answer.json.errors[0].extensions]).toEqual([
      400,
      { code: 'BAD_REQUEST' },
    ]);
    expect(await projects()).toBe(0);
  });

  test.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['APPLICATION/JSON;charset="UTF-8"'],
    ['application/json ; charset=utf8; x=y'],
  ])('of content type %s is taken', async (type) => {
    const body = JSON.stringify({ query: '{ me { name } }' });
    const { status, json } = await send({ headers: { ...owner, 'content-type': type }, body });
    expect([status, json]).toEqual([200, { data: { me: { name: 'Requests' } } }]);
  });

  test('that begins with a byte order mark is taken', async () => {
    const { json } = await server.post(`\uFEFF${JSON.stringify({ query: '{ __typename }' })}`);
    expect(json).toEqual({ data: { __typename: 'Query' } });
  });

  test.each([
    ['is empty', ''],
    ['is cut off', BODY.slice(0, -3)],
    ['goes on after its end', `${BODY}x`],
    ['is a text', '"{ __typename }"'],
    ['is a number', '7'],
    ['is null', 'null'],
    ['is an empty list', '[]'],
    ['is no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['has no query', '{"variables": {}}'],
    ['has a query of null', '{"query": null}'],
    ['has variables that are text', '{"query": "{ __typename }", "variables": "{}"}'],
  ])('that %s is HTTP 400 with a code', async (_what, body) => {
    const { status, json } = await send({ headers: { 'content-type': 'application/json' }, body });
    expect([status, json]).toEqual([
      400,
      {
        errors: [
          {
            message: expect.any(String) as unknown,
            extensions: expect.objectContaining({
              code: expect.stringMatching(/BAD_REQUEST|QUERY_LIMIT_EXCEEDED/) as unknown,
            }) as unknown,
          },
        ],
      },
    ]);
  });

  test('that is a list of operations is refused, saying so', async () => {
    const { status, json } = await server.post(
      [{ query: '{ __typename }' }, { query: CREATE }],
      owner,
    );
    expect([status, json.errors]).toEqual([
      400,
      [
        {
          message: 'The request is a list of 2 operations; at most 1 is allowed.',
          extensions: { code: 'QUERY_LIMIT_EXCEEDED', measure: 'batch', limit: 1, value: 2 },
        },
      ],
    ]);
    expect(await projects()).toBe(0);
  });

  test.each([
    ['compressed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['in another encoding', { 'content-type': 'application/json; charset=utf-16le' }],
  ])('that is %s is refused', async (_what, headers) => {
    const { status, json } = await send({ headers, body: BODY });
    expect([status, json.errors[0].extensions]).toEqual([415, { code: 'BAD_REQUEST' }]);
  });

  test('that breaks off leaves the server well', async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(server.url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': '1000' },
      });
      request.on('error', () => resolve());
      request.write('{"query":', () => request.destroy());
    });
    expect((await server.post({ query: '{ __typename }' })).status).toBe(200);
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('by %s is HTTP 405', async (method) => {
    const { status, json } = await send({
      method,
      headers: { ...owner, 'content-type': 'application/json' },
      body: BODY,
    });
    expect([status, json.errors[0].extensions]).toEqual([405, { code: 'BAD_REQUEST' }]);
    expect(await projects()).toBe(0);
  });

  describe('by GET', () => {
    const parametersOf = (parameters: Record<string, string>) =>
      String(new URLSearchParams(parameters));

    test('asks', async () => {
      const parameters = parametersOf({
        query: 'query Name($yes: Boolean!) { me { name @include(if: $yes) } }',
        operationName: 'Name',
        variables: JSON.stringify({ yes: true }),
      });
      const { status, json, headers } = await get(parameters, owner);
      expect([status, json]).toEqual([200, { data: { me: { name: 'Requests' } } }]);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    test.each([
      ['a mutation', { query: CREATE }],
      [
        'a mutation beside a query',
        {
          query: `query Q { __typename } ${CREATE.replace('mutation', 'mutation M')}`,
          operationName: 'M',
        },
      ],
      [
        'one of several that is not named',
        { query: `query Q { __typename } ${CREATE.replace('mutation', 'mutation M')}` },
      ],
      ['a subscription', { query: 'subscription { changes { type } }' }],
    ])('does not run %s', async (_what, parameters) => {
      const { status, json } = await get(parametersOf(parameters), owner);
      expect([status, json.errors[0].extensions.code]).toEqual([405, 'BAD_REQUEST']);
      expect(await projects()).toBe(0);
    });

    test.each([
      ['no query', ''],
      ['a query twice', 'query={__typename}&query={__typename}'],
      ['variables twice', 'query={__typename}&variables={}&variables={}'],
      ['variables that are no JSON', 'query={__typename}&variables={'],
      ['variables that are a list', 'query={__typename}&variables=[]'],
    ])('with %s is HTTP 400', async (_what, parameters) => {
      const { status, json } = await get(parameters);
      expect([status, json.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
    });
  });

  describe('is answered', () => {
    const typeOf = async (accept: string | undefined, body: object) => {
      // fetch would say */* by itself.
      const { promise, resolve, reject } =
        Promise.withResolvers<[number | undefined, string | undefined]>();
      const request = httpRequest(
        server.url(),
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(accept ? { accept } : {}) },
        },
        (response) => {
          response.resume();
          resolve([response.statusCode, response.headers['content-type']?.replace(/; */, '; ')]);
        },
      );
      request.on('error', reject);
      request.end(JSON.stringify(body));
      return promise;
    };
    const JSON_TYPE = 'application/json; charset=utf-8';
    const NEW_TYPE = `${RESPONSE_JSON}; charset=utf-8`;
    const GOOD = { query: '{ __typename }' };
    const INVALID = { query: '{ nothing }' };

    test.each([
      [undefined, JSON_TYPE],
      ['*/*', JSON_TYPE],
      ['application/*', JSON_TYPE],
      ['text/html,application/xhtml+xml,*/*;q=0.8', JSON_TYPE],
      ['application/json', JSON_TYPE],
      [RESPONSE_JSON, NEW_TYPE],
      [`${RESPONSE_JSON}, application/json;q=0.9`, NEW_TYPE],
      [`application/json, ${RESPONSE_JSON};q=0.5`, JSON_TYPE],
    ])('to %s as %s', async (accept, type) => {
      expect(await typeOf(accept, GOOD)).toEqual([200, type]);
    });

    test.each([
      ['application/json', INVALID, 200, JSON_TYPE],
      [RESPONSE_JSON, INVALID, 400, NEW_TYPE],
      [RESPONSE_JSON, {}, 400, NEW_TYPE],
      ['application/json', {}, 400, JSON_TYPE],
      [RESPONSE_JSON, [GOOD], 400, NEW_TYPE],
    ])('to %s about %j with %s and %s', async (accept, body, status, type) => {
      expect(await typeOf(accept, body)).toEqual([status, type]);
    });

    test('with 406 to who takes no JSON', async () => {
      expect((await typeOf('text/html', GOOD))[0]).toBe(406);
      expect((await typeOf('image/png', GOOD))[0]).toBe(406);
    });
  });
});
