import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, fetchExchange } from '@urql/core';
import { getIntrospectionQuery, parse } from 'graphql';
import { printManifest } from '../../plugins/trusted/manifest.ts';
import { documentOptionsOf } from '../../server/documents.ts';
import { isExplorable } from '../../server/explorer/explorer.ts';
import { readSettings, SettingsError } from '../../server/settings.ts';
import { uncounted, type TestServer } from '../helpers/server.ts';

const ME = 'query Me { me { name } }';
const PAGE =
  'query Page($first: Int!) { projects(first: $first) { nodes { projectTasks(first: 500) { nodes { title } } } } }';
const DEEP = `query Deep { projectTasks(first: 1) { nodes { ${'parentTask { '.repeat(20)} title ${'} '.repeat(20)} } } }`;
const SIGN_UP =
  'mutation ($input: SignUpInput!) { signUp(input: $input) { session { accessToken } } }';
const CREATE =
  'mutation Create { createProject(input: { project: { name: "Told" } }) { project { rowId } } }';
const CHANGES = 'subscription Changes { changes { type } }';

const idOf = (body: string) => createHash('sha256').update(body).digest('hex');
const trusted = (name: string, body: string) => ({ id: idOf(body), name, type: '', body });

const folder = mkdtempSync(path.join(tmpdir(), 'callboard-documents-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'documents.json');
writeFileSync(
  file,
  printManifest([
    trusted('Me', ME),
    trusted('Page', PAGE),
    trusted('Deep', DEEP),
    trusted('SignUp', SIGN_UP),
    trusted('Changes', CHANGES),
    trusted('Create', CREATE),
  ]),
);
const environment = { TRUSTED_DOCUMENTS_FILE: file };

const ME_ID = idOf(ME);
const WAYS: readonly (readonly [string, object])[] = [
  ['Relay, graphql-codegen and urql do, as documentId', { documentId: ME_ID }],
  ['the specification does, with the name of the hash', { documentId: `sha256:${ME_ID}` }],
  [
    'Apollo and urql do, in extensions',
    { extensions: { persistedQuery: { version: 1, sha256Hash: ME_ID } } },
  ],
  ['older clients do, as id', { id: ME_ID }],
];

const codeOf = (json: { errors?: { extensions: { code: string } }[] }) =>
  json.errors?.[0]?.extensions.code;

function askedByGet(server: TestServer, parameters: Record<string, string>, headers = {}) {
  const search = new URLSearchParams(parameters);
  return fetch(`${server.url()}?${search.toString()}`, { headers }).then((response) =>
    response.json(),
  );
}

describe('a server that runs registered documents only', () => {
  const server = uncounted({
    ...environment,
    TRUSTED_DOCUMENTS: 'only',
    INTROSPECTION: 'off',
    MAX_BATCH: '5',
  });
  let owner: { authorization: string };
  beforeAll(async () => {
    owner = await server.signUp('Trusted');
  });
  const WHO = { data: { me: { name: 'Trusted' } } };

  test.each(WAYS)('runs one that is named as %s', async (_what, body) => {
    const { status, json } = await server.post(body, owner);
    expect([status, json]).toEqual([200, WHO]);
  });

  test('runs one that is named by GET', async () => {
    expect(await askedByGet(server, { documentId: ME_ID }, owner)).toEqual(WHO);
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: ME_ID } });
    expect(await askedByGet(server, { extensions }, owner)).toEqual(WHO);
  });

  test('runs one that is sent as it is', async () => {
    expect((await server.post({ query: ME }, owner)).json).toEqual(WHO);
  });

  test('runs what is registered whatever is sent beside its id', async () => {
    const { json } = await server.post(
      { documentId: ME_ID, query: '{ __schema { description } }' },
      owner,
    );
    expect(json).toEqual(WHO);
  });

  test.each([
    ['another document', { query: '{ me { email } }' }],
    ['one with a space more', { query: `${ME} ` }],
    ['an unknown id', { documentId: 'f'.repeat(64) }],
    ['an unknown id and a document', { documentId: 'f'.repeat(64), query: '{ me { email } }' }],
    ['a name that every object has', { documentId: 'constructor' }],
    ['an id that is none', { documentId: { $ne: null } }],
    ['extensions that are none', { extensions: { persistedQuery: null } }],
    ['nothing', {}],
    ['a document that is nothing', { query: '' }],
    ['the question for the schema', { query: getIntrospectionQuery() }],
    ['what is not even GraphQL', { query: '{' }],
  ])('refuses %s', async (_what, body) => {
    const { status, json } = await server.post(body, owner);
    expect([status, json]).toEqual([
      400,
      {
        errors: [
          { message: expect.any(String) as unknown, extensions: { code: 'DOCUMENT_NOT_TRUSTED' } },
        ],
      },
    ]);
  });

  test('refuses each such operation of a list', async () => {
    const { json } = await server.post(
      [{ documentId: ME_ID }, { query: '{ me { email } }' }],
      owner,
    );
    expect(json[0]).toEqual(WHO);
    expect(codeOf(json[1])).toBe('DOCUMENT_NOT_TRUSTED');
  });

  test('refuses another document by GET', async () => {
    const answer = (await askedByGet(server, { query: '{ me { email } }' }, owner)) as never;
    expect(codeOf(answer)).toBe('DOCUMENT_NOT_TRUSTED');
  });

  test('does the same over a web socket', async () => {
    const first = async (operation: object) => {
      const open = server.subscribe(operation, owner);
      try {
        return await open.next();
      } finally {
        open.close();
      }
    };
    expect(await first({ query: '', documentId: ME_ID })).toMatchObject({ payload: WHO });
    expect(
      await first({ query: '', extensions: { persistedQuery: { version: 1, sha256Hash: ME_ID } } }),
    ).toMatchObject({ payload: WHO });
    for (const query of ['', '{ me { email } }', 'subscription { changes { rowIds } }']) {
      expect(await first({ query })).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }],
      });
    }
  });

  test('lets a registered document have more levels than others, but not cost more', async () => {
    const deep = await server.post({ documentId: idOf(DEEP) }, owner);
    expect([deep.status, codeOf(deep.json)]).toEqual([200, undefined]);
    const page = (first: number) =>
      server.post({ documentId: idOf(PAGE), variables: { first } }, owner);
    expect(codeOf((await page(20)).json)).toBeUndefined();
    expect((await page(200)).json.errors[0].extensions).toMatchObject({
      code: 'QUERY_LIMIT_EXCEEDED',
      measure: 'cost',
    });
  });

  test('suggests no names, neither of fields nor of values', async () => {
    const { json } = await server.post(
      { documentId: idOf(PAGE), variables: { first: 'x' } },
      owner,
    );
    expect(JSON.stringify(json)).not.toMatch(/did you mean/i);
  });

  test('subscribes to one that is named by its id', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: idOf(CHANGES) } };
    const open = server.subscribe({ query: '', extensions }, owner);
    try {
      // The subscription begins a moment after the socket opens: change something until it is told.
      while (!open.hasNext) {
        const { json } = await server.post({ documentId: idOf(CREATE) }, owner);
        expect(json.errors).toBeUndefined();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await open.next()).toMatchObject({
        type: 'next',
        payload: { data: { changes: { type: 'Project' } } },
      });
    } finally {
      open.close();
    }
  });

  test('understands urql', async () => {
    const client = new Client({
      url: server.url(),
      preferGetMethod: false,
      fetchOptions: { headers: owner },
      exchanges: [fetchExchange],
    });
    const document = Object.assign(parse(ME), { documentId: ME_ID });
    const result = await client.query(document, {}).toPromise();
    expect([result.error, result.data]).toEqual([undefined, { me: { name: 'Trusted' } }]);
  });
});

