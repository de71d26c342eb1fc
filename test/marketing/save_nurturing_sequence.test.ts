import { beforeAll, describe, expect, test } from '@jest/globals';
import { acting, within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, one, refusalOf, type Values } from '../projects/fixtures.ts';
import { addLead, addSequence, addTemplate, ask, look, save, type House } from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const inHouse = (work: (house: House, template: string) => Promise<void>) =>
  within(database, async (client) => {
    const house = { client, cast: ours };
    await work(house, await addTemplate(house, 'Hello'));
  });

type Row = Values & { id: string; key: string };

const stepsOf = (house: House, sequence: string) =>
  look<Row>(
    house,
    `select s.*, n.key as next, b.key as branch, o.key as otherwise
       from marketing.nurturing_steps s
       left join marketing.nurturing_steps n on n.id = s.next_step_id
       left join marketing.nurturing_steps b on b.id = s.branch_step_id
       left join marketing.nurturing_steps o on o.id = s.otherwise_step_id
      where s.sequence_id = $1 and s.deleted_at is null order by s.position`,
    [sequence],
  );

describe('saving a sequence', () => {
  test('comes with its steps, which follow each other unless they say otherwise', async () => {
    await inHouse(async (house, template_id) => {
      const saved = await save(house, { name: 'Welcome', goal_event: 'booked' }, [
        { template_id, delay: '1 day' },
        {
          template_id, key: 'offer', name: 'The offer', delay: '3 days', counts_working_days: true,
          send_days: [1, 2, 3, 4, 5], send_from: '09:00', send_until: '17:00',
          condition: { field: 'score', op: '>=', value: 50 }, otherwise: 'bye',
          branch_on: 'clicked', branch_wait: '2 days', branch: 'thanks',
        },
        { template_id, key: 'bye', is_last: true },
        { template_id, key: 'thanks' },
      ]); // prettier-ignore
      expect(saved.status).toBe('draft');
      expect(await stepsOf(house, saved.id)).toMatchObject([
        { key: 'step-1', next: 'offer', delay: '1 day', send_from: '00:00:00', send_until: '24:00:00', position: 1 },
        {
          key: 'offer', name: 'The offer', next: 'bye', branch: 'thanks', otherwise: 'bye', delay: '3 days',
          counts_working_days: true, send_days: [1, 2, 3, 4, 5], send_from: '09:00:00', branch_wait: '2 days',
        },
        { key: 'bye', next: null },
        { key: 'thanks', next: null },
      ]); // prettier-ignore
    });
  });

  test('again keeps the steps that stay, and archives those that are missing', async () => {
    await inHouse(async (house, template_id) => {
      const draft = [
        { template_id, key: 'a' },
        { template_id, key: 'b' },
        { template_id, key: 'c' },
      ];
      const { id } = await save(house, { name: 'Welcome' }, draft);
      const before = await stepsOf(house, id);
      await save(house, { row_id: id, name: 'Welcome!' }, [
        { template_id, key: 'c' },
        { template_id, key: 'new' },
        { template_id, key: 'a' },
      ]);
      const after = await stepsOf(house, id);
      expect(after.map(({ key, next }) => [key, next])).toEqual([
        ['c', 'new'],
        ['new', 'a'],
        ['a', null],
      ]);
      const idOf = (rows: readonly Row[], key: string) => rows.find((row) => row.key === key)?.id;
      expect(idOf(after, 'a')).toBe(idOf(before, 'a'));
      expect(idOf(after, 'c')).toBe(idOf(before, 'c'));
      expect(
        await look(
          house,
          'select deleted_at is not null as gone from marketing.nurturing_steps where id = $1',
          [idOf(before, 'b')],
        ),
      ).toEqual([{ gone: true }]);
      // without steps at all they stay
      await save(house, { row_id: id, name: 'Welcome' }, null);
      expect(await stepsOf(house, id)).toHaveLength(3);
    });
  });

  test('refuses what somebody else has changed, what is not there, and what is of others', async () => {
    await inHouse(async (house, template_id) => {
      const steps = [{ template_id, key: 'a' }];
      const { id, updated_at } = await save(house, { name: 'Welcome' }, steps);
      expect(
        await refusalOf(house.client, () =>
          save(house, { row_id: id, name: 'W', expected_updated_at: '2020-01-01' }, steps),
        ),
      ).toMatchObject({ code: 'CB005', field: 'sequence.expected_updated_at' });
      await save(house, { row_id: id, name: 'W', expected_updated_at: updated_at }, steps);
      const foreign = await addTemplate({ ...house, cast: theirs }, 'Theirs');
      for (const [sequence, drafts, code, field] of [
        [{ row_id: NOWHERE, name: 'W' }, steps, 'CB004', 'sequence.row_id'],
        [{ name: 'W' }, [{ template_id: foreign }], 'CB002', 'steps.0.template_id'],
        [{ name: 'W' }, [], 'CB002', 'steps'],
        [{ name: ' ' }, steps, '23514', ''],
      ] as const) {
        const refusal = await refusalOf(house.client, () => save(house, sequence, drafts));
        expect([refusal?.code, refusal?.field ?? '']).toEqual([code, field]);
      }
      const asOther = { ...house, cast: theirs };
      expect(
        await refusalOf(house.client, () => save(asOther, { row_id: id, name: 'W' }, steps)),
      ).toMatchObject({ code: 'CB004' });
      expect(
        await refusalOf(house.client, () =>
          ask(
            house,
            'select s.id from marketing.save_nurturing_sequence(null, null) s',
            [],
            ours.guest,
          ),
        ),
      ).toMatchObject({ code: 'CB003' });
    });
  });

  test.each<[string, readonly Values[], string, string]>([
    ['two steps with one key', [{ key: 'a' }, { key: 'a' }], 'CB002', 'steps.1.key'],
    ['a step that is not there', [{ key: 'a', next: 'z' }], 'CB002', 'steps.0.next'],
    ['a branch that is not there', [{ branch_on: 'opened', branch_wait: '1 day', branch: 'z' }], 'CB002', 'steps.0.branch'],
    ['a step that nothing leads to', [{ is_last: true }, { key: 'b' }], 'CB002', 'steps.1'],
    ['an island', [{ is_last: true }, { key: 'b', delay: '1 day' }, { key: 'c', delay: '1 day', next: 'b' }], 'CB002', 'steps.1'],
    ['a circle at once', [{ key: 'a' }, { key: 'b', next: 'a' }], 'CB007', 'steps.0'],
    ['a step that follows itself', [{ key: 'a', next: 'a' }], 'CB007', 'steps.0'],
    ['a circle of 23 hours', [{ key: 'a', delay: '11 hours' }, { key: 'b', delay: '12 hours', next: 'a' }], 'CB007', 'steps.0'],
    [
      'a circle by a branch, which does not wait',
      [{ key: 'a' }, { key: 'b', branch_on: 'opened', branch_wait: '9 days', branch: 'a', is_last: true }],
      'CB007', 'steps.0',
    ],
    [
      'a circle of those who get no mail, and so do not wait for what becomes of it',
      [{ key: 'a', condition: { field: 'score', op: 'is_set' }, branch_on: 'opened', branch_wait: '9 days', next: 'a' }],
      'CB007', 'steps.0',
    ],
    ['a last step that goes on', [{ is_last: true, next: 'b' }, { key: 'b' }], 'CB002', 'steps.0.is_last'],
    ['a condition that is none', [{ condition: { field: 'salary', op: '=', value: 1 } }], 'CB002', 'steps.0.condition'],
    ['an otherwise without a condition', [{ otherwise: 'b' }, { key: 'b' }], '23514', ''],
    ['a branch without a wait', [{ branch_on: 'opened' }], '23514', ''],
    ['a window of nothing', [{ send_from: '09:00', send_until: '09:00' }], '23514', ''],
    ['no day at all', [{ send_days: [] }], '23514', ''],
    ['an eighth day', [{ send_days: [8] }], '23514', ''],
    ['a delay that goes back', [{ delay: '1 day -2 hours' }], '23514', ''],
    ['three years', [{ delay: '3 years' }], '23514', ''],
    ['months of working days', [{ delay: '1 month', counts_working_days: true }], '23514', ''],
  ])('refuses %s', async (_what, steps, code, field) => {
    await inHouse(async (house, template_id) => {
      const refusal = await refusalOf(house.client, () =>
        save(house, { name: 'Welcome' }, steps.map((step) => ({ template_id, ...step }))),
      );
      expect([refusal?.code, code === '23514' ? '' : refusal?.field]).toEqual([code, field]);
    });
  }); // prettier-ignore

  test('names the steps of a circle, and takes one that takes a day', async () => {
    await inHouse(async (house, template_id) => {
      const circle = (delay: string) => [
        { template_id, key: 'hello' },
        { template_id, key: 'news', delay },
        { template_id, key: 'more', next: 'news' },
      ];
      expect(
        await refusalOf(house.client, () => save(house, { name: 'W' }, circle('3 hours'))),
      ).toMatchObject({ code: 'CB007', detail: 'news, more', field: 'steps.1' });
      await save(house, { name: 'W' }, circle('1 day'));
    });
  });

  test('variables that the template needs have to be there', async () => {
    await inHouse(async (house) => {
      const template_id = await addTemplate(house, 'Needs', {
        variables: JSON.stringify([{ name: 'coupon' }, { name: 'color', default: 'red' }]),
      });
      expect(
        await refusalOf(house.client, () => save(house, { name: 'W' }, [{ template_id }])),
      ).toMatchObject({ code: 'CB002', field: 'variables.coupon' });
      await save(house, { name: 'W' }, [{ template_id, variables: { coupon: 'TEN' } }]);
    });
  });

  test('midnight as the end of a window is that of the end of the day', async () => {
    await inHouse(async (house, template_id) => {
      const { id } = await save(house, { name: 'W' }, [{ template_id, send_until: '00:00' }]);
      expect(await stepsOf(house, id)).toMatchObject([{ send_until: '24:00:00' }]);
    });
  });

  test('the test of a step is one of leads', async () => {
    await inHouse(async (house, template_id) => {
      const ab_test_id = await add(house.client, 'marketing.ab_tests', {
        organization_id: ours.organizationId,
        name: 'Page',
        unit_kind: 'visitor',
      });
      expect(
        await refusalOf(house.client, () =>
          save(house, { name: 'W' }, [{ template_id, ab_test_id }]),
        ),
      ).toMatchObject({ code: 'CB002', field: 'steps.0.ab_test_id' });
    });
  });
});

