import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { NOWHERE, one, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'dashing');
  theirs = await makeCast(database, 'other');
});

type Saved = Values & { readonly id: string; readonly updated_at: string };

const save = (client: PoolClient, dashboard: Values, widgets: readonly Values[] | null = null) =>
  one<Saved>(
    client,
    `analytics.save_dashboard(
       jsonb_populate_record(null::analytics.dashboard_draft, $1),
       case when $2::jsonb is not null then coalesce(
         (select array_agg(jsonb_populate_record(null::analytics.dashboard_widget_draft, w.draft) order by w.number)
            from jsonb_array_elements($2) with ordinality as w (draft, number)), '{}') end)`,
    [JSON.stringify(dashboard), widgets && JSON.stringify(widgets)],
  );

type Place = { widget_id: string; x: number; y: number; width: number; height: number };

const places = (client: PoolClient, dashboardId: string, breakpoint = 'lg') =>
  one<Place[]>(
    client,
    `analytics.dashboards_places((select d from analytics.dashboards d where d.id = $1), $2)`,
    [dashboardId, breakpoint],
  );

const arrange = (
  client: PoolClient,
  dashboardId: string,
  wanted: readonly Values[],
  { breakpoint = 'lg', everybody = false } = {},
) =>
  one(
    client,
    `analytics.save_dashboard_layout(
       $1, $2, coalesce((select array_agg(jsonb_populate_record(null::analytics.widget_place, p))
                           from jsonb_array_elements($3) p), '{}'), $4)`,
    [dashboardId, breakpoint, JSON.stringify(wanted), everybody],
  );

const widgetsOf = async (client: PoolClient, dashboardId: string) => {
  const { rows } = await client.query<{ id: string; title: string; position: number }>(
    `select id, title, position from analytics.dashboard_widgets
      where dashboard_id = $1 and deleted_at is null order by position`,
    [dashboardId],
  );
  return rows;
};

const OPEN = { title: 'Open', kind: 'number', source_key: 'projects.open' };
const DUE = { title: 'Due', kind: 'line', source_key: 'projects.tasks_due' };
const STATUS = { title: 'Status', kind: 'pie', source_key: 'projects.tasks_by_status' };

const asOwner = <T>(work: (client: PoolClient) => Promise<T>) => as(database, ours.owner, work);