describe('a server that runs registered documents beside others', () => {
  const server = uncounted({ ...environment, TRUSTED_DOCUMENTS: 'also' });

  test.each(WAYS)('runs one that is named as %s', async (_what, body) => {
    expect((await server.post(body)).json).toEqual({ data: { me: null } });
  });

  test('runs others', async () => {
    expect((await server.post({ query: '{ __typename }' })).json).toEqual({
      data: { __typename: 'Query' },
    });
  });

  test('asks for a document that it does not know, and runs it when it comes', async () => {
    const query = '{ __typename }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: idOf(query) } };
    const { status, json } = await server.post({ extensions });
    expect([status, codeOf(json)]).toEqual([400, 'PERSISTED_QUERY_NOT_FOUND']);
    expect((await server.post({ query, extensions })).json).toEqual({
      data: { __typename: 'Query' },
    });
  });

  test('holds others to the limits', async () => {
    expect(codeOf((await server.post({ query: `${DEEP} ` })).json)).toBe('QUERY_LIMIT_EXCEEDED');
  });
});

describe('a server without registered documents', () => {
  const server = uncounted({ INTROSPECTION: 'off' });

  test.each(WAYS)('says so to who names one as %s', async (_what, body) => {
    const { status, json } = await server.post(body);
    expect([status, codeOf(json)]).toEqual([400, 'PERSISTED_QUERY_NOT_SUPPORTED']);
  });

  test('runs a document that comes with an id', async () => {
    const query = '{ __typename }';
    expect((await server.post({ query, documentId: idOf(query) })).json).toEqual({
      data: { __typename: 'Query' },
    });
  });

  test.each([
    ['the schema', getIntrospectionQuery()],
    ['a type', '{ __type(name: "Project") { name } }'],
    [
      'a type, in a fragment',
      '{ ...F } fragment F on Query { ... { t: __type(name: "Project") { name } } }',
    ],
  ])('that is not to tell its schema refuses the question for %s', async (_what, query) => {
    const { status, json } = await server.post({ query });
    expect([status, codeOf(json)]).toEqual([400, 'INTROSPECTION_DISABLED']);
  });

  test('tells the type of what it answers', async () => {
    const { json } = await server.post({ query: '{ __typename me { __typename } }' });
    expect(json).toEqual({ data: { __typename: 'Query', me: null } });
  });

  test.each([
    ['a field', '{ project { nodes { nam } } }', {}],
    ['an argument', '{ projects(fist: 1) { totalCount } }', {}],
    ['a type', 'query ($f: ProjectFiler) { projects(filter: $f) { totalCount } }', {}],
    ['a value', '{ projects(orderBy: [SLUG_AS]) { totalCount } }', {}],
    ['an input field', '{ projects(filter: { slg: { equalTo: "x" } }) { totalCount } }', {}],
    [
      'a value in a variable',
      'query ($o: [ProjectOrderBy!]) { projects(orderBy: $o) { totalCount } }',
      { o: ['SLUG_AS'] },
    ],
    [
      'an input field in a variable',
      'query ($f: ProjectFilter) { projects(filter: $f) { totalCount } }',
      { f: { slg: {} } },
    ],
  ])('does not suggest the name of %s', async (_what, query, variables) => {
    const { json } = await server.post({ query, variables });
    expect(json.errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(json)).not.toMatch(/did you mean/i);
  });
});