describe('the status of a sequence', () => {
  const set = (house: House, verb: string, id: string) =>
    ask<{ status: string }>(house, `select s.* from marketing.${verb}_nurturing_sequence($1) s`, [
      id,
    ]);

  test('goes its way, and no other', async () => {
    await inHouse(async (house, template_id) => {
      const { id } = await save(house, { name: 'W' }, [{ template_id }]);
      expect(await refusalOf(house.client, () => set(house, 'pause', id))).toMatchObject({
        code: 'CB006',
      });
      expect(await set(house, 'activate', id)).toMatchObject([{ status: 'active' }]);
      expect(await set(house, 'activate', id)).toMatchObject([{ status: 'active' }]);
      expect(await set(house, 'pause', id)).toMatchObject([{ status: 'paused' }]);
      expect(await set(house, 'activate', id)).toMatchObject([{ status: 'active' }]);
      expect(await set(house, 'archive', id)).toMatchObject([{ status: 'archived' }]);
      expect(await refusalOf(house.client, () => set(house, 'activate', id))).toMatchObject({
        code: 'CB006',
      });
      expect(
        await refusalOf(house.client, () =>
          save(house, { row_id: id, name: 'W' }, [{ template_id }]),
        ),
      ).toMatchObject({ code: 'CB005' });
      expect(await refusalOf(house.client, () => set(house, 'activate', NOWHERE))).toMatchObject({
        code: 'CB004',
      });
    });
  });

  test('does not become active with steps that make no whole, nor begin active', async () => {
    await inHouse(async (house, template_id) => {
      const { id } = await save(house, { name: 'W' }, null);
      expect(await refusalOf(house.client, () => set(house, 'activate', id))).toMatchObject({
        code: 'CB002',
        field: 'steps',
      });
      // A draft may be half done, whoever writes it.
      const asMember = <T>(work: () => Promise<T>) => acting(house.client, ours.member, work);
      await asMember(() =>
        house.client.query(
          `insert into marketing.nurturing_steps (sequence_id, key, position, template_id)
           values ($1, 'a', 1, $2), ($1, 'b', 2, $2)`,
          [id, template_id],
        ),
      );
      expect(await refusalOf(house.client, () => set(house, 'activate', id))).toMatchObject({
        code: 'CB002',
        field: 'steps.1',
      });
      await asMember(() =>
        house.client.query(
          `update marketing.nurturing_steps a set next_step_id = b.id from marketing.nurturing_steps b
            where a.sequence_id = $1 and b.sequence_id = $1 and a.key = 'a' and b.key = 'b'`,
          [id],
        ),
      );
      await set(house, 'activate', id);
      // Now it is held to it, also past the function.
      expect(
        await refusalOf(house.client, () =>
          asMember(() =>
            house.client.query(
              "update marketing.nurturing_steps set next_step_id = null where sequence_id = $1 and key = 'a'",
              [id],
            ),
          ),
        ),
      ).toMatchObject({ code: 'CB002', field: 'steps.1' });
      expect(
        await refusalOf(house.client, () =>
          asMember(() =>
            house.client.query(
              "insert into marketing.nurturing_sequences (name, status) values ('W', 'active')",
            ),
          ),
        ),
      ).toMatchObject({ code: 'CB006' });
    });
  });

  test('a step cannot lead into another sequence', async () => {
    await inHouse(async (house, template_id) => {
      const one = await save(house, { name: 'One' }, [{ template_id }]);
      const two = await save(house, { name: 'Two' }, [{ template_id }]);
      const [foreign] = await stepsOf(house, two.id);
      expect(
        (
          await refusalOf(house.client, () =>
            house.client.query(
              'update marketing.nurturing_steps set next_step_id = $2 where sequence_id = $1',
              [one.id, foreign?.id],
            ),
          )
        )?.code,
      ).toBe('23503');
    });
  });
});

