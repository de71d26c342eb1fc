import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, as, makeCast, sqlstateOf, undone, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { RowMaker } from '../helpers/rows.ts';
import { giveRole, turnInto } from '../tenancy/calling.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'kernel');
});

describe('platform.uuidv7', () => {
  test('is a version 7 id of now, and later ones sort later', async () => {
    const { rows } = await database.pool().query<{ id: string; age: number }>(
      `select id, extract(epoch from clock_timestamp()) * 1000
                  - ('x' || lpad(translate(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint as age
         from (select platform.uuidv7() as id from generate_series(1, 2000)) made`,
    );
    const ids = rows.map((row) => row.id);
    expect(
      ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/.test(id)),
    ).toBe(true);
    expect(new Set(ids).size).toBe(2000);
    expect(rows.every((row) => Number(row.age) > -2 && Number(row.age) < 10_000)).toBe(true);
    // Microseconds are as fine as it gets before Postgres 18: compare across a pause.
    const later = await database
      .pool()
      .query<{ id: string }>('select platform.uuidv7() as id from pg_sleep(0.002)');
    expect(ids.every((id) => id < (later.rows[0]?.id ?? ''))).toBe(true);
  });
});

describe('platform.singular', () => {
  test.each([
    ['projects', 'project'],
    ['project_compliance', 'project_compliance'],
    ['project_safety', 'project_safety'],
    ['task_dependencies', 'task_dependency'],
    ['project_phases', 'project_phase'],
    ['customer_addresses', 'customer_address'],
    ['people', 'person'],
    ['run_of_show', 'run_of_show'],
    ['expenses', 'expense'],
    ['boxes', 'box'],
  ])('%s → %s', async (plural, singular) => {
    const { rows } = await database.pool().query('select platform.singular($1) as one', [plural]);
    expect(rows).toEqual([{ one: singular }]);
  });
});

