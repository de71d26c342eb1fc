import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { smtpDelivery } from '../../worker/mail/delivery.ts';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { actAs, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { LogLines } from '../helpers/log-lines.ts';
import { add, one, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';

const database = testDatabase();
const mails: { to: string | undefined; mail: Email }[] = [];
/** What the mail server answers to the next mails, instead of taking them; `hang up` breaks the connection in the data. */
let refusals: (number | 'hang up')[] = [];
const smtp = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData: (stream, session, done) => {
    const refusal = refusals.shift();
    if (refusal === 'hang up') {
      // The server may have had it: nobody knows.
      stream.resume();
      stream.on('end', () => {
        for (const connection of smtp.connections) connection.close();
      });
      return;
    }
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (refusal !== undefined) {
        done(Object.assign(new Error('No.'), { responseCode: refusal }));
        return;
      }
      void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
        mails.push({ to: session.envelope.rcptTo[0]?.address, mail });
        done();
      });
    });
  },
});
const lines = new LogLines();
let url: string;
let ours: Cast;
let theirs: Cast;
let dashboardId: string;
let worker: RunningWorker | undefined;

const service = () => database.pool('callboard_service');

beforeAll(async () => {
  await prepareQueue(database);
  ours = await makeCast(database, 'alarmed');
  theirs = await makeCast(database, 'calm');
  dashboardId = await actAs(database, ours.owner, (client) =>
    add(client, 'analytics.dashboards', { name: 'Overview' }),
  );
  url = await new Promise((resolve) => {
    const listener = smtp.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(`smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    });
  });
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  mails.length = 0;
  refusals = [];
  await database.pool().query('delete from graphile_worker._private_jobs');
  await database.pool().query('update analytics.dashboard_alerts set is_active = false');
  await database.pool().query('update analytics.dashboard_subscriptions set is_active = false');
});
afterAll(() => new Promise<void>((resolve) => smtp.close(resolve)));

const jobs = async (task: string) => {
  const { rows } = await database
    .pool()
    .query<{ attempts: number }>(
      'select attempts from graphile_worker.jobs where task_identifier = $1',
      [task],
    );
  return rows;
};

/** Runs a task once, and what follows from it, until nothing is left that could run now. */
async function run(...tasks: string[]): Promise<void> {
  for (const task of tasks) await service().query('select graphile_worker.add_job($1)', [task]);
  worker ??= await runWorker(database, {
    mail: {
      appUrl: 'https://app.callboard.test',
      deliver: smtpDelivery(url, 'Callboard <post@callboard.test>'),
    },
    log: lines.log,
  });
  const due = () =>
    database
      .pool()
      .query(
        'select from graphile_worker.jobs where attempts < max_attempts and run_at <= now() or locked_at is not null',
      );
  while ((await due()).rowCount) await pause(30);
}

const saveAlert = (client: PoolClient, alert: Values) =>
  one<Values & { id: string }>(
    client,
    'analytics.save_dashboard_alert(jsonb_populate_record(null::analytics.dashboard_alert_draft, $1))',
    [
      JSON.stringify({
        ...{ dashboard_id: dashboardId, name: 'Too much to do', source_key: 'projects.tasks_due' },
        ...{ time_range: 'last_7_days', comparison: 'above', threshold: 2 },
        ...alert,
      }),
    ],
  );

const changesOf = async (alertId: string) => {
  const { rows } = await database.pool().query<{ change: string; value: string; told: number }>(
    `select change, value::float as value, cardinality(told_ids) as told
         from analytics.alert_changes where alert_id = $1 order by occurred_at`,
    [alertId],
  );
  return rows;
};

/** Notes a look that came to this value, for all who looked, so many minutes after the alert was made. */
const look = async (alertId: string, value: number | null, minutes: number, refusal?: object) => {
  const { rows } = await service().query<{ state: string | null }>(
    `select analytics.note_alert_value(
              a.organization_id, a.id, $2, $4, a.created_at + make_interval(mins => $3), a.recipient_ids) as state
       from analytics.dashboard_alerts a where a.id = $1`,
    [alertId, value, minutes, refusal ? JSON.stringify(refusal) : null],
  );
  return rows[0]?.state;
};

/** Takes a permission from a member. */
const deny = (cast: Cast, { userId }: Caller, permission: string) =>
  actAs(database, cast.owner, (client) =>
    client.query(
      `select tenancy.set_member_permission(m.id, $2, 'deny')
         from tenancy.organization_members m where m.organization_id = authz.organization_id() and m.user_id = $1`,
      [userId, permission],
    ),
  );

describe('an alert', () => {
  test('is told once when it is breached, and once when it is over', async () => {
    const { id } = await actAs(database, ours.owner, (client) =>
      saveAlert(client, { recipient_ids: [ours.owner.userId, ours.member.userId] }),
    );
    const states = [];
    for (const [minutes, value] of [1, 3, 9, 3, 2, 0, 5].entries()) {
      states.push(await look(id, value, minutes + 1));
    }
    expect(states).toEqual(['ok', 'breached', 'breached', 'breached', 'ok', 'ok', 'breached']);
    expect(await changesOf(id)).toEqual([
      { change: 'breached', value: 3, told: 2 },
      { change: 'recovered', value: 2, told: 2 },
      { change: 'breached', value: 5, told: 2 },
    ]);
    expect(await jobs('send_mail')).toHaveLength(6);
    await run();
    expect(mails.map(({ to }) => to).sort()).toEqual([
      ...Array(3).fill('member@alarmed.test'),
      ...Array(3).fill('owner@alarmed.test'),
    ]);
    const [first] = mails.filter(({ mail }) => mail.subject === 'Too much to do: 3 is above 2');
    expect(first?.mail.text).toContain('Tasks due, last 7 days is 3, which is above 2.');
    expect(first?.mail.text).toContain(`https://app.callboard.test/dashboards?id=${dashboardId}`);
  });

  test('waits for its minutes to pass, from the beginning when it was well in between', async () => {
    const { id } = await actAs(database, ours.owner, (client) =>
      saveAlert(client, { for_minutes: 10 }),
    );
    const states = [];
    for (const [minutes, value] of [
      [1, 5],
      [6, 5],
      [8, 1],
      [9, 5],
      [18, 5],
      [19, 5],
      [20, 5],
    ] as const) {
      states.push(await look(id, value, minutes));
    }
    expect(states).toEqual([
      'pending',
      'pending',
      'ok',
      'pending',
      'pending',
      'breached',
      'breached',
    ]);
    expect(await changesOf(id)).toMatchObject([{ change: 'breached' }]);
  });

  test('does not alarm again for a figure that trembles', async () => {
    const { id } = await actAs(database, ours.owner, (client) =>
      saveAlert(client, { threshold: 10, clear_threshold: 7 }),
    );
    const states = [];
    for (const [minutes, value] of [11, 9, 11, 8, 7, 9, 11].entries()) {
      states.push(await look(id, value, minutes + 1));
    }
    expect(states).toEqual([
      'breached',
      'breached',
      'breached',
      'breached',
      'ok',
      'ok',
      'breached',
    ]);
    const below = await actAs(database, ours.owner, (client) =>
      saveAlert(client, { comparison: 'at_most', threshold: 0, clear_threshold: 2 }),
    );
    expect([
      await look(below.id, 0, 1),
      await look(below.id, 1, 2),
      await look(below.id, 2, 3),
    ]).toEqual(['breached', 'breached', 'ok']);
  });

  test('stays as it is while nothing is known, and when a look comes late', async () => {
    const { id } = await actAs(database, ours.owner, (client) => saveAlert(client, {}));
    expect(await look(id, 5, 5)).toBe('breached');
    expect(await look(id, null, 6)).toBe('unknown');
    expect(await look(id, null, 7, { code: 'FORBIDDEN', message: 'No.' })).toBe('refused');
    expect(await rowOf(database.pool(), 'analytics.dashboard_alerts', id)).toMatchObject({
      ...{ state: 'breached', last_value: null, last_refusal: { code: 'FORBIDDEN' } },
    });
    // Begun before the last one, ended after it.
    expect(await look(id, 0, 6)).toBeNull();
    expect(await look(id, 0, 8)).toBe('ok');
    // It watches something else now: what was found about the other does not count.
    await actAs(database, ours.owner, (client) => saveAlert(client, { row_id: id, threshold: -1 }));
    expect(await look(id, 5, -1)).toBeNull();
    expect(await changesOf(id)).toHaveLength(2);
  });

  test('does not count what was looked at while it was being changed', async () => {
    const { id } = await actAs(database, ours.owner, (client) => saveAlert(client, {}));
    const meanwhile = await actAs(database, ours.owner, async (client) => {
      const at = await one<string>(client, 'clock_timestamp()');
      await saveAlert(client, { row_id: id, threshold: 1 });
      return at;
    });
    const { rows } = await service().query(
      'select analytics.note_alert_value($1, $2, 9, null, $3) as state',
      [ours.organizationId, id, meanwhile],
    );
    expect(rows).toEqual([{ state: null }]);
    expect(await changesOf(id)).toEqual([]);
  });

  test('waits for its minutes anew when nobody looked for a while', async () => {
    const dashboard_id = await actAs(database, ours.owner, (client) =>
      add(client, 'analytics.dashboards', { name: 'Now and then' }),
    );
    const { id } = await actAs(database, ours.owner, (client) =>
      saveAlert(client, { dashboard_id, for_minutes: 60 }),
    );
    const change = (...calls: string[]) =>
      actAs(database, ours.owner, async (client) => {
        for (const call of calls) await client.query(call);
      });
    const pause = [false, true].map(
      (is) => `update analytics.dashboard_alerts set is_active = ${is} where id = '${id}'`,
    );
    const archive = ['delete', 'restore'].map(
      (what) => `select analytics.${what}_dashboard('${dashboard_id}')`,
    );
    expect(await look(id, 9, 10)).toBe('pending');
    await change(...pause);
    expect(await look(id, 9, 200)).toBe('pending');
    await change(...archive);
    expect(await look(id, 9, 400)).toBe('pending');
    expect(await look(id, 9, 461)).toBe('breached');
    // What people have been told stays so, until it is well again.
    await change(...pause, ...archive);
    expect(await look(id, 9, 600)).toBe('breached');
    expect(await look(id, 0, 601)).toBe('ok');
    expect(await changesOf(id)).toHaveLength(2);
  });

  test('tells nobody who has left or may not see the figure, and the log neither', async () => {
    const cast = await makeCast(database, 'secretive');
    const id = await actAs(database, cast.owner, async (client) => {
      const dashboard_id = await add(client, 'analytics.dashboards', { name: 'Money' });
      const alert = await saveAlert(client, {
        ...{ dashboard_id, source_key: 'finance.revenue', threshold: 0, comparison: 'at_most' },
        recipient_ids: [cast.owner.userId, cast.member.userId, cast.admin.userId],
      });
      return alert.id;
    });
    await database
      .pool()
      .query(
        "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
        [cast.organizationId, cast.admin.userId],
      );
    expect(await look(id, -3, 1)).toBe('breached');
    expect(await changesOf(id)).toEqual([{ change: 'breached', value: -3, told: 1 }]);
    const seen = (caller: Caller) =>
      as(database, caller, async (client) => [
        (await client.query('select from analytics.dashboard_alerts where id = $1', [id])).rowCount,
        (await client.query('select from analytics.alert_changes where alert_id = $1', [id]))
          .rowCount,
      ]);
    expect(await seen(cast.owner)).toEqual([1, 1]);
    expect(await seen(cast.member)).toEqual([0, 0]);
    expect(await seen(theirs.owner)).toEqual([0, 0]);
  });

  test('of a project that somebody does not see tells them nothing', async () => {
    const [shown, hidden] = await Promise.all(
      [ours.workspaceId, ours.privateWorkspaceId].map((workspace_id) =>
        actAs(database, ours.owner, (client) =>
          add(client, 'projects.projects', { name: 'Watched', workspace_id }),
        ),
      ),
    );
    const watch = (client: PoolClient, projectId: string | undefined) =>
      saveAlert(client, { parameters: { projectId } });
    const ids: string[] = [];
    for (const project of [shown, hidden]) {
      const { id } = await actAs(database, ours.owner, (client) => watch(client, project));
      ids.push(id);
      expect(await look(id, 9, 1)).toBe('breached');
    }
    const seen = (caller: Caller) =>
      as(database, caller, async (client) => [
        (await client.query('select from analytics.dashboard_alerts where id = any ($1)', [ids]))
          .rowCount,
        (await client.query('select from analytics.alert_changes where alert_id = any ($1)', [ids]))
          .rowCount,
      ]);
    expect(await seen(ours.owner)).toEqual([2, 2]);
    expect(await seen(ours.member)).toEqual([1, 1]);
    await as(database, ours.member, async (client) => {
      expect(await refusalOf(client, () => watch(client, hidden))).toMatchObject({
        code: 'CB004',
        field: 'alert.parameters',
      });
      await watch(client, shown);
    });
  });

  test('is looked at by the job, with the eyes of whoever set it up', async () => {
    const { id } = await actAs(database, ours.member, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Busy' });
      for (const title of ['a', 'b', 'c']) {
        await client.query(
          'insert into projects.project_tasks (project_id, title, due_on) values ($1, $2, platform.today($3))',
          [project_id, title, ours.organizationId],
        );
      }
      return saveAlert(client, { recipient_ids: [ours.owner.userId] });
    });
    // Those in the closed workspace are not the member's.
    await database.pool().query(
      `with p as (insert into projects.projects (organization_id, name, workspace_id) values ($1, 'Closed', $2) returning id)
       insert into projects.project_tasks (organization_id, project_id, title, due_on)
       select $1, p.id, 'hidden', platform.today($1) from p`,
      [ours.organizationId, ours.privateWorkspaceId],
    );
    await run('evaluate_alerts');
    expect(await changesOf(id)).toEqual([{ change: 'breached', value: 3, told: 1 }]);
    // Looked at again it is still the same breach.
    await database
      .pool()
      .query('update analytics.dashboard_alerts set next_check_at = now() where id = $1', [id]);
    await run('evaluate_alerts');
    expect(await changesOf(id)).toHaveLength(1);
    expect(mails).toHaveLength(1);
    // Whoever set it up may not see it any more: that is noted, and nobody is told anything.
    await deny(ours, ours.member, 'projects.read');
    await database
      .pool()
      .query('update analytics.dashboard_alerts set next_check_at = now() where id = $1', [id]);
    await run('evaluate_alerts');
    const row = await rowOf(database.pool(), 'analytics.dashboard_alerts', id);
    expect(row).toMatchObject({ state: 'breached', last_refusal: { code: 'FORBIDDEN' } });
    expect(mails).toHaveLength(1);
    await database.pool().query('delete from tenancy.member_permissions');
  });

  test('on a series is over when the series has nothing left, and is told again when it has', async () => {
    const { id, project_id } = await actAs(database, ours.owner, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Late' });
      const alert = await saveAlert(client, {
        ...{ parameters: { byState: true, projectId: project_id }, series: 'Overdue' },
        ...{ threshold: 0 },
      });
      return { id: alert.id, project_id };
    });
    const overdue = async (tasks: number) => {
      await database.pool().query(
        `with gone as (delete from projects.project_tasks t where t.project_id = $2)
         insert into projects.project_tasks (organization_id, project_id, title, due_on)
         select $1, $2, 'Late', platform.today($1) - 1 from generate_series(1, $3)`,
        [ours.organizationId, project_id, tasks],
      );
      await database
        .pool()
        .query('update analytics.dashboard_alerts set next_check_at = now() where id = $1', [id]);
      await run('evaluate_alerts');
      return rowOf(database.pool(), 'analytics.dashboard_alerts', id);
    };
    expect(await overdue(0)).toMatchObject({ state: 'ok', last_value: 0 });
    expect(await overdue(3)).toMatchObject({ state: 'breached', last_value: 3 });
    expect(await overdue(0)).toMatchObject({ state: 'ok', last_value: 0 });
    expect(await overdue(5)).toMatchObject({ state: 'breached', last_value: 5 });
    expect(await changesOf(id)).toMatchObject([
      { change: 'breached', value: 3 },
      { change: 'recovered', value: 0 },
      { change: 'breached', value: 5 },
    ]);
  });

  test('tells those alone who see the same, in the workspace that it is in and that of what it names', async () => {
    const cast = await makeCast(database, 'discreet');
    const { owner, admin, member } = cast;
    const everybody = [owner.userId, admin.userId, member.userId];
    const set = (sql: string, values: unknown[]) => database.pool().query(sql, values);
    await actAs(database, owner, (client) =>
      client.query(
        `select tenancy.set_member_permission(m.id, 'finance.read', 'grant')
           from tenancy.organization_members m where m.organization_id = authz.organization_id() and m.user_id = $1`,
        [member.userId],
      ),
    );
    // 50 that everybody sees, 70 in a project of the closed workspace, and nothing in another project there.
    await actAs(database, owner, async (client) => {
      const workspace_id = cast.privateWorkspaceId;
      const project = await add(client, 'projects.projects', { name: 'Closed', workspace_id });
      const quiet = await add(client, 'projects.projects', { name: 'Quiet', workspace_id });
      const budget = await add(client, 'finance.budgets', {
        ...{ name: 'Closed', project_id: project, currency: 'USD' },
      });
      await add(client, 'finance.budget_line_items', {
        ...{ budget_id: budget, name: 'Van', category: 'Cars', unit_cost: 9 },
      });
      const { rows } = await client.query<{ today: string }>(
        'select platform.today(authz.organization_id())::text as today',
      );
      const account_id = await add(client, 'finance.accounts', {
        ...{ code: '4000', name: 'Sales', kind: 'revenue' },
      });
      for (const [amount, project_id] of [
        [50, null],
        [70, project],
      ]) {
        await add(client, 'finance.transactions', {
          ...{ account_id, kind: 'revenue', status: 'posted', amount, currency: 'USD', project_id },
          posted_on: rows[0]?.today,
        });
      }
      const open = await add(client, 'analytics.dashboards', { name: 'Open' });
      const closed = await add(client, 'analytics.dashboards', { name: 'Closed', workspace_id });
      const watch = (name: string, more: Values) =>
        saveAlert(client, {
          ...{ name, dashboard_id: open, source_key: 'finance.revenue', threshold: 0 },
          ...{ comparison: 'at_least', time_range: 'today', recipient_ids: everybody, ...more },
        });
      await watch('of all', {});
      await watch('of what all see', { source_key: 'projects.tasks_due' });
      await watch('of a closed project', {
        parameters: { projectId: project.toUpperCase() },
      });
      await watch('of a quiet project', {
        parameters: { projectId: quiet },
      });
      await watch('of a closed budget', {
        ...{ source_key: 'finance.budget_variance', series: 'Planned' },
        parameters: { budgetId: budget },
      });
      await watch('in a closed workspace', {
        ...{ dashboard_id: closed, source_key: 'projects.tasks_due' },
      });
    });
    const toldOf = async () => {
      const { rows } = await set(
        `select distinct on (a.id) a.name, c.told_ids, c.change from analytics.alert_changes c
           join analytics.dashboard_alerts a on a.id = c.alert_id
          where c.organization_id = $1 order by a.id, c.occurred_at desc`,
        [cast.organizationId],
      );
      return Object.fromEntries(
        rows.map(({ name, told_ids }: { name: string; told_ids: string[] }) => [
          name,
          (
            [
              ['owner', owner],
              ['admin', admin],
              ['member', member],
            ] as const
          )
            .filter(([, { userId }]) => told_ids.includes(userId!))
            .map(([role]) => role)
            .join(),
        ]),
      );
    };
    await run('evaluate_alerts');
    expect(await toldOf()).toEqual({
      'of all': 'owner,admin',
      'of what all see': 'owner,admin,member',
      'of a closed project': 'owner,admin',
      // The member would see the same nothing: but not that it is so.
      'of a quiet project': 'owner,admin',
      'of a closed budget': 'owner,admin',
      'in a closed workspace': 'owner,admin',
    });
    expect(mails.filter(({ to }) => to === 'member@discreet.test')).toHaveLength(1);
    // In the workspace they see what the others see.
    await set(
      'insert into tenancy.workspace_members (organization_id, workspace_id, user_id) values ($1, $2, $3)',
      [cast.organizationId, cast.privateWorkspaceId, member.userId],
    );
    await set(
      "update analytics.dashboard_alerts set state = 'ok', next_check_at = now() where organization_id = $1",
      [cast.organizationId],
    );
    await run('evaluate_alerts');
    expect(new Set(Object.values(await toldOf()))).toEqual(new Set(['owner,admin,member']));
  });

  test('is refused with the path of what is wrong', async () => {
    await as(database, ours.owner, async (client) => {
      const refused = (alert: Values) => refusalOf(client, () => saveAlert(client, alert));
      expect(await refused({ threshold: null })).toMatchObject({ field: 'alert.threshold' });
      expect(await refused({ threshold: 1, clear_threshold: 2 })).toMatchObject({
        ...{ code: 'CB002', field: 'alert.clear_threshold' },
      });
      expect(await refused({ source_key: 'no.such' })).toMatchObject({ field: 'alert.source_key' });
      expect(await refused({ parameters: { projectId: 1 } })).toMatchObject({
        field: 'alert.parameters.projectId',
      });
      expect(await refused({ recipient_ids: [theirs.owner.userId] })).toMatchObject({
        ...{ code: 'CB002', field: 'recipient_ids.0' },
      });
      expect(await refused({ recipient_ids: [ours.left.userId] })).toMatchObject({ code: 'CB002' });
    });
    await as(database, ours.member, async (client) => {
      expect(
        await refusalOf(client, () => saveAlert(client, { source_key: 'finance.revenue' })),
      ).toMatchObject({ code: 'CB003', detail: 'It takes finance.read.' });
    });
  });
});

