import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, undone, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';
import { add, NOWHERE, one, refusalOf, type Values } from '../projects/fixtures.ts';

const database = testDatabase();
const api = testApi(database);
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'charted');
  theirs = await makeCast(database, 'uncharted');
});

type Chart = {
  labels: string[];
  series: {
    name: string;
    unit: string | null;
    points: (number | null)[];
    previous_points: (number | null)[] | null;
    total: number | null;
    previous_total: number | null;
  }[];
  unit: string | null;
  grain: string | null;
  total: number | null;
  previous_total: number | null;
  change: number | null;
  change_percent: number | null;
  refusal: { code: string; field?: string } | null;
};

const draw = (
  client: PoolClient,
  source: string,
  kind: string,
  [from, to]: readonly [string, string],
  { parameters = {}, grain = 'auto', previous = null as string | null } = {},
) =>
  one<Chart>(client, 'analytics.draw_chart($1, $2, $3, $4, $5, $6, $7::daterange)', [
    ...[source, kind, JSON.stringify(parameters), from, to, grain, previous],
  ]);

const inRow = ({
  name,
  points,
  previous_points,
  total,
  previous_total,
}: Chart['series'][number]) => [name, points, previous_points, total, previous_total];

const asOwner = <T>(work: (client: PoolClient) => Promise<T>) => as(database, ours.owner, work);

describe('the days of a range', () => {
  const TODAY = '2028-03-31'; // a Friday after a leap day

  test.each([
    ['today', '2028-03-31', '2028-03-31', '2028-03-30', '2028-03-30'],
    ['yesterday', '2028-03-30', '2028-03-30', '2028-03-29', '2028-03-29'],
    ['last_7_days', '2028-03-25', '2028-03-31', '2028-03-18', '2028-03-24'],
    ['next_30_days', '2028-03-31', '2028-04-29', '2028-03-01', '2028-03-30'],
    ['this_week', '2028-03-27', '2028-03-31', '2028-03-20', '2028-03-24'],
    ['last_week', '2028-03-20', '2028-03-26', '2028-03-13', '2028-03-19'],
    // February ends where it ends, in a leap year on the 29th
    ['this_month', '2028-03-01', '2028-03-31', '2028-02-01', '2028-02-29'],
    ['last_month', '2028-02-01', '2028-02-29', '2028-01-01', '2028-01-31'],
    ['this_quarter', '2028-01-01', '2028-03-31', '2027-10-01', '2027-12-31'],
    ['last_quarter', '2027-10-01', '2027-12-31', '2027-07-01', '2027-09-30'],
    ['this_year', '2028-01-01', '2028-03-31', '2027-01-01', '2027-03-31'],
    ['last_year', '2027-01-01', '2027-12-31', '2026-01-01', '2026-12-31'],
  ])('%s is %s to %s, against %s to %s', async (range, from, to, previousFrom, previousTo) => {
    await asOwner(async (client) => {
      const { rows } = await client.query<{ days: string; previous: string }>(
        `select d::text as days, analytics.previous_days($1, lower(d), upper(d) - 1, 'previous_period')::text as previous
           from analytics.range_days($1, $2) d`,
        [range, TODAY],
      );
      const { rows: expected } = await client.query(
        "select daterange($1, $2, '[]')::text as days, daterange($3, $4, '[]')::text as previous",
        [from, to, previousFrom, previousTo],
      );
      expect(rows).toEqual(expected);
    });
  });

  test('a week begins when the organization says', async () => {
    await asOwner(async (client) => {
      const sunday = await one(client, "analytics.range_days('this_week', '2028-03-31', 7)::text");
      expect(sunday).toBe('[2028-03-26,2028-04-01)');
      // on the day itself it has just begun
      const first = await one(client, "analytics.range_days('this_week', '2028-03-26', 7)::text");
      expect(first).toBe('[2028-03-26,2028-03-27)');
      expect(await one(client, 'analytics.week_starts_on()')).toBe(1);
      await client.query(
        `select tenancy.update_organization_settings('general', '{"weekStartsOn": 7}')`,
      );
      expect(await one(client, 'analytics.week_starts_on()')).toBe(7);
    });
  });

  test('against the year before, the 29th of February is the 28th', async () => {
    await asOwner(async (client) => {
      const previous = await one(
        client,
        "analytics.previous_days('today', '2028-02-29', '2028-02-29', 'previous_year')::text",
      );
      expect(previous).toBe('[2027-02-28,2027-03-01)');
      expect(
        await one(client, "analytics.previous_days('today', '2028-02-29', '2028-02-29', 'none')"),
      ).toBeNull();
    });
  });
});

