import { request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { guarded } from '../../server/export/guard.ts';
import { actAs, makeCast, withSession, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer } from '../helpers/database.ts';
import { serving } from '../helpers/serving.ts';
import { add } from '../projects/fixtures.ts';

const server = serving('exported', { EXPORTS_AT_ONCE: '2', STATEMENT_TIMEOUT_MS: '4000' });
let theirs: Cast;
let projectId: string;

const tokenOf = async (caller: Caller) => {
  const {
    userId = '',
    organizationId = '',
    sessionId,
  } = await withSession(server.database, caller);
  return server.tokens.issue({ userId, organizationId, sessionId }).token;
};

const get = (path: string, token: string | null = server.token(), init: RequestInit = {}) =>
  fetch(`${server.url()}/export/${path}`, {
    ...init,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });

type Refusal = { errors: { message: string; extensions: Record<string, unknown> }[] };

const refusal = async (response: Promise<Response>) => {
  const answer = await response;
  const { errors } = (await answer.json()) as Refusal;
  const { code, field } = errors[0]?.extensions ?? {};
  return [answer.status, code, ...(field === undefined ? [] : [field])];
};

const rowsOf = async (path: string, token?: string): Promise<Record<string, string>[]> => {
  const response = await get(path, token);
  expect([response.status, path]).toEqual([200, path]);
  return parse(await response.text(), { columns: true, bom: true });
};

const exportsOf = async () => {
  const { rows } = await server.database
    .pool()
    .query<Record<string, unknown>>(
      'select what, columns, filters, status, rows::int, bytes::int, user_id from analytics.data_exports order by id',
    );
  return rows;
};

beforeAll(async () => {
  theirs = await makeCast(server.database, 'unexported');
  projectId = await actAs(server.database, server.cast().owner, async (client) => {
    const project_id = await add(client, 'projects.projects', { name: 'Pilot' });
    for (const [title, due_on, status, more] of [
      ['=1+1', '2026-05-01', 'todo', { description: 'line\nbreak, "quoted"' }],
      ['-3 lamps', '2026-05-02', 'done', {}],
      ['Ærø, 日本 🎬', '2026-05-03', 'todo', { estimated_hours: '2.50' }],
      ['plain', null, 'blocked', {}],
    ] as const) {
      await add(client, 'projects.project_tasks', { project_id, title, due_on, status, ...more });
    }
    const gone = await add(client, 'projects.project_tasks', { project_id, title: 'archived' });
    await client.query('select projects.delete_project_task($1)', [gone]);
    await add(client, 'projects.project_tasks', {
      ...{ project_id, title: 'closed' },
    });
    return project_id;
  });
  await server.database.pool().query(
    `with p as (insert into projects.projects (organization_id, name, workspace_id) values ($1, 'Closed', $2) returning id)
     insert into projects.project_tasks (organization_id, project_id, title, workspace_id) select $1, p.id, 'secret', $2 from p`,
    [server.cast().organizationId, server.cast().privateWorkspaceId],
  );
  await actAs(server.database, theirs.owner, async (client) => {
    const project_id = await add(client, 'projects.projects', { name: 'Theirs' });
    await add(client, 'projects.project_tasks', { project_id, title: 'of others' });
  });
});

describe('what a spreadsheet would run', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['\t=1', "'\t=1"],
    [' =1', "' =1"],
    ['\r', "'\r"],
    ['＝1', "'＝1"],
    ['a=1', 'a=1'],
    ['', ''],
    ["'", "'"],
  ])('%j is written as %j', (text, written) => {
    expect(guarded(text)).toBe(written);
  });
});