describe('settings of documents', () => {
  const settings = (values: Record<string, string>) =>
    readSettings({ NODE_ENV: 'test', ...values });

  test.each([
    ['is missing', path.join(folder, 'missing.json'), undefined],
    ['is no JSON', path.join(folder, 'broken.json'), '{'],
    ['is a list', path.join(folder, 'list.json'), '[]'],
    ['has no texts', path.join(folder, 'texts.json'), '{"a": 1}'],
    [
      'is of another version',
      path.join(folder, 'version.json'),
      '{"format": "apollo-persisted-query-manifest", "version": 2}',
    ],
  ])('refuse a file that %s, in one line that names the setting', (_what, name, text) => {
    if (text !== undefined) writeFileSync(name, text);
    const read = () =>
      documentOptionsOf(settings({ TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_FILE: name }));
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/^TRUSTED_DOCUMENTS_FILE[^\n]*$/);
  });

  test('need no file where no documents are registered', () => {
    expect(
      documentOptionsOf(settings({ TRUSTED_DOCUMENTS_FILE: 'missing.json' })).trusted,
    ).toBeUndefined();
  });

  test.each([
    [{}, true],
    [{ TRUSTED_DOCUMENTS: 'also' }, true],
    [{ TRUSTED_DOCUMENTS: 'only' }, false],
    [{ INTROSPECTION: 'off' }, false],
    [
      {
        NODE_ENV: 'production',
        JWT_SECRET: 'x'.repeat(32),
        ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      },
      false,
    ],
  ])('say whether there is an explorer: %j', (values: Record<string, string>, there) => {
    expect(isExplorable(readSettings(values))).toBe(there);
  });
});