describe('a chart over time', () => {
  const tasks = async (client: PoolClient, days: readonly string[], more = {}) => {
    const project_id = await add(client, 'projects.projects', { name: 'Charted' });
    for (const due_on of days) {
      await add(client, 'projects.project_tasks', { project_id, title: due_on, due_on, ...more });
    }
    return project_id;
  };

  test('has a point for each bucket, zero where there is nothing, beside those of the span before', async () => {
    await asOwner(async (client) => {
      await tasks(client, ['2026-05-01', '2026-05-03', '2026-05-03', '2026-04-28', '2026-05-04']);
      const chart = await draw(client, 'projects.tasks_due', 'line', ['2026-05-01', '2026-05-03'], {
        previous: '[2026-04-28,2026-04-30]',
      });
      expect(chart).toMatchObject({
        grain: 'day',
        unit: 'tasks',
        labels: ['2026-05-01', '2026-05-02', '2026-05-03'],
        series: [{ points: [1, 0, 2], previous_points: [1, 0, 0], total: 3, previous_total: 1 }],
        total: 3,
        previous_total: 1,
        change: 2,
        change_percent: 200,
      });
    });
  });

  test('counts of a bucket only the days that are asked for', async () => {
    await asOwner(async (client) => {
      await tasks(client, ['2026-04-30', '2026-05-01', '2026-05-31', '2026-06-01']);
      const chart = await draw(client, 'projects.tasks_due', 'bar', ['2026-05-01', '2026-05-31'], {
        grain: 'month',
      });
      expect(chart).toMatchObject({ labels: ['2026-05-01'], total: 2, previous_total: null });
      expect(chart.series[0]).toMatchObject({ points: [2], previous_points: null });
      const quarters = await draw(
        client,
        'projects.tasks_due',
        'bar',
        ['2026-01-15', '2026-06-30'],
        { grain: 'quarter' },
      );
      expect(quarters).toMatchObject({
        labels: ['2026-01-01', '2026-04-01'],
        series: [{ points: [0, 4] }],
      });
    });
  });

  test('has one series with zeros for each state, and none at all where there is nothing', async () => {
    await asOwner(async (client) => {
      const empty = await draw(client, 'projects.tasks_due', 'bar', ['2031-05-01', '2031-05-02']);
      expect(empty).toMatchObject({ labels: ['2031-05-01', '2031-05-02'], series: [], total: 0 });
      const project = await tasks(client, ['2020-05-01', '2020-05-02']);
      await add(client, 'projects.project_tasks', {
        project_id: project,
        title: 'done',
        due_on: '2020-05-02',
        status: 'done',
      });
      const chart = await draw(
        client,
        'projects.tasks_due',
        'stacked_bar',
        ['2020-05-01', '2020-05-02'],
        { parameters: { byState: true, projectId: project } },
      );
      expect(chart.series.map(({ name, points }) => [name, points])).toEqual([
        ['Done', [0, 1]],
        ['Overdue', [1, 1]],
      ]);
      const pie = await draw(client, 'projects.tasks_due', 'pie', ['2020-05-01', '2020-05-02'], {
        parameters: { byState: true, projectId: project },
      });
      expect(pie).toMatchObject({
        grain: null,
        labels: ['Done', 'Overdue'],
        series: [{ points: [1, 2] }],
        total: 3,
      });
    });
  });

  test('of a metric says of the whole span what the days do not add up to', async () => {
    // The 28th of December and the 2nd of January, of which the events are still kept: no year has both of them.
    const year = new Date(Date.now() - 10 * 86_400_000).getUTCFullYear();
    const days: [string, string] = [`${year - 1}-12-28`, `${year}-01-02`];
    const span: [string, string] = [`${year - 1}-12-27`, `${year}-01-03`];
    await database.pool().query(
      `insert into analytics.app_events (organization_id, name, user_id, occurred_at)
       select $1, 'opened', $2, d + interval '12 hours' from unnest($3::date[]) d`,
      [ours.organizationId, ours.owner.userId, days],
    );
    await database.pool().query(
      `insert into analytics.metrics_daily (organization_id, metric, day, value, numerator, denominator)
       values ($1, 'active_users', $2, 1, null, null), ($1, 'active_users', $3, 1, null, null),
              ($1, 'bounce_rate', $2, 50, 1, 2), ($1, 'bounce_rate', $3, 0, 0, 6)`,
      [ours.organizationId, ...days],
    );
    await asOwner(async (client) => {
      const metric = (name: string) =>
        draw(client, 'analytics.metric', 'line', span, {
          parameters: { metric: name },
        });
      const users = await metric('active_users');
      expect(users.series[0]?.points).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
      expect(users.total).toBe(1);
      expect(users.unit).toBe('users');
      const bounces = await metric('bounce_rate');
      // nothing to divide by is no ratio
      expect(bounces.series[0]?.points).toEqual([null, 50, null, null, null, null, 0, null]);
      expect(bounces.total).toBe(12.5);
      // One that has no dimensions at all.
      expect(await metric('nps')).toMatchObject({ title: 'Metric', total: null });
      expect(
        await refusalOf(client, () =>
          draw(client, 'analytics.metric', 'line', span, {
            parameters: { metric: 'nps', dimension: 'event' },
          }),
        ),
      ).toMatchObject({ code: 'CB002', field: 'parameters.dimension' });
      expect(
        await draw(client, 'analytics.metric', 'line', ['2031-01-01', '2031-01-02'], {
          parameters: { metric: 'bounce_rate' },
        }),
      ).toMatchObject({ total: null });
    });
  });

  test('of a metric by a dimension has the largest of the span that is shown, and what they were before', async () => {
    await database.pool().query(
      `insert into analytics.metrics_daily (organization_id, metric, dimension, dimension_value, day, value)
       select $1, 'events', 'event', e, d, v
         from (values ('opened', date '2024-11-11', 9), ('opened', '2024-11-12', 1), ('saved', '2024-11-12', 7),
                      ('shared', '2024-11-12', 5), ('opened', '2024-11-10', 2), ('shared', '2024-11-10', 50),
                      ('closed', '2024-11-09', 70), ('shared', '2024-11-09', 3)) as m (e, d, v)`,
      [ours.organizationId],
    );
    await asOwner(async (client) => {
      const drawn = async (limit: number) => {
        const { series } = await draw(
          client,
          'analytics.metric',
          'line',
          ['2024-11-11', '2024-11-12'],
          {
            parameters: { metric: 'events', dimension: 'event', limit },
            previous: '[2024-11-09,2024-11-10]',
          },
        );
        return series.map(inRow);
      };
      const opened = ['opened', [9, 1], [0, 2], 10, 2];
      const shared = ['shared', [0, 5], [3, 50], 5, 53];
      expect(await drawn(1)).toEqual([opened]);
      expect(await drawn(3)).toEqual([opened, ['saved', [0, 7], [null, null], 7, null], shared]);
      expect((await drawn(4)).slice(2)).toEqual([
        shared,
        ['closed', [null, null], [70, 0], null, 70],
      ]);
    });
  });
});

