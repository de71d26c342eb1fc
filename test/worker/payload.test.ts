import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PermanentFailure } from '../../worker/failures.ts';
import {
  day,
  flag,
  instant,
  list,
  Misfit,
  nothing,
  number,
  object,
  oneOf,
  optional,
  record,
  text,
  uuid,
  whole,
  type PayloadOf,
  type Shape,
} from '../../worker/payload.ts';

const ID = '0198b2c4-7d5e-7c33-9a40-1f2e3d4c5b6a';

const shape = object({
  organization_id: uuid,
  kind: oneOf('open', 'click'),
  days: list(day),
  names: record(text),
  limit: optional(whole),
  within: optional(object({ share: number, on: flag })),
});
const fitting: PayloadOf<typeof shape> = {
  organization_id: ID,
  kind: 'open',
  days: ['2028-02-29'],
  names: { ada: '' },
};

describe('a payload', () => {
  test('that fits comes out as it is, without keys that nobody asked for', () => {
    expect(shape({ ...fitting, request_id: 'r', _cron: { ts: 'x' } }, '')).toEqual({
      ...fitting,
      limit: undefined,
      within: undefined,
    });
    expect(shape({ ...fitting, limit: null, within: { share: 0.5, on: false } }, '')).toMatchObject(
      { limit: undefined, within: { share: 0.5, on: false } },
    );
    expect(nothing(null, '')).toBeUndefined();
  });

  test.each([
    [null, 'the payload is null, but has to be an object'],
    [[], 'the payload is a list, but has to be an object'],
    [{ ...fitting, organization_id: undefined }, 'organization_id is missing, but has to be an id'],
    [{ ...fitting, organization_id: 'x' }, 'organization_id is a string, but has to be an id'],
    [{ ...fitting, kind: 'other' }, 'kind is a string, but has to be one of open, click'],
    [{ ...fitting, days: '2028-02-29' }, 'days is a string, but has to be a list'],
    [{ ...fitting, days: ['2028-02-29', 7] }, 'days.1 is a number, but has to be a day'],
    [{ ...fitting, names: { ada: null } }, 'names.ada is null, but has to be a text'],
    [{ ...fitting, limit: 1.5 }, 'limit is a number, but has to be a whole number'],
    [{ ...fitting, within: { share: '1', on: true } }, 'within.share is a string'],
    [{ ...fitting, within: { share: 1 } }, 'within.on is missing, but has to be true or false'],
  ])('that does not fit says where: %j', (payload, message) => {
    const read = () => shape(payload, '');
    expect(read).toThrow(Misfit);
    expect(read).toThrow(PermanentFailure);
    expect(read).toThrow(message);
  });

  test.each([
    [instant, '2026-11-21T14:00:00.123456+00:00'],
    [instant, '2026-11-21T14:00:00Z'],
    [uuid, ID.toUpperCase()],
    [whole, -(2 ** 53) + 1],
    [number, 0.1],
  ])('takes as %p: %p', (shape: Shape<unknown>, value) => {
    expect(shape(value, '')).toBe(value);
  });

  test.each([
    [instant, '2026-11-21 14:00:00'],
    [instant, '2026-11-21T14:00:00'],
    [number, Number.NaN],
    [whole, 2 ** 53],
    [uuid, `${ID}\n`],
    [day, '2026-11-21T00:00:00Z'],
  ])('does not take as %p: %p', (shape: Shape<unknown>, value) => {
    expect(() => shape(value, '')).toThrow(Misfit);
  });

  test('of every task has a shape', async () => {
    const files = readdirSync(new URL('../../worker/tasks/', import.meta.url));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const task = (await import(`../../worker/tasks/${file}`)) as { payload?: unknown };
      expect([file, typeof task.payload]).toEqual([file, 'function']);
    }
  });
});
