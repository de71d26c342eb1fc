import { describe, expect, test } from '@jest/globals';

/** What the browser loads, which has no types. */
const script = '../../server/explorer/public/refusals.js';
const { refusalsOf } = (await import(script)) as {
  refusalsOf: (parameters: object, errors: readonly object[] | undefined) => object[];
};

const ID = '01a1fdba-2ba9-7e28-bed0-5a2bf8c2d886';
const refused = (key: string, code = 'FORBIDDEN') => ({
  message: 'No.',
  path: [key],
  extensions: { code },
});

describe('what the explorer finds out about a refused mutation', () => {
  test.each([
    [
      'an id that is written out',
      `mutation { updateProject(input: { rowId: "${ID}", patch: { name: "(x)" } }) { project { name } } }`,
      {},
      { type: 'Project', action: 'UPDATE', rowId: ID },
    ],
    [
      'an id in a variable',
      'mutation ($id: UUID!) { deleteBudget(input: { rowId: $id }) { budget { name } } }',
      { id: ID },
      { type: 'Budget', action: 'DELETE', rowId: ID },
    ],
    [
      'an id inside of the input',
      'mutation ($input: RestoreProjectTaskInput!) { restoreProjectTask(input: $input) { projectTask { title } } }',
      { input: { rowId: ID } },
      { type: 'ProjectTask', action: 'RESTORE', rowId: ID },
    ],
    [
      'a new row',
      'mutation { createBudget(input: { budget: { name: "New" } }) { budget { name } } }',
      {},
      { type: 'Budget', action: 'INSERT', rowId: null },
    ],
    [
      'an alias',
      'mutation { mine: createBudget(input: { budget: { name: "New" } }) { budget { name } } }',
      {},
      { type: 'Budget', action: 'INSERT', rowId: null, field: 'createBudget' },
    ],
    [
      'a function that saves',
      'mutation { saveBudget(input: { budget: { name: "New" } }) { budget { name } } }',
      {},
      { type: 'Budget', action: 'INSERT', rowId: null },
    ],
  ])('%s', (_what, query, variables, expected) => {
    const name = /\{ (\w+)/.exec(query)?.[1] ?? '';
    expect(refusalsOf({ query, variables }, [refused(name)])).toMatchObject([expected]);
  });

  test('nothing about errors of another kind, or mutations that are no change of a row', () => {
    const query = 'mutation { createBudget(input: { budget: { name: "" } }) { budget { name } } }';
    expect(refusalsOf({ query }, [refused('createBudget', 'CHECK_FAILED')])).toEqual([]);
    expect(
      refusalsOf({ query: 'mutation { signOut { signedOut } }' }, [refused('signOut')]),
    ).toEqual([]);
    expect(refusalsOf({ query }, undefined)).toEqual([]);
  });
});
