import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';
import { linesOf, save } from './saving.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const CAMERA = { category: 'Camera', name: 'Package', quantity: 3, unit: 'day', unit_cost: 250.5 };
const SOUND = { category: 'Sound', name: 'Mixer', unit_cost: 400 };

const asOwner = (work: (client: PoolClient) => Promise<void>) => as(database, ours.owner, work);

describe('a new budget', () => {
  test('comes with its lines, in their order', async () => {
    await asOwner(async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Pilot' });
      const saved = await save(
        client,
        {
          name: 'Shoot',
          project_id,
          currency: 'EUR',
          starts_on: '2026-05-04',
          ends_on: '2026-05-31',
          notes: 'v1',
        },
        [SOUND, { ...CAMERA, estimate_to_complete: 10, notes: 'two bodies' }],
      );
      expect(saved).toMatchObject({
        name: 'Shoot', status: 'draft', currency: 'EUR', project_id,
        starts_on: '2026-05-04', ends_on: '2026-05-31', notes: 'v1',
      }); // prettier-ignore
      expect(await linesOf(client, saved.id)).toMatchObject([
        {
          ...SOUND,
          quantity: 1,
          unit: null,
          planned_amount: 400,
          position: 1,
          estimate_to_complete: null,
        },
        {
          ...CAMERA,
          planned_amount: 751.5,
          position: 2,
          estimate_to_complete: 10,
          notes: 'two bodies',
        },
      ]);
    });
  });

  test('has the currency of the organization unless one is given, and zero for what is not', async () => {
    await database
      .pool()
      .query("update tenancy.organizations set currency = 'NOK' where id = $1", [
        ours.organizationId,
      ]);
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot' }, [{ category: 'Camera', name: 'Lens' }]);
      expect(saved.currency).toBe('NOK');
      expect(await linesOf(client, saved.id)).toMatchObject([
        { quantity: 1, unit_cost: 0, planned_amount: 0 },
      ]);
    });
  });

  test.each<[string, Values[] | null]>([
    ['no lines', null],
    ['empty lines', []],
  ])('with %s has none', async (_name, lines) => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot' }, lines);
      expect(await linesOf(client, saved.id)).toEqual([]);
    });
  });
});

describe('a budget that is there', () => {
  test('is as it is given: lines change, come, go and change places', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot', notes: 'v1' }, [
        CAMERA,
        SOUND,
        { ...SOUND, name: 'Boom' },
      ]);
      const [camera, mixer, boom] = await linesOf(client, saved.id);
      const again = await save(client, { row_id: saved.id, name: 'Shoot, second' }, [
        { ...SOUND, row_id: boom?.id, name: 'Boom' },
        { category: 'Light', name: 'Lamp', unit_cost: 5 },
        { ...CAMERA, row_id: camera?.id, quantity: 4 },
      ]);
      expect(again).toMatchObject({
        id: saved.id,
        name: 'Shoot, second',
        notes: null,
        status: 'draft',
      });
      expect(await linesOf(client, saved.id)).toMatchObject([
        { id: boom?.id, name: 'Boom', position: 1 },
        { name: 'Lamp', position: 2 },
        { id: camera?.id, name: 'Package', planned_amount: 1002, position: 3 },
      ]);
      expect(
        (await rowOf(client, 'finance.budget_line_items', mixer?.id ?? ''))['deleted_at'],
      ).not.toBeNull();
    });
  });

  test('keeps its lines when none are given, and loses them when none are left', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot', currency: 'EUR', status: 'submitted' }, [
        CAMERA,
      ]);
      const kept = await save(client, { row_id: saved.id, name: 'Shoot' }, null);
      expect([kept.currency, kept.status]).toEqual(['EUR', 'submitted']);
      expect(await linesOf(client, saved.id)).toHaveLength(1);
      await save(client, { row_id: saved.id, name: 'Shoot' }, []);
      expect(await linesOf(client, saved.id)).toEqual([]);
    });
  });
});