type Report = { id: string };

/** A report on the open projects and the revenue, sent daily. */
const subscribe = (caller: Caller, recipients: (string | undefined)[], more: Values = {}) =>
  actAs(database, caller, async (client) => {
    const dashboard_id = await add(client, 'analytics.dashboards', { name: 'Weekly figures' });
    for (const [title, kind, source_key] of [
      ['=Open projects', 'number', 'projects.open'],
      ['Takings', 'line', 'finance.revenue'],
    ]) {
      await add(client, 'analytics.dashboard_widgets', { dashboard_id, title, kind, source_key });
    }
    const report_id = await add(client, 'analytics.reports', {
      ...{ name: 'Morning & <more>', dashboard_id, time_range: 'last_7_days' },
    });
    return one<Report & { next_due_at: string }>(
      client,
      `analytics.save_dashboard_subscription(
         jsonb_populate_record(null::analytics.dashboard_subscription_draft, $1))`,
      [JSON.stringify({ report_id, frequency: 'daily', recipient_ids: recipients, ...more })],
    );
  });

const makeDue = (id: string) =>
  database
    .pool()
    .query(
      "update analytics.dashboard_subscriptions set next_due_at = now() - interval '1 minute' where id = $1",
      [id],
    );

const deliveries = async (id: string) => {
  const { rows } = await database.pool().query<{ email: string; status: string }>(
    `select u.email, d.status from analytics.report_deliveries d join identity.users u on u.id = d.user_id
      where d.subscription_id = $1 order by u.email, d.due_at`,
    [id],
  );
  return rows.map(({ email, status }) => [email.split('@')[0], status]);
};

