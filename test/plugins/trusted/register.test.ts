import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parse, print } from 'graphql';
import { DEFAULT_LIMITS } from '../../../plugins/limits/limits.ts';
import {
  parseManifest,
  printManifest,
  TrustedDocuments,
} from '../../../plugins/trusted/manifest.ts';
import {
  problemLine,
  registerFiles,
  registerManifest,
  type DocumentFile,
} from '../../../plugins/trusted/register.ts';
import { schema } from '../limits/schema.ts';

const file = (path: string, text: string): DocumentFile => ({ path, text });
const register = (...files: DocumentFile[]) => registerFiles(files, schema, DEFAULT_LIMITS);
const problemsOf = (...files: DocumentFile[]) => register(...files).problems.map(problemLine);

const FRAGMENTS = file(
  'fragments.graphql',
  `fragment Unused on Query { count }
   fragment Row on Project { name ...Manager }
   fragment Manager on Project { manager { name } }`,
);

describe('registering a folder', () => {
  test('makes a document of each operation, with the fragments that it uses', () => {
    const { documents, problems } = register(
      file(
        'a.graphql',
        '# first\nquery A { projects(first: 2) { nodes { ...Row } } }\nquery B { count }',
      ),
      FRAGMENTS,
    );
    expect(problems).toEqual([]);
    expect(documents.map(({ name, type, cost }) => [name, type, cost])).toEqual([
      ['A', 'query', 5],
      ['B', 'query', 0],
    ]);
    const [a] = documents;
    expect(
      parse(a?.body ?? '').definitions.map((each) => ('name' in each ? each.name?.value : '')),
    ).toEqual(['A', 'Manager', 'Row']);
    expect(a?.body).toBe(print(parse(a?.body ?? '')));
    expect(a?.id).toBe(
      createHash('sha256')
        .update(a?.body ?? '')
        .digest('hex'),
    );
  });

  test('gives the same whatever order the files come in, and however they are laid out', () => {
    const a = file('a.graphql', 'query A { projects { nodes { ...Row } } }');
    const laidOut = file('a.graphql', 'query   A{projects{nodes{...Row}}} # the same');
    const b = file('b.graphql', 'query B { count }');
    const manifests = [
      [a, b, FRAGMENTS],
      [FRAGMENTS, b, laidOut],
    ].map((files) => printManifest(register(...files).documents));
    expect(manifests[1]).toBe(manifests[0]);
  });

  test.each([
    [
      'what is no GraphQL',
      'query A {\n  count\n',
      'a.graphql:3:1: Syntax Error: Expected Name, found <EOF>.',
    ],
    [
      'an unknown field',
      'query A {\n  nothing\n}',
      'a.graphql:2:3: Cannot query field "nothing" on type "Query".',
    ],
    ['an unknown fragment', 'query A {\n  ...Gone\n}', 'a.graphql:2:6: Unknown fragment "Gone".'],
    ['an operation without a name', '{ count }', 'a.graphql:1:1: The operation has no name.'],
    [
      'two of one name',
      'query A { count } query A { count }',
      'a.graphql:1:19: There is another operation "A".',
    ],
    [
      'two fragments of one name',
      'fragment Row on Project { id } query A { project(id: 1) { ...Row } }',
      'fragments.graphql:2:4: There is another fragment "Row".',
    ],
    ['types', 'type X { a: Int }', 'a.graphql:1:1: It is neither an operation nor a fragment.'],
    [
      'what is too deep',
      `query A { tasks(first: 1) { nodes { ${'parent { '.repeat(13)} title ${'} '.repeat(13)} } } }`,
      'a.graphql:1:1: The operation has 16 levels of fields; at most 15 are allowed.',
    ],
    [
      'what costs too much',
      'query A { projects(first: 500) { nodes { tasks(first: 200) { nodes { id } } } } }',
      'a.graphql:1:1: The operation costs 101001 points; at most 50000 are allowed.',
    ],
    [
      'what costs too much when nothing is said',
      'query A($a: Int = 500, $b: Int = 200) { projects(first: $a) { nodes { tasks(first: $b) { nodes { id } } } } }',
      'a.graphql:1:1: The operation costs 101001 points; at most 50000 are allowed.',
    ],
    [
      'a fragment that spreads itself',
      'query A { project(id: 1) { ...S } }\nfragment S on Project { ...S }',
      'a.graphql:2:25: Cannot spread fragment "S" within itself.',
    ],
  ])('says of %s where it is', (_what, text, line) => {
    expect(problemsOf(file('a.graphql', text), FRAGMENTS)).toEqual([line]);
  });

  test('says what is wrong in a fragment once, where the fragment is', () => {
    const broken = file('z.graphql', 'fragment Broken on Project {\n  nothing\n}');
    const users = file(
      'a.graphql',
      'query A { project(id: 1) { ...Broken } } query B { project(id: 2) { ...Broken } }',
    );
    expect(problemsOf(users, broken)).toEqual([
      'z.graphql:2:3: Cannot query field "nothing" on type "Project".',
    ]);
  });
});

describe('a manifest', () => {
  const { documents } = register(file('a.graphql', 'query B { count } query A { count }'));

  test('is read as it was written, in order of names', () => {
    const text = printManifest(documents);
    expect(parseManifest(text).map(({ name }) => name)).toEqual(['A', 'B']);
    expect(printManifest(parseManifest(text))).toBe(text);
  });

  test('may be ids with texts, as graphql-codegen and Relay write them', () => {
    const entries = parseManifest(
      JSON.stringify({ abc: 'query A { count }', def: 'query B { count }' }),
    );
    const { documents: found, problems } = registerManifest(
      'm.json',
      entries,
      schema,
      DEFAULT_LIMITS,
    );
    expect(problems).toEqual([]);
    expect(found).toEqual([
      { id: 'abc', name: 'A', type: 'query', body: 'query A { count }', cost: 0 },
      { id: 'def', name: 'B', type: 'query', body: 'query B { count }', cost: 0 },
    ]);
  });

  test('that has wrong documents says which', () => {
    const entries = parseManifest(
      JSON.stringify({ abc: '{ nothing }', def: '{', ghi: 'fragment F on Query { count }' }),
    );
    const { problems } = registerManifest('m.json', entries, schema, DEFAULT_LIMITS);
    expect(problems.map(problemLine)).toEqual([
      'm.json#abc:1:3: Cannot query field "nothing" on type "Query".',
      'm.json#def:1:2: Syntax Error: Expected Name, found <EOF>.',
      'm.json#ghi:1:10: Fragment "F" is never used.'.replace(':10:', ':1:'),
    ]);
  });

  test('finds documents by their ids alone', () => {
    const trusted = new TrustedDocuments([{ id: 'abc', name: '', type: '', body: '{ count }' }]);
    expect(
      ['abc', 'sha256:abc', 'ab', 'toString', '__proto__', ''].map((id) => trusted.textOf(id)),
    ).toEqual(['{ count }', '{ count }', undefined, undefined, undefined, undefined]);
    expect([trusted.isTrusted('{ count }'), trusted.isTrusted('{count}')]).toEqual([true, false]);
  });
});