describe('a chart of money', () => {
  test('never adds one currency to another', async () => {
    await asOwner(async (client) => {
      const account_id = await add(client, 'finance.accounts', {
        code: '4000',
        name: 'Takings',
        kind: 'revenue',
      });
      const post = (amount: number, currency: string, posted_on = '2026-05-02') =>
        add(client, 'finance.transactions', {
          ...{ account_id, kind: 'revenue', status: 'posted', amount, currency, posted_on },
        });
      const nothing = await draw(client, 'finance.revenue', 'number', ['2026-05-01', '2026-05-03']);
      expect(nothing).toMatchObject({ total: 0 });
      await post(100, 'USD');
      await post(-30, 'USD');
      await post(7, 'EUR');
      const chart = await draw(client, 'finance.revenue', 'line', ['2026-05-01', '2026-05-03']);
      expect(chart.series).toMatchObject([
        { name: 'USD', unit: 'USD', points: [0, 70, 0], total: 70 },
        { name: 'EUR', unit: 'EUR', points: [0, 7, 0], total: 7 },
      ]);
      expect(chart).toMatchObject({ total: null, unit: null });
      const euros = await draw(client, 'finance.revenue', 'line', ['2026-05-01', '2026-05-03'], {
        parameters: { currency: 'EUR' },
      });
      expect(euros).toMatchObject({ total: 7, unit: 'EUR' });
      const { rows } = await client.query(
        `select key, unit, value::float, previous_value::float, change::float, change_percent::float
           from analytics.get_dashboard_metrics('2026-05-01', '2026-05-03') where key = 'finance.revenue'`,
      );
      expect(rows).toEqual([
        {
          ...{ key: 'finance.revenue', unit: 'EUR', value: 7, previous_value: 0, change: 7 },
          change_percent: null,
        },
        {
          ...{ key: 'finance.revenue', unit: 'USD', value: 70, previous_value: 0, change: 70 },
          change_percent: null,
        },
      ]);
    });
  });

  test('of deals has those of a stage, of a day, and what they were at the end of one', async () => {
    await asOwner(async (client) => {
      const { rows: stages } = await client.query<{ id: string; name: string }>(
        "select id, name from crm.pipeline_stages where kind = 'open' and deleted_at is null order by position, id",
      );
      const [first, second] = stages;
      const lead_id = await add(client, 'crm.leads', { email: 'deal@charted.test' });
      const deal = (stage_id: string | undefined, amount: number, more = {}) =>
        add(client, 'crm.deals', {
          ...{ lead_id, stage_id, name: `Deal of ${amount}`, amount, currency: 'USD' },
          ...more,
        });
      await deal(first?.id, 100, { expected_close_on: '2033-05-02' });
      await deal(second?.id, 50, { expected_close_on: '2033-05-03' });
      await deal(second?.id, 7, { currency: 'EUR' });
      const days = ['2033-05-01', '2033-05-03'] as const;
      const counts = await draw(client, 'crm.deals_by_stage', 'funnel', days);
      expect(counts.labels).toEqual(stages.map((stage) => stage.name));
      expect(counts).toMatchObject({
        total: 3,
        unit: 'deals',
        series: [{ points: [1, 2, ...stages.slice(2).map(() => 0)] }],
      });
      const amounts = await draw(client, 'crm.deals_by_stage', 'bar', days, {
        parameters: { measure: 'amount' },
      });
      expect(amounts).toMatchObject({ total: 150, unit: 'USD' });
      const forecast = await draw(client, 'crm.forecast', 'bar', days);
      expect(
        forecast.series.map(({ name, points, total }) => [name, points, total]),
      ).toContainEqual([...['Open', [0, 100, 50], 150]]);
      expect(forecast.total).toBeNull();
      const { rows } = await client.query(
        `select unit, value::float from analytics.get_dashboard_metrics('2033-05-01', '2033-05-03')
          where key = 'crm.pipeline' order by unit`,
      );
      expect(rows).toEqual([
        { unit: 'EUR', value: 7 },
        { unit: 'USD', value: 150 },
      ]);
    });
  });

  test('folds small categories into one, and knows which currency is home', async () => {
    await asOwner(async (client) => {
      const account_id = await add(client, 'finance.accounts', {
        ...{ code: '5000', name: 'Costs', kind: 'expense' },
      });
      for (const [category, amount, currency] of [
        ['Camera', 100, 'USD'],
        ['Sound', 50, 'USD'],
        ['Grip', 20, 'USD'],
        ['Props', 10, 'USD'],
        ['Camera', 5, 'EUR'],
      ]) {
        await add(client, 'finance.transactions', {
          ...{ account_id, kind: 'expense', status: 'posted', posted_on: '2026-05-02' },
          ...{ category, amount, currency },
        });
      }
      const chart = await draw(client, 'finance.expense', 'pie', ['2026-05-01', '2026-05-03'], {
        parameters: { byCategory: true, limit: 2, currency: 'USD' },
      });
      expect(chart).toMatchObject({
        labels: ['Camera', 'Sound', 'Other'],
        series: [{ points: [100, 50, 30] }],
        total: 180,
        unit: 'USD',
      });
      const all = await draw(client, 'finance.expense', 'pie', ['2026-05-01', '2026-05-03'], {
        parameters: { byCategory: true },
      });
      expect(all.labels).toContain('Camera EUR');
    });
  });

  test('draws the categories of the span that is shown in the span before, too', async () => {
    await asOwner(async (client) => {
      const account_id = await add(client, 'finance.accounts', {
        ...{ code: '5000', name: 'Costs', kind: 'expense' },
      });
      for (const [posted_on, category, amount, currency] of [
        ['2026-05-01', 'Camera', 60, 'USD'],
        ['2026-05-02', 'Camera', 40, 'USD'],
        ['2026-05-02', 'Sound', 50, 'USD'],
        ['2026-05-02', 'Props', 10, 'USD'],
        // Two that were larger before, and one that is gone.
        ['2026-04-30', 'Props', 900, 'USD'],
        ['2026-04-29', 'Sound', 7, 'USD'],
        ['2026-04-30', 'Camera', 3, 'USD'],
        ['2026-04-30', 'Grip', 500, 'USD'],
      ]) {
        await add(client, 'finance.transactions', {
          ...{ account_id, kind: 'expense', status: 'posted', posted_on },
          ...{ category, amount, currency },
        });
      }
      const drawn = async (kind: string, limit: number) => {
        const { labels, series, ...totals } = await draw(
          client,
          'finance.expense',
          kind,
          ['2026-05-01', '2026-05-02'],
          { parameters: { byCategory: true, limit }, previous: '[2026-04-29,2026-04-30]' },
        );
        expect(totals).toMatchObject({ total: 160, previous_total: 1410 });
        return { labels, series };
      };
      const two = await drawn('bar', 2);
      expect(two.series.map(inRow)).toEqual([
        ['Camera', [60, 40], [0, 3], 100, 3],
        ['Sound', [0, 50], [7, 0], 50, 7],
        ['Other', [0, 10], [0, 1400], 10, 1400],
      ]);
      // Where there is room left, what there was before has its own.
      const four = await drawn('line', 4);
      expect(four.series.map(inRow)).toEqual([
        ['Camera', [60, 40], [0, 3], 100, 3],
        ['Sound', [0, 50], [7, 0], 50, 7],
        ['Props', [0, 10], [0, 900], 10, 900],
        ['Grip', [0, 0], [0, 500], 0, 500],
      ]);
      const pie = await drawn('pie', 2);
      expect(pie).toMatchObject({
        labels: ['Camera', 'Sound', 'Other'],
        series: [{ points: [100, 50, 10], previous_points: [3, 7, 1400] }],
      });
    });
  });
});

