import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'sizes');
});

const budget = (values: string) =>
  `mutation { createBudget(input: { budget: { name: "N", ${values} } }) { budget { overAbovePercent currency } } }`;
const response = (values: string) =>
  `mutation { createNpsResponse(input: { npsResponse: { ${values} } }) { npsResponse { score } } }`;

describe('a value that does not fit its column is refused with the field', () => {
  test.each([
    ['a text', budget('currency: "dollar"'), 'currency', 'has more than 3 characters'],
    ['a large number', budget('overAbovePercent: "10000"'), 'overAbovePercent', 'has more than 4'],
    [
      'one by rounding',
      budget('overAbovePercent: "9999.995"'),
      'overAbovePercent',
      'has more than 4',
    ],
    ['one below zero', budget('overAbovePercent: "-1e4"'), 'overAbovePercent', 'has more than 4'],
    [
      'one by its exponent',
      budget('overAbovePercent: "0.00001e9"'),
      'overAbovePercent',
      'has more',
    ],
    ['one by far', budget('overAbovePercent: "1e99999999999"'), 'overAbovePercent', 'has more'],
    ['a small number', response('score: 40000'), 'score', 'is not between -32768 and 32767'],
    [
      'one in a list',
      'mutation { createProject(input: { project: { name: "N", workingDays: [1, 40000] } }) { project { rowId } } }',
      'workingDays',
      'is not between -32768 and 32767',
    ],
  ])('%s', async (_what, source, field, message) => {
    const answer = await api.ask(cast.owner, source);
    expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field });
    expect(answer.errors?.[0]?.message).toContain(`The value of ${field} ${message}`);
  });

  test('also of a patch', async () => {
    const answer = await api.ask(
      cast.owner,
      'mutation ($id: UUID!) { updateOrganization(input: { rowId: $id, patch: { currency: "dollar" } }) { organization { currency } } }',
      { id: cast.organizationId },
    );
    expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field: 'currency' });
  });
});

test.each([
  ['budget', 'currency: "dollar"', 'unitCost: "1"', 'currency'],
  ['line', 'currency: "EUR"', 'unitCost: "1e30"', 'unitCost'],
])('a draft of a %s names its field too', async (_what, draft, line, field) => {
  const answer = await api.ask(
    cast.owner,
    `mutation {
      saveBudget(input: { budget: { name: "N", ${draft} }, lines: [{ category: "Camera", name: "L", ${line} }] }) {
        budget { rowId }
      }
    }`,
  );
  expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field });
});

test.each([
  ['"9999.994"', '9999.99'],
  ['"00009999.99"', '9999.99'],
  ['"999999e-2"', '9999.99'],
  ['"1000.000000000000000000001"', '1000.00'],
  ['"1e3"', '1000.00'],
])('what fits is taken: %s', async (written, overAbovePercent) => {
  const { data, errors } = await api.ask(
    cast.owner,
    budget(`currency: "EUR", overAbovePercent: ${written}`),
  );
  expect(errors).toBeUndefined();
  expect(data.createBudget.budget).toEqual({ currency: 'EUR', overAbovePercent });
});