describe('saving a dashboard', () => {
  test('widgets change, come, go and change places; nothing is said, nothing changes', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Overview', description: 'v1' }, [OPEN, DUE]);
      expect(saved).toMatchObject({
        ...{ name: 'Overview', owner_id: null, is_default: false, time_range: 'last_30_days' },
        ...{ comparison: 'previous_period' },
      });
      const [open, due] = await widgetsOf(client, saved.id);
      await save(client, { row_id: saved.id, name: 'Second', time_range: 'this_month' }, [
        { ...DUE, row_id: due?.id, title: 'Due soon', time_range: 'next_7_days' },
        STATUS,
      ]);
      const widgets = await widgetsOf(client, saved.id);
      expect(widgets.map(({ title, position }) => [title, position])).toEqual([
        ['Due soon', 1],
        ['Status', 2],
      ]);
      expect(widgets[0]?.id).toBe(due?.id);
      expect(
        (await rowOf(client, 'analytics.dashboard_widgets', open!.id))['deleted_at'],
      ).not.toBeNull();
      await save(client, { row_id: saved.id, name: 'Third' });
      expect(await widgetsOf(client, saved.id)).toHaveLength(2);
      expect(await rowOf(client, 'analytics.dashboards', saved.id)).toMatchObject({
        ...{ name: 'Third', time_range: 'this_month' },
      });
      await save(client, { row_id: saved.id, name: 'Bare' }, []);
      expect(await widgetsOf(client, saved.id)).toEqual([]);
    });
  });

  test('refuses what is not there, twice there, too much, or changed meanwhile', async () => {
    await asOwner(async (client) => {
      const saved = await save(client, { name: 'Overview' }, [OPEN]);
      const [open] = await widgetsOf(client, saved.id);
      const other = await save(client, { name: 'Other' }, [OPEN]);
      const [foreign] = await widgetsOf(client, other.id);
      const refused = (dashboard: Values, widgets: Values[] | null = null) =>
        refusalOf(client, () => save(client, dashboard, widgets));
      expect(await refused({ row_id: NOWHERE, name: 'x' })).toMatchObject({
        ...{ code: 'CB004', field: 'dashboard.row_id' },
      });
      expect(
        await refused({ row_id: saved.id, name: 'x' }, [{ ...OPEN, row_id: foreign?.id }]),
      ).toMatchObject({ code: 'CB004', field: 'widgets.0.row_id' });
      expect(
        await refused({ row_id: saved.id, name: 'x' }, [
          { ...OPEN, row_id: open?.id },
          { ...OPEN, row_id: open?.id },
        ]),
      ).toMatchObject({ code: 'CB002', field: 'widgets' });
      expect(
        await refused(
          { name: 'x' },
          Array.from({ length: 61 }, () => OPEN),
        ),
      ).toMatchObject({ code: 'CB002', field: 'widgets' });
      expect(
        await refused({
          ...{ row_id: saved.id, name: 'x', expected_updated_at: '2020-01-01T00:00:00Z' },
        }),
      ).toMatchObject({ code: 'CB005', field: 'dashboard.expected_updated_at' });
      expect(await refused({ name: ' ' })).toMatchObject({ code: '23514' });
      expect(await refused({ name: 'x' }, [{ ...OPEN, title: '' }])).toMatchObject({
        ...{ code: 'CB002', field: 'widgets.0.title' },
      });
      await save(
        client,
        { row_id: saved.id, name: 'Now', expected_updated_at: saved.updated_at },
        null,
      );
    });
  });

  test('is for those who may write', async () => {
    await as(database, ours.guest, async (client) => {
      expect(await refusalOf(client, () => save(client, { name: 'x' }))).toMatchObject({
        code: 'CB003',
      });
    });
    const { id } = await actAs(database, ours.owner, (client) => save(client, { name: 'Kept' }));
    await as(database, theirs.owner, async (client) => {
      expect(
        await refusalOf(client, () => save(client, { row_id: id, name: 'Taken' })),
      ).toMatchObject({ code: 'CB004' });
    });
    expect((await rowOf(database.pool(), 'analytics.dashboards', id))['name']).toBe('Kept');
  });

  test('writes past the function are looked at as well', async () => {
    await asOwner(async (client) => {
      const { id } = await save(client, { name: 'Overview' });
      const insert = (kind: string, parameters: object) =>
        refusalOf(client, () =>
          client.query(
            `insert into analytics.dashboard_widgets (dashboard_id, title, kind, source_key, parameters)
             values ($1, 'x', $2, 'projects.tasks_due', $3)`,
            [id, kind, JSON.stringify(parameters)],
          ),
        );
      expect(await insert('funnel', {})).toMatchObject({ code: 'CB002', field: 'kind' });
      expect(await insert('line', { sql: '' })).toMatchObject({
        ...{ code: 'CB002', field: 'parameters.sql' },
      });
      expect(await insert('line', {})).toBeUndefined();
    });
  });
});

describe('a personal dashboard', () => {
  const names = async (caller: Caller) =>
    as(database, caller, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "select name from analytics.dashboards where name like 'Own%' order by 1",
      );
      return rows.map((row) => row.name);
    });

  test('is seen and changed by its owner alone, widgets too', async () => {
    const { id } = await actAs(database, ours.member, (client) =>
      save(client, { name: 'Own of a member', is_personal: true }, [OPEN]),
    );
    expect(await names(ours.member)).toEqual(['Own of a member']);
    expect(await names(ours.owner)).toEqual([]);
    await asOwner(async (client) => {
      expect(await widgetsOf(client, id)).toEqual([]);
      expect(
        await refusalOf(client, () => save(client, { row_id: id, name: 'Taken' })),
      ).toMatchObject({ code: 'CB004' });
      expect(
        await refusalOf(client, () => client.query('select analytics.dashboard_data($1)', [id])),
      ).toMatchObject({ code: 'CB004' });
      // Nor may anybody put something onto it, or give one to somebody else.
      expect(
        await refusalOf(client, () =>
          client.query(
            `insert into analytics.dashboard_widgets (dashboard_id, title, kind, source_key)
             values ($1, 'x', 'number', 'projects.open')`,
            [id],
          ),
        ),
      ).toMatchObject({ code: '42501' });
      expect(
        await refusalOf(client, () =>
          client.query("insert into analytics.dashboards (name, owner_id) values ('x', $1)", [
            ours.member.userId,
          ]),
        ),
      ).toMatchObject({ code: '42501' });
    });
    // It can become shared, with all that is in it, and is never taken back.
    await actAs(database, ours.member, (client) =>
      save(client, { row_id: id, name: 'Own no more', is_personal: false }),
    );
    expect(await names(ours.owner)).toEqual(['Own no more']);
    await asOwner(async (client) => {
      expect(await widgetsOf(client, id)).toHaveLength(1);
      expect(
        await refusalOf(client, () =>
          save(client, { row_id: id, name: 'Own again', is_personal: true }),
        ),
      ).toMatchObject({ code: 'CB005', field: 'is_personal' });
    });
  });

  test('is the default of its owner before that of all', async () => {
    const byDefault = (caller: Caller) =>
      as(database, caller, (client) =>
        one<{ name: string } | null>(client, 'analytics.default_dashboard()'),
      );
    const [first, second, own] = await actAs(database, theirs.owner, async (client) => [
      await save(client, { name: 'First' }),
      await save(client, { name: 'Second' }),
      await save(client, { name: 'Mine', is_personal: true }),
    ]);
    expect((await byDefault(theirs.owner))?.name).toBe('First');
    const choose = (id: string | undefined) =>
      actAs(database, theirs.owner, (client) =>
        client.query('select analytics.set_default_dashboard($1)', [id]),
      );
    await choose(second?.id);
    expect((await byDefault(theirs.owner))?.name).toBe('Second');
    await choose(own?.id);
    expect((await byDefault(theirs.owner))?.name).toBe('Mine');
    expect((await byDefault(theirs.member))?.name).toBe('Second');
    await choose(first?.id);
    expect((await byDefault(theirs.member))?.name).toBe('First');
    await as(database, theirs.owner, async (client) => {
      await client.query('select analytics.delete_dashboard($1)', [first?.id]);
      expect((await one<{ name: string }>(client, 'analytics.default_dashboard()')).name).toBe(
        'Mine',
      );
    });
    // Without any there is none.
    expect(await byDefault({ ...theirs.guest })).toBeNull();
  });
});

