import { describe, expect, test } from '@jest/globals';
import { costOf, excessWith } from '../../../plugins/limits/excess.ts';
import { DEFAULT_LIMITS } from '../../../plugins/limits/limits.ts';
import { analysed, doubling } from './schema.ts';

function operationOf(text: string) {
  const [operation] = analysed(text).operations;
  if (!operation) throw new Error('There is no operation.');
  return operation;
}

const cost = (text: string, variables: Record<string, unknown> = {}) =>
  costOf(operationOf(text), variables);

describe('the cost of an operation', () => {
  test.each([
    ['a value', '{ count __typename }', 0],
    ['a row', '{ project(id: 1) { name } }', 1],
    ['a row of a row', '{ project(id: 1) { manager { name } } }', 2],
    ['a list: one, and one for each row', '{ projects(first: 20) { nodes { name } } }', 21],
    ['a list without a size', '{ projects { nodes { name } } }', 51],
    ['a list counted from the end', '{ projects(last: 7) { nodes { name } } }', 8],
    ['a list with both', '{ projects(first: 20, last: 3) { nodes { name } } }', 4],
    ['a list of none', '{ projects(first: 0) { nodes { manager { name } } } }', 1],
    ['a list that is longer than any may be', '{ projects(first: 9999) { nodes { name } } }', 501],
    ['a list whose rows are not asked for', '{ projects { pageInfo { hasNextPage } } }', 1],
    ['edges', '{ projects(first: 3) { edges { cursor node { name } } } }', 4],
    ['what is counted over all rows', '{ projects(first: 2) { totalCount nodes { id } } }', 13],
    ['aggregates', '{ projects(first: 0) { aggregates { sum { budget } } } }', 11],
    [
      'what is worked out',
      '{ project(id: 1) { health { score parts { part detail { text } } } } }',
      11,
    ],
    [
      'rows inside of what is worked out',
      '{ project(id: 1) { health { parts { task { id } } } } }',
      61,
    ],
    [
      'rows of rows',
      '{ projects(first: 10) { nodes { tasks(first: 5) { nodes { title } } } } }',
      71,
    ],
    [
      'three levels',
      '{ projects(first: 10) { nodes { tasks(first: 5) { totalCount nodes { project { health { score } } } } } } }',
      1 + 10 * (1 + 1 + 10 + 5 * (1 + 1 + 10)),
    ],
    ['rows of an interface', '{ search(text: "x") { hits { id } } }', 60],
    ['a mutation', 'mutation { createProject(input: { name: "x" }) { project { id } } }', 11],
    ['questions about the schema', '{ __schema { types { fields { name } } } }', 0],
    ['what the schema does not know', '{ nothing { at { all } } }', 0],
  ])('counts %s', (_what, text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  test('counts a fragment where it is spread, for each row there', () => {
    const text = `{
      a: projects(first: 2) { ...Page }
      b: projects(first: 3) { ...Page }
    }
    fragment Page on ProjectConnection { totalCount nodes { ...Row } }
    fragment Row on Project { manager { id } }`;
    expect(cost(text)).toBe(1 + 10 + 2 * 2 + (1 + 10 + 3 * 2));
  });

  test.each([
    [{ n: 20 }, 21],
    [{ n: 0 }, 1],
    [{ n: null }, 51],
    [{}, 51],
    [{ n: 100_000 }, 501],
    [{ n: -5 }, 1],
    [{ n: 'many' }, 51],
    [{ n: Number.NaN }, 51],
    [{ n: [3] }, 51],
  ])('goes by the size that a variable says: %j', (variables, expected) => {
    expect(cost('query ($n: Int) { projects(first: $n) { nodes { id } } }', variables)).toBe(
      expected,
    );
  });

  test('goes by the default of a variable that is left out, and by null where that is sent', () => {
    const text = 'query ($n: Int = 5) { projects(first: $n) { nodes { id } } }';
    expect([cost(text), cost(text, { n: 3 }), cost(text, { n: null })]).toEqual([6, 4, 51]);
  });

  test('takes no name of an object for a variable', () => {
    const text = 'query ($constructor: Int) { projects(first: $constructor) { nodes { id } } }';
    expect(cost(text)).toBe(51);
  });

  test('multiplies variables', () => {
    const text = `query ($a: Int!, $b: Int!) {
      projects(first: $a) { nodes { tasks(first: $b) { nodes { ...T } } } }
    }
    fragment T on Task { project { tasks(first: $a) { nodes { id } } } }`;
    const [a, b] = [7, 11];
    expect(cost(text, { a, b })).toBe(1 + a * (1 + 1 + b * (1 + 1 + 1 + a)));
  });

  test('is reckoned once for each fragment, however often they double', () => {
    const text = doubling(
      60,
      (next) => `a: parent { ${next} } b: parent { ${next} }`,
      'project { tasks(first: $n) { nodes { id } } }',
    );
    expect(cost(`query Q($n: Int) ${text}`, { n: 500 })).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('is held to the limit when the variables are there', () => {
    const text = `query ($n: Int) { projects(first: 500) { nodes { tasks(first: $n) { nodes { id } } } } }`;
    const limits = { ...DEFAULT_LIMITS, cost: 1 + 500 * (2 + 10) };
    expect(excessWith(operationOf(text), { n: 10 }, limits)).toBeUndefined();
    expect(excessWith(operationOf(text), { n: 11 }, limits)).toEqual({
      measure: 'cost',
      limit: limits.cost,
      value: limits.cost + 500,
    });
  });
});

describe('conditions', () => {
  const conditions = (text: string, variables: Record<string, unknown> = {}) => {
    const limits = { ...DEFAULT_LIMITS, conditions: 0 };
    const operation = operationOf(text);
    const { constant } = operation.figures.conditions;
    return constant ?? excessWith(operation, variables, limits)?.value ?? 0;
  };
  const FILTERED = 'query ($f: TaskFilter) { tasks(filter: $f) { nodes { id } } }';
  const ORDERED = 'query ($o: [TaskOrderBy!]) { tasks(orderBy: $o) { nodes { id } } }';
  const filter = { or: [{ title: { equalTo: 'a' } }, { not: { title: { in: ['b', 'c'] } } }] };

  test.each([
    ['a filter', '{ tasks(filter: { title: { in: ["a", "b", "c"] } }) { totalCount } }', {}, 2],
    ['an order', '{ tasks(orderBy: [TITLE_ASC, TITLE_DESC]) { totalCount } }', {}, 2],
    ['an order that is no list', '{ tasks(orderBy: TITLE_ASC) { totalCount } }', {}, 1],
    ['a filter in a variable', FILTERED, { f: filter }, 6],
    ['a filter that is left out', FILTERED, {}, 0],
    ['a filter that is null', FILTERED, { f: null }, 0],
    ['an order in a variable', ORDERED, { o: ['TITLE_ASC', 'TITLE_DESC', 'TITLE_ASC'] }, 3],
    ['an order in a variable that is no list', ORDERED, { o: 'TITLE_ASC' }, 1],
    [
      'a variable within a filter',
      'query ($f: TaskFilter) { tasks(filter: { and: [$f, { not: $f }] }) { totalCount } }',
      { f: { title: { equalTo: 'a' } } },
      6,
    ],
    [
      'a variable in a fragment that is spread twice',
      `query ($f: TaskFilter) { a: project(id: 1) { ...P } b: project(id: 2) { ...P } }
       fragment P on Project { tasks(filter: $f) { totalCount } }`,
      { f: { title: { equalTo: 'a' } } },
      4,
    ],
    ['an input', 'mutation { createProject(input: { name: "x" }) { project { id } } }', {}, 0],
  ])('are counted in %s', (_what, text, variables, expected) => {
    expect(conditions(text, variables)).toBe(expected);
  });
});

describe('the levels of a value in a variable', () => {
  const nested = (levels: number) => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level += 1) value = level % 2 ? [value] : { value };
    return value;
  };
  const operation = operationOf('query ($v: JSON) { count }');
  const limit = DEFAULT_LIMITS.inputDepth;

  test('are held to the limit', () => {
    expect(excessWith(operation, { v: nested(limit) }, DEFAULT_LIMITS)).toBeUndefined();
    expect(excessWith(operation, { v: nested(limit + 1) }, DEFAULT_LIMITS)).toEqual({
      measure: 'inputDepth',
      limit,
      value: limit + 1,
    });
  });

  test('may be more than the stack has', () => {
    expect(excessWith(operation, { v: nested(1_000_000) }, DEFAULT_LIMITS)).toMatchObject({
      measure: 'inputDepth',
    });
  });
});
