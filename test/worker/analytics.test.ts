import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker } from '../../worker/run.ts';
import { hoursAgo, randomId, record, rowsOf, type SentEvent } from '../analytics/recording.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { testApi } from '../helpers/graphql.ts';

let ours: Cast;
let theirs: Cast;
const database = testDatabase();
const api = testApi(database);

beforeAll(async () => {
  await prepareQueue(database);
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

/** Runs one job, and waits until it is done. */
async function run(task: string, payload: object = {}): Promise<void> {
  await database
    .pool('callboard_service')
    .query('select graphile_worker.add_job($1, $2)', [task, JSON.stringify(payload)]);
  const worker = await runWorker(database);
  const left = () =>
    rowsOf(database, 'select from graphile_worker.jobs where task_identifier = $1', [task]);
  while ((await left()).length > 0) await pause(50);
  await worker.stop();
}

/** The data of an answer that has to be without errors. */
async function answered(source: string, variables: Record<string, unknown>, caller = ours.member) {
  const { data, errors } = await api.ask(caller, source, variables);
  expect(errors).toBeUndefined();
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked into below
  return data as Record<string, any>;
}

test('events go in through the API, what follows from them by job, and figures come out through the API', async () => {
  const sent = await answered(
    `mutation ($rows: JSON!) {
       upsertEvents(input: { rows: $rows }) { result { inserted duplicates rejected { index field reason } } }
     }`,
    {
      rows: [
        { id: 'x', name: 'login' },
        // Half a character, as a text has that was cut off in the middle of one, is no reason to refuse the others.
        {
          id: randomId(),
          name: 'login',
          occurredAt: hoursAgo(2),
          properties: { said: 'Ha \ud83d' },
        },
        { id: randomId(), name: 'seen', occurredAt: hoursAgo(2), properties: { said: 'Ha 😀' } },
      ],
    },
  );
  expect(sent).toEqual({
    upsertEvents: {
      result: {
        inserted: 1,
        duplicates: 0,
        rejected: [
          { index: 0, field: 'id', reason: 'must be a UUID' },
          { index: 1, field: null, reason: expect.stringContaining('U+0000') },
        ],
      },
    },
  });
  const written = await answered(
    `mutation {
       recordMetrics(input: { rows: [{ metric: "latency", value: 1, unit: "\\u0000" }, { metric: "latency", value: 2 }] }) {
         result { inserted rejected { index } }
       }
     }`,
    {},
  );
  expect(written).toEqual({
    recordMetrics: { result: { inserted: 1, rejected: [{ index: 0 }] } },
  });
  await record(database, ours.member, [
    { id: randomId(), name: 'login', occurredAt: hoursAgo(2), userId: ours.member.userId },
    { id: randomId(), name: 'login', occurredAt: hoursAgo(1.9), userId: ours.member.userId },
    { id: randomId(), name: 'login', occurredAt: hoursAgo(50), userId: ours.admin.userId },
  ]);
  await run('digest_events');
  expect(await rowsOf(database, 'select from analytics.event_batches')).toEqual([]);
  expect(
    await rowsOf(database, 'select from analytics.dirty_days where organization_id = $1', [
      ours.organizationId,
    ]),
  ).toEqual([]);
  await run('take_pmf_snapshots');
  await run('trim_analytics');
  const day = (ago: number) => hoursAgo(24 * ago).slice(0, 10);
  const read = await answered(
    `query ($from: Date!, $to: Date!) {
       metricSeries(metric: "events", fromDay: $from, toDay: $to, grain: "year") { nodes { value } }
       metricsDashboards { nodes { metric } }
       visitorSessions(orderBy: [PRIMARY_KEY_ASC]) { nodes { eventCount user { rowId } } }
       pmfMetricsSnapshots { nodes { activeUsers28 } }
       calculateNps { n score }
       getMetricsTrends { nodes { metric points { day isAnomaly } } }
     }`,
    { from: day(3), to: day(0) },
  );
  expect(
    read['metricSeries'].nodes.reduce(
      (sum: number, point: { value: string }) => sum + Number(point.value),
      0,
    ),
  ).toBe(3);
  expect(read['metricsDashboards'].nodes.map((row: { metric: string }) => row.metric)).toEqual(
    expect.arrayContaining(['events', 'active_users', 'sessions', 'sign_ups', 'stickiness']),
  );
  expect(read['visitorSessions'].nodes).toHaveLength(2);
  expect(read['pmfMetricsSnapshots'].nodes).toEqual([{ activeUsers28: 2 }]);
  expect(read['calculateNps']).toEqual({ n: 0, score: null });
});

test('new activation rules judge everybody, by job', async () => {
  await rowsOf(
    database,
    "insert into analytics.activation_rules (organization_id, event_name, within_days) values ($1, 'never_done', 5)",
    [ours.organizationId],
  );
  await run('recompute_activations', { organization_id: ours.organizationId });
  expect(await rowsOf(database, 'select from analytics.user_activations')).toEqual([]);
});

test('what is written of exports and reports is deleted when its time is over, by job, and not before', async () => {
  // As if they had been there for long.
  const subscriptions = await rowsOf<{ organization_id: string; id: string }>(
    database,
    `with dashboards as (
       insert into analytics.dashboards (organization_id, name) select unnest($1::uuid[]), 'Old' returning organization_id, id
     ),
     reports as (
       insert into analytics.reports (organization_id, name, dashboard_id)
       select organization_id, 'Old', id from dashboards
       returning organization_id, id
     )
     insert into analytics.dashboard_subscriptions
       (organization_id, report_id, frequency, time_zone, recipient_ids, is_active)
     select organization_id, id, 'daily', 'UTC', '{}', false from reports
     returning organization_id, id`,
    [[ours.organizationId, theirs.organizationId]],
  );
  expect(subscriptions).toHaveLength(2);
  for (const { organization_id, id } of subscriptions) {
    await rowsOf(
      database,
      `insert into analytics.data_exports (organization_id, what, occurred_at, status)
       values ($1, 'before', now() - interval '7 years 1 day', 'done'), ($1, 'died', now() - interval '8 years', 'running'),
              ($1, 'after', now() - interval '7 years' + interval '1 day', 'done')`,
      [organization_id],
    );
    await rowsOf(
      database,
      `insert into analytics.report_deliveries (organization_id, subscription_id, user_id, due_at, status)
       select $1, $2, $3, now() - d.age::interval, d.status
         from (values ('13 months 1 day', 'sent'), ('14 months', 'withheld'), ('15 months', 'failed'),
                      ('16 months', 'uncertain'), ('17 months', 'queued'), ('18 months', 'sending'),
                      ('12 months', 'sent')) as d (age, status)`,
      [organization_id, id, ours.owner.userId],
    );
  }
  const untrimmed = () =>
    rowsOf(database, 'select id from analytics.untrimmed_organizations() o (id) order by id');
  const kept = () =>
    rowsOf(
      database,
      `select e.organization_id, e.what from analytics.data_exports e
        union all
       select d.organization_id, d.status from analytics.report_deliveries d
        order by organization_id, what`,
    );
  // Some at a time, of one organization.
  const trim = async (atMost: number) =>
    (
      await rowsOf<{ deleted: number }>(
        database,
        'select analytics.trim_analytics($1, $2) as deleted',
        [ours.organizationId, atMost],
      )
    )[0]?.deleted;
  expect(await untrimmed()).toHaveLength(2);
  expect(await trim(3)).toBe(3);
  expect(await trim(3)).toBe(1);
  expect(await trim(3)).toBe(0);
  expect(await untrimmed()).toEqual([{ id: theirs.organizationId }]);
  await run('trim_analytics');
  expect(await untrimmed()).toEqual([]);
  const left = (organization_id: string) =>
    ['after', 'queued', 'sending', 'sent'].map((what) => ({ organization_id, what }));
  expect(await kept()).toEqual(
    [ours.organizationId, theirs.organizationId].sort().flatMap((id) => left(id)),
  );
});

describe('an account that ends', () => {
  const spoken = 'A rigger who told us a great deal.';
  const telling = (userId: string | undefined, more: SentEvent = {}): SentEvent => ({
    id: randomId(),
    name: 'call_sheet_opened',
    occurredAt: hoursAgo(3),
    userId,
    anonymousId: 'device-of-theirs',
    sessionKey: 's-theirs',
    url: 'https://portal.test/people/riley-grip',
    value: 3,
    properties: { search: 'Riley Grip' },
    ...more,
  });
  const eventsOf = (userId: string | undefined) =>
    rowsOf(
      database,
      `select name, source, value::int, lead_id, anonymous_id, session_key, url, properties
         from analytics.app_events where user_id = $1 order by organization_id`,
      [userId],
    );

  test('is forgotten by events, visits and answers of all its organizations, by job, and figures stay', async () => {
    const { userId } = ours.guest;
    await rowsOf(
      database,
      `insert into tenancy.organization_members (organization_id, user_id, role_id)
       select r.organization_id, $2, r.id from tenancy.roles r where r.organization_id = $1 and r.key = 'guest'`,
      [theirs.organizationId, userId],
    );
    const [lead] = await rowsOf<{ id: string }>(
      database,
      "insert into crm.leads (organization_id, email) values ($1, 'grip@x.test') returning id",
      [ours.organizationId],
    );
    await record(database, ours.member, [
      telling(userId, { leadId: lead?.id }),
      telling(ours.admin.userId),
    ]);
    await record(database, theirs.member, [telling(userId)]);
    await rowsOf(
      database,
      'insert into analytics.nps_responses (organization_id, score, user_id, comment) values ($1, 9, $2, $4), ($1, 3, $3, $4)',
      [ours.organizationId, userId, ours.admin.userId, spoken],
    );
    // One that nobody else sees, and one for all.
    await rowsOf(
      database,
      `with made as (
         insert into analytics.dashboards (organization_id, name, description, owner_id)
         values ($1, 'Riley''s own', 'Riley', $2), ($1, 'Of Riley, for all', null, null)
         returning organization_id, id
       )
       insert into analytics.dashboard_widgets (organization_id, dashboard_id, title, kind, source_key)
       select m.organization_id, m.id, 'What Riley watches', 'number', 'projects.open' from made m`,
      [ours.organizationId, userId],
    );
    await run('digest_events');
    const FIGURES = `select organization_id, metric, dimension, dimension_value, day, value from analytics.metrics_daily
                      order by 1, 2, 3, 4, 5`;
    const figures = await rowsOf(database, FIGURES);
    const others = await eventsOf(ours.admin.userId);
    // Whose account has not ended is not forgotten.
    await run('forget_person', { user_id: userId });
    expect(await eventsOf(userId)).toMatchObject([
      { url: expect.any(String), properties: { search: 'Riley Grip' } },
      { session_key: 's-theirs' },
    ]);

    await rowsOf(database, 'select identity.anonymize_user($1)', [userId]);
    expect(
      await rowsOf(
        database,
        "select key, run_at > now() + interval '1 minute' as later from graphile_worker.jobs where task_identifier = 'forget_person'",
      ),
    ).toEqual([{ key: `forget_person ${userId}`, later: true }]);
    await rowsOf(
      database,
      "select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs where task_identifier = 'forget_person'), now())",
    );
    await run('forget_person', { user_id: userId });

    const nameless = {
      name: 'call_sheet_opened',
      source: 'api',
      value: 3,
      lead_id: null,
      anonymous_id: null,
      session_key: null,
      url: null,
      properties: {},
    };
    expect(await eventsOf(userId)).toEqual([nameless, nameless]);
    expect(await eventsOf(ours.admin.userId)).toEqual(others);
    const visits = (of: string | undefined) =>
      rowsOf(
        database,
        'select session_key, entry_url, exit_url from analytics.sessions where user_id = $1 and session_key is not distinct from $2',
        [of, of === userId ? null : 's-theirs'],
      );
    const nothing = { session_key: null, entry_url: null, exit_url: null };
    expect(await visits(userId)).toEqual([nothing, nothing]);
    expect(await visits(ours.admin.userId)).toMatchObject([{ entry_url: expect.any(String) }]);
    expect(
      await rowsOf(
        database,
        'select score, comment from analytics.nps_responses where organization_id = $1 order by score',
        [ours.organizationId],
      ),
    ).toEqual([
      { score: 3, comment: spoken },
      { score: 9, comment: null },
    ]);
    // The log quotes the answer of the other, who is still there, and nothing of this one.
    expect(
      await rowsOf(
        database,
        `select l.action, r.score
           from security.audit_logs l join analytics.nps_responses r on r.id = l.entity_id
          where l.before::text like $1 or l.after::text like $1`,
        [`%${spoken}%`],
      ),
    ).toEqual([{ action: 'insert', score: 3 }]);
    expect(
      await rowsOf(
        database,
        `select d.name, d.description, d.deleted_at is null as there, w.title, w.deleted_at is null as widget_there
           from analytics.dashboards d join analytics.dashboard_widgets w on w.dashboard_id = d.id order by d.name`,
      ),
    ).toEqual([
      {
        name: 'Deleted dashboard',
        description: null,
        there: false,
        title: 'Deleted widget',
        widget_there: false,
      },
      {
        name: 'Of Riley, for all',
        description: null,
        there: true,
        title: 'What Riley watches',
        widget_there: true,
      },
    ]);
    expect(
      await rowsOf(
        database,
        `select entity_type from security.audit_logs
          where before::text like '%Riley%' or after::text like '%Riley%' order by 1`,
      ),
    ).toEqual([
      { entity_type: 'analytics.dashboard_widgets' },
      { entity_type: 'analytics.dashboards' },
    ]);
    await rowsOf(
      database,
      "select analytics.recompute_days(o.id, current_date - 4, current_date + 1) from tenancy.organizations o where o.name in ('ours', 'theirs')",
    );
    expect(await rowsOf(database, FIGURES)).toEqual(figures);
  });

  test('takes along what it kept to itself among what is searched, and what it wrote with its ratings', async () => {
    const { userId } = theirs.guest;
    await rowsOf(
      database,
      `insert into tenancy.organization_members (organization_id, user_id, role_id)
       select r.organization_id, $2, r.id from tenancy.roles r where r.organization_id = $1 and r.key = 'guest'`,
      [ours.organizationId, userId],
    );
    await rowsOf(
      database,
      `insert into ai.search_documents
         (organization_id, namespace, id, key, read_permission, owner_id, title, title_key, language, content_hash, search_vector)
       select o.id, 'diary', gen_random_uuid(), o.id || ' ' || n, 'ai.read', w.owner_id, 'Diary', 'diary', 'english',
              md5('')::uuid, 'diary'
         from unnest($1::uuid[]) as o (id)
        cross join unnest($2::uuid[]) as w (owner_id)
        cross join generate_series(1, 2) n`,
      [
        [ours.organizationId, theirs.organizationId],
        [userId, theirs.owner.userId, null],
      ],
    );
    const agent = { organization_id: theirs.organizationId, id: randomId() };
    await rowsOf(
      database,
      "insert into ai.agents (organization_id, id, name, key, model) values ($1, $2, 'Planner', 'planner', 'large-1')",
      [agent.organization_id, agent.id],
    );
    for (const rater of [userId, theirs.owner.userId]) {
      await rowsOf(
        database,
        `insert into ai.interaction_feedback
           (organization_id, interaction_id, agent_id, interaction_occurred_at, user_id, rating, comment)
         values ($1, gen_random_uuid(), $2, now(), $3, -1, $4)`,
        [agent.organization_id, agent.id, rater, spoken],
      );
    }
    const standing = () =>
      rowsOf(
        database,
        `select d.owner_id, count(*)::int as documents from ai.search_documents d where d.namespace = 'diary'
          group by 1 order by documents, d.owner_id = $1 desc nulls last`,
        [userId],
      );
    const comments = () =>
      rowsOf(
        database,
        'select rating, comment from ai.interaction_feedback where agent_id = $1 order by user_id = $2',
        [agent.id, userId],
      );
    const forget = () =>
      rowsOf(database, 'select analytics.forget_person($1, 3) as forgotten', [userId]);
    const others = [
      { owner_id: theirs.owner.userId, documents: 4 },
      { owner_id: null, documents: 4 },
    ];
    expect(await forget()).toEqual([{ forgotten: 0 }]);
    expect(await standing()).toEqual([{ owner_id: userId, documents: 4 }, ...others]);
    await rowsOf(database, 'select identity.anonymize_user($1)', [userId]);
    // A part at a time, and then there is nothing left.
    expect(await forget()).toEqual([{ forgotten: 3 }]);
    expect(await forget()).toEqual([{ forgotten: 1 }]);
    expect(await forget()).toEqual([{ forgotten: 0 }]);
    expect(await standing()).toEqual(others);
    expect(await comments()).toEqual([
      { rating: -1, comment: spoken },
      { rating: -1, comment: null },
    ]);
  });

  test('does nothing any more', async () => {
    expect(await record(database, ours.member, [telling(ours.guest.userId)])).toMatchObject({
      inserted: 0,
      rejected: [{ field: 'userId', reason: 'is no member of the organization' }],
    });
  });
});