describe('what an alert compares', () => {
  const compared = (
    client: PoolClient,
    source: string,
    series: string | null,
    parameters: Values,
    measure = 'value',
  ) =>
    one<number | null>(client, 'analytics.alert_value($1, $2, $3, $4, $5)', [
      ...[source, JSON.stringify(parameters), series, 'today', measure],
    ]);

  test('of a category is its own figure, however small, and nothing where it has none', async () => {
    await asOwner(async (client) => {
      const account_id = await add(client, 'finance.accounts', {
        ...{ code: '5000', name: 'Costs', kind: 'expense' },
      });
      const today = await one<string>(client, 'platform.today(authz.organization_id())');
      const yesterday = await one<string>(client, 'platform.today(authz.organization_id()) - 1');
      for (const [posted_on, category, amount] of [
        [today, 'Camera', 100],
        [today, 'Sound', 50],
        [today, 'Grip', 6],
        [today, 'Props', 2],
        [yesterday, 'Props', 8],
        [yesterday, 'Cars', 4],
      ]) {
        await add(client, 'finance.transactions', {
          ...{ account_id, kind: 'expense', status: 'posted', posted_on },
          ...{ category, amount, currency: 'USD' },
        });
      }
      const expense = (series: string, measure = 'value', limit = 2) =>
        compared(client, 'finance.expense', series, { byCategory: true, limit }, measure);
      expect(await expense('Camera')).toBe(100);
      expect(await expense('Other')).toBe(8);
      expect(await expense('Props')).toBe(2);
      expect(await expense('Props', 'change')).toBe(-6);
      expect(await expense('Props', 'change_percent')).toBe(-75);
      expect(await expense('Cars')).toBe(0);
      expect(await expense('Cars', 'change_percent')).toBe(-100);
      expect(await expense('Other', 'change')).toBe(8 - 12);
      // Neither today nor yesterday
      expect(await expense('Catering')).toBe(0);
      expect(await expense('Catering', 'change_percent')).toBe(0);
      // from nothing to something is no part of nothing
      expect(await expense('Camera', 'change_percent')).toBeNull();
      // With room for all there is no rest.
      expect(await expense('Other', 'value', 4)).toBe(0);
    });
  });

  test('of a metric is none of what is counted, and not known of a ratio', async () => {
    await asOwner(async (client) => {
      const metric = (name: string, series: string | null = null, more: Values = {}) =>
        compared(client, 'analytics.metric', series, { metric: name, ...more });
      expect(await metric('events')).toBe(0);
      expect(await metric('active_users')).toBe(0);
      expect(await metric('bounce_rate')).toBeNull();
      expect(await metric('events', 'signed_up', { dimension: 'event' })).toBe(0);
      expect(await metric('active_users', 'signed_up', { dimension: 'event' })).toBe(0);
      expect(await metric('bounce_rate', 'mobile')).toBeNull();
    });
    const figures = (rows: string) =>
      undone(database, async (owner) => {
        await owner.query(
          `insert into analytics.metrics_daily (organization_id, metric, dimension, dimension_value, day, value)
           select $1, 'events', 'event', e, platform.today($1), v from (values ${rows}) as m (e, v)`,
          [ours.organizationId],
        );
        await enter(owner, ours.owner);
        return one<number | null>(owner, 'analytics.alert_value($1, $2, $3, $4, $5)', [
          'analytics.metric',
          JSON.stringify({ metric: 'events', dimension: 'event', limit: 1 }),
          ...['signed_up', 'today', 'value'],
        ]);
      });
    expect(await figures("('opened', 9), ('signed_up', 3)")).toBe(3);
    expect(await figures("('opened', 9)")).toBe(0);
  });

  test('of the health of projects is not known where there are none', async () => {
    await asOwner(async (client) => {
      expect(await compared(client, 'projects.health', 'Nothing', {})).toBeNull();
      expect(await compared(client, 'projects.tasks_by_person', 'Overdue', {})).toBe(0);
    });
  });
});