describe('a report', () => {
  test('goes to each of its recipients, with what each may see', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId, ours.member.userId]);
    await makeDue(id);
    await run('queue_reports');
    expect(await deliveries(id)).toEqual([
      ['member', 'sent'],
      ['owner', 'sent'],
    ]);
    const mailTo = (who: string) => mails.find(({ to }) => to === `${who}@alarmed.test`)?.mail;
    const owners = mailTo('owner');
    expect(owners?.subject).toMatch(/^Morning & <more>, \d{4}-\d\d-\d\d$/);
    expect(owners?.html).toContain('Morning &amp; &lt;more&gt;');
    expect(owners?.html).toContain('Takings');
    expect(owners?.text).toContain('Takings');
    const [file] = owners?.attachments ?? [];
    expect(file?.filename).toMatch(/^morning-more-\d{4}-\d\d-\d\d\.csv$/);
    const csv = Buffer.from(file?.content as ArrayBuffer).toString();
    expect(csv.split('\r\n')[0]).toBe('chart,label,series,unit,value,previous');
    expect(csv).toContain("\r\n'=Open projects,");
    // What a member may not see is not there at all, and not in the file either.
    const members = mailTo('member');
    expect(members?.html).not.toContain('Takings');
    expect(members?.text).toContain('Parts that you may not see are left out: 1.');
    expect(Buffer.from(members?.attachments[0]?.content as ArrayBuffer).toString()).not.toContain(
      'Takings',
    );
    // Nothing is due any more, and what has gone out does not go again.
    mails.length = 0;
    const { rows } = await database
      .pool()
      .query<{ id: string }>(
        'select id from analytics.report_deliveries where subscription_id = $1',
        [id],
      );
    for (const delivery of rows) {
      await service().query("select platform.enqueue('deliver_report', $1)", [
        JSON.stringify({ organization_id: ours.organizationId, delivery_id: delivery.id }),
      ]);
    }
    await run('queue_reports');
    expect(mails).toEqual([]);
  });

  test('is withheld from whoever has left, or lost sight of all that is in it', async () => {
    const cast = await makeCast(database, 'withheld');
    const { id } = await subscribe(cast.owner, [
      ...[cast.owner.userId, cast.admin.userId, cast.member.userId],
    ]);
    await database
      .pool()
      .query(
        "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
        [cast.organizationId, cast.admin.userId],
      );
    await deny(cast, cast.member, 'projects.read');
    await makeDue(id);
    await run('queue_reports');
    expect(await deliveries(id)).toEqual([
      ['admin', 'withheld'],
      ['member', 'withheld'],
      ['owner', 'sent'],
    ]);
    expect(mails.map(({ to }) => to)).toEqual(['owner@withheld.test']);
  });

  test('is withheld from whoever leaves it while it waits, and from all when it is sent no more', async () => {
    const { owner, admin, member } = ours;
    const everybody = [owner.userId, admin.userId, member.userId];
    const waiting = async (change: (client: PoolClient, id: string) => Promise<unknown>) => {
      await worker?.stop();
      worker = undefined;
      const { id } = await subscribe(owner, everybody);
      await makeDue(id);
      await service().query('select analytics.queue_reports()');
      await actAs(database, member, (client) => change(client, id));
      await run();
      const { rows } = await database
        .pool()
        .query<{ reason: string }>(
          "select reason from analytics.report_deliveries where subscription_id = $1 and status = 'withheld'",
          [id],
        );
      expect(new Set(rows.map(({ reason }) => reason))).toEqual(
        new Set(['It is not sent any more, or not to this recipient.']),
      );
      return Object.fromEntries(await deliveries(id)) as Record<string, string>;
    };
    expect(
      await waiting((client, id) =>
        client.query('select analytics.leave_dashboard_subscription($1)', [id]),
      ),
    ).toEqual({ owner: 'sent', admin: 'sent', member: 'withheld' });
    expect(mails).toHaveLength(2);
    const withheld = { owner: 'withheld', admin: 'withheld', member: 'withheld' };
    expect(
      await waiting((client, id) =>
        client.query(
          'update analytics.dashboard_subscriptions set is_active = false where id = $1',
          [id],
        ),
      ),
    ).toEqual(withheld);
    expect(
      await waiting((client, id) =>
        client.query('select analytics.delete_dashboard_subscription($1)', [id]),
      ),
    ).toEqual(withheld);
    expect(mails).toHaveLength(2);
  });

  test('whose figures cannot be had is tried again, failed in the end, and sent when somebody has it tried once more', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId]);
    await makeDue(id);
    const sourceIs = (name: string) =>
      database
        .pool()
        .query("update analytics.data_sources set function_name = $1 where key = 'projects.open'", [
          name,
        ]);
    await sourceIs('analytics.source_gone');
    try {
      await run('queue_reports');
      expect(await deliveries(id)).toEqual([['owner', 'queued']]);
      await database.pool().query(
        `update graphile_worker._private_jobs set run_at = now(), max_attempts = attempts + 1
          where key like 'deliver_report:%'`,
      );
      await run();
      expect(await deliveries(id)).toEqual([['owner', 'failed']]);
      const { rows } = await database
        .pool()
        .query('select reason from analytics.report_deliveries where subscription_id = $1', [id]);
      expect(rows).toEqual([{ reason: expect.stringContaining('source_gone') }]);
    } finally {
      await sourceIs('analytics.source_projects_open');
    }
    // What has failed for the last time is put among what failed, from where somebody may take it back.
    await service().query(
      `select platform.enqueue('deliver_report', jsonb_build_object('organization_id', d.organization_id, 'delivery_id', d.id))
         from analytics.report_deliveries d where d.subscription_id = $1`,
      [id],
    );
    await run();
    expect(await deliveries(id)).toEqual([['owner', 'sent']]);
    expect(mails).toHaveLength(1);
  });

  test('comes again when the mail server refuses, and is given up in the end', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId]);
    await makeDue(id);
    refusals = [451];
    await run('queue_reports');
    expect(await deliveries(id)).toEqual([['owner', 'queued']]);
    await database.pool().query('update graphile_worker._private_jobs set run_at = now()');
    await run();
    expect(await deliveries(id)).toEqual([['owner', 'sent']]);
    await makeDue(id);
    refusals = [550];
    await worker?.stop();
    worker = undefined;
    await service().query('select analytics.queue_reports()');
    await database
      .pool()
      .query(
        "update graphile_worker._private_jobs set max_attempts = 1 where key like 'deliver_report:%'",
      );
    await run();
    expect(await deliveries(id)).toEqual([
      ['owner', 'sent'],
      ['owner', 'failed'],
    ]);
    expect(mails).toHaveLength(1);
  });

  test('never goes out twice: who knows whether it has is not asked to send it again', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId]);
    await makeDue(id);
    refusals = ['hang up'];
    await run('queue_reports');
    expect(await deliveries(id)).toEqual([['owner', 'uncertain']]);
    await worker?.stop();
    worker = undefined;
    // A worker that died while it was sending: found by whoever takes its job over.
    await makeDue(id);
    await service().query('select analytics.queue_reports()');
    await database.pool().query(
      `alter table analytics.report_deliveries disable trigger user;
       update analytics.report_deliveries set status = 'sending', updated_at = now() - interval '6 minutes'
        where status = 'queued';
       alter table analytics.report_deliveries enable trigger user;`,
    );
    await run();
    expect(await deliveries(id)).toEqual([
      ['owner', 'uncertain'],
      ['owner', 'uncertain'],
    ]);
    expect(mails).toEqual([]);
  });

  test('that was missed is sent once, for the last time that it was due', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId], {
      at_time: '06:30',
      time_zone: 'Asia/Tokyo',
    });
    await database.pool().query(
      `update analytics.dashboard_subscriptions
          set next_due_at = timestamptz '2026-03-01 21:30Z' where id = $1`,
      [id],
    );
    const { rows } = await service().query(
      "select analytics.queue_reports('2026-03-05 22:00Z') as queued",
    );
    expect(rows).toEqual([{ queued: 1 }]);
    expect(
      await one(
        database.pool(),
        '(select min(due_at) from analytics.report_deliveries where subscription_id = $1)',
        [id],
      ),
    ).toBe('2026-03-05T21:30:00+00:00');
    expect(
      new Date(
        String(
          (await rowOf(database.pool(), 'analytics.dashboard_subscriptions', id))['next_due_at'],
        ),
      ).toISOString(),
    ).toBe('2026-03-06T21:30:00.000Z');
    await service().query("select analytics.queue_reports('2026-03-05 22:00Z')");
    expect(await deliveries(id)).toHaveLength(1);
  });

  test('can be left by whoever gets it, also without the right to change it', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId, ours.member.userId]);
    await deny(ours, ours.member, 'analytics.write');
    const leave = (caller: Caller) =>
      actAs(database, caller, (client) =>
        one<boolean>(client, 'analytics.leave_dashboard_subscription($1)', [id]),
      );
    expect(await leave(ours.member)).toBe(true);
    expect(await leave(ours.member)).toBe(false);
    expect(await leave(theirs.owner)).toBe(false);
    expect(await rowOf(database.pool(), 'analytics.dashboard_subscriptions', id)).toMatchObject({
      recipient_ids: [ours.owner.userId],
    });
  });

  test('can be left, and given to others, when some who get it are members no more', async () => {
    const cast = await makeCast(database, 'dwindling');
    const { owner, admin, member, guest } = cast;
    const { id } = await subscribe(owner, [owner.userId, admin.userId, member.userId]);
    const alert = await actAs(database, owner, async (client) =>
      saveAlert(client, {
        dashboard_id: await add(client, 'analytics.dashboards', { name: 'Left' }),
        recipient_ids: [owner.userId, admin.userId],
      }),
    );
    await database.pool().query(
      `update tenancy.organization_members
          set status = case user_id when $2::uuid then 'suspended' else 'left' end
        where organization_id = $1 and user_id = any (array[$2, $3]::uuid[])`,
      [cast.organizationId, admin.userId, guest.userId],
    );
    const left = await actAs(database, member, (client) =>
      one<boolean>(client, 'analytics.leave_dashboard_subscription($1)', [id]),
    );
    expect(left).toBe(true);
    const give = (table: string, to: Caller[], rowId: string) =>
      actAs(database, owner, (client) =>
        client.query(`update analytics.${table} set recipient_ids = $2 where id = $1`, [
          rowId,
          to.map(({ userId }) => userId),
        ]),
      );
    const recipientsOf = async (table: string, rowId: string) =>
      (await rowOf(database.pool(), `analytics.${table}`, rowId))['recipient_ids'];
    for (const [table, rowId] of [
      ['dashboard_subscriptions', id],
      ['dashboard_alerts', alert.id],
    ] as const) {
      const given = [member, owner, admin];
      await give(table, given, rowId);
      expect(await recipientsOf(table, rowId)).toEqual(given.map(({ userId }) => userId).sort());
      // Of who is new the first that is no member is named, where the caller has put them.
      await expect(give(table, [owner, member, guest, theirs.owner], rowId)).rejects.toMatchObject({
        ...{ code: 'CB002', column: 'recipient_ids.2' },
      });
      // Who was taken off comes back only as a member.
      await give(table, [owner], rowId);
      await expect(give(table, [owner, admin], rowId)).rejects.toMatchObject({
        ...{ code: 'CB002', column: 'recipient_ids.1' },
      });
    }
  });
});