describe('the default', () => {
  const defaultsOf = async ({ organizationId }: Cast) => {
    const { rows } = await database
      .pool()
      .query<{ name: string }>(
        'select name from analytics.dashboards where organization_id = $1 and is_default order by name',
        [organizationId],
      );
    return rows.map((row) => row.name);
  };
  const choose = (client: PoolClient, { id }: Saved) =>
    client.query('select analytics.set_default_dashboard($1)', [id]);

  test('that is archived gives its place up, and does not take it back', async () => {
    const cast = await makeCast(database, 'restoring');
    await actAs(database, cast.owner, async (client) => {
      const first = await save(client, { name: 'First' });
      const second = await save(client, { name: 'Second' });
      await choose(client, first);
      await client.query('select analytics.delete_dashboard($1)', [first.id]);
      await choose(client, second);
      await client.query('select analytics.restore_dashboard($1)', [first.id]);
    });
    expect(await defaultsOf(cast)).toEqual(['Second']);
  });

  test.each([true, false])(
    'of a person that becomes shared is nobody’s (all have one: %s)',
    async (have) => {
      const cast = await makeCast(database, `sharing-${have}`);
      await actAs(database, cast.owner, async (client) => {
        if (have) await choose(client, await save(client, { name: 'Of all' }));
        const own = await save(client, { name: 'Mine', is_personal: true });
        await choose(client, own);
        await save(client, { row_id: own.id, name: 'Mine no more', is_personal: false });
      });
      expect(await defaultsOf(cast)).toEqual(have ? ['Of all'] : []);
    },
  );

  test('is replaced by whoever does not see it, in their organization and for all of it alone', async () => {
    const cast = await makeCast(database, 'closed');
    const other = await makeCast(database, 'untouched');
    await actAs(database, other.owner, async (client) => {
      await choose(client, await save(client, { name: 'Theirs' }));
    });
    const hidden = await actAs(database, cast.owner, async (client) => {
      await choose(client, await save(client, { name: 'Mine', is_personal: true }));
      const saved = await save(client, { name: 'Hidden', workspace_id: cast.privateWorkspaceId });
      await choose(client, saved);
      return saved;
    });
    await actAs(database, cast.member, async (client) => {
      const seen = await client.query('select from analytics.dashboards where id = $1', [
        hidden.id,
      ]);
      expect(seen.rowCount).toBe(0);
      await choose(client, await save(client, { name: 'Open' }));
      expect(await refusalOf(client, () => choose(client, hidden))).toMatchObject({
        code: 'CB004',
      });
    });
    expect(await defaultsOf(cast)).toEqual(['Mine', 'Open']);
    expect(await defaultsOf(other)).toEqual(['Theirs']);
  });
});