describe('things that have the same name', () => {
  const days = ['2026-05-01', '2026-05-31'] as const;
  /** Rows that the owner of the schema adds, drawn by the owner of the organization. */
  const drawn = (
    source: string,
    prepare: (
      client: PoolClient,
      insert: (table: string, values: Values) => Promise<string>,
    ) => Promise<unknown>,
    parameters = {},
  ) =>
    undone(database, async (client) => {
      const organization_id = ours.organizationId;
      await prepare(client, (table, values) => add(client, table, { organization_id, ...values }));
      await enter(client, ours.owner);
      return draw(client, source, 'bar', days, { parameters });
    });

  test('are numbered by their place, past names that have such a number already', async () => {
    await asOwner(async (client) => {
      const names = (given: string[]) =>
        one(
          client,
          `(select coalesce(jsonb_agg(n.name order by n.place), '[]') from analytics.distinct_names($1) n)`,
          [given],
        );
      expect(await names([])).toEqual([]);
      expect(await names(['A', 'B'])).toEqual(['A', 'B']);
      expect(await names(['A', 'B', 'A', 'a'])).toEqual(['A (1)', 'B', 'A (2)', 'a']);
      expect(await names(['A', 'A (2)', 'A', 'A', 'A (3)', 'A (3)'])).toEqual([
        ...['A (1)', 'A (2)', 'A (4)', 'A (5)', 'A (3) (1)', 'A (3) (2)'],
      ]);
    });
  });

  test('are two projects, each with its own health', async () => {
    const chart = await drawn('projects.health', async (_client, insert) => {
      for (const [name, starts_on, due_on] of [
        ['Load-In', '2026-05-02', '2026-05-03'],
        ['Load-In', '2026-05-01', '2099-05-03'],
        ['Strike', null, '2099-05-03'],
      ]) {
        const project_id = await insert('projects.projects', { name, starts_on, status: 'active' });
        await insert('projects.project_tasks', { project_id, title: 'Do', due_on });
      }
    });
    expect(chart.labels).toEqual(['Load-In (1)', 'Load-In (2)', 'Strike']);
    const [onTime, late, strike] = chart.series[0]?.points ?? [];
    expect([onTime, strike]).toEqual([expect.any(Number), onTime]);
    expect(late).toBeLessThan(onTime ?? 0);
  });

  test('are two budgets', async () => {
    const chart = await drawn('finance.budgets', async (_client, insert) => {
      for (const [starts_on, unit_cost] of [
        ['2026-05-01', 100],
        ['2026-05-02', 20],
      ]) {
        const budget_id = await insert('finance.budgets', {
          name: 'Shoot',
          status: 'approved',
          starts_on,
        });
        await insert('finance.budget_line_items', {
          budget_id,
          category: 'Camera',
          name: 'Camera',
          unit_cost,
        });
      }
    });
    // the latest first
    expect(chart.labels).toEqual(['Shoot (1)', 'Shoot (2)']);
    expect(chart.series[0]).toMatchObject({ name: 'Planned', points: [20, 100] });
  });

  test('are two mailings', async () => {
    const chart = await drawn('marketing.campaigns', async (_client, insert) => {
      const template_id = await insert('marketing.email_templates', {
        ...{ name: 'Invitation', subject: 'Come', text_source: 'Come.' },
      });
      for (const started_at of ['2026-05-01T10:00Z', '2026-05-08T10:00Z']) {
        await insert('marketing.campaigns', {
          name: 'Invitation',
          template_id,
          started_at,
          status: 'running',
        });
      }
    });
    expect(chart.labels).toEqual(['Invitation (1)', 'Invitation (2)']);
  });

  test('are two people, and whoever is called Nobody is not nobody', async () => {
    const chart = await drawn('projects.tasks_by_person', async (client, insert) => {
      await client.query('update identity.users set name = $2 where id = any ($1)', [
        [ours.admin.userId, ours.member.userId],
        'Sam',
      ]);
      await client.query("update identity.users set name = 'Nobody' where id = $1", [
        ours.owner.userId,
      ]);
      const project_id = await insert('projects.projects', { name: 'Shared' });
      const people = [
        ours.admin,
        ours.admin,
        ours.admin,
        ours.admin,
        ours.member,
        ours.member,
        ours.member,
      ];
      for (const assignee_id of [
        ...people.map(({ userId }) => userId),
        ...[ours.owner.userId, ours.owner.userId, null],
      ]) {
        await insert('projects.project_tasks', { project_id, assignee_id, title: 'Do' });
      }
    });
    expect(chart.labels).toEqual(['Sam (1)', 'Sam (2)', 'Nobody (1)', 'Nobody (2)']);
    expect(chart.series).toMatchObject([{ name: 'Open', points: [4, 3, 2, 1] }]);
  });

  test('are not two campaigns whose names differ in a line below', async () => {
    const spend = async (
      _client: PoolClient,
      insert: (table: string, values: Values) => Promise<string>,
    ) => {
      for (const [campaign, amount] of [
        ['spring_sale', 10],
        ['spring sale', 20],
        [null, 5],
      ]) {
        await insert('marketing.marketing_costs', {
          ...{ name: 'Ads', channel: 'paid_search', campaign, amount, currency: 'USD' },
          ...{ starts_on: '2026-05-01', ends_on: '2026-05-31' },
        });
      }
    };
    const campaigns = await drawn('marketing.roi', spend, { dimension: 'campaign' });
    expect(campaigns.labels).toEqual(['spring sale', 'spring_sale', 'Unknown']);
    expect(campaigns.series[0]).toMatchObject({ name: 'Cost', points: [20, 10, 5] });
    const channels = await drawn('marketing.roi', spend);
    expect(channels.labels).toEqual(['Paid Search']);
  });
});