describe('conditions', () => {
  const problem = (condition: unknown) =>
    within(database, (client) =>
      one<{ field: string | null; problem: string | null }>(
        client,
        'marketing.condition_problem($1::jsonb)',
        [JSON.stringify(condition)],
      ),
    );

  test.each<[unknown, string]>([
    [[], ''],
    ['score', ''],
    [null, ''],
    [{}, ''],
    [{ all: [], any: [] }, ''],
    [{ all: [] }, 'all'],
    [{ all: {} }, 'all'],
    [{ all: [{ field: 'score', op: '=' }] }, 'all.0.value'],
    [
      { any: [{ field: 'score', op: 'is_set' }, { not: { field: 'x', op: 'is_set' } }] },
      'any.1.not.field',
    ],
    [{ field: 'score' }, 'op'],
    [{ field: ['score'], op: 'is_set' }, 'field'],
    [{ field: 'score', op: 'drop table' }, 'op'],
    [{ field: 'score', op: 'contains', value: 'x' }, 'op'],
    [{ field: 'interests', op: '=', value: 'x' }, 'op'],
    [{ field: 'score', op: '>', value: '50' }, 'value'],
    [{ field: 'city', op: '=', value: 5 }, 'value'],
    [{ field: 'city', op: 'in', value: [] }, 'value'],
    [{ field: 'city', op: 'in', value: ['x', null] }, 'value'],
    [{ field: 'score', op: 'in', value: ['x'] }, 'value'],
    [{ field: 'city', op: 'is_set', value: 1 }, 'value'],
    [{ field: 'city', op: 'contains', value: '' }, 'value'],
    [{ field: 'created_at', op: '<', value: '2026-02-29' }, 'value'],
    [{ field: 'created_at', op: '<', value: '2026-05-04T25:00:00Z' }, 'value'],
    [{ field: 'created_at', op: '<', value: 'tomorrow' }, 'value'],
    [{ field: 'created_at', op: 'within_days', value: -1 }, 'value'],
    [{ field: 'score', op: '=', value: 1, also: 2 }, ''],
    [{ segment: 'vip' }, 'segment'],
    [{ segment: NOWHERE, op: '=' }, ''],
    [{ field: "custom.a'; drop table crm.leads; --.b", op: 'is_set' }, 'field'],
  ])('%j is wrong at "%s"', async (condition, field) => {
    const found = await problem(condition);
    expect(found.problem).toEqual(expect.any(String));
    expect(found.field).toBe(field);
  });

  test('nested too deep is refused rather than followed', async () => {
    let condition: unknown = { field: 'score', op: 'is_set' };
    for (let depth = 0; depth < 12; depth += 1) condition = { not: condition };
    expect((await problem(condition)).problem).toMatch(/ten deep/);
  });

  const FACTS = {
    score: 50, city: 'Köln', company_name: 'Lumen "Stage"', interests: ['Film', 'theatre'], status: 'new',
    created_at: '2026-05-01T10:00:00+02:00', converted_at: null, industry: '',
    custom_fields: { budget: 900, vip: true, 'odd name': "x'; drop" },
  }; // prettier-ignore

  const applies = (condition: unknown, segments: string[] = []) =>
    within(database, (client) =>
      one<boolean>(client, 'marketing.condition_applies($1, $2, $3, $4)', [
        JSON.stringify(condition),
        JSON.stringify(FACTS),
        segments,
        '2026-05-11T08:00:00Z',
      ]),
    );

  test.each<[unknown, boolean]>([
    [{ field: 'score', op: '>=', value: 50 }, true],
    [{ field: 'score', op: '>', value: 50 }, false],
    [{ field: 'score', op: '<', value: 50.5 }, true],
    [{ field: 'score', op: 'in', value: [1, 50] }, true],
    [{ field: 'employees', op: '<', value: 5 }, false],
    [{ field: 'employees', op: '!=', value: 5 }, true],
    [{ field: 'employees', op: 'not_in', value: [5] }, true],
    [{ field: 'employees', op: 'is_not_set' }, true],
    [{ field: 'industry', op: 'is_set' }, false],
    [{ field: 'city', op: '=', value: 'KÖLN' }, true],
    [{ field: 'city', op: '!=', value: 'köln' }, false],
    [{ field: 'city', op: 'starts_with', value: 'kö' }, true],
    [{ field: 'company_name', op: 'contains', value: '"stage"' }, true],
    [{ field: 'company_name', op: 'contains', value: '%' }, false],
    [{ field: 'interests', op: 'contains', value: 'film' }, true],
    [{ field: 'interests', op: 'contains', value: 'fil' }, false],
    [{ field: 'created_at', op: 'within_days', value: 10 }, true],
    [{ field: 'created_at', op: 'within_days', value: 9.9 }, false],
    [{ field: 'created_at', op: 'before_days', value: 9.9 }, true],
    [{ field: 'created_at', op: '>', value: '2026-05-01T07:59:00Z' }, true],
    [{ field: 'created_at', op: '>', value: '2026-05-01T08:00:00Z' }, false],
    [{ field: 'converted_at', op: '<', value: '2030-01-01' }, false],
    [{ field: 'custom.budget', op: '>', value: 800 }, true],
    [{ field: 'custom.vip', op: '=', value: true }, true],
    [{ field: 'custom.vip', op: '>', value: 1 }, false],
    [{ field: 'custom.odd name', op: '=', value: "X'; DROP" }, true],
    [{ field: 'custom.none', op: 'is_not_set' }, true],
    [
      {
        all: [
          { field: 'score', op: 'is_set' },
          { field: 'city', op: 'is_not_set' },
        ],
      },
      false,
    ],
    [
      {
        any: [
          { field: 'score', op: 'is_not_set' },
          { field: 'city', op: 'is_set' },
        ],
      },
      true,
    ],
    [{ not: { field: 'employees', op: '<', value: 5 } }, true],
    [{ segment: NOWHERE }, false],
  ])('%j applies: %s', async (condition, expected) => {
    expect((await problem(condition)).problem).toBeNull();
    expect(await applies(condition)).toBe(expected);
  });

  test('a segment applies to those in it', async () => {
    expect(await applies({ segment: NOWHERE }, [NOWHERE])).toBe(true);
  });

  test('every field that conditions name is one that leads have', async () => {
    await inHouse(async (house) => {
      const lead = await addLead(house);
      const [row] = await look<{ facts: Record<string, unknown> }>(
        house,
        'select marketing.lead_facts(l) as facts from crm.leads l where l.id = $1',
        [lead],
      );
      const fields = [
        'email', 'email_domain', 'first_name', 'last_name', 'full_name', 'company_name', 'job_title', 'industry', 'city',
        'country', 'time_zone', 'locale', 'status', 'email_consent', 'lead_source_id', 'owner_id', 'currency', 'score',
        'score_fit', 'score_behaviour', 'score_engagement', 'score_negative', 'employees', 'budget_amount', 'created_at',
        'converted_at', 'last_activity_at', 'scored_at', 'interests', 'custom_fields',
      ]; // prettier-ignore
      expect(Object.keys(row?.facts ?? {})).toEqual(expect.arrayContaining(fields));
    });
  });
});

