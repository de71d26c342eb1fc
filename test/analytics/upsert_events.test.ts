import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { as, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { hoursAgo, idAt, randomId, record, rowsOf, taken, type SentEvent } from './recording.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
let leadId: string;
let theirLeadId: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  const leads = await rowsOf<{ id: string }>(
    database,
    `insert into crm.leads (organization_id, email) values ($1, 'lead@x.test'), ($2, 'lead@x.test') returning id`,
    [ours.organizationId, theirs.organizationId],
  );
  [leadId, theirLeadId] = leads.map((lead) => lead.id) as [string, string];
});
beforeEach(async () => {
  await database
    .pool()
    .query('truncate analytics.app_events, analytics.dirty_days, analytics.event_batches');
});

const anEvent = (more: SentEvent = {}): SentEvent => ({
  id: idAt(hoursAgo(1)),
  name: 'project_opened',
  ...more,
});

const stored = (columns: string) =>
  rowsOf<Record<string, unknown>>(
    database,
    `select ${columns} from analytics.app_events where organization_id = $1 order by occurred_at, id`,
    [ours.organizationId],
  );

describe('recording events', () => {
  /** As a client writes them: what texts of Postgres cannot hold is in JSON, too. */
  test.each([
    ['U+0000 in a text', '"\\u0000"'],
    ['U+0000 in a name of something', '{"\\u0000": 1}'],
    ['half a character', '["\\ud83d x"]'],
    ['the other half', '"\\uDE00"'],
    ['a number beyond all numbers', '1e200000'],
  ])('leaves out a row with %s, and takes the others', async (_what, bad) => {
    const event = (more: string) =>
      `{"id": "${idAt(hoursAgo(1))}", "name": "project_opened", "properties": ${more}}`;
    const metric = (more: string) => `{"metric": "latency", "value": 1, "labels": ${more}}`;
    await as(database, ours.member, async (client) => {
      for (const [call, row] of [
        ['upsert_events', event],
        ['record_metrics', metric],
      ] as const) {
        const send = async (...rows: string[]) => {
          const { rows: answers } = await client.query<object>(
            `select t.inserted, t.duplicates, to_json(t.rejected) as rejected from analytics.${call}($1) t`,
            [`[${rows.join()}]`],
          );
          return answers[0];
        };
        const good = row('{"smile": "\\ud83d\\ude00", "path": "C:\\\\u0000"}');
        const rejected = (index: number) => ({
          ...{ index, row_id: null, field: null },
          reason:
            'has a character that texts cannot hold, such as U+0000, or a number that is too large',
        });
        const object = `{"a": ${bad}}`;
        expect([call, await send(good, row(object), row('{}'), bad, row('null'))]).toEqual([
          call,
          { inserted: 3, duplicates: 0, rejected: [rejected(1), rejected(3)] },
        ]);
        // What is wrong with other rows is said as ever.
        expect(await send('7', row(object), 'null')).toEqual({
          inserted: 0,
          duplicates: 0,
          rejected: [
            { index: 0, row_id: null, field: null, reason: 'is no object' },
            rejected(1),
            { index: 2, row_id: null, field: null, reason: 'is no object' },
          ],
        });
      }
      const { rows } = await client.query(
        "select count(*)::int as kept from analytics.app_events where properties ->> 'smile' = '😀'",
      );
      expect(rows).toEqual([{ kept: 1 }]);
    });
  });

  test('keeps all that they say', async () => {
    const at = hoursAgo(2);
    const id = idAt(at);
    expect(
      await record(database, ours.member, [
        {
          id,
          name: 'order.paid',
          occurredAt: at,
          userId: ours.guest.userId,
          leadId,
          anonymousId: 'device-1',
          sessionKey: 's-1',
          source: 'web',
          url: 'https://portal.test/orders/1',
          value: 12.5,
          properties: { path: '/orders/1', items: [1, 2] },
        },
      ]),
    ).toEqual({ inserted: 1, duplicates: 0, rejected: [] });
    const [row] = await stored('*');
    expect(row).toMatchObject({
      id,
      name: 'order.paid',
      user_id: ours.guest.userId,
      lead_id: leadId,
      anonymous_id: 'device-1',
      session_key: 's-1',
      source: 'web',
      url: 'https://portal.test/orders/1',
      value: '12.5',
      properties: { path: '/orders/1', items: [1, 2] },
    });
    expect((row?.['occurred_at'] as Date).toISOString()).toBe(at);
  });

  test('takes the time out of an id that has it, and an empty list', async () => {
    const at = hoursAgo(30);
    await record(database, ours.member, [{ id: idAt(at), name: 'login' }]);
    const [row] = await stored('occurred_at, source, properties, value');
    expect((row?.['occurred_at'] as Date).toISOString()).toBe(at);
    expect(row).toMatchObject({ source: 'api', properties: {}, value: null });
    expect(await record(database, ours.member, [])).toEqual({
      inserted: 0,
      duplicates: 0,
      rejected: [],
    });
  });

  test('takes the key of the session for whoever is unknown', async () => {
    await record(database, ours.member, [
      anEvent({ sessionKey: 'visit-9' }),
      anEvent({ sessionKey: 'visit-9', userId: ours.member.userId }),
    ]);
    expect((await stored('anonymous_id')).map((row) => row['anonymous_id'])).toEqual([
      'visit-9',
      null,
    ]);
  });

  test('lets good rows in and says of each bad one where it is and why', async () => {
    const at = hoursAgo(1);
    const [theirUser] = [theirs.owner.userId];
    const bad: [unknown, string | null, string][] = [
      ['nonsense', null, 'is no object'],
      [null, null, 'is no object'],
      [[1], null, 'is no object'],
      [anEvent({ user_id: ours.member.userId }), 'user_id', 'is not known'],
      [{ name: 'login', occurredAt: at }, 'id', 'must be a UUID'],
      [{ id: 'evt_1', name: 'login', occurredAt: at }, 'id', 'must be a UUID'],
      [{ id: 17, name: 'login', occurredAt: at }, 'id', 'must be a UUID'],
      [anEvent({ name: 'Login' }), 'name', 'must be of at most 100 small letters'],
      [anEvent({ name: '' }), 'name', 'must be of'],
      [anEvent({ name: 'x'.repeat(101) }), 'name', 'must be of'],
      [{ id: idAt(at) }, 'name', 'must be of'],
      [{ id: randomId(), name: 'login' }, 'occurredAt', 'is required'],
      ...[
        'yesterday',
        'now',
        'infinity',
        '2026-05-04',
        '2026-05-04T10:00:00',
        '2026-02-30T10:00:00Z',
        '2026-13-01T10:00:00Z',
        '2026-05-04T25:00:00Z',
        17,
      ].map((occurredAt): [SentEvent, string, string] => [
        { id: randomId(), name: 'login', occurredAt },
        'occurredAt',
        'must be a time with its zone',
      ]),
      [{ id: idAt(at), name: 'login', occurredAt: hoursAgo(2) }, 'occurredAt', 'is not the time'],
      [{ id: idAt(hoursAgo(-25)), name: 'login' }, 'occurredAt', 'lies more than a day ahead'],
      [{ id: idAt(hoursAgo(24 * 761)), name: 'login' }, 'occurredAt', 'is longer ago'],
      [{ id: idAt('1970-01-01T00:00:00Z'), name: 'login' }, 'occurredAt', 'is longer ago'],
      [anEvent({ userId: theirUser }), 'userId', 'is no member'],
      [anEvent({ userId: 'somebody' }), 'userId', 'is no member'],
      [anEvent({ leadId: theirLeadId }), 'leadId', 'is no lead'],
      [anEvent({ anonymousId: '' }), 'anonymousId', 'must have 1 to 200'],
      [anEvent({ sessionKey: 's'.repeat(201) }), 'sessionKey', 'must have 1 to 200'],
      [anEvent({ source: 'The Web' }), 'source', 'must be of at most 40'],
      [anEvent({ url: 'u'.repeat(2001) }), 'url', 'must have at most 2000'],
      [anEvent({ value: '12' }), 'value', 'must be a number'],
      [anEvent({ value: 1e15 }), 'value', 'must be a number'],
      [anEvent({ properties: [1] }), 'properties', 'must be an object'],
      [anEvent({ properties: 'x' }), 'properties', 'must be an object'],
      [anEvent({ properties: { x: 'y'.repeat(20_000) } }), 'properties', 'must not be larger'],
    ];
    // A good one between each two.
    const sent = bad.flatMap(([row]) => [anEvent(), row]);
    const answer = await record(database, ours.member, sent);
    expect(answer.inserted).toBe(bad.length);
    expect(answer.rejected).toEqual(
      bad.map(([row, field, reason], number) => ({
        index: 2 * number + 1,
        row_id:
          typeof row === 'object' && row !== null && !Array.isArray(row) && 'id' in row
            ? String(row.id)
            : null,
        field,
        reason: expect.stringContaining(reason),
      })),
    );
    // The same without what cannot even be read, so that the whole is read at once.
    const readable = bad.filter(([, , reason]) => /larger|2000|at most|1 to 200/.test(reason));
    const again = await record(
      database,
      ours.member,
      readable.map(([row]) => row),
    );
    expect(again.rejected).toHaveLength(readable.length);
  });

  test('takes times in any zone, and the 29th of February of a leap year alone', async () => {
    const now = new Date();
    const local = new Date(now.getTime() + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
    const answer = await record(database, ours.member, [
      { id: randomId(), name: 'login', occurredAt: local },
      { id: randomId(), name: 'login', occurredAt: '2023-02-29T10:00:00Z' },
    ]);
    expect(answer.inserted).toBe(1);
    expect(answer.rejected[0]?.reason).toContain('must be a time');
    expect((await stored('occurred_at'))[0]?.['occurred_at']).toEqual(now);
  });

  test('records an event once, however often it is sent, in one call or in two', async () => {
    const rows = [anEvent(), anEvent(), { id: randomId(), name: 'login', occurredAt: hoursAgo(3) }];
    expect(await record(database, ours.member, [...rows, rows[0]])).toMatchObject({
      inserted: 3,
      duplicates: 1,
    });
    expect(await record(database, ours.admin, rows)).toMatchObject({ inserted: 0, duplicates: 3 });
    // A clock that is a little off does not make another event of one with an id of version 7.
    const off = { ...rows[0], occurredAt: new Date(Date.parse(hoursAgo(1)) + 20_000) };
    expect(await record(database, ours.member, [off])).toMatchObject({ duplicates: 1 });
    // Without the time in the id, id and time together say what is the same event.
    const other = { ...rows[2], occurredAt: hoursAgo(4) };
    expect(await record(database, ours.member, [other])).toMatchObject({ inserted: 1 });
  });

  test('is seen by those who see the lead, in the workspace that it is in by now', async () => {
    const name = `seen_${Date.now()}`;
    const [lead] = await rowsOf<{ id: string }>(
      database,
      'insert into crm.leads (organization_id, email, workspace_id) values ($1, $2, $3) returning id',
      [ours.organizationId, `${name}@x.test`, ours.privateWorkspaceId],
    );
    await record(database, ours.owner, [
      anEvent({ name, leadId: lead?.id }),
      anEvent({ name, leadId: lead?.id, userId: ours.owner.userId }),
      anEvent({ name, leadId }),
      anEvent({ name, userId: ours.owner.userId }),
    ]);
    const seen = (caller: Cast['owner']) =>
      as(database, caller, async (client) => {
        const query = 'select from analytics.app_events where name = $1';
        return (await client.query(query, [name])).rowCount;
      });
    const inWorkspace = (sql: string) =>
      database
        .pool()
        .query(sql, [ours.organizationId, ours.privateWorkspaceId, ours.member.userId]);
    expect([await seen(ours.owner), await seen(ours.member)]).toEqual([4, 2]);
    expect([await seen(theirs.owner), await seen(theirs.member)]).toEqual([0, 0]);
    // Whoever comes into the workspace sees them, until they leave it.
    await inWorkspace(
      'insert into tenancy.workspace_members (organization_id, workspace_id, user_id) values ($1, $2, $3)',
    );
    expect(await seen(ours.member)).toBe(4);
    await inWorkspace(
      'delete from tenancy.workspace_members where (organization_id, workspace_id, user_id) = ($1, $2, $3)',
    );
    expect(await seen(ours.member)).toBe(2);
    // And the lead may come out of it.
    await rowsOf(database, 'update crm.leads set workspace_id = null where id = $1', [lead?.id]);
    expect(await seen(ours.member)).toBe(4);
    await database.pool().query('delete from analytics.app_events where name = $1', [name]);
    await database.pool().query('delete from crm.leads where id = $1', [lead?.id]);
  });

  test('of a lead in no workspace is seen by those who see what is in none', async () => {
    const name = `unplaced_${Date.now()}`;
    await record(database, ours.owner, [anEvent({ name, leadId }), anEvent({ name })]);
    const seen = await as(database, ours.member, async (client) => {
      // as an API key for one workspace enters
      await client.query(
        `select set_config('authz.caller', concat_ws('|', '', authz.organization_id(), '', '', $1::uuid[]::text, '', authz.user_id(), ''), true),
                set_config('authz.permissions', ',analytics.read,', true)`,
        [[ours.privateWorkspaceId]],
      );
      const { rows } = await client.query<{ lead_id: string | null }>(
        'select lead_id from analytics.app_events where name = $1',
        [name],
      );
      return rows;
    });
    expect(seen).toEqual([{ lead_id: null }]);
    await database.pool().query('delete from analytics.app_events where name = $1', [name]);
  });

  test('is for each organization its own: the same id is another event elsewhere', async () => {
    const row = anEvent();
    await record(database, ours.member, [row]);
    expect(await record(database, theirs.member, [row])).toMatchObject({ inserted: 1 });
    const seen = await as(database, ours.member, (client) =>
      client.query('select from analytics.app_events'),
    );
    expect(seen.rowCount).toBe(1);
  });

  test('puts what is older than the partitions there are into the default one, and keeps what the settings say', async () => {
    const old = hoursAgo(24 * 400);
    expect(await record(database, ours.member, [{ id: idAt(old), name: 'login' }])).toMatchObject({
      inserted: 1,
    });
    expect(await rowsOf(database, 'select from analytics.app_events_default')).toHaveLength(1);
    await rowsOf(database, 'select analytics.settle_partitions()');
    expect(await rowsOf(database, 'select from analytics.app_events_default')).toHaveLength(0);
    expect(await stored('id')).toHaveLength(1);
    const pool = database.pool();
    await pool.query(
      `insert into tenancy.organization_settings (organization_id, section, value)
       values ($1, 'analytics', '{"keepEventsDays": 30}')`,
      [ours.organizationId],
    );
    const late = await record(database, ours.member, [
      { id: idAt(hoursAgo(24 * 31)), name: 'login' },
      { id: idAt(hoursAgo(24 * 29)), name: 'login' },
    ]);
    expect(late).toMatchObject({ inserted: 1, rejected: [{ index: 0, field: 'occurredAt' }] });
    // What is there already goes by job, of this organization alone.
    await record(database, theirs.member, [{ id: idAt(old), name: 'login' }]);
    expect(
      await rowsOf(database, 'select id from analytics.untrimmed_organizations() o (id)'),
    ).toEqual([{ id: ours.organizationId }]);
    await pool.query('select analytics.trim_analytics($1)', [ours.organizationId]);
    expect(
      await rowsOf(
        database,
        "select organization_id from analytics.app_events where occurred_at < now() - interval '300 days'",
      ),
    ).toEqual([{ organization_id: theirs.organizationId }]);
    await pool.query(
      "delete from tenancy.organization_settings where section = 'analytics'; truncate analytics.trimmed_until",
    );
  });

  test('is kept for as many days as the settings say, also when they say nearly as many as all keep at most', async () => {
    await database.pool().query(
      `insert into tenancy.organization_settings (organization_id, section, value)
       values ($1, 'analytics', '{"keepEventsDays": 753}')`,
      [ours.organizationId],
    );
    const late = await record(database, ours.member, [
      { id: idAt(hoursAgo(24 * 753 + 1)), name: 'login' },
      { id: idAt(hoursAgo(24 * 753 - 1)), name: 'login' },
    ]);
    expect(late).toMatchObject({ inserted: 1, rejected: [{ index: 0, field: 'occurredAt' }] });
    await database
      .pool()
      .query("delete from tenancy.organization_settings where section = 'analytics'");
  });

  test('says of organizations, members and leads what is there to stay: none of them is deleted', async () => {
    await record(database, ours.member, [anEvent({ userId: ours.guest.userId, leadId })]);
    const deleting = (table: string, column: string, id: string | undefined) =>
      database.pool().query(`delete from ${table} where ${column} = $1`, [id]);
    for (const [table, column, id] of [
      ['tenancy.organizations', 'id', ours.organizationId],
      ['identity.users', 'id', ours.guest.userId],
    ] as const)
      await expect(deleting(table, column, id)).rejects.toMatchObject({ code: '23503' });
    for (const table of ['tenancy.organization_members', 'crm.leads']) {
      expect(
        await as(database, ours.owner, (client) =>
          sqlstateOf(client, () => client.query(`delete from ${table}`)),
        ),
      ).toBe('42501');
    }
    expect(await stored('user_id, lead_id')).toEqual([
      { user_id: ours.guest.userId, lead_id: leadId },
    ]);
  });

  test('marks the days, where the organization is, and whose events they are', async () => {
    await database
      .pool()
      .query("update tenancy.organizations set time_zone = 'Pacific/Auckland' where id = $1", [
        ours.organizationId,
      ]);
    const [days] = await rowsOf<{ before: string; after: string; midnight: Date }>(
      database,
      `select d.day::text as before, (d.day + 1)::text as after,
              (d.day + 1)::timestamp at time zone 'Pacific/Auckland' as midnight
         from (select (now() - interval '20 days')::date as day) d`,
    );
    const midnight = days?.midnight.getTime() ?? 0;
    const at = (seconds: number) => ({
      id: randomId(),
      name: 'login',
      occurredAt: new Date(midnight + 1000 * seconds).toISOString(),
    });
    await record(database, ours.member, [
      { ...at(-1), userId: ours.member.userId },
      { ...at(0), leadId },
      { ...at(1), anonymousId: 'device' },
    ]);
    expect(
      await rowsOf(database, 'select day::text from analytics.dirty_days order by day'),
    ).toEqual([{ day: days?.before }, { day: days?.after }]);
    expect(
      await rowsOf(
        database,
        'select user_ids, lead_ids, anonymous_ids from analytics.event_batches',
      ),
    ).toEqual([{ user_ids: [ours.member.userId], lead_ids: [leadId], anonymous_ids: ['device'] }]);
    await database
      .pool()
      .query("update tenancy.organizations set time_zone = 'UTC' where id = $1", [
        ours.organizationId,
      ]);
  });

  test.each([
    ['no list', { id: 1 }],
    ['nothing', null],
    ['more than 10000', Array.from({ length: 10_001 }, () => ({}))],
  ])('refuses %s', async (_what, rows) => {
    const state = await as(database, ours.member, (client) =>
      sqlstateOf(client, () => taken(client, rows)),
    );
    expect(state).toBe('CB002');
  });

  test('is for those who may write analytics, and nobody writes events directly', async () => {
    const [refused, direct] = await as(database, ours.guest, async (client) => [
      await sqlstateOf(client, () => taken(client, [anEvent()])),
      await sqlstateOf(client, () =>
        client.query("insert into analytics.app_events (name) values ('login')"),
      ),
    ]);
    expect(refused).toBe('CB003');
    expect(direct).toBe('42501');
    expect(
      await as(database, ours.owner, (client) =>
        sqlstateOf(client, () =>
          client.query("insert into analytics.app_events (name) values ('login')"),
        ),
      ),
    ).toBe('42501');
  });
});

onServer('events from several callers at once', () => {
  test('are recorded once, in whatever order each sends them, and nobody waits for ever', async () => {
    const rows = Array.from({ length: 400 }, () => anEvent());
    const answers = await Promise.all(
      [rows, rows.toReversed(), rows, rows.toReversed()].map((sent) =>
        record(database, ours.member, sent),
      ),
    );
    expect(answers.reduce((sum, answer) => sum + answer.inserted, 0)).toBe(rows.length);
    expect(answers.reduce((sum, answer) => sum + answer.duplicates, 0)).toBe(3 * rows.length);
    expect(await stored('id')).toHaveLength(rows.length);
  });

  test('wait for the one that came first, and take over what it gives up', async () => {
    const row = anEvent();
    const client = await database.pool('callboard_service').connect();
    try {
      await client.query('begin');
      await client.query('select analytics.take_events($1, $2)', [
        ours.organizationId,
        JSON.stringify([row]),
      ]);
      const second = record(database, ours.member, [row]);
      await client.query('rollback');
      expect(await second).toMatchObject({ inserted: 1, duplicates: 0 });
    } finally {
      client.release();
    }
  });
});
