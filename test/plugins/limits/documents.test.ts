import { describe, expect, test } from '@jest/globals';
import { Documents } from '../../../plugins/limits/documents.ts';
import { DEFAULT_LIMITS } from '../../../plugins/limits/limits.ts';
import { schema } from './schema.ts';

const documents = new Documents({ schema, limits: DEFAULT_LIMITS, introspection: true });

/** What is wrong with a document, and its code; nothing for one that may run. */
const wrongWith = (text: string) =>
  (documents.check(text).errors ?? []).map(({ message, extensions }) => [
    message,
    extensions['code'],
  ]);

/** Fields that cannot be merged: a rule finds this out that compares each with each. */
const CONFLICT = 'x: id x: name';
const INVALID = 'GRAPHQL_VALIDATION_FAILED';
const neverUsed = (name: string) => [`Fragment "${name}" is never used.`, INVALID];

describe('what no operation spreads', () => {
  test.each([
    ['a fragment', `{ count } fragment F on User { ${CONFLICT} }`, ['F']],
    [
      'fragments that only each other spread',
      `{ count } fragment F on User { ...G } fragment G on User { ${CONFLICT} ...F }`,
      ['F', 'G'],
    ],
    ['a fragment that spreads itself', `{ count } fragment F on User { ${CONFLICT} ...F }`, ['F']],
    [
      'a fragment beside one that is spread',
      `{ ...G } fragment F on User { ${CONFLICT} ...H } fragment G on Query { ...H } fragment H on Query { count }`,
      ['F'],
    ],
    ['a document without an operation', `fragment F on User { ${CONFLICT} }`, ['F']],
    [
      'a fragment larger than an operation may be',
      `{ count } fragment F on Query { ${'projects(first: 1) { nodes { id } } '.repeat(300)} }`,
      ['F'],
    ],
  ])('is refused before fields are compared: %s', (_what, text, names) => {
    expect(wrongWith(text)).toEqual(names.map(neverUsed));
  });

  test.each([
    ['first', `fragment F on User { ${CONFLICT} } fragment F on User { name }`],
    ['second', `fragment F on User { name } fragment F on User { ${CONFLICT} }`],
  ])('is refused where another fragment has its name, the %s one', (_which, fragments) => {
    expect(wrongWith(`{ project(id: 1) { manager { ...F } } } ${fragments}`)).toEqual([
      ['There can be only one fragment named "F".', INVALID],
    ]);
  });
});

describe('what an operation spreads', () => {
  test.each([
    ['one of two', 'query A { ...F } query B { count } fragment F on Query { count }'],
    ['both', 'query A { ...F } query B { ...F } fragment F on Query { count }'],
    ['in a fragment', '{ ...F } fragment F on Query { ...G } fragment G on Query { count }'],
    ['twice', '{ ...F ... { ...F } } fragment F on Query { count }'],
    ['before the operation', 'fragment F on Query { count } { ...F }'],
  ])('may run: %s', (_what, text) => {
    expect(wrongWith(text)).toEqual([]);
  });

  test('is gone over by all other rules', () => {
    expect(
      wrongWith(`{ project(id: 1) { manager { ...F } } } fragment F on User { y ${CONFLICT} }`),
    ).toEqual([
      [expect.stringContaining('Fields "x" conflict'), INVALID],
      [expect.stringContaining('Cannot query field "y"'), INVALID],
    ]);
  });
});