describe('send windows', () => {
  const next = (at: string, zone: string, days: number[], from: string, until: string) =>
    within(database, (client) =>
      one<string>(
        client,
        `to_char(marketing.next_window($1, $2, $3, $4, $5) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
        [at, zone, days, from, until],
      ),
    );
  const WEEK = [1, 2, 3, 4, 5, 6, 7];
  const WORK = [1, 2, 3, 4, 5];

  test.each([
    ['inside stays', '2026-05-04T10:00:00Z', 'UTC', WORK, '09:00', '17:00', '2026-05-04T10:00:00Z'],
    ['before waits', '2026-05-04T08:59:59Z', 'UTC', WORK, '09:00', '17:00', '2026-05-04T09:00:00Z'],
    ['its end is outside', '2026-05-04T17:00:00Z', 'UTC', WORK, '09:00', '17:00', '2026-05-05T09:00:00Z'],
    ['a weekend is waited over', '2026-05-08T17:00:00Z', 'UTC', WORK, '09:00', '17:00', '2026-05-11T09:00:00Z'],
    ['where the lead is', '2026-05-04T10:00:00Z', 'America/New_York', WORK, '09:00', '17:00', '2026-05-04T13:00:00Z'],
    ['where it is the next day', '2026-05-03T23:30:00Z', 'Asia/Kathmandu', WORK, '05:00', '06:00', '2026-05-03T23:30:00Z'],
    ['the whole day ends at midnight', '2026-05-08T22:00:00Z', 'Europe/Berlin', WORK, '00:00', '24:00', '2026-05-10T22:00:00Z'],
    ['over midnight', '2026-05-05T01:00:00Z', 'UTC', [1], '22:00', '02:00', '2026-05-05T01:00:00Z'],
    ['over midnight, too late', '2026-05-05T02:00:00Z', 'UTC', [1], '22:00', '02:00', '2026-05-11T22:00:00Z'],
    ['29 February', '2028-02-28T18:00:00Z', 'UTC', WEEK, '09:00', '17:00', '2028-02-29T09:00:00Z'],
    // The clocks of Berlin leave out 02:00 to 03:00 on 29 March 2026, a Sunday.
    ['a start that is left out', '2026-03-28T20:00:00Z', 'Europe/Berlin', [7], '02:30', '04:00', '2026-03-29T01:00:00Z'],
    ['a window that is left out', '2026-03-28T20:00:00Z', 'Europe/Berlin', [7], '02:00', '03:00', '2026-04-05T00:00:00Z'],
    ['an end that is left out', '2026-03-29T01:00:00Z', 'Europe/Berlin', WEEK, '01:00', '02:30', '2026-03-29T23:00:00Z'],
    // They show 02:00 to 03:00 twice on 25 October.
    ['the first of two', '2026-10-24T20:00:00Z', 'Europe/Berlin', WEEK, '02:30', '02:45', '2026-10-25T00:30:00Z'],
    ['the second of two', '2026-10-25T00:50:00Z', 'Europe/Berlin', WEEK, '02:30', '02:45', '2026-10-25T01:30:00Z'],
    // Samoa left out 30 December 2011, a Friday.
    ['a day that is left out', '2011-12-29T12:00:00Z', 'Pacific/Apia', [5], '09:00', '10:00', '2012-01-05T19:00:00Z'],
  ] as const)('%s', async (_what, at, zone, days, from, until, expected) => {
    expect(await next(at, zone, [...days], from, until)).toBe(expected);
  }); // prettier-ignore

  // What the clocks show, minute by minute, is the reference.
  test.each([
    ['America/New_York', '2026-03-07'],
    ['America/New_York', '2026-10-31'],
    ['Australia/Lord_Howe', '2026-04-04'],
    ['Australia/Lord_Howe', '2026-10-03'],
    ['America/Santiago', '2026-04-04'],
    ['America/Santiago', '2026-09-05'],
    ['Africa/Casablanca', '2026-02-14'],
    ['Pacific/Apia', '2011-12-29'],
  ])('of %s around %s are those that the clocks show', async (zone, day) => {
    const { rows } = await within(database, (client) =>
      client.query(
        `with minutes as materialized (
           select m as at, m at time zone $1 as shown
             from generate_series(($2::date - 1)::timestamp at time zone 'UTC', ($2::date + 4)::timestamp at time zone 'UTC',
                                  interval '10 minutes') m
         ),
         windows (days, from_time, until_time) as (
           values ('{1,2,3,4,5,6,7}'::smallint[], time '00:00', time '01:00'), ('{6,7}', '23:30', '00:30'),
                  ('{1,2,3,4,5,6,7}', '02:00', '02:30'), ('{7}', '00:00', '24:00'), ('{1,7}', '01:40', '02:10'),
                  ('{1,2,3,4,5,6,7}', '22:00', '03:20')
         ),
         expected as (
           select w.*, m.at,
                  min(m.at) filter (where marketing.is_in_window(m.shown, w.days, w.from_time, w.until_time))
                    over (partition by w.days, w.from_time order by m.at desc) as moment
             from windows w cross join minutes m
         )
         select e.at, e.days, e.from_time, e.moment, marketing.next_window(e.at, $1, e.days, e.from_time, e.until_time) as got
           from expected e
          where e.moment is not null
            and e.moment is distinct from marketing.next_window(e.at, $1, e.days, e.from_time, e.until_time)
          limit 3`,
        [zone, day],
      ),
    );
    expect(rows).toEqual([]);
  });

  const after = (at: string, zone: string, delay: string, working = false) =>
    within(database, (client) =>
      one<string>(
        client,
        `to_char(marketing.after_delay($1, $2, $3, $4) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
        [at, zone, delay, working],
      ),
    );

  test.each([
    ['hours are exact', '2026-03-28T12:00:00Z', 'Europe/Berlin', '24 hours', false, '2026-03-29T12:00:00Z'],
    ['a day keeps the clock', '2026-03-28T12:00:00Z', 'Europe/Berlin', '1 day', false, '2026-03-29T11:00:00Z'],
    ['into what is left out', '2026-03-28T01:30:00Z', 'Europe/Berlin', '1 day', false, '2026-03-29T01:00:00Z'],
    ['a month from the 31st', '2026-01-31T09:00:00Z', 'UTC', '1 month', false, '2026-02-28T09:00:00Z'],
    ['a year from a leap day', '2028-02-29T09:00:00Z', 'UTC', '1 year', false, '2029-02-28T09:00:00Z'],
    ['days and hours', '2026-05-04T22:30:00Z', 'UTC', '1 day 3 hours', false, '2026-05-06T01:30:00Z'],
    ['nothing', '2026-05-04T22:30:00Z', 'UTC', '0', false, '2026-05-04T22:30:00Z'],
    ['a working day from Friday', '2026-05-08T10:00:00Z', 'UTC', '1 day', true, '2026-05-11T10:00:00Z'],
    ['from Saturday', '2026-05-09T10:00:00Z', 'UTC', '1 day', true, '2026-05-11T10:00:00Z'],
    ['from Sunday', '2026-05-10T10:00:00Z', 'UTC', '2 days', true, '2026-05-12T10:00:00Z'],
    ['a week of them', '2026-05-06T10:00:00Z', 'UTC', '5 days', true, '2026-05-13T10:00:00Z'],
    ['thirteen of them', '2026-05-06T10:00:00Z', 'UTC', '13 days', true, '2026-05-25T10:00:00Z'],
    ['Friday here, Saturday there', '2026-05-08T20:00:00Z', 'Asia/Tokyo', '1 day', true, '2026-05-10T20:00:00Z'],
  ] as const)('after a delay: %s', async (_what, at, zone, delay, working, expected) => {
    expect(await after(at, zone, delay, working)).toBe(expected);
  }); // prettier-ignore
});

describe('a preview', () => {
  const preview = (house: House, sequence: string, lead: string, ...rest: unknown[]) =>
    ask<{
      step_key: string;
      sends_at: string;
      applies: boolean;
      arrived_by: string;
      assumed: string | null;
    }>(
      house,
      'select p.* from marketing.preview_nurturing_schedule($1, $2, $3, coalesce($4, false)) p',
      [sequence, lead, rest[0] ?? null, rest[1] ?? null],
    );

  test('says when each mail would go out where the lead is, and changes nothing', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello', send_from: '09:00', send_until: '17:00', send_days: [1, 2, 3, 4, 5] },
        { key: 'vip', delay: '1 day', condition: { field: 'score', op: '>', value: 90 } },
        { key: 'ask', delay: '2 days', branch_on: 'clicked', branch_wait: '3 days', branch: 'thanks', next: 'bye' },
        { key: 'bye', is_last: true },
        { key: 'thanks' },
      ]); // prettier-ignore
      const lead = await addLead(house, { time_zone: 'America/New_York' });
      const at = '2026-05-08T22:00:00Z'; // Friday, 18:00 in New York
      const entries = await preview(house, sequence, lead, at);
      expect(
        entries.map((e) => [e.step_key, new Date(e.sends_at).toISOString(), e.applies, e.arrived_by, e.assumed]),
      ).toEqual([
        ['hello', '2026-05-11T13:00:00.000Z', true, 'start', null],
        ['vip', '2026-05-12T13:00:00.000Z', false, 'next', null],
        ['ask', '2026-05-14T13:00:00.000Z', true, 'next', null],
        ['bye', '2026-05-17T13:00:00.000Z', true, 'next', 'not clicked'],
      ]);
      const branched = await preview(house, sequence, lead, at, true);
      expect(branched.map((e) => e.step_key)).toEqual(['hello', 'vip', 'ask', 'thanks']);
      expect(await look(house, 'select id from marketing.nurturing_enrollments where lead_id = $1', [lead])).toEqual([]);
      const stranger = await addLead({ ...house, cast: theirs });
      expect(
        await refusalOf(house.client, () => preview(house, sequence, stranger)),
      ).toMatchObject({ code: 'CB004', field: 'lead_id' });
      expect(
        await refusalOf(house.client, () => preview(house, sequence, lead, 'infinity')),
      ).toMatchObject({ code: 'CB002' });
    });
  }); // prettier-ignore

  test('of a circle ends', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [{ key: 'news', delay: '7 days', next: 'news' }]);
      expect(await preview(house, sequence, await addLead(house))).toHaveLength(50);
    });
  });
});
