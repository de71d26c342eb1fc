import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { refusalOf, rowOf } from '../projects/fixtures.ts';
import { linesOf, save } from './saving.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const LINE = { category: 'Camera', name: 'Package', unit_cost: 100 };
const STALE = { code: 'CB005', field: 'budget.expected_updated_at' };

const newBudget = () =>
  actAs(database, cast.owner, (client) => save(client, { name: 'Shoot' }, [LINE]));

describe('a budget that somebody has changed since it was read', () => {
  test('is not saved', async () => {
    const read = await newBudget();
    const draft = { row_id: read.id, expected_updated_at: read.updated_at };
    const changed = await actAs(database, cast.admin, (client) =>
      save(client, { ...draft, name: 'Theirs' }, null),
    );
    expect(changed.updated_at).not.toBe(read.updated_at);
    await as(database, cast.owner, async (client) => {
      expect(
        await refusalOf(client, () => save(client, { ...draft, name: 'Mine' }, [])),
      ).toMatchObject(STALE);
      expect((await rowOf(client, 'finance.budgets', read.id))['name']).toBe('Theirs');
      expect(await linesOf(client, read.id)).toHaveLength(1);
      const fresh = { ...draft, expected_updated_at: changed.updated_at };
      expect((await save(client, { ...fresh, name: 'Mine' }, [])).id).toBe(read.id);
    });
  });

  test('is saved all the same by somebody who does not ask', async () => {
    const read = await newBudget();
    await actAs(database, cast.admin, (client) =>
      save(client, { row_id: read.id, name: 'A' }, null),
    );
    await as(database, cast.owner, async (client) => {
      expect((await save(client, { row_id: read.id, name: 'B' }, null))['name']).toBe('B');
    });
  });
});

onServer('two callers at once', () => {
  test('the first wins, the second is told', async () => {
    const read = await newBudget();
    const draft = { row_id: read.id, expected_updated_at: read.updated_at };
    const pool = database.pool('callboard_authenticator');
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    try {
      for (const client of [first, second]) await client.query('begin');
      await enter(first, cast.owner);
      await enter(second, cast.admin);
      await save(first, { ...draft, name: 'First' }, [LINE, LINE]);
      const late = save(second, { ...draft, name: 'Second' }, []).then(
        () => 'saved',
        (error: { code?: string }) => error.code,
      );
      await first.query('commit');
      expect(await late).toBe('CB005');
    } finally {
      await second.query('rollback');
      first.release();
      second.release();
    }
    await as(database, cast.owner, async (client) => {
      expect((await rowOf(client, 'finance.budgets', read.id))['name']).toBe('First');
      expect(await linesOf(client, read.id)).toHaveLength(2);
    });
  });
});
