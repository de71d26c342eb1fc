import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { DEMO_ACCOUNTS, DEMO_PASSWORD, loadDemo, type DemoReport } from '../../db/demo/load.ts';
import { testDatabase } from '../helpers/database.ts';

const TODAY = '2026-03-04';
const database = testDatabase();
let report: DemoReport;

beforeAll(async () => {
  report = await loadDemo(database, { today: TODAY });
}, 60_000);

type Row = Record<string, unknown>;

async function asOwner(sql: string, values: unknown[] = []): Promise<Row[]> {
  const { rows } = await database.pool('callboard_owner').query<Row>(sql, values);
  return rows;
}

/** Runs in a transaction that a demo account has entered, and rolls it back. */
async function as<T>(
  email: string,
  organization: string,
  work: (query: (sql: string, values?: unknown[]) => Promise<Row[]>) => Promise<T>,
): Promise<T> {
  const client: PoolClient = await database.pool('callboard_authenticator').connect();
  try {
    const [ids] = await asOwner(
      `select (select id from identity.users where email = $1) as user_id,
              (select id from tenancy.organizations where slug = $2) as organization_id`,
      [email, organization],
    );
    await client.query('begin');
    await client.query(
      "select set_config('role', 'callboard_member', true), authz.enter($1::jsonb)",
      [JSON.stringify(ids)],
    );
    return await work(async (sql, values) => (await client.query<Row>(sql, values)).rows);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const OWNERS = [
  ['owner@lumen.test', 'lumen-stage'],
  ['owner@brightside.test', 'brightside-pictures'],
] as const;

describe('what is loaded', () => {
  test('says what it made', () => {
    expect(report.loaded).toBe(true);
    expect(report.organizations.map((each) => each.slug)).toEqual([
      'lumen-stage',
      'brightside-pictures',
    ]);
    expect(report.counts.projects).toBeGreaterThanOrEqual(40);
    expect(report.counts.projects).toBeLessThanOrEqual(80);
    expect(report.counts.project_tasks).toBeGreaterThanOrEqual(600);
    expect(report.counts.project_tasks).toBeLessThanOrEqual(1500);
    expect(report.counts.budgets).toBeGreaterThanOrEqual(40);
    expect(report.counts.transactions).toBeGreaterThanOrEqual(1500);
  });

  test('every permit of the file is a paper of a project', async () => {
    const [found] = await asOwner(
      `select count(*)::int as permits, count(distinct reference_number)::int as numbers,
              count(distinct project_id)::int as projects
         from projects.project_compliance where kind = 'permit'`,
    );
    expect(found).toEqual({ permits: 500, numbers: 500, projects: 60 });
  });

  test('permits keep their weekday and their hour in New York, moved by whole weeks', async () => {
    // In the file: 710578, Wednesday 3 May 2023, 06:00 to 22:00. Other rows lie on both sides of the change of clocks.
    const [found] = await asOwner(
      `select (valid_from at time zone 'America/New_York')::date - date '2023-05-03' as days,
              to_char(valid_from at time zone 'America/New_York', 'Dy HH24:MI') as starts,
              to_char(valid_until at time zone 'America/New_York', 'HH24:MI') as ends
         from projects.project_compliance where reference_number = '710578'`,
    );
    expect(found).toMatchObject({ starts: 'Wed 06:00', ends: '22:00' });
    expect(Number(found?.['days']) % 7).toBe(0);
    const [past] = await asOwner(
      `select round(100.0 * count(*) filter (where valid_from < $1::date) / count(*))::int as percent
         from projects.project_compliance where kind = 'permit'`,
      [TODAY],
    );
    expect(past?.['percent']).toBeGreaterThanOrEqual(55);
    expect(past?.['percent']).toBeLessThanOrEqual(70);
  });

  test('each budget has six to fifteen lines', async () => {
    const [found] = await asOwner(
      `select min(n)::int as fewest, max(n)::int as most
         from (select count(*) as n from finance.budget_line_items group by budget_id) lines`,
    );
    expect(found?.['fewest']).toBeGreaterThanOrEqual(6);
    expect(found?.['most']).toBeLessThanOrEqual(15);
  });

  test.each([
    ['projects.projects', 'active cancelled completed on_hold planning'],
    ['projects.project_tasks', 'blocked cancelled done in_progress in_review todo'],
    ['projects.project_milestones', 'achieved cancelled missed pending'],
    ['projects.project_compliance', 'approved denied required revoked submitted waived'],
    ['projects.project_safety', 'closed mitigated open'],
    ['projects.project_resources', 'confirmed planned released requested'],
    ['projects.design_versions', 'approved changes_requested draft in_review superseded'],
    ['finance.budgets', 'approved cancelled closed draft submitted'],
    ['finance.transactions', 'draft posted void'],
  ])('every status of %s occurs', async (table, statuses) => {
    const [found] = await asOwner(
      `select string_agg(distinct status, ' ' order by status) as statuses from ${table}`,
    );
    expect(found?.['statuses']).toBe(statuses);
  });

  test('every kind of link and of posting occurs, with lags, refunds and archived rows', async () => {
    const [found] = await asOwner(
      `select (select count(distinct kind)::int from projects.task_dependencies) as links,
              (select count(distinct lag_days) > 3 from projects.task_dependencies) as has_lags,
              (select count(distinct kind)::int from finance.transactions) as postings,
              (select count(*) > 5 from finance.transactions where amount < 0 and status = 'posted') as has_refunds,
              (select count(*)::int from projects.projects where is_template) as templates,
              (select count(*) > 0 from projects.projects where deleted_at is not null) as has_archived`,
    );
    expect(found).toEqual({
      links: 4,
      has_lags: true,
      postings: 6,
      has_refunds: true,
      templates: 2,
      has_archived: true,
    });
  });

  test('sequences run, rest and wait to be finished, and tests run and are over', async () => {
    const [found] = await asOwner(
      `select (select string_agg(distinct status, ' ' order by status) from marketing.nurturing_sequences) as sequences,
              (select string_agg(status, ' ' order by status) from marketing.ab_tests) as tests,
              (select count(*)::int from marketing.email_queue where step_id is not null and status = 'queued') as queued`,
    );
    expect(found).toEqual({
      sequences: 'active draft paused',
      tests: 'running stopped',
      queued: 0,
    });
  });

  test('has what is late, open, and about to end', async () => {
    const [found] = await asOwner(
      `select (select count(*) > 5 from projects.project_tasks t join projects.projects p on p.id = t.project_id
                where p.status = 'active' and t.due_on < $1 and t.status not in ('done', 'cancelled')) as overdue,
              (select count(*) > 0 from projects.project_safety
                where kind = 'incident' and status <> 'closed') as incidents,
              (select count(*) > 3 from projects.project_compliance
                where status = 'approved' and valid_until > $1::date and valid_until < $1::date + 14) as expiring,
              (select count(*) > 3 from projects.project_compliance
                where status = 'approved' and valid_until < $1::date) as expired`,
      [TODAY],
    );
    expect(found).toEqual({ overdue: true, incidents: true, expiring: true, expired: true });
  });

  test('nothing is posted, done or made after the day it is about', async () => {
    const [found] = await asOwner(
      `select (select count(*)::int from finance.transactions where posted_on > $1 or voided_on > $1) as postings,
              (select count(*)::int from projects.project_tasks where completed_at >= $1::date + 1) as tasks,
              (select count(*)::int from projects.project_milestones where achieved_on > $1) as milestones,
              (select count(*)::int from projects.projects where created_at >= $1::date + 1) as projects`,
      [TODAY],
    );
    expect(found).toEqual({ postings: 0, tasks: 0, milestones: 0, projects: 0 });
  });
});

describe('what the functions say', () => {
  test.each(OWNERS)('timeline and health answer for every project of %s', async (email, slug) => {
    const rows = await as(email, slug, (query) =>
      query(
        `select p.name, p.deleted_at is null and not p.is_template as is_live, p.status, h.score, h.grade,
                cardinality(t.tasks) as tasks, cardinality(t.critical_path) as critical, t.finishes_on
           from projects.projects p
          cross join lateral projects.get_production_health(p.id) h
          cross join lateral projects.get_production_timeline(p.id) t`,
      ),
    );
    const live = rows.filter((row) => row['is_live'] && row['status'] !== 'cancelled');
    expect(live.length).toBeGreaterThan(20);
    for (const row of live) {
      expect(row['tasks']).toBeGreaterThan(10);
      expect(row['critical']).toBeGreaterThan(0);
      expect(row['finishes_on']).not.toBeNull();
      expect(row['grade']).toMatch(/^(healthy|watch|critical)$/);
    }
  });

  test.each(OWNERS)(
    'all four variance statuses occur for %s, each equal to its rows',
    async (email, slug) => {
      const rows = await as(email, slug, (query) =>
        query(
          `select v.status, v.planned > 0 as is_planned,
                v.actual = (select coalesce(sum(e.amount), 0)
                              from finance.budget_variance_entries(b.id, $1) e where e.measure = 'actual') as adds_up
           from finance.budgets b
          cross join lateral finance.get_budget_variance(b.id, $1) v
          where b.deleted_at is null`,
          [TODAY],
        ),
      );
      expect(rows.length).toBeGreaterThan(20);
      expect([...new Set(rows.map((row) => row['status']))].sort()).toEqual([
        'at_risk',
        'on_track',
        'over',
        'under',
      ]);
      expect(rows.filter((row) => !row['adds_up'] || !row['is_planned'])).toEqual([]);
    },
  );

  test('some productions finish late, most do not', async () => {
    const late = await Promise.all(
      OWNERS.map(([email, slug]) =>
        as(email, slug, (query) =>
          query(
            `select t.days_late from projects.projects p
              cross join lateral projects.get_production_timeline(p.id) t
              where p.deleted_at is null and not p.is_template`,
          ),
        ),
      ),
    );
    const days = late.flat().map((row) => Number(row['days_late']));
    expect(days.filter((each) => each > 0).length).toBeGreaterThan(0);
    expect(days.filter((each) => each <= 0).length).toBeGreaterThan(days.length / 2);
  });
});

describe('who sees what', () => {
  test.each(DEMO_ACCOUNTS)('$email signs in as $role of $organization', async (account) => {
    const sql = `select o.name as organization, r.key as role
         from identity.sign_in($1, $2) s
         join tenancy.organizations o on o.id = s.organization_id
         join tenancy.organization_members m on m.organization_id = o.id and m.user_id = s.user_id
         join tenancy.roles r on r.organization_id = o.id and r.id = m.role_id`;
    const [found] = await asOwner(sql, [account.email, DEMO_PASSWORD]);
    expect(found).toEqual({ organization: account.organization, role: account.role });
    expect(await asOwner(sql, [account.email, 'something else'])).toEqual([]);
  });

  test('nobody else has a password', async () => {
    const [found] = await asOwner('select count(*)::int as credentials from identity.credentials');
    expect(found).toEqual({ credentials: DEMO_ACCOUNTS.length });
  });

  const count = (query: (sql: string) => Promise<Row[]>) =>
    query(
      `select (select count(*)::int from projects.projects) as projects,
              (select count(*)::int from projects.project_compliance) as papers,
              (select count(*)::int from finance.transactions) as postings,
              (select count(*)::int from tenancy.workspaces) as workspaces`,
    ).then(([row]) => row);

  test('owners see their organization, whole, and nothing of the other', async () => {
    const [all] = await asOwner(
      `select (select count(*)::int from projects.projects) as projects,
              (select count(*)::int from finance.transactions) as postings`,
    );
    const lumen = await as('owner@lumen.test', 'lumen-stage', count);
    const brightside = await as('owner@brightside.test', 'brightside-pictures', count);
    for (const part of ['projects', 'postings']) {
      expect(Number(lumen?.[part])).toBeGreaterThan(0);
      expect(Number(lumen?.[part]) + Number(brightside?.[part])).toBe(all?.[part]);
    }
    const stranger = await as('owner@brightside.test', 'lumen-stage', count);
    expect(stranger).toEqual({ projects: 0, papers: 0, postings: 0, workspaces: 0 });
  });

  test('the owner of one organization is a plain member of the other', async () => {
    const guest = await as('owner@lumen.test', 'brightside-pictures', count);
    const owner = await as('owner@brightside.test', 'brightside-pictures', count);
    expect(guest?.['projects']).toBeGreaterThan(10);
    expect(guest?.['projects']).toBeLessThan(Number(owner?.['projects']));
    expect(guest?.['postings']).toBe(0);
  });

  test('crew reads no money and no private workspace', async () => {
    const crew = await as('crew@lumen.test', 'lumen-stage', count);
    const owner = await as('owner@lumen.test', 'lumen-stage', count);
    expect(crew).toMatchObject({ projects: Number(owner?.['projects']) - 2, postings: 0 });
    expect(owner?.['postings']).toBeGreaterThan(0);
    const [budget] = await asOwner(
      `select b.id from finance.budgets b join tenancy.organizations o on o.id = b.organization_id
        where o.slug = 'lumen-stage' limit 1`,
    );
    await expect(
      as('crew@lumen.test', 'lumen-stage', (query) =>
        query('select * from finance.budget_variance_entries($1)', [budget?.['id']]),
      ),
    ).rejects.toMatchObject({ code: 'CB003' });
  });

  test('the client sees one private workspace only', async () => {
    const seen = await as('client@lumen.test', 'lumen-stage', (query) =>
      query(
        `select p.name, w.slug, w.is_private
           from projects.projects p join tenancy.workspaces w on w.id = p.workspace_id`,
      ),
    );
    expect(seen).toHaveLength(2);
    expect(seen.every((row) => row['slug'] === 'client-room' && row['is_private'])).toBe(true);
    const client = await as('client@lumen.test', 'lumen-stage', count);
    expect(client).toMatchObject({ projects: 2, postings: 0, workspaces: 1 });
  });
});

describe('what is sold', () => {
  test('every status of leads occurs, and each stage of the board has deals', async () => {
    const [found] = await asOwner(
      `select (select string_agg(distinct status, ' ' order by status) from crm.leads) as statuses,
              (select count(distinct d.stage_id)::int
                 from crm.deals d join tenancy.organizations o on o.id = d.organization_id
                where o.slug = 'lumen-stage') as stages,
              (select count(*)::int from crm.leads where score is null) as unscored,
              (select count(*)::int from crm.leads_to_score) as waiting`,
    );
    expect(found).toEqual({
      statuses: 'contacted converted lost new qualified unqualified',
      stages: 7,
      unscored: 0,
      waiting: 0,
    });
  });

  test('touchpoints lie in the ninety days before, and deals went one way, forward in time', async () => {
    const [found] = await asOwner(
      `select (select bool_and(occurred_at >= $1::date - 91 and occurred_at < $1::date + 1) from crm.lead_touchpoints) as lately,
              (select bool_and(seconds_in_stage >= 0) from crm.deal_stage_changes where from_stage_id is not null) as forward,
              (select bool_and(last_stage = stage_id)
                 from (select d.stage_id, (array_agg(c.to_stage_id order by c.id desc))[1] as last_stage
                         from crm.deals d join crm.deal_stage_changes c on c.deal_id = d.id
                        group by d.id, d.stage_id) ways) as arrives`,
      [TODAY],
    );
    expect(found).toEqual({ lately: true, forward: true, arrives: true });
  });

  test('credit adds up to what came in, and marketing has cost something', async () => {
    await as('owner@lumen.test', 'lumen-stage', async (query) => {
      const [found] = await query(
        `select (select sum(revenue) from crm.get_attribution($1::date - 200, $1::date + 1, 'position_based'))
                  = (select sum(r.amount) from crm.revenue_events r where r.deleted_at is null) as adds_up,
                (select count(*)::int from marketing.get_roi($1::date - 100, $1::date, 'campaign') where cost > 0) as campaigns`,
        [TODAY],
      );
      expect(found?.['adds_up']).toBe(true);
      expect(found?.['campaigns']).toBeGreaterThanOrEqual(4);
    });
    await as('client@lumen.test', 'lumen-stage', async (query) => {
      expect(await query('select from crm.leads')).toEqual([]);
    });
  });
});

// Last: it would be the same database for the tests above.
describe('loading once more', () => {
  test('changes nothing and says so', async () => {
    const lines: string[] = [];
    const again = await loadDemo(database, {
      today: '2027-01-15',
      log: (line) => lines.push(line),
    });
    expect(again).toEqual({ ...report, loaded: false });
    expect(lines).toEqual(['The demo is there already: nothing to do.']);
  });
});

describe('when somebody has one of the addresses already', () => {
  const taken = testDatabase();

  test('nothing of the demo stays', async () => {
    const pool = taken.pool('callboard_owner');
    await pool.query(
      "insert into identity.users (email, name) values ('owner@brightside.test', 'Someone Else')",
    );
    await expect(loadDemo(taken, { today: TODAY })).rejects.toMatchObject({ code: '23505' });
    const { rows } = await pool.query(
      `select (select count(*)::int from tenancy.organizations) as organizations,
              (select count(*)::int from identity.users) as users`,
    );
    expect(rows).toEqual([{ organizations: 0, users: 1 }]);
  });
});