describe('the next time that something is due', () => {
  test.each([
    // daily at half past two in Berlin: there is none on the night of the change, and two in autumn
    [
      'daily',
      null,
      null,
      '02:30',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      '2026-03-29T01:30:00+00:00',
    ],
    [
      'daily',
      null,
      null,
      '02:30',
      'Europe/Berlin',
      '2026-03-29T12:00Z',
      '2026-03-30T00:30:00+00:00',
    ],
    [
      'daily',
      null,
      null,
      '02:30',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      '2026-10-25T01:30:00+00:00',
    ],
    [
      'daily',
      null,
      null,
      '02:30',
      'Europe/Berlin',
      '2026-10-25T01:30Z',
      '2026-10-26T01:30:00+00:00',
    ],
    // the day there is another than here
    [
      'daily',
      null,
      null,
      '00:00',
      'Pacific/Auckland',
      '2026-05-04T12:30Z',
      '2026-05-05T12:00:00+00:00',
    ],
    [
      'weekly',
      1,
      null,
      '09:00',
      'America/New_York',
      '2026-05-04T12:59Z',
      '2026-05-04T13:00:00+00:00',
    ],
    [
      'weekly',
      1,
      null,
      '09:00',
      'America/New_York',
      '2026-05-04T13:00Z',
      '2026-05-11T13:00:00+00:00',
    ],
    ['weekly', 7, null, '23:59', 'UTC', '2026-05-04T00:00Z', '2026-05-10T23:59:00+00:00'],
    ['monthly', null, 31, '08:00', 'UTC', '2028-01-31T08:00Z', '2028-02-29T08:00:00+00:00'],
    ['monthly', null, 31, '08:00', 'UTC', '2027-01-31T09:00Z', '2027-02-28T08:00:00+00:00'],
    ['monthly', null, 31, '08:00', 'UTC', '2027-02-28T08:00Z', '2027-03-31T08:00:00+00:00'],
    ['monthly', null, 1, '00:30', 'Asia/Kolkata', '2026-12-31T19:00Z', '2027-01-31T19:00:00+00:00'],
  ])(
    '%s, %s, %s at %s in %s after %s is %s',
    async (frequency, weekday, day, at, zone, after, due) => {
      expect(
        await one(service(), 'analytics.next_due_at($1, $2, $3, $4, $5, $6)', [
          ...[frequency, weekday, day, at, zone, after],
        ]),
      ).toBe(due);
    },
  );

  test('is refused where it cannot be said', async () => {
    const refused = (more: Values) =>
      subscribe(ours.owner, [ours.owner.userId], more).then(
        () => undefined,
        ({ code, column }: { code: string; column: string }) => [code, column],
      );
    expect(await refused({ time_zone: 'Mars/Olympus' })).toEqual([
      'CB002',
      'subscription.time_zone',
    ]);
    expect(await refused({ frequency: 'weekly' })).toEqual(['CB002', 'subscription.weekday']);
    expect(await refused({ frequency: 'monthly', weekday: 1 })).toEqual([
      'CB002',
      'subscription.weekday',
    ]);
    expect(await refused({ frequency: 'monthly' })).toEqual(['CB002', 'subscription.day_of_month']);
    expect(await refused({ frequency: 'monthly', day_of_month: 32 })).toEqual(['23514', undefined]);
    expect(await refused({ frequency: 'hourly' })).toEqual(['CB002', 'subscription.frequency']);
  });
});