describe('a table as a file', () => {
  test('has the rows that the caller may see, with headers that say what it is', async () => {
    const response = await get('project_tasks.csv?columns=title,dueOn,status,estimatedHours,rowId');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="project_tasks.csv"; filename*=UTF-8''project_tasks.csv`,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const text = await response.text();
    expect(text.startsWith('title,dueOn,status,estimatedHours,rowId\r\n')).toBe(true);
    const rows: Record<string, string>[] = parse(text, { columns: true });
    expect(rows.map(({ title, dueOn, estimatedHours }) => [title, dueOn, estimatedHours])).toEqual([
      ["'=1+1", '2026-05-01', ''],
      ["'-3 lamps", '2026-05-02', ''],
      ['Ærø, 日本 🎬', '2026-05-03', '2.50'],
      ['plain', '', ''],
      ['closed', '', ''],
      ['secret', '', ''],
    ]);
    expect((await exportsOf()).at(-1)).toMatchObject({
      ...{
        what: 'projects.project_tasks',
        status: 'done',
        rows: 6,
        bytes: Buffer.byteLength(text),
      },
      columns: ['title', 'dueOn', 'status', 'estimatedHours', 'rowId'],
      user_id: server.cast().owner.userId,
    });
  });

  test('is by all columns unless some are named; nothing in it is of others', async () => {
    const [first] = await rowsOf('project_tasks.csv?title==1%2B1');
    expect(first).toMatchObject({
      ...{ title: "'=1+1", description: 'line\nbreak, "quoted"', customFields: '{}' },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    });
    expect(Object.keys(first ?? {})).not.toContain('organizationId');
    const member = await tokenOf(server.cast().member);
    const titles = (await rowsOf('project_tasks.csv', member)).map((row) => row['title']);
    expect(titles).not.toContain('secret');
    expect(titles).toContain('plain');
    const others = await rowsOf('project_tasks.csv', await tokenOf(theirs.owner));
    expect(others.map((row) => row['title'])).toEqual(['of others']);
    expect(
      await rowsOf(`project_tasks.csv?projectId=${projectId}`, await tokenOf(theirs.owner)),
    ).toEqual([]);
  });

  test.each([
    ['status=done', ["'-3 lamps"]],
    ['status.in=done,blocked', ["'-3 lamps", 'plain']],
    ['status.notEqualTo=todo', ["'-3 lamps", 'plain']],
    ['dueOn.greaterThan=2026-05-01&dueOn.lessThanOrEqualTo=2026-05-02', ["'-3 lamps"]],
    ['dueOn.isNull=false&status=todo', ["'=1+1", 'Ærø, 日本 🎬']],
    ['title.includesInsensitive=ÆR', ['Ærø, 日本 🎬']],
    ['title.in=\u00c6r\u00f8\\, \u65e5\u672c \u{1f3ac},plain', ['Ærø, 日本 🎬', 'plain']],
    ['archived=only', ['archived']],
    ['limit=2', ["'=1+1", "'-3 lamps"]],
    ['status=nonesuch', []],
  ])('%s', async (query, titles) => {
    const url = new URLSearchParams(query).toString();
    const rows = await rowsOf(`projectTasks.csv?columns=title&projectId=${projectId}&${url}`);
    expect(rows.map((row) => row['title'])).toEqual(titles);
    expect(Object.keys(rows[0] ?? { title: '' })).toEqual(['title']);
  });

  test('comes as spreadsheets want it', async () => {
    const response = await get(
      'project_tasks.csv?columns=title,status&status=done&delimiter=semicolon&bom=true',
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.toString()).toBe("\uFEFFtitle;status\r\n'-3 lamps;done\r\n");
  });

  test('without rows is its header', async () => {
    expect(await (await get('tasks_of_nothing.csv')).json()).toMatchObject({
      errors: expect.anything(),
    });
    expect(await (await get('project_safety.csv?columns=title,kind')).text()).toBe(
      'title,kind\r\n',
    );
  });

  test('is whole, in order and without doubles, however many rows there are', async () => {
    await server.database.pool().query(
      `insert into crm.lead_sources (organization_id, name)
       select $1, 'Source ' || n from generate_series(1, 2345) n`,
      [server.cast().organizationId],
    );
    const rows = await rowsOf('lead_sources.csv?columns=name,rowId');
    expect(rows).toHaveLength(2345);
    expect(new Set(rows.map((row) => row['name'])).size).toBe(2345);
    const ids = rows.map((row) => row['rowId'] ?? '');
    expect(ids).toEqual([...ids].sort());
    expect(await rowsOf('lead_sources.csv?columns=name&limit=1200')).toHaveLength(1200);
  });
});

describe('what is refused', () => {
  test('before anything is sent, in the form that errors have', async () => {
    const wrong = async (path: string, token?: string | null) => refusal(get(path, token));
    expect(await wrong('project_tasks.csv', null)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await wrong('project_tasks.csv', 'no.such.token')).toEqual([401, 'UNAUTHENTICATED']);
    expect(await wrong('no_such_table.csv')).toEqual([404, 'NOT_FOUND_OR_FORBIDDEN']);
    for (const hidden of [
      'identity.credentials',
      'credentials',
      'platform.migrations',
      'pg_catalog.pg_authid',
      'organization_settings',
      'dashboard_layouts',
    ]) {
      expect([hidden, await wrong(`${hidden}.csv`)]).toEqual([
        hidden,
        [404, 'NOT_FOUND_OR_FORBIDDEN'],
      ]);
    }
    expect(await wrong('transactions.csv', await tokenOf(server.cast().member))).toEqual([
      ...[403, 'FORBIDDEN'],
    ]);
    const field = (name: string) => [400, 'INVALID_INPUT', name];
    expect(await wrong('project_tasks.csv?columns=title,nope')).toEqual(field('columns'));
    expect(await wrong('project_tasks.csv?columns=title%5C')).toEqual(field('columns'));
    expect(await wrong('project_tasks.csv?organizationId=x')).toEqual(field('organizationId'));
    expect(await wrong('project_tasks.csv?title.like=x')).toEqual(field('title.like'));
    expect(await wrong("project_tasks.csv?title'--=x")).toEqual(field("title'--"));
    expect(await wrong('project_tasks.csv?status=a&status=b')).toEqual(field('status'));
    expect(await wrong('project_tasks.csv?limit=0')).toEqual(field('limit'));
    expect(await wrong('project_tasks.csv?delimiter=x')).toEqual(field('delimiter'));
    expect(await wrong('project_tasks.csv?archived=x')).toEqual(field('archived'));
    expect(await wrong('project_tasks.csv?dueOn=tomorrowish')).toEqual(field('dueOn'));
    const since = 'dueOn.greaterThanOrEqualTo';
    expect(await wrong(`project_tasks.csv?status=done&${since}=x`)).toEqual(field(since));
    expect(await wrong('project_tasks.csv?projectId.in=x')).toEqual(field('projectId.in'));
    expect(await wrong('project_tasks.csv?position=1e30')).toEqual(field('position'));
    expect(await wrong('project_tasks.csv?title.isNull=maybe')).toEqual(field('title.isNull'));
    const posted = await get('project_tasks.csv', server.token(), { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  });

  test('what the API hides of a table is not in its file', async () => {
    const [first] = await rowsOf('organization_members.csv?limit=1');
    expect(Object.keys(first ?? {})).toContain('roleKey');
    expect(Object.keys(first ?? {})).not.toContain('permissionList');
    expect(await refusal(get('organization_members.csv?columns=permissionList'))).toEqual([
      ...[400, 'INVALID_INPUT', 'columns'],
    ]);
  });
});

describe('figures as a file', () => {
  test('of a report and of a widget, with the rights of the caller', async () => {
    const { report, widget } = await actAs(server.database, server.cast().owner, async (client) => {
      const dashboard_id = await add(client, 'analytics.dashboards', { name: 'Overview' });
      const due = await add(client, 'analytics.dashboard_widgets', {
        ...{ dashboard_id, title: '@Due', kind: 'bar', source_key: 'projects.tasks_due' },
        ...{ comparison: 'none' },
      });
      await add(client, 'analytics.dashboard_widgets', {
        ...{ dashboard_id, title: 'Takings', kind: 'number', source_key: 'finance.revenue' },
      });
      return {
        widget: due,
        report: await add(client, 'analytics.reports', { name: 'Über alles', dashboard_id }),
      };
    });
    const rows = await rowsOf(`widgets/${widget}.csv?fromDay=2026-05-01&toDay=2026-05-03`);
    expect(rows).toEqual(
      ['2026-05-01', '2026-05-02', '2026-05-03'].map((label) => ({
        ...{ chart: "'@Due", label, series: 'Tasks due', unit: 'tasks', value: '1', previous: '' },
      })),
    );
    const whole = await get(`reports/${report}.csv?asOf=2026-05-31`);
    expect(whole.headers.get('content-disposition')).toContain('filename="uber-alles.csv"');
    expect(await whole.text()).toContain('Takings');
    const members = await tokenOf(server.cast().member);
    expect(await (await get(`reports/${report}.csv`, members)).text()).not.toContain('Takings');
    const others = await tokenOf(theirs.owner);
    for (const path of [`reports/${report}.csv`, `widgets/${widget}.csv`, 'reports/x.csv']) {
      expect((await refusal(get(path, others))).slice(0, 2)).toEqual([
        ...[404, 'NOT_FOUND_OR_FORBIDDEN'],
      ]);
    }
    expect(await refusal(get(`widgets/${widget}.csv?fromDay=2026-05-01`))).toEqual([
      ...[400, 'INVALID_INPUT', 'toDay'],
    ]);
    expect((await exportsOf()).map((each) => each['what'])).toContain(`report:${report}`);
  });
});

onServer('an export that does not end well', () => {
  /** Asks for a file and hangs up once the first bytes are there, or at once. */
  const hangUp = (path: string, after: 'headers' | number) =>
    new Promise<void>((resolve) => {
      const asked = httpRequest(`${server.url()}/export/${path}`, {
        headers: { authorization: `Bearer ${server.token()}` },
      });
      asked.on('error', () => resolve());
      asked.on('response', (response) => {
        response.once('data', () => asked.destroy());
        response.on('error', () => resolve());
        response.on('close', () => resolve());
      });
      if (typeof after === 'number') setTimeout(() => asked.destroy(), after);
      asked.end();
    });
  const running = async () => {
    const { rows } = await server.database
      .pool()
      .query<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and query like '%export_rows%' and state <> 'idle' and pid <> pg_backend_pid()",
      );
    return rows.length;
  };

  beforeAll(async () => {
    await server.database.pool().query(
      `alter table crm.lead_sources disable trigger user;
       insert into crm.lead_sources (organization_id, name, description)
       select '${server.cast().organizationId}', 'Many ' || n, repeat('x', 400) from generate_series(1, 60000) n;
       alter table crm.lead_sources enable trigger user;`,
    );
  });

  test('is cancelled when the client hangs up in the middle of it', async () => {
    await hangUp('lead_sources.csv', 'headers');
    let last: Record<string, unknown> | undefined;
    for (let attempt = 0; attempt < 50 && last?.['status'] !== 'aborted'; attempt += 1) {
      await pause(50);
      last = (await exportsOf()).at(-1);
    }
    expect(last).toMatchObject({ what: 'crm.lead_sources', status: 'aborted' });
    expect(Number(last?.['rows'])).toBeLessThan(60000);
    expect(await running()).toBe(0);
    // Its connection serves others again.
    expect(await rowsOf('project_tasks.csv?limit=1&columns=title')).toHaveLength(1);
  });

  test('is cancelled while the database is still at work on the first row', async () => {
    await server.database.pool().query(
      `create policy slow on crm.lead_sources as restrictive for select to callboard_member
         using ((select count(*) from pg_sleep(3)) > 0)`,
    );
    const begun = performance.now();
    await hangUp('lead_sources.csv', 400);
    let left = 1;
    for (let attempt = 0; attempt < 40 && left > 0; attempt += 1) {
      await pause(50);
      left = await running();
    }
    expect(left).toBe(0);
    expect(performance.now() - begun).toBeLessThan(2_900);
    await server.database.pool().query('drop policy slow on crm.lead_sources');
  });

  test('runs into the time of a statement as anything else', async () => {
    await server.database.pool().query(
      `create policy slow on crm.lead_sources as restrictive for select to callboard_member
         using ((select count(*) from pg_sleep(30)) > 0)`,
    );
    expect(await refusal(get('lead_sources.csv'))).toEqual([504, 'TIMEOUT']);
    expect((await exportsOf()).at(-1)).toMatchObject({ status: 'failed', rows: 0 });
    await server.database.pool().query('drop policy slow on crm.lead_sources');
  }, 20_000);

  test('waits its turn when there are as many as there may be', async () => {
    const open = await Promise.all([get('lead_sources.csv'), get('lead_sources.csv')]);
    const third = await get('project_tasks.csv');
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '10']);
    for (const response of open) await response.body?.cancel();
    for (let attempt = 0; attempt < 50; attempt += 1) {
      if ((await get('project_tasks.csv?limit=1')).status === 200) break;
      await pause(50);
    }
    expect((await get('project_tasks.csv?limit=1')).status).toBe(200);
  });
});