describe('where widgets stand', () => {
  const withWidgets = async (client: PoolClient) => {
    const { id } = await save(client, { name: 'Arranged' }, [OPEN, DUE, STATUS]);
    const [a, b, c] = (await widgetsOf(client, id)).map((widget) => widget.id);
    return { id, a: a ?? '', b: b ?? '', c: c ?? '' };
  };
  const at = (widget_id: string, x: number, y: number, width: number, height: number): Place => ({
    ...{ widget_id, x, y, width, height },
  });

  test('each has a place at each width, also those that nobody has arranged', async () => {
    await asOwner(async (client) => {
      const { id, a, b, c } = await withWidgets(client);
      expect(await places(client, id)).toMatchObject([
        at(a, 0, 0, 3, 2),
        at(b, 3, 0, 6, 4),
        at(c, 0, 4, 6, 4),
      ]);
      expect(await places(client, id, 'sm')).toMatchObject([
        at(a, 0, 0, 2, 2),
        at(b, 0, 2, 4, 4),
        at(c, 0, 6, 4, 4),
      ]);
      await arrange(client, id, [at(b, 6, 2, 6, 3)], { everybody: true });
      expect(await places(client, id)).toMatchObject([
        at(b, 6, 2, 6, 3),
        at(a, 0, 5, 3, 2),
        at(c, 3, 5, 6, 4),
      ]);
    });
  });

  test('somebody’s own arrangement is theirs, until they go back to that of all', async () => {
    const { id, a, b } = await actAs(database, ours.owner, withWidgets);
    await actAs(database, ours.owner, (client) =>
      arrange(client, id, [at(a, 0, 0, 12, 1)], { everybody: true }),
    );
    await actAs(database, ours.member, (client) => arrange(client, id, [at(b, 4, 4, 4, 4)]));
    const first = async (caller: Caller) =>
      (await as(database, caller, (client) => places(client, id)))[0];
    expect(await first(ours.owner)).toMatchObject(at(a, 0, 0, 12, 1));
    expect(await first(ours.member)).toMatchObject(at(b, 4, 4, 4, 4));
    await actAs(database, ours.member, (client) => arrange(client, id, []));
    expect(await first(ours.member)).toMatchObject(at(a, 0, 0, 12, 1));
  });

  test('no two overlap, none leaves the grid, none is of another dashboard', async () => {
    await asOwner(async (client) => {
      const { id, a, b } = await withWidgets(client);
      const foreign = (await withWidgets(client)).a;
      const refused = (wanted: Values[], options = {}) =>
        refusalOf(client, () => arrange(client, id, wanted, options));
      expect(await refused([at(a, 0, 0, 6, 4), at(b, 6, 0, 6, 4)])).toBeUndefined();
      expect(await refused([at(a, 0, 0, 6, 4), at(b, 5, 3, 6, 4)])).toMatchObject({
        ...{ code: 'CB002', field: 'places' },
        message: 'Two widgets cannot stand in one place, nor one in two.',
      });
      expect(await refused([at(a, 0, 0, 1, 1), at(a, 6, 0, 1, 1)])).toMatchObject({
        code: 'CB002',
      });
      for (const [x, y, width, height] of [
        [7, 0, 6, 1],
        [-1, 0, 1, 1],
        [0, -1, 1, 1],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
        [0, 0, -2, 1],
        [0, 0, 1, 51],
        [2147483647, 0, 2147483647, 1],
      ] as const) {
        expect(await refused([at(a, x, y, width, height)])).toMatchObject({
          code: 'CB002',
          message: 'A place is inside of the grid, which has 12 columns here.',
        });
      }
      expect(await refused([at(a, 0, 0, 6, 1)], { breakpoint: 'sm' })).toMatchObject({
        message: 'A place is inside of the grid, which has 4 columns here.',
      });
      expect(await refused([], { breakpoint: 'xl' })).toMatchObject({ field: 'breakpoint' });
      expect(await refused([at(foreign, 0, 0, 1, 1)])).toMatchObject({ code: 'CB004' });
      // The table itself says so too.
      expect(
        await refusalOf(client, () =>
          client.query(
            `insert into analytics.dashboard_layouts (dashboard_id, widget_id, user_id, breakpoint, x, y, width, height)
             values ($1, $2, null, 'lg', 0, 0, 2, 2), ($1, $3, null, 'lg', 1, 1, 2, 2)`,
            [id, a, b],
          ),
        ),
      ).toMatchObject({ code: '23P01' });
    });
  });

  test('a widget that is archived leaves its place free, and finds one when it is back', async () => {
    await asOwner(async (client) => {
      const { id, a, b } = await withWidgets(client);
      await arrange(client, id, [at(a, 0, 0, 12, 2), at(b, 0, 2, 12, 2)], { everybody: true });
      await client.query('select analytics.delete_dashboard_widget($1)', [a]);
      await arrange(client, id, [at(b, 0, 0, 12, 2)], { everybody: true });
      await client.query('select analytics.restore_dashboard_widget($1)', [a]);
      const there = await places(client, id);
      expect(there[0]).toMatchObject(at(b, 0, 0, 12, 2));
      expect(there.find((place) => place.widget_id === a)).toMatchObject({ y: 2 });
    });
  });

  test('places come with the widgets, and others keep theirs', async () => {
    await asOwner(async (client) => {
      const { id } = await save(client, { name: 'With places' }, [
        { ...OPEN, places: [{ breakpoint: 'lg', x: 0, y: 0, width: 4, height: 2 }] },
        { ...DUE, places: [{ breakpoint: 'lg', x: 4, y: 0, width: 8, height: 2 }] },
      ]);
      const [open, due] = await widgetsOf(client, id);
      await save(client, { row_id: id, name: 'With places' }, [
        { ...OPEN, row_id: open?.id },
        {
          ...{ ...DUE, row_id: due?.id },
          places: [{ breakpoint: 'lg', x: 0, y: 5, width: 12, height: 2 }],
        },
      ]);
      expect(await places(client, id)).toMatchObject([
        at(open?.id ?? '', 0, 0, 4, 2),
        at(due?.id ?? '', 0, 5, 12, 2),
      ]);
      expect(
        await refusalOf(client, () =>
          save(client, { row_id: id, name: 'x' }, [
            { ...OPEN, row_id: open?.id },
            {
              ...{ ...DUE, row_id: due?.id },
              places: [{ breakpoint: 'lg', x: 3, y: 1, width: 1, height: 1 }],
            },
          ]),
        ),
      ).toMatchObject({ code: 'CB002', field: 'widgets.places' });
    });
  });

  test('a copy stands as the caller sees the original', async () => {
    const { id, a, b } = await actAs(database, ours.owner, withWidgets);
    await actAs(database, ours.owner, (client) =>
      arrange(client, id, [at(a, 0, 0, 12, 1)], { everybody: true }),
    );
    await as(database, ours.member, async (client) => {
      await arrange(client, id, [at(a, 0, 9, 12, 1), at(b, 0, 0, 2, 2)]);
      const copy = await one<Saved>(client, 'analytics.duplicate_dashboard($1)', [id]);
      expect(copy).toMatchObject({ name: 'Arranged (copy)', owner_id: ours.member.userId });
      const titles = (await widgetsOf(client, copy.id)).map((widget) => widget.title);
      expect(titles).toEqual(['Open', 'Due', 'Status']);
      expect((await places(client, copy.id)).slice(0, 2)).toMatchObject([
        { x: 0, y: 0, width: 2 },
        { x: 0, y: 9, width: 12 },
      ]);
      const shared = await one<Saved>(client, "analytics.duplicate_dashboard($1, 'Team', false)", [
        id,
      ]);
      expect(shared).toMatchObject({ name: 'Team', owner_id: null });
      expect(
        await refusalOf(client, () =>
          client.query('select analytics.duplicate_dashboard($1)', [NOWHERE]),
        ),
      ).toMatchObject({ code: 'CB004' });
    });
  });
});