describe('platform.begins_at', () => {
  test.each([
    ['Europe/Berlin', '2026-07-01', '2026-06-30T22:00:00Z', 'as clocks show it'],
    ['Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00Z', 'after a day of 25 hours'],
    ['Asia/Kathmandu', '2024-02-29', '2024-02-28T18:15:00Z', 'on a leap day'],
    ['Atlantic/Azores', '2026-10-25', '2026-10-25T00:00:00Z', 'of two midnights at the first'],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', 'of two midnights at the first'],
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z', 'at one where there is no midnight'],
    ['Asia/Beirut', '2026-10-25', '2026-10-24T22:00:00Z', 'after an hour that came twice'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 'and ends at once, left out'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z', 'after a day that was left out'],
  ])('in %s: %s begins at %s, %s', async (zone, day, moment) => {
    const { rows } = await database
      .pool()
      .query<{ moment: Date }>('select platform.begins_at($2, $1) as moment', [zone, day]);
    expect(rows[0]?.moment).toEqual(new Date(moment));
  });

  test('is where the date that clocks show becomes that of the day, wherever it is', async () => {
    const { rows } = await database.pool().query(
      `select z.name, d.day
         from pg_timezone_names z
        cross join (select g::date as day from generate_series(timestamp '2024-01-01', '2026-12-31', interval '1 day') g) d
        where z.name in ('America/Santiago', 'America/Asuncion', 'America/Nuuk', 'America/Scoresbysund', 'Africa/Cairo',
                         'Atlantic/Azores', 'America/Havana', 'Asia/Beirut', 'Asia/Gaza', 'Australia/Lord_Howe')
          and ((platform.begins_at(d.day, z.name) at time zone z.name)::date <> d.day
               or ((platform.begins_at(d.day, z.name) - interval '1 microsecond') at time zone z.name)::date >= d.day)`,
    );
    expect(rows).toEqual([]);
  });

  test('is null of no day, and of no time zone', async () => {
    const { rows } = await database
      .pool()
      .query(
        "select platform.begins_at(null, 'UTC') as day, platform.begins_at('2026-01-01', null) as zone",
      );
    expect(rows).toEqual([{ day: null, zone: null }]);
  });
});

describe('platform.is_time_zone', () => {
  test.each([
    ['America/New_York', true],
    ['UTC', true],
    ['Etc/GMT+5', true],
    ['Mars/Olympus', false],
    ['+02', false],
    ['', false],
    ["UTC'; drop table x", false],
  ])('%j: %s', async (name, known) => {
    const { rows } = await database
      .pool()
      .query('select platform.is_time_zone($1) as known', [name]);
    expect(rows).toEqual([{ known }]);
  });
});

describe('a tenant row', () => {
  test('moves its updated_at, and keeps its key and its origin', async () => {
    const made = await actAs(
      database,
      cast.owner,
      async (client) =>
        (await client.query("insert into projects.projects (name) values ('Kept') returning *"))
          .rows[0],
    );
    const changed = await actAs(
      database,
      cast.admin,
      async (client) =>
        (
          await client.query(
            "update projects.projects set location = 'Bronx' where id = $1 returning *",
            [made.id],
          )
        ).rows[0],
    );
    expect(changed.updated_at.getTime()).toBeGreaterThan(made.updated_at.getTime());
    expect(changed).toMatchObject({ created_by: cast.owner.userId, created_at: made.created_at });
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      expect(
        await sqlstateOf(client, () =>
          client.query('update projects.projects set id = platform.uuidv7() where id = $1', [
            made.id,
          ]),
        ),
      ).toBe('CB002');
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('knows its author and its organization without being told', async () => {
    await as(database, cast.member, async (client) => {
      const { rows } = await client.query(
        "insert into projects.projects (name) values ('Own') returning *",
      );
      expect(rows[0]).toMatchObject({
        organization_id: cast.organizationId,
        created_by: cast.member.userId,
        workspace_id: null,
        custom_fields: {},
      });
    });
  });
});

describe('archiving', () => {
  test('what was archived before comes back by itself only, even out of the same transaction', async () => {
    await as(database, cast.owner, async (client) => {
      const { rows } = await client.query(
        `with project as (insert into projects.projects (name) values ('Both') returning id)
         insert into projects.project_tasks (project_id, title)
         select project.id, t.title from project cross join unnest('{Earlier,With it}'::text[]) as t (title)
         returning id, project_id, title`,
      );
      const earlier = rows.find((row) => row.title === 'Earlier');
      await client.query('select projects.delete_project_task($1)', [earlier.id]);
      await client.query('select projects.delete_project($1)', [earlier.project_id]);
      await client.query('select projects.restore_project($1)', [earlier.project_id]);
      const there = await client.query(
        'select title from projects.project_tasks where project_id = $1 and deleted_at is null',
        [earlier.project_id],
      );
      expect(there.rows).toEqual([{ title: 'With it' }]);
    });
  });
});

describe('what is no value', () => {
  test.each([
    ['finance.transactions', 'amount', 'NaN'],
    ['projects.projects', 'starts_on', 'infinity'],
    ['projects.projects', 'starts_on', '-infinity'],
    ['projects.project_compliance', 'valid_until', 'infinity'],
  ])('%s.%s cannot be %s', async (table, column, value) => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      const values = new RowMaker();
      const row = await values.insert(client, table, {
        organizationId: cast.organizationId,
        workspaceId: null,
        userId: cast.owner.userId ?? '',
      });
      await expect(
        client.query(`update ${table} set ${column} = $2 where id = $1`, [row['id'], value]),
      ).rejects.toMatchObject({
        code: '23514',
        constraint: `${table.split('.')[1]}_${column}_finite`,
      });
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('platform.protect', () => {
  test('changes what it said before, and is idempotent', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query('set local role callboard_owner');
      const recorded = async () =>
        (
          await client.query(
            `select outlives_parent, parent_column from platform.protected_tables
              where table_id = 'finance.budgets'::regclass`,
          )
        ).rows[0];
      expect(await recorded()).toEqual({ outlives_parent: false, parent_column: 'project_id' });
      for (const outlives of [true, true, false]) {
        await client.query(
          `call platform.protect('finance.budgets', 'tenant', parent => 'project_id', outlives_parent => ${outlives})`,
        );
        expect(await recorded()).toMatchObject({ outlives_parent: outlives });
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('workspaces', () => {
  test('what belongs to a row is in its workspace, and moves with it', async () => {
    await as(database, cast.owner, async (client) => {
      const project = (
        await client.query(
          "insert into projects.projects (name, workspace_id) values ('Room', $1) returning id",
          [cast.privateWorkspaceId],
        )
      ).rows[0];
      // The workspace that is asked for does not count.
      const task = (
        await client.query(
          "insert into projects.project_tasks (project_id, title, workspace_id) values ($1, 'Sweep', $2) returning *",
          [project.id, cast.workspaceId],
        )
      ).rows[0];
      expect(task.workspace_id).toBe(cast.privateWorkspaceId);
      // Nor does it get anywhere else by itself.
      await client.query('update projects.project_tasks set workspace_id = $2 where id = $1', [
        task.id,
        cast.workspaceId,
      ]);
      const stayed = await client.query(
        'select workspace_id from projects.project_tasks where id = $1',
        [task.id],
      );
      expect(stayed.rows).toEqual([{ workspace_id: cast.privateWorkspaceId }]);
      await client.query('update projects.projects set workspace_id = null where id = $1', [
        project.id,
      ]);
      const moved = await client.query(
        'select workspace_id from projects.project_tasks where id = $1',
        [task.id],
      );
      expect(moved.rows).toEqual([{ workspace_id: null }]);
    });
  });

  test('a member cannot put anything into a private one that it is not in, not even by way of a project', async () => {
    const project = await actAs(
      database,
      cast.owner,
      async (client) =>
        (
          await client.query(
            "insert into projects.projects (name, workspace_id) values ('Hidden', $1) returning id",
            [cast.privateWorkspaceId],
          )
        ).rows[0],
    );
    await as(database, cast.member, async (client) => {
      expect(
        await sqlstateOf(client, () =>
          client.query(
            "insert into projects.project_tasks (project_id, title) values ($1, 'Sneak')",
            [project.id],
          ),
        ),
      ).toBe('42501');
      expect(
        await sqlstateOf(client, () =>
          client.query("insert into projects.projects (name, workspace_id) values ('Sneak', $1)", [
            cast.privateWorkspaceId,
          ]),
        ),
      ).toBe('42501');
    });
  });

  test('nobody who does not see a private one lists anybody in it, takes anybody out, or learns who is in it', async () => {
    await undone(database, async (client) => {
      await giveRole(
        client,
        cast.organizationId,
        ['tenancy.read', 'tenancy.write', 'workspaces.shared'],
        [cast.member],
      );
      await turnInto(client, cast.member);
      const others = 'from tenancy.workspace_members where workspace_id = $1';
      expect((await client.query(`select ${others}`, [cast.privateWorkspaceId])).rowCount).toBe(0);
      expect((await client.query(`delete ${others}`, [cast.privateWorkspaceId])).rowCount).toBe(0);
      expect(
        await sqlstateOf(client, () =>
          client.query(
            'insert into tenancy.workspace_members (workspace_id, user_id) values ($1, $2)',
            [cast.privateWorkspaceId, cast.member.userId],
          ),
        ),
      ).toBe('42501');
      await turnInto(client, undefined);
      expect((await client.query(`select ${others}`, [cast.privateWorkspaceId])).rowCount).toBe(1);
    });
  });

  test('who is listed in a private one later, sees it at the next request', async () => {
    const count = () =>
      as(database, cast.member, async (client) =>
        Number((await client.query('select count(*) from tenancy.workspaces')).rows[0].count),
      );
    const before = await count();
    await actAs(database, cast.owner, (client) =>
      client.query(
        'insert into tenancy.workspace_members (workspace_id, user_id) values ($1, $2)',
        [cast.privateWorkspaceId, cast.member.userId],
      ),
    );
    expect(await count()).toBe(before + 1);
    await actAs(database, cast.owner, (client) =>
      client.query('delete from tenancy.workspace_members where user_id = $1', [
        cast.member.userId,
      ]),
    );
    expect(await count()).toBe(before);
  });
});

describe('the change feed', () => {
  const listen = async (work: () => Promise<unknown>) => {
    const listener = await database.pool().connect();
    const heard: unknown[] = [];
    listener.on('notification', (message) => heard.push(JSON.parse(message.payload ?? 'null')));
    try {
      await listener.query(`listen "changes:${cast.organizationId}"`);
      await work();
      await listener.query('select 1');
      await new Promise((resolve) => setTimeout(resolve, 20));
      await listener.query(`unlisten "changes:${cast.organizationId}"`);
    } finally {
      listener.release();
    }
    return heard;
  };
  const insert = (howMany: number) =>
    actAs(database, cast.owner, (client) =>
      client.query(
        "insert into projects.projects (name, slug) select 'F', 'f-' || platform.uuidv7() from generate_series(1, $1)",
        [howMany],
      ),
    );

  test('says nothing while nobody watches', async () => {
    expect(await listen(() => insert(1))).toEqual([]);
  });

  test('tells ids, a hundred a message, and nothing of what is rolled back', async () => {
    await actAs(database, cast.member, (client) =>
      client.query('select platform.watch_changes($1)', [cast.organizationId]),
    );
    const heard = (await listen(async () => {
      await insert(250);
      await as(database, cast.owner, (client) =>
        client.query("insert into projects.projects (name) values ('Undone')"),
      );
    })) as { type: string; operation: string; ids: string[] }[];
    expect(heard.map((message) => message.ids.length).sort((a, b) => a - b)).toEqual([
      50, 100, 100,
    ]);
    expect(new Set(heard.map((message) => `${message.operation} ${message.type}`))).toEqual(
      new Set(['insert projects.projects']),
    );
  });

  test('only the active organization can be watched', async () => {
    const other = await makeCast(database, 'watched');
    await as(database, cast.owner, async (client) => {
      expect(
        await sqlstateOf(client, () =>
          client.query('select platform.watch_changes($1)', [other.organizationId]),
        ),
      ).toBe('CB003');
    });
  });
});