onServer('workers at once', () => {
  test('two that look at the same alerts tell of each breach once', async () => {
    const alerts = await actAs(database, ours.owner, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Raced' });
      await client.query(
        'insert into projects.project_tasks (project_id, title, due_on) values ($1, $2, platform.today($3))',
        [project_id, 'raced', ours.organizationId],
      );
      const made: string[] = [];
      for (let index = 0; index < 20; index += 1) {
        made.push((await saveAlert(client, { name: `Race ${index}`, threshold: 0 })).id);
      }
      return made;
    });
    const claim = () =>
      service().query<{ alert_id: string }>(
        'select alert_id from analytics.claim_alerts(now(), 20)',
      );
    const claimed = (await Promise.all([claim(), claim(), claim()])).flatMap(({ rows }) =>
      rows.map((row) => row.alert_id),
    );
    expect(claimed.length).toBe(new Set(claimed).size);
    // Even two who have looked at the same one, at different times, and note it at once.
    await Promise.all(
      alerts.flatMap((id) => [look(id, 9, 1), look(id, 9, 2), look(id, 9, 3), look(id, 9, 4)]),
    );
    for (const id of alerts) expect(await changesOf(id)).toHaveLength(1);
    expect(await jobs('send_mail')).toHaveLength(alerts.length);
  });

  test('two that look for reports write each down once, and two jobs send it once', async () => {
    const { id } = await subscribe(ours.owner, [ours.owner.userId, ours.admin.userId]);
    await makeDue(id);
    const queued = await Promise.all(
      Array.from({ length: 4 }, () =>
        service().query<{ queued: number }>('select analytics.queue_reports() as queued'),
      ),
    );
    expect(queued.map(({ rows }) => rows[0]?.queued).sort()).toEqual([0, 0, 0, 2]);
    const { rows } = await database
      .pool()
      .query<{ id: string }>(
        'select id from analytics.report_deliveries where subscription_id = $1',
        [id],
      );
    for (const delivery of [...rows, ...rows, ...rows]) {
      await service().query("select platform.enqueue('deliver_report', $1)", [
        JSON.stringify({ organization_id: ours.organizationId, delivery_id: delivery.id }),
      ]);
    }
    await run();
    expect(mails).toHaveLength(2);
    expect(await deliveries(id)).toEqual([
      ['admin', 'sent'],
      ['owner', 'sent'],
    ]);
  });
});
