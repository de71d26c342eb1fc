import { describe, expect, test } from '@jest/globals';
import { OpenOperations, untilEnd } from '../../../plugins/limits/open.ts';

describe('open operations', () => {
  test('are counted for each caller, and an end counts once', () => {
    const open = new OpenOperations(2);
    const first = open.begin('a');
    const second = open.begin('a');
    expect([first, second, open.begin('a')]).toEqual([
      expect.any(Function),
      expect.any(Function),
      undefined,
    ]);
    expect(open.begin('b')).toBeDefined();
    first?.();
    first?.();
    expect([open.begin('a'), open.begin('a')]).toEqual([expect.any(Function), undefined]);
  });

  async function* numbers(count: number) {
    for (let number = 0; number < count; number += 1) {
      if (number === 7) throw new Error('seven');
      yield number;
    }
  }

  test.each([
    [
      'when there are no more results',
      async (results: AsyncGenerator<number>) => {
        while (!(await results.next()).done);
      },
    ],
    [
      'when nobody wants them',
      async (results: AsyncGenerator<number>) => {
        await results.next();
        await results.return(undefined);
      },
    ],
    [
      'when whoever wants them fails',
      async (results: AsyncGenerator<number>) => {
        await results.throw(new Error('x')).catch(() => undefined);
      },
    ],
    [
      'when they are disposed of',
      async (results: AsyncGenerator<number>) => {
        await results[Symbol.asyncDispose]();
      },
    ],
  ])('end %s', async (_what, use) => {
    let ended = 0;
    const results = untilEnd(numbers(3), () => {
      ended += 1;
    });
    expect(ended).toBe(0);
    await use(results);
    expect(ended).toBeGreaterThan(0);
  });

  test('end when they fail', async () => {
    let ended = false;
    const results = untilEnd(numbers(9), () => {
      ended = true;
    });
    const read = async () => {
      for await (const number of results) expect(number).toBeLessThan(7);
    };
    await expect(read()).rejects.toThrow('seven');
    expect(ended).toBe(true);
  });
});