describe('is refused', () => {
  test.each<[name: string, lines: (mine: string, other: string) => unknown[], refusal: Values]>([
    [
      'an unknown line',
      (mine) => [
        { ...CAMERA, row_id: mine },
        { ...SOUND, row_id: NOWHERE },
      ],
      { code: 'CB004', field: 'lines.1.row_id' },
    ],
    [
      "another budget's line",
      (_mine, other) => [{ ...CAMERA, row_id: other }],
      { code: 'CB004', field: 'lines.0.row_id' },
    ],
    [
      'the same line twice',
      (mine) => [
        { ...CAMERA, row_id: mine },
        { ...SOUND, row_id: mine },
      ],
      { code: 'CB002', field: 'lines' },
    ],
    [
      'a line without a name, the last of all',
      (mine) => [{ ...CAMERA, row_id: mine }, SOUND, { category: 'X' }],
      { code: '23502', field: 'name' },
    ],
    ['a line that is none', (mine) => [{ ...CAMERA, row_id: mine }, null], { code: '23502' }],
    ['an account that is not there', () => [{ ...CAMERA, account_id: NOWHERE }], { code: '23503' }],
    [
      'an amount that does not fit',
      () => [{ ...CAMERA, quantity: 1000, unit_cost: 999999999999 }],
      { code: '22003' },
    ],
  ])('%s, and nothing is half-written', async (_name, lines, expected) => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot' }, [CAMERA, SOUND]);
      const other = await save(client, { name: 'Other' }, [CAMERA]);
      const state = async () => [
        await rowOf(client, 'finance.budgets', saved.id),
        await linesOf(client, saved.id),
      ];
      const before = await state();
      const [mine] = await linesOf(client, saved.id);
      const [foreign] = await linesOf(client, other.id);
      const refusal = await refusalOf(client, () =>
        save(
          client,
          { row_id: saved.id, name: 'Half' },
          lines(mine?.id ?? '', foreign?.id ?? '') as Values[],
        ),
      );
      expect(refusal).toMatchObject(expected);
      expect(await state()).toEqual(before);
    });
  });

  test('an archived line, an archived budget', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot' }, [CAMERA]);
      const [line] = await linesOf(client, saved.id);
      await save(client, { row_id: saved.id, name: 'Shoot' }, []);
      const draft = { row_id: saved.id, name: 'Shoot' };
      expect(
        await refusalOf(client, () => save(client, draft, [{ ...CAMERA, row_id: line?.id }])),
      ).toMatchObject({ code: 'CB004', field: 'lines.0.row_id' });
      await client.query('select finance.delete_budget($1)', [saved.id]);
      expect(await refusalOf(client, () => save(client, draft, []))).toMatchObject({
        code: 'CB004',
        field: 'budget.row_id',
      });
    });
  });

  test('a status that cannot follow', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Shoot', status: 'cancelled' }, null);
      const refusal = await refusalOf(client, () =>
        save(client, { row_id: saved.id, name: 'Shoot', status: 'approved' }, null),
      );
      expect(refusal).toMatchObject({
        code: 'CB006',
        field: 'status',
        hint: 'After cancelled: draft.',
      });
    });
  });

  test.each(['member', 'guest'] as const)('the %s', async (who) => {
    await as(database, ours[who], async (client) => {
      expect(await refusalOf(client, () => save(client, { name: 'Shoot' }, []))).toMatchObject({
        code: 'CB003',
      });
    });
  });

  test("another organization's budget, and another organization's project", async () => {
    const foreign = await as(database, ours.owner, async (client) => {
      const id = await add(client, 'projects.projects', { name: 'Pilot' });
      const saved = await save(client, { name: 'Shoot' }, []);
      await client.query('commit');
      return { project: id, budget: saved.id };
    });
    await as(database, theirs.owner, async (client) => {
      expect(
        await refusalOf(client, () =>
          save(client, { row_id: foreign.budget, name: 'Mine now' }, null),
        ),
      ).toMatchObject({ code: 'CB004', field: 'budget.row_id' });
      expect(
        await refusalOf(client, () =>
          save(client, { name: 'Mine', project_id: foreign.project }, null),
        ),
      ).toMatchObject({ code: '23503' });
    });
    await as(database, ours.owner, async (client) => {
      expect((await rowOf(client, 'finance.budgets', foreign.budget))['name']).toBe('Shoot');
    });
  });
});