describe('who sees what', () => {
  test('the front page has what a caller may see, and no more', async () => {
    const keys = (caller: Caller) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ key: string }>(
          'select distinct key from analytics.get_dashboard_metrics() order by 1',
        );
        return rows.map((row) => row.key.split('.')[0]);
      });
    expect(new Set(await keys(ours.owner))).toContain('finance');
    const members = new Set(await keys(ours.member));
    expect(members).toContain('projects');
    expect(members).not.toContain('finance');
    await as(database, ours.guest, async (client) => {
      expect(
        (await refusalOf(client, () => client.query('select analytics.get_dashboard_metrics()')))
          ?.code,
      ).toBe('CB003');
    });
  });

  test('figures are of the rows that the caller sees: not of others, not of closed workspaces', async () => {
    await database.pool().query(
      `with p as (
         insert into projects.projects (organization_id, name, workspace_id)
         values ($1, 'Ours', null), ($1, 'Closed', $2), ($3, 'Theirs', null)
         returning organization_id, id, workspace_id
       )
       insert into projects.project_tasks (organization_id, project_id, workspace_id, title, due_on)
       select p.organization_id, p.id, p.workspace_id, 'Seen by whom?', '2033-03-03' from p`,
      [ours.organizationId, ours.privateWorkspaceId, theirs.organizationId],
    );
    const due = (caller: Caller) =>
      as(database, caller, (client) =>
        draw(client, 'projects.tasks_due', 'number', ['2033-03-03', '2033-03-03']),
      );
    expect((await due(ours.owner)).total).toBe(2);
    expect((await due(ours.member)).total).toBe(1);
    expect((await due(theirs.owner)).total).toBe(1);
  });

  test('a source that may not be read is refused, and so are days that are none', async () => {
    await as(database, ours.member, async (client) => {
      const refused = await refusalOf(client, () =>
        draw(client, 'finance.revenue', 'line', ['2026-05-01', '2026-05-03']),
      );
      expect(refused).toMatchObject({ code: 'CB003', detail: 'It takes finance.read.' });
      expect(
        await refusalOf(client, () =>
          draw(client, 'projects.tasks_due', 'line', ['2026-05-03', '2026-05-01']),
        ),
      ).toMatchObject({ code: 'CB002', field: 'to_day' });
      expect(
        await refusalOf(client, () =>
          draw(client, 'no.such', 'line', ['2026-05-01', '2026-05-01']),
        ),
      ).toMatchObject({ code: 'CB002', field: 'source_key' });
    });
  });
});