onServer('two at once', () => {
  test('who choose the default end with one', async () => {
    const ids = await actAs(database, ours.owner, async (client) => [
      (await save(client, { name: 'One' })).id,
      (await save(client, { name: 'Two' })).id,
    ]);
    await Promise.all(
      [...ids, ...ids, ...ids].map((id) =>
        actAs(database, ours.owner, (client) =>
          client.query('select analytics.set_default_dashboard($1)', [id]),
        ),
      ),
    );
    const { rows } = await database.pool().query(
      `select count(*)::int as defaults from analytics.dashboards
        where organization_id = $1 and is_default and owner_id is null and deleted_at is null`,
      [ours.organizationId],
    );
    expect(rows).toEqual([{ defaults: 1 }]);
  });

  test('who arrange the same dashboard do so one after the other', async () => {
    const { id, a } = await actAs(database, ours.owner, async (client) => {
      const saved = await save(client, { name: 'Raced' }, [OPEN]);
      return { id: saved.id, a: (await widgetsOf(client, saved.id))[0]?.id };
    });
    await Promise.all(
      Array.from({ length: 6 }, (_, x) =>
        actAs(database, ours.owner, (client) =>
          arrange(client, id, [{ widget_id: a, x, y: 0, width: 1, height: 1 }], {
            everybody: true,
          }),
        ),
      ),
    );
    const { rows } = await database
      .pool()
      .query(
        'select count(*)::int as places from analytics.dashboard_layouts where dashboard_id = $1',
        [id],
      );
    expect(rows).toEqual([{ places: 1 }]);
  });
});
