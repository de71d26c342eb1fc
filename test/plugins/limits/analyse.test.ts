import { describe, expect, test } from '@jest/globals';
import { Kind, parse, visit, type DocumentNode, type SelectionSetNode } from 'graphql';
import { analysed, doubling } from './schema.ts';

/** The figures of the one operation in a document. */
function figuresOf(text: string) {
  const [operation] = analysed(text).operations;
  if (!operation) throw new Error('There is no operation.');
  const { depth, fields, rootFields, aliases, directives, inputDepth } = operation.figures;
  return { depth, fields, rootFields, aliases, directives, inputDepth };
}

const NONE = { depth: 0, fields: 0, rootFields: 0, aliases: 0, directives: 0, inputDepth: 0 };

describe('the analysis of a document', () => {
  test.each([
    ['a field', '{ count }', { depth: 1, fields: 1, rootFields: 1 }],
    [
      'fields in fields',
      '{ projects { nodes { name id } } }',
      { depth: 3, fields: 4, rootFields: 1 },
    ],
    ['a field that is there twice', '{ count count }', { depth: 1, fields: 2, rootFields: 2 }],
    ['aliases', '{ a: count b: count count }', { depth: 1, fields: 3, rootFields: 3, aliases: 2 }],
    [
      'an inline fragment',
      '{ ... { ... on Query { count } } }',
      { depth: 1, fields: 1, rootFields: 1 },
    ],
    [
      'a fragment that is spread twice',
      '{ ...F ...F } fragment F on Query { a: projects { totalCount } }',
      { depth: 2, fields: 4, rootFields: 2, aliases: 2 },
    ],
    [
      'directives everywhere',
      'query ($a: Boolean! @x) @x { ...F @include(if: $a) ... @skip(if: $a) { count @x } } fragment F on Query @x { count @x }',
      { depth: 1, fields: 2, rootFields: 2, directives: 7 },
    ],
    [
      'values in values',
      'query ($a: TaskFilter = { and: [{ not: { title: { equalTo: "a" } } }] }) { tasks(filter: { not: $a }) { totalCount } }',
      { depth: 2, fields: 2, rootFields: 1, inputDepth: 5 },
    ],
    [
      'what the schema does not know',
      '{ nothing { at: all } }',
      { depth: 2, fields: 2, rootFields: 1, aliases: 1 },
    ],
  ])('counts %s', (_what, text, figures) => {
    expect(figuresOf(text)).toEqual({ ...NONE, ...figures });
  });

  test('counts the levels of questions about the schema apart', () => {
    const [operation] = analysed('{ count __schema { types { name } } }').operations;
    expect(operation?.figures).toMatchObject({ depth: 1, introspection: 3, fields: 4 });
  });

  test('is made for each operation', () => {
    const { operations } = analysed('query A { count } query B { count count }');
    expect(operations.map(({ figures }) => figures.fields)).toEqual([1, 2]);
  });

  test.each([
    ['itself', '{ ...A } fragment A on Query { ...A }'],
    [
      'one that spreads it',
      '{ ...A } fragment A on Query { count ...B } fragment B on Query { ...A }',
    ],
    [
      'itself further below',
      '{ project(id: 1) { ...A } } fragment A on Project { tasks { nodes { project { ...A } } } }',
    ],
  ])('refuses a fragment that spreads %s', (_what, text) => {
    expect(() => analysed(text)).toThrow(/Cannot spread fragment "A" within itself/);
  });

  test.each([
    ['spreads', (next: string) => `${next} ${next}`, 2 ** 19],
    [
      'fields',
      (next: string) => `a: parent { ${next} } b: parent { ${next} }`,
      2 ** 20 - 2 + 2 ** 19,
    ],
  ])('takes fragments whose %s double twenty times as quickly as any', (_what, spread, fields) => {
    const text = doubling(20, spread);
    expect(text.length).toBeLessThan(1_400);
    expect(figuresOf(text).fields).toBe(fields + 2);
    expect(analysed(text).visited).toBe(selectionsOf(parse(text)));
  });

  test('never leaves the numbers, however often fragments double', () => {
    const text = doubling(600, (next) => `${next} ${next} ${next} ${next}`);
    expect(figuresOf(text).fields).toBe(Number.MAX_SAFE_INTEGER);
    expect(analysed(text).visited).toBe(selectionsOf(parse(text)));
  });
});

function selectionsOf(document: DocumentNode): number {
  let count = 0;
  const counting = () => {
    count += 1;
  };
  visit(document, { Field: counting, InlineFragment: counting, FragmentSpread: counting });
  return count;
}

/** The same figures, by writing the fragments out. */
function writtenOut(document: DocumentNode) {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }
  const figures = { ...NONE };
  function walk({ selections }: SelectionSetNode, level: number): void {
    for (const selection of selections) {
      figures.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        figures.depth = Math.max(figures.depth, level);
        figures.fields += 1;
        if (level === 1) figures.rootFields += 1;
        if (selection.alias) figures.aliases += 1;
        if (selection.selectionSet) walk(selection.selectionSet, level + 1);
      } else {
        const set =
          selection.kind === Kind.INLINE_FRAGMENT
            ? selection.selectionSet
            : fragments.get(selection.name.value);
        if (set) walk(set, level);
      }
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) walk(definition.selectionSet, 1);
  }
  return figures;
}

/** Numbers that only look random, so that a failure can be seen again. */
function numbersFrom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A document with fields, aliases, directives, inline fragments, and fragments that spread those after them. */
function randomDocument(seed: number): string {
  const random = numbersFrom(seed);
  const fragments = 1 + random(8);
  function selections(levels: number, after: number): string {
    return Array.from({ length: 1 + random(3) }, () => {
      const directive = random(4) === 0 ? ' @include(if: true)' : '';
      const kind = random(6);
      if (kind === 0 && after < fragments) {
        return `...F${after + random(fragments - after)}${directive}`;
      }
      if (kind === 1 && levels > 0) return `...${directive} { ${selections(levels - 1, after)} }`;
      const alias = random(3) === 0 ? `a${random(9)}: ` : '';
      return kind < 4 && levels > 0
        ? `${alias}parent${directive} { ${selections(levels - 1, after)} }`
        : `${alias}title${directive}`;
    }).join(' ');
  }
  const definitions = Array.from(
    { length: fragments },
    (_, index) => `fragment F${index} on Task { ${selections(3, index + 1)} }`,
  );
  return [`{ ${selections(4, 0)} }`, ...definitions].join('\n');
}

describe('documents of any shape', () => {
  test('have the figures that writing their fragments out gives, and are gone over once', () => {
    let spread = 0;
    for (let seed = 1; seed <= 500; seed += 1) {
      const text = randomDocument(seed);
      const document = parse(text);
      expect([seed, figuresOf(text)]).toEqual([seed, writtenOut(document)]);
      const selections = selectionsOf(document);
      expect(analysed(text).visited).toBeLessThanOrEqual(selections);
      if (figuresOf(text).fields > selections) spread += 1;
    }
    // Else nothing was tried: fragments have to make documents larger than they look.
    expect(spread).toBeGreaterThan(20);
  });
});