describe('over GraphQL', () => {
  const SAVE = `mutation ($dashboard: DashboardDraftInput!, $widgets: [DashboardWidgetDraftInput]) {
    saveDashboard(input: { dashboard: $dashboard, widgets: $widgets }) {
      dashboard { rowId name places(breakpoint: "lg") { widgetId x y width height } }
    }
  }`;

  test('a dashboard is saved whole and drawn whole, and one refusal does not spoil it', async () => {
    await api.within(async ({ ask }) => {
      const { saveDashboard } = dataOf(
        await ask(ours.owner, SAVE, {
          dashboard: { name: 'Overview', timeRange: 'last_7_days' },
          widgets: [
            {
              ...{ title: 'Open', kind: 'number', sourceKey: 'projects.open' },
              places: [{ breakpoint: 'lg', x: 6, y: 1, width: 6, height: 3 }],
            },
            { title: 'Takings', kind: 'line', sourceKey: 'finance.revenue', comparison: 'none' },
          ],
        }),
      );
      const { rowId, places } = saveDashboard.dashboard;
      expect(places).toMatchObject([
        { x: 6, y: 1, width: 6, height: 3 },
        { x: 0, y: 4, width: 6, height: 4 },
      ]);
      const DATA = `query ($id: UUID!) {
        dashboardData(dashboardId: $id) {
          charts { title kind labels unit total refusal series { name points previousPoints total } }
        }
      }`;
      const seen = dataOf(await ask(ours.owner, DATA, { id: rowId })).dashboardData.charts;
      expect(seen.map((chart: Chart) => chart.refusal)).toEqual([null, null]);
      expect(seen[1].labels).toHaveLength(7);
      const members = dataOf(await ask(ours.member, DATA, { id: rowId })).dashboardData.charts;
      expect(members[0]).toMatchObject({ title: 'Open', refusal: null });
      expect(members[1]).toMatchObject({
        title: 'Takings',
        series: [],
        refusal: { code: 'FORBIDDEN', message: 'Your role does not allow this.' },
      });
      // Nobody else's organization knows of it.
      expect(errorOf(await ask(theirs.owner, DATA, { id: rowId })).code).toBe(
        'NOT_FOUND_OR_FORBIDDEN',
      );
    });
    expect(api.unexpected).toEqual([]);
  });

  test('what is wrong is named by its path', async () => {
    const save = (widget: object) =>
      api.ask(ours.owner, SAVE, {
        dashboard: { name: 'Wrong' },
        widgets: [{ title: 'Fine', kind: 'number', sourceKey: 'projects.open' }, widget],
      });
    const widget = { title: 'Wrong', kind: 'line', sourceKey: 'projects.tasks_due' };
    expect(errorOf(await save({ ...widget, parameters: { projectId: 'x' } }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.parameters.projectId',
    });
    expect(errorOf(await save({ ...widget, parameters: { sql: 'select 1' } }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.parameters.sql',
    });
    expect(errorOf(await save({ ...widget, kind: 'funnel' }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.kind',
    });
    expect(errorOf(await save({ ...widget, sourceKey: 'pg_catalog.pg_authid' }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.sourceKey',
    });
    expect(errorOf(await save({ ...widget, timeRange: 'last_0_days' }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.timeRange',
    });
    expect(errorOf(await save({ ...widget, options: { colors: ['red'] } }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'widgets.1.options.colors.0',
    });
    expect(
      errorOf(
        await save({
          title: 'Metric',
          kind: 'line',
          sourceKey: 'analytics.metric',
          parameters: { metric: 'none' },
        }),
      ),
    ).toEqual({ code: 'INVALID_INPUT', field: 'widgets.1.parameters.metric' });
    expect(
      errorOf(
        await api.ask(ours.owner, 'query ($id: UUID!) { widgetData(widgetId: $id) { title } }', {
          id: NOWHERE,
        }),
      ).code,
    ).toBe('NOT_FOUND_OR_FORBIDDEN');
  });
});
