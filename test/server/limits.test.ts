import { beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { DEFAULT_LIMITS, LIMITS, type Measure } from '../../plugins/limits/limits.ts';
import { readShelf } from '../../server/explorer/shelf.ts';
import { uncounted, type HttpAnswer } from '../helpers/server.ts';

type Operation = {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
};

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

/** A filter of so many levels. */
function nestedFilter(levels: number): object {
  let filter: object = { slug: { equalTo: 'x' } };
  for (let level = 2; level < levels; level += 1) filter = { not: filter };
  return filter;
}

const literal = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `{ ${Object.entries(value)
        .map(([name, each]) => `${name}: ${literal(each)}`)
        .join(', ')} }`
    : JSON.stringify(value);

const FILTERED = 'query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }';
const ORDERED = 'query ($order: [ProjectOrderBy!]) { projects(orderBy: $order) { totalCount } }';
const PAGED = `query ($n: Int) {
  projects(first: 500) { nodes { projectTasks(first: 97) { nodes { title } } } }
  more: projects(first: $n) { nodes { name } }
}`;
const CONTAINING = `query ($value: JSON!) {
  appEvents(first: 1, filter: { properties: { contains: $value } }) { nodes { name } }
}`;
/** An object with so many keys. */
const objectOf = (keys: number) =>
  Object.fromEntries(Array.from({ length: keys }, (_none, index) => [`k${index}`, index]));

/** What the first list of it costs, and the second by itself. */
const PAGED_COST = 1 + 500 * (1 + 1 + 97) + 1;

/** Operations of which something is just so much. */
const OPERATIONS: readonly (readonly [Measure, string, (size: number) => Operation])[] = [
  [
    'depth',
    'fields in fields',
    (size) => ({
      query: `{ projectTasks(first: 1) { nodes { ${'parentTask { '.repeat(size - 3)} title ${'} '.repeat(size - 3)} } } }`,
    }),
  ],
  ['rootFields', 'fields', (size) => ({ query: `{ ${'__typename '.repeat(size)} }` })],
  [
    'aliases',
    'aliases',
    (size) => ({ query: `{ me { ${times(size, (index) => `a${index}: name`)} } }` }),
  ],
  ['fields', 'fields', (size) => ({ query: `{ me { ${'name '.repeat(size - 1)} } }` })],
  [
    'fields',
    'fields in a fragment',
    (size) => ({
      query: `{ me { ...F ...F name ${size % 2 ? '__typename' : ''} } } fragment F on Me { ${'name '.repeat((size - 2) / 2)} }`,
    }),
  ],
  [
    'directives',
    'directives',
    (size) => ({
      query: `{ me { name ${times(size, (index) => `${index % 2 ? '' : 'name '}@${index % 2 ? 'skip(if: false)' : 'include(if: true)'}`)} } }`,
    }),
  ],
  [
    'conditions',
    'an order',
    (size) => ({
      query: `{ projects(orderBy: [${'SLUG_ASC '.repeat(size)}]) { totalCount } }`,
    }),
  ],
  [
    'conditions',
    'an order in a variable',
    (size) => ({ query: ORDERED, variables: { order: Array(size).fill('SLUG_ASC') } }),
  ],
  [
    'inputDepth',
    'a filter',
    (size) => ({
      query: `{ projects(filter: ${literal(nestedFilter(size))}) { totalCount } }`,
    }),
  ],
  [
    'inputDepth',
    'a filter in a variable',
    (size) => ({ query: FILTERED, variables: { filter: nestedFilter(size) } }),
  ],
  [
    'inputKeys',
    'an object in a variable',
    (size) => ({ query: CONTAINING, variables: { value: objectOf(size) } }),
  ],
  [
    'inputKeys',
    'objects in an object in a variable',
    (size) => ({
      query: CONTAINING,
      variables: { value: { a: objectOf(4), b: objectOf(size - 6) } },
    }),
  ],
  [
    'tokens',
    'strings',
    (size) => ({
      query: `{ projects(filter: { slug: { in: [${'"x" '.repeat(size - 20)}] } }) { totalCount } }`,
    }),
  ],
  [
    'fragments',
    'fragments that spread each other',
    (size) => ({
      query: `{ me { ...F0 } } ${times(size, (index) => `fragment F${index} on Me { name ${index < size - 1 ? `...F${index + 1}` : ''} }`)}`,
    }),
  ],
  [
    'operations',
    'operations',
    (size) => ({
      query: times(size, (index) => `query Q${index} { __typename }`),
      operationName: 'Q1',
    }),
  ],
  [
    'cost',
    'lists',
    (size) => ({ query: PAGED.replace('($n: Int)', '').replace('$n', String(size - PAGED_COST)) }),
  ],
  [
    'cost',
    'lists by a variable',
    (size) => ({ query: PAGED, variables: { n: size - PAGED_COST } }),
  ],
];

const errorsOf = ({ json }: HttpAnswer) =>
  json.errors as { message: string; extensions: Record<string, unknown> }[] | undefined;

describe('a server with the limits that it has by itself', () => {
  const server = uncounted();
  let owner: { authorization: string };
  beforeAll(async () => {
    owner = await server.signUp('Limits');
  });

  test.each(OPERATIONS)('runs what is just within %s: %s', async (measure, _what, make) => {
    const answer = await server.post(make(DEFAULT_LIMITS[measure]), owner);
    expect([answer.status, answer.json]).toEqual([200, { data: expect.anything() as unknown }]);
  });

  test.each(OPERATIONS)('refuses what is just beyond %s: %s', async (measure, _what, make) => {
    const limit = DEFAULT_LIMITS[measure];
    const answer = await server.post(make(limit + 1), owner);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      errors: [
        expect.objectContaining({
          message: expect.stringContaining(`${limit}`) as unknown,
          extensions: { code: 'QUERY_LIMIT_EXCEEDED', measure, limit, value: limit + 1 },
        }),
      ],
    });
  });

  test.each(OPERATIONS)(
    'refuses it over a web socket, too: %s: %s',
    async (measure, _what, make) => {
      const limit = DEFAULT_LIMITS[measure];
      const operation = server.subscribe(make(limit + 1), owner);
      try {
        const message = await operation.next();
        const { payload } = message as { payload: unknown };
        const errors = Array.isArray(payload) ? payload : (payload as { errors: unknown }).errors;
        expect(errors).toEqual([
          expect.objectContaining({
            extensions: { code: 'QUERY_LIMIT_EXCEEDED', measure, limit, value: limit + 1 },
          }),
        ]);
      } finally {
        operation.close();
      }
    },
  );

  test('has a setting for every limit that is tried here or elsewhere', () => {
    const tried = new Set(OPERATIONS.map(([measure]) => measure));
    const elsewhere = ['pageSize', 'batch', 'subscriptions'];
    expect([...tried, ...elsewhere].sort()).toEqual(Object.keys(LIMITS).sort());
  });

  test('says what is wrong with a variable without its value, and not everything at once', async () => {
    const signIn = (more: object) =>
      server.post({
        query: 'mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken } } }',
        variables: { i: { email: 'a@b.test', password: 'my secret password', ...more } },
      });
    const refused = await signIn({ remember: 'at "x"; Field "y" is wrong' });
    expect(errorsOf(refused)).toEqual([
      expect.objectContaining({
        message:
          'Variable "$i" has an invalid value; Field "remember" is not defined by type "SignInInput".',
        extensions: { code: 'INVALID_INPUT', field: 'remember' },
      }),
    ]);
    const inside = errorsOf(await signIn({ email: { secret: 'value' } }));
    expect(inside).toMatchObject([
      {
        message: expect.stringMatching(
          /^Variable "\$i" has an invalid value at "i.email"; String cannot represent/,
        ) as unknown,
        extensions: { code: 'INVALID_INPUT', field: 'email' },
      },
    ]);
    const many = await signIn(objectOf(1_000));
    expect(errorsOf(many)).toHaveLength(6);
    expect(JSON.stringify(many.json).length).toBeLessThan(3_000);
  });

  test('sends nothing on and on over HTTP', async () => {
    const answer = await server.post({ query: 'subscription { changes { type } }' }, owner);
    expect(answer.json).toEqual({
      errors: [
        expect.objectContaining({
          message: 'Subscribe over a web socket.',
          extensions: { code: 'BAD_REQUEST' },
        }),
      ],
    });
  });

  test('runs every query of the shelf', async () => {
    for (const { title, query } of readShelf()) {
      if (/^subscription/m.test(query)) continue;
      const codes = errorsOf(await server.post({ query }, owner))?.map(
        (each) => each.extensions['code'],
      );
      expect([title, codes ?? []]).not.toEqual([title, ['QUERY_LIMIT_EXCEEDED']]);
    }
  });

  test('answers what tools ask about the schema', async () => {
    const answer = await server.post({
      query: getIntrospectionQuery({
        inputValueDeprecation: true,
        oneOf: true,
        specifiedByUrl: true,
      }),
    });
    expect([answer.status, errorsOf(answer)]).toEqual([200, undefined]);
    const names = answer.json.data.__schema.types.map((type: { name: string }) => type.name);
    expect(names).toContain('Project');
  });

  test('refuses questions about the schema that go round in circles', async () => {
    const around = (times: number): string =>
      times === 0 ? 'name' : `fields { type { ${around(times - 1)} } }`;
    const { status, json } = await server.post({
      query: `{ __schema { types { ${around(9)} } } }`,
    });
    expect([status, json.errors[0].extensions]).toEqual([
      400,
      {
        code: 'QUERY_LIMIT_EXCEEDED',
        measure: 'depth',
        limit: 20,
        value: 21,
      },
    ]);
    const wide = await server.post(
      { query: `{ __schema { types { ${around(4)} } } }` },
      { accept: 'application/graphql-response+json' },
    );
    expect([wide.status, wide.json.errors[0].extensions.code]).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ]);
  });

  test('says what an operation costs', async () => {
    const { headers } = await server.post(
      { query: '{ projects(first: 20) { nodes { name } } }' },
      owner,
    );
    expect(headers.get('x-query-cost')).toBe('21');
  });

  const attack = (spread: (next: string) => string) => {
    const fragments = times(21, (level) => {
      const content = level < 20 ? spread(`...F${level + 1}`) : 'title';
      return `fragment F${level} on ProjectTask{${content}}`;
    });
    return `{projectTasks{nodes{...F0}}} ${fragments}`;
  };

  test.each([
    ['spreads', attack((next) => `${next} ${next}`), 'fields', 2 + 2 ** 20],
    ['fields', attack((next) => `a:parentTask{${next}} b:parentTask{${next}}`), 'depth', 23],
  ])(
    'refuses a small query whose %s double twenty times, from anybody, while others are answered',
    async (_what, query, measure, value) => {
      expect(query.length).toBeLessThan(1_500);
      const attacks = Array.from({ length: 40 }, () => server.post({ query }));
      const other = server.post({ query: '{ me { name } }' }, owner);
      expect((await other).json).toEqual({ data: { me: { name: 'Limits' } } });
      for (const { status, json } of await Promise.all(attacks)) {
        expect([status, json.errors[0].extensions]).toEqual([
          400,
          expect.objectContaining({ code: 'QUERY_LIMIT_EXCEEDED', measure, value }),
        ]);
      }
    },
  );

  test.each([
    ['a million brackets', '{'.repeat(990_000)],
    ['a million lists', `{ projects(filter: ${'['.repeat(990_000)}`],
    ['a million fields', `{ me { ${'a '.repeat(490_000)} } }`],
    ['a million directives', `{ me { name ${'@a '.repeat(300_000)} } }`],
    ['a million operations', '{a}'.repeat(300_000)],
    [
      'fragments without end',
      times(20_000, (index) => `fragment F${index} on Me { ...F${index + 1} }`),
    ],
  ])('refuses %s in one request', async (_what, query) => {
    const { status, json } = await server.post({ query });
    expect([status, json.errors[0].extensions.code]).toEqual([400, 'QUERY_LIMIT_EXCEEDED']);
  });

  test('refuses a fragment that spreads itself', async () => {
    const { status, json } = await server.post(
      { query: '{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A ...A }' },
      { accept: 'application/graphql-response+json' },
    );
    expect([status, json.errors]).toMatchObject([
      400,
      [
        {
          message: 'Cannot spread fragment "A" within itself.',
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    ]);
  });

  test('refuses a fragment that no operation spreads, and looks no further', async () => {
    const fields = 'projects(first: 1) { nodes { rowId } } '.repeat(300);
    const { status, json } = await server.post(
      { query: `{ __typename } fragment F on Query { ${fields} x: __typename x: me { name } }` },
      { accept: 'application/graphql-response+json' },
    );
    expect([status, json.errors]).toEqual([
      400,
      [
        expect.objectContaining({
          message: 'Fragment "F" is never used.',
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        }),
      ],
    ]);
  });

  test('does not look for all that is wrong with a document', async () => {
    const { json } = await server.post({
      query: `{ me { ${times(400, (index) => `x${index}`)} } }`,
    });
    expect(json.errors.length).toBeLessThan(30);
  });
});

