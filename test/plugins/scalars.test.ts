import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseValue, validate } from './input.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'scalars');
});

const CREATE = `mutation ($project: ProjectInput!) {
  createProject(input: { project: $project }) { project { startsOn endsOn } }
}`;

describe('a value of the wrong form', () => {
  test.each([
    ['Date', '2027-02-29'],
    ['Date', '2027-13-01'],
    ['Date', '01/02/2027'],
    ['Date', 'infinity'],
    ['Date', '2027-02-28T00:00:00Z'],
    ['Date', 20270228],
    ['Date', ''],
    ['Datetime', '2027-02-28T25:00:00Z'],
    ['Datetime', '2027-02-30T10:00:00Z'],
    ['Datetime', '2027-02-28T10:00:00'],
    ['Datetime', 'now'],
    ['Datetime', '2027-02-28T10:00:00+99:00'],
    ['Datetime', '2027-02-28T10:00:00+05:60'],
    ['Datetime', '294276-01-01T00:00:00Z'],
    ['Time', '25:00'],
    ['Time', '24:00:01'],
    ['Time', '10:60'],
    ['Time', 'noon'],
    ['Time', ''],
    ['BigInt', '9223372036854775808'],
    ['BigInt', '-9223372036854775809'],
    ['BigInt', '9'.repeat(400)],
    ['BigInt', '1e3'],
    ['BigInt', ''],
    ['UUID', 'x'],
    ['UUID', '01a1fc59954f7849ad638bc337df41ef'],
    ['BigFloat', 'NaN'],
    ['BigFloat', '1,50'],
    ['BigFloat', ''],
    ['BigFloat', true],
  ])('%s %j is refused', (type, value) => {
    expect(() => parseValue(api.schema(), type, value)).toThrow(/^It is not /);
  });

  test('is refused with the place where it stands, written or given', async () => {
    const given = await api.ask(cast.owner, CREATE, {
      project: { name: 'Leap', startsOn: '2027-02-29' },
    });
    expect(given.errors).toHaveLength(1);
    expect(given.errors?.[0]).toMatchObject({
      extensions: { code: 'INVALID_INPUT', field: 'startsOn' },
    });
    expect(given.errors?.[0]?.message).toContain('"project.startsOn"');

    const [written] = validate(
      api.schema(),
      'mutation { createProject(input: { project: { name: "Leap", startsOn: "2027-02-29" } }) { project { rowId } } }',
    );
    expect(written?.message).toBe(
      'Expected value of type "Date", found "2027-02-29"; It is not a day such as 2027-02-28.',
    );
    expect(written?.locations).toEqual([{ line: 1, column: 70 }]);
  });
});

describe('JSON', () => {
  test.each([
    ['a text', 'a\u0000'],
    ['a text inside', { a: ['\ud800'] }],
    ['a key', { 'a\u0000': 1 }],
    ['half a character before a backslash', '\\\udc00'],
  ])('with a character that texts cannot hold, in %s, is refused', async (_what, value) => {
    expect(() => parseValue(api.schema(), 'JSON', value)).toThrow(/^It has a character/);
    const { errors } = await api.ask(cast.owner, CREATE, {
      project: { name: 'Odd', customFields: value },
    });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'customFields' });
  });

  test('with such a character in a list is left to what takes the list, and refused where nothing does', async () => {
    const list = ['fine', { a: 'a\u0000' }, '\ud800'];
    expect(parseValue(api.schema(), 'JSON', list)).toEqual(list);
    const { errors } = await api.ask(cast.owner, CREATE, {
      project: { name: 'Odd', customFields: list },
    });
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['INVALID_INPUT']);
    expect(api.unexpected).toEqual([]);
  });

  test.each([['\\u0000'], ['\\\\ud800'], ['𝕏 \ud835\udd4f'], [null], [[1, { a: 'é' }]]])(
    'that only looks like it is taken: %j',
    (value) => {
      expect(parseValue(api.schema(), 'JSON', value)).toEqual(value);
    },
  );
});

describe('a value of the right form', () => {
  test.each([
    ['Date', '2028-02-29'],
    ['Date', '0099-12-31'],
    ['Datetime', '2027-02-28T18:30:00Z'],
    ['Datetime', '2027-02-28 18:30+05:30'],
    ['Datetime', '2027-02-28T18:30:00.123456-05'],
    ['Datetime', '275000-12-31T00:00:00-15:59'],
    ['Time', '9:30'],
    ['Time', '23:59:59.999'],
    ['Time', '24:00'],
    ['BigInt', '9223372036854775807'],
    ['BigInt', '-9223372036854775808'],
    ['BigInt', 7],
    ['UUID', '01A1FC59-954F-7849-AD63-8BC337DF41EF'],
    ['BigFloat', '-12.50'],
    ['BigFloat', 12.5],
    ['BigFloat', '1e3'],
  ])('%s %j is taken', (type, value) => {
    expect(parseValue(api.schema(), type, value)).toBe(String(value));
  });
});

describe('a column with a list of allowed values', () => {
  test('names them in its documentation and in the error', async () => {
    const type = api.schema().getType('Project');
    const fields = type && 'getFields' in type ? type.getFields() : {};
    expect(fields['status']?.description).toContain(
      'One of: planning, active, on_hold, completed, cancelled.',
    );
    const { errors } = await api.ask(cast.owner, CREATE, {
      project: { name: 'Odd', status: 'weird' },
    });
    expect(errors?.[0]?.extensions).toEqual({
      code: 'CHECK_FAILED',
      field: 'status',
      constraint: 'projects_status_check',
      hint: 'One of: planning, active, on_hold, completed, cancelled.',
    });
  });

  test.each([
    ['BudgetDraftInput', 'status', 'One of: draft, submitted, approved, closed, cancelled.'],
    ['DashboardAlertDraftInput', 'comparison', 'One of: above, at_least, below, at_most.'],
    ['NurturingStepDraftInput', 'branchOn', 'One of: opened, clicked, replied.'],
    ['LeadDraftInput', 'emailConsent', 'One of: unknown, granted, withdrawn.'],
    ['InteractionDraftInput', 'outcome', 'One of: success, error, refused, timeout, cancelled.'],
  ])('names them where %s takes a value for it', (name, field, said) => {
    const type = api.schema().getType(name);
    const fields = type && 'getFields' in type ? type.getFields() : {};
    const description = fields[field]?.description ?? '';
    expect(description).toMatch(/^[A-Z].* One of: /);
    expect(description.split('One of: ')).toHaveLength(2);
    expect(description).toContain(said);
  });
});