describe('a server with other limits', () => {
  const server = uncounted({
    MAX_DEPTH: '3',
    MAX_SUBSCRIPTIONS: '2',
    MAX_REQUEST_BYTES: '2000',
    MAX_BATCH: '3',
  });
  let owner: { authorization: string };
  beforeAll(async () => {
    owner = await server.signUp('Others');
  });

  test('goes by them', async () => {
    const { json } = await server.post(
      { query: '{ projects { nodes { manager { name } } } }' },
      owner,
    );
    expect(json.errors[0].extensions).toMatchObject({ measure: 'depth', limit: 3, value: 4 });
  });

  test('answers so many operations in one request, each by itself', async () => {
    const { status, json } = await server.post(
      [
        { query: '{ me { name } }' },
        { query: '{ projects { nodes { manager { name } } } }' },
        'nonsense',
      ],
      owner,
    );
    expect(status).toBe(200);
    expect(json).toEqual([
      { data: { me: { name: 'Others' } } },
      {
        errors: [
          expect.objectContaining({
            extensions: expect.objectContaining({ measure: 'depth' }) as unknown,
          }),
        ],
      },
      { errors: [expect.objectContaining({ extensions: { code: 'BAD_REQUEST' } })] },
    ]);
  });

  test('refuses one more', async () => {
    const { status, json } = await server.post(Array(4).fill({ query: '{ __typename }' }));
    expect([status, json.errors[0].extensions]).toEqual([
      400,
      { code: 'QUERY_LIMIT_EXCEEDED', measure: 'batch', limit: 3, value: 4 },
    ]);
  });

  test('begins no subscription in a list of operations', async () => {
    const { status, json } = await server.post(
      [{ query: '{ __typename }' }, { query: 'subscription { changes { type } }' }],
      owner,
    );
    expect([status, json[0]]).toEqual([200, { data: { __typename: 'Query' } }]);
    expect(json[1].errors[0].extensions.code).toBe('BAD_REQUEST');
  });

  test.each([
    ['whose length is said', (text: string) => text],
    [
      'whose length is not said',
      (text: string) =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(text.slice(0, 1_500)));
            controller.enqueue(new TextEncoder().encode(text.slice(1_500)));
            controller.close();
          },
        }),
    ],
  ])('refuses a request that is too long, %s', async (_what, bodyOf) => {
    const request = (length: number) => {
      const text = JSON.stringify({ query: '{ __typename }' }).padEnd(length);
      return fetch(server.url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: bodyOf(text),
        duplex: 'half',
      });
    };
    expect((await request(2_000)).status).toBe(200);
    const refused = await request(2_001);
    const { errors } = (await refused.json()) as { errors: { extensions: unknown }[] };
    expect([refused.status, errors[0]?.extensions]).toEqual([
      413,
      { code: 'REQUEST_TOO_LARGE', limit: 2_000, value: 2_001 },
    ]);
  });

  test('closes a web socket over which too long a message comes', async () => {
    const operation = server.subscribe({ query: '{ __typename }'.padEnd(2_000) }, owner);
    expect(await operation.next()).toBeUndefined();
  });

  test('lets a caller have so many subscriptions open, over all sockets, and others theirs', async () => {
    const changes = { query: 'subscription { changes { type } }' };
    const open = [server.subscribe(changes, owner), server.subscribe(changes, owner)];
    try {
      // They are open once one more is refused.
      let refused: unknown;
      while (refused === undefined) {
        const more = server.subscribe(changes, owner);
        const message = await Promise.race([
          more.next(),
          new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 300)),
        ]);
        more.close();
        refused =
          (message?.payload as { errors?: unknown } | undefined)?.errors ?? message?.payload;
      }
      expect(refused).toMatchObject([
        { extensions: { code: 'QUERY_LIMIT_EXCEEDED', measure: 'subscriptions', limit: 2 } },
      ]);
      const somebody = await server.signUp('Somebody');
      const theirs = server.subscribe({ query: '{ me { name } }' }, somebody);
      expect((await theirs.next())?.payload).toEqual({ data: { me: { name: 'Somebody' } } });
      theirs.close();
    } finally {
      for (const each of open) each.close();
    }
  });
});
