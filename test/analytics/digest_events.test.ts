import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { actAs, as, enter, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { addSequence, ask } from '../marketing/nurturing.ts';
import { hoursAgo, randomId, record, rowsOf, taken, type SentEvent } from './recording.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
let leadIds: string[];

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});
beforeEach(async () => {
  await database.pool().query(
    `truncate analytics.app_events, analytics.dirty_days, analytics.event_batches, analytics.sessions,
              analytics.user_activations, analytics.activation_rules, analytics.segments, analytics.user_segments,
              analytics.segment_checks, analytics.due_segments, analytics.touched_subjects, analytics.nps_responses;
     delete from crm.leads`,
  );
  const leads = await rowsOf<{ id: string }>(
    database,
    `insert into crm.leads (organization_id, email, status, score, country, interests, custom_fields)
     select o.id, 'lead' || n || '@x.test', (array['new', 'qualified'])[1 + n % 2], 20 * n, (array['DE', 'US'])[1 + n % 2],
            case when n = 4 then '{gear}'::text[] else '{}' end, '{}'
       from generate_series(1, 4) n cross join unnest(array[$1, $2]::uuid[]) with ordinality as o (id, position)
      order by o.position, n
     returning id`,
    [ours.organizationId, theirs.organizationId],
  );
  leadIds = leads.map((lead) => lead.id);
});

/** Minutes after ten o'clock of a day ten days ago. */
const base = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10);
const at = (minutes: number) =>
  new Date(Date.parse(`${base}T10:00:00Z`) + 60_000 * minutes).toISOString();

const send = async (...rows: SentEvent[]) => {
  const answer = await record(
    database,
    ours.member,
    rows.map((row) => ({ id: randomId(), name: 'login', ...row })),
  );
  expect(answer.rejected).toEqual([]);
};

const merge = (kept: string | undefined, merged: string | undefined) =>
  actAs(database, ours.member, (client) =>
    client.query('select crm.merge_leads($1, $2)', [kept, merged]),
  );

const digest = async (cast = ours) => {
  const [done] = await rowsOf<Record<string, number>>(
    database,
    'select * from analytics.digest_events($1)',
    [cast.organizationId],
  );
  return done;
};

describe('visits', () => {
  const visits = () =>
    rowsOf<{ id: string; starts: string; ends: string; events: number; key: string | null }>(
      database,
      `select id, to_char(started_at at time zone 'UTC', 'HH24:MI') as starts,
              to_char(ended_at at time zone 'UTC', 'HH24:MI') as ends, event_count as events, session_key as key
         from analytics.sessions order by started_at, user_id, session_key nulls first`,
    );
  const brief = async () =>
    (await visits()).map(({ starts, ends, events, key }) => [starts, ends, events, key]);
  const seen = (minutes: number, more: SentEvent = {}): SentEvent => ({
    occurredAt: at(minutes),
    userId: ours.member.userId,
    source: 'web',
    ...more,
  });

  test('end with a pause of more than half an hour', async () => {
    await send(seen(0), seen(30), seen(61), seen(91));
    expect(await digest()).toMatchObject({ batches: 1, sessions: 2 });
    expect(await brief()).toEqual([
      ['10:00', '10:30', 2, null],
      ['11:01', '11:31', 2, null],
    ]);
    expect(await digest()).toMatchObject({ batches: 0, sessions: 0 });
  });

  test('grow, and become one when an event comes late that lies between them', async () => {
    await send(seen(0, { url: 'https://x.test/a' }));
    await digest();
    const [first] = await visits();
    await send(seen(50, { url: 'https://x.test/c' }));
    await digest();
    expect(await brief()).toEqual([
      ['10:00', '10:00', 1, null],
      ['10:50', '10:50', 1, null],
    ]);
    await send(seen(25, { url: 'https://x.test/b' }));
    expect(await digest()).toMatchObject({ sessions: 2 });
    expect(await brief()).toEqual([['10:00', '10:50', 3, null]]);
    const [joined] = await rowsOf(
      database,
      'select id, entry_url, exit_url, entry_event, source from analytics.sessions',
    );
    expect(joined).toEqual({
      id: first?.id,
      entry_url: 'https://x.test/a',
      exit_url: 'https://x.test/c',
      entry_event: 'login',
      source: 'web',
    });
    // An event before the first one begins the visit earlier, under the same id.
    await send(seen(-20));
    await digest();
    expect(await brief()).toEqual([['09:40', '10:50', 4, null]]);
    expect((await visits())[0]?.id).toBe(first?.id);
  });

  test('are what the client says, whatever the pauses, beside those it says nothing of', async () => {
    await send(
      seen(0, { sessionKey: 'a' }),
      seen(5),
      seen(10, { sessionKey: 'b' }),
      seen(200, { sessionKey: 'a' }),
    );
    await digest();
    await send(seen(400, { sessionKey: 'a' }), seen(20));
    await digest();
    expect(await brief()).toEqual([
      ['10:00', '16:40', 3, 'a'],
      ['10:05', '10:20', 2, null],
      ['10:10', '10:10', 1, 'b'],
    ]);
  });

  test('are others when a name comes again after a week, whether digested together or apart', async () => {
    const week = 7 * 24 * 60;
    // The second pause is a week to the minute; the third a minute longer.
    const minutes = [-3 * week, 5 - 3 * week, 5 - 2 * week, 6 - week];
    const wanted = [
      ['10:00', '10:05', 3, 'a'],
      ['10:06', '10:06', 1, 'a'],
    ];
    const named = (minute: number) => seen(minute, { sessionKey: 'a' });
    await send(...minutes.map(named));
    await digest();
    expect(await brief()).toEqual(wanted);
    const together = await visits();
    // Over a stretch that has both, once more.
    await rowsOf(
      database,
      `insert into analytics.event_batches
         (organization_id, first_at, last_at, user_ids, lead_ids, anonymous_ids, lead_events)
       values ($1, $2, $3, array[$4]::uuid[], '{}', '{}', '{}')`,
      [ours.organizationId, at(-4 * week), at(0), ours.member.userId],
    );
    expect(await digest()).toMatchObject({ batches: 1, sessions: 0 });
    expect(await visits()).toEqual(together);
    await database.pool().query('truncate analytics.app_events, analytics.sessions');
    for (const minute of minutes) {
      await send(named(minute));
      await digest();
    }
    expect(await brief()).toEqual(wanted);
    // What comes late between them makes them one.
    await send(named(-week - 60));
    await digest();
    expect(await brief()).toEqual([['10:00', '10:06', 5, 'a']]);
  });

  test('are of a member, a lead or somebody unknown, each apart', async () => {
    await send(
      seen(0),
      seen(1, { userId: ours.admin.userId }),
      { occurredAt: at(2), leadId: leadIds[0] },
      { occurredAt: at(3), anonymousId: 'device' },
      { occurredAt: at(4), sessionKey: 'tab' },
      { occurredAt: at(5) },
    );
    await digest();
    expect(
      await rowsOf(
        database,
        'select user_id, lead_id, anonymous_id from analytics.sessions order by started_at',
      ),
    ).toEqual([
      { user_id: ours.member.userId, lead_id: null, anonymous_id: null },
      { user_id: ours.admin.userId, lead_id: null, anonymous_id: null },
      { user_id: null, lead_id: leadIds[0], anonymous_id: null },
      { user_id: null, lead_id: null, anonymous_id: 'device' },
      { user_id: null, lead_id: null, anonymous_id: 'tab' },
    ]);
  });

  test('are the same whatever the order in which events come', async () => {
    const minutes = [0, 20, 45, 90, 100, 131, 170, 171, 300, 330, 360, 391];
    await send(...minutes.map((minute) => seen(minute)));
    await digest();
    const wanted = await brief();
    await database.pool().query('truncate analytics.app_events, analytics.sessions');
    for (const minute of [...minutes].sort((a, b) => ((a * 7) % 13) - ((b * 7) % 13))) {
      await send(seen(minute));
      await digest();
    }
    expect(await brief()).toEqual(wanted);
  });

  test('mark the days that they begin on', async () => {
    // 23:50 and 00:10: one visit, of the day before.
    await send(seen(830), seen(850));
    await database.pool().query('truncate analytics.dirty_days');
    await digest();
    expect(await rowsOf(database, 'select distinct day::text from analytics.dirty_days')).toEqual([
      { day: base },
    ]);
  });
});

describe('activation', () => {
  const rule = (event: string, times: number, days: number) =>
    rowsOf(
      database,
      'insert into analytics.activation_rules (organization_id, event_name, event_count, within_days) values ($1, $2, $3, $4)',
      [ours.organizationId, event, times, days],
    );
  const activated = () =>
    rowsOf<{ user_id: string; activated_at: Date }>(
      database,
      'select user_id, activated_at from analytics.user_activations order by activated_at',
    );

  beforeEach(async () => {
    await database
      .pool()
      .query('update tenancy.organization_members set joined_at = $2 where organization_id = $1', [
        ours.organizationId,
        at(0),
      ]);
  });

  test('is any event in the first two weeks where there is no rule', async () => {
    await send(
      { occurredAt: at(-1), userId: ours.member.userId },
      { occurredAt: at(7), userId: ours.admin.userId },
      { occurredAt: at(9), userId: ours.admin.userId },
    );
    expect(await digest()).toMatchObject({ activations: 1 });
    expect(await activated()).toEqual([
      { user_id: ours.admin.userId, activated_at: new Date(at(7)) },
    ]);
  });

  test('is when the last of all rules came true, each in its time', async () => {
    await rule('project_opened', 2, 1);
    await rule('login', 1, 3);
    await send(
      { occurredAt: at(1), userId: ours.member.userId },
      { occurredAt: at(2), userId: ours.member.userId, name: 'project_opened' },
      { occurredAt: at(5), userId: ours.member.userId, name: 'project_opened' },
      { occurredAt: at(9), userId: ours.member.userId, name: 'project_opened' },
      // the second time comes a minute too late
      { occurredAt: at(2), userId: ours.admin.userId, name: 'project_opened' },
      { occurredAt: at(24 * 60), userId: ours.admin.userId, name: 'project_opened' },
      { occurredAt: at(1), userId: ours.admin.userId },
    );
    await digest();
    expect(await activated()).toEqual([
      { user_id: ours.member.userId, activated_at: new Date(at(5)) },
    ]);
    // An event that comes late makes it earlier, and a rule that changes judges everybody anew.
    await send({ occurredAt: at(1.5), userId: ours.member.userId, name: 'project_opened' });
    await digest();
    expect((await activated())[0]?.activated_at).toEqual(new Date(at(2)));
    await rowsOf(database, 'update analytics.activation_rules set within_days = 2');
    expect(
      await rowsOf(
        database,
        "select payload ->> 'organization_id' as id from graphile_worker._private_jobs where key like 'recompute_activations:%'",
      ),
    ).toContainEqual({ id: ours.organizationId });
    await rowsOf(database, 'select analytics.note_activations($1)', [ours.organizationId]);
    expect(await activated()).toHaveLength(2);
  });
});

describe('segments', () => {
  const save = (subject: 'user' | 'lead', rule: unknown, name = 'Segment') =>
    actAs(database, ours.member, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'insert into analytics.segments (name, subject, rule) values ($1, $2, $3) returning id',
        [name, subject, JSON.stringify(rule)],
      );
      return rows[0]?.id ?? '';
    });
  const members = async (segment: string) =>
    (
      await rowsOf<{ subject_id: string }>(
        database,
        'select subject_id from analytics.user_segments where segment_id = $1 and left_at is null',
        [segment],
      )
    )
      .map((row) => row.subject_id)
      .sort();
  const leads = (...numbers: number[]) => numbers.map((number) => leadIds[number - 1]).sort();
  const fitting = async (rule: unknown) => {
    const id = await save('lead', rule, JSON.stringify(rule).slice(0, 150));
    await digest();
    return members(id);
  };

  test('hold the leads of the organization whose fields fit', async () => {
    // Lead n has a score of 20 n; odd ones are qualified and from the US.
    const rules: [unknown, number[]][] = [
      [{ field: 'score', op: '>=', value: 60 }, [3, 4]],
      [{ field: 'score', op: '!=', value: 60 }, [1, 2, 4]],
      [{ field: 'score', op: 'in', value: [20, 80] }, [1, 4]],
      [{ field: 'status', value: 'qualified' }, [1, 3]],
      [{ field: 'status', op: 'not_in', value: ['qualified', 'lost'] }, [2, 4]],
      [{ field: 'email', op: 'starts_with', value: 'LEAD2' }, [2]],
      [{ field: 'email_domain', op: 'contains', value: 'x.' }, [1, 2, 3, 4]],
      [{ field: 'company_name', op: 'is_not_set' }, [1, 2, 3, 4]],
      [{ field: 'company_name', op: '!=', value: 'Acme' }, [1, 2, 3, 4]],
      [{ field: 'interests', op: 'contains', value: 'gear' }, [4]],
      [{ field: 'has_owner', value: true }, []],
      [{ field: 'created_at', op: 'within_days', value: 1 }, [1, 2, 3, 4]],
      [{ field: 'created_at', op: 'before_days', value: 1 }, []],
      [{ field: 'created_at', op: '>', value: '2099-01-01T00:00:00Z' }, []],
      [{ not: { field: 'country', value: 'US' } }, [2, 4]],
      [{ not: { field: 'employees', op: '>', value: 5 } }, [1, 2, 3, 4]],
      [
        {
          all: [
            { field: 'score', op: '>', value: 20 },
            {
              any: [
                { field: 'country', value: 'US' },
                { field: 'interests', op: 'contains', value: 'gear' },
              ],
            },
          ],
        },
        [3, 4],
      ],
    ];
    for (const [rule, numbers] of rules)
      expect([rule, await fitting(rule)]).toEqual([rule, leads(...numbers)]);
  });

  test('follow what people are called, where they get mail and when their day begins', async () => {
    const byName = await save('user', { field: 'name', value: 'Ada Lovelace' }, 'name');
    const byDomain = await save('user', { field: 'email_domain', value: 'new.test' }, 'domain');
    const byZone = await save('user', { field: 'time_zone', value: 'Asia/Tokyo' }, 'zone');
    await digest();
    const all = async () => [await members(byName), await members(byDomain), await members(byZone)];
    const before = await all();
    expect(before).toEqual([[], [], []]);
    const touched = () =>
      rowsOf(
        database,
        "select organization_id, subject, subject_ids from analytics.touched_subjects where subject = 'user' order by id",
      );
    const id = ours.member.userId ?? '';
    const [person] = await rowsOf(
      database,
      'select email, name, time_zone from identity.users where id = $1',
      [id],
    );
    const change = (values: object) =>
      rowsOf(
        database,
        `update identity.users u set (email, name, time_zone, last_sign_in_at) = (n.email, n.name, n.time_zone, now())
           from jsonb_populate_record(null::identity.users, $2) n where u.id = $1`,
        [id, JSON.stringify({ ...person, ...values })],
      );
    try {
      await change({});
      expect(await touched()).toEqual([]);
      for (const [values, expected] of [
        [{ name: 'Ada Lovelace' }, [[id], [], []]],
        [{ email: 'ada@new.test' }, [[], [id], []]],
        [{ time_zone: 'Asia/Tokyo' }, [[], [], [id]]],
        [{}, [[], [], []]],
      ] as const) {
        await change(values);
        expect(await touched()).toEqual([
          { organization_id: ours.organizationId, subject: 'user', subject_ids: [id] },
        ]);
        await digest();
        expect([values, await all()]).toEqual([values, expected]);
      }
    } finally {
      await change({});
    }
  });

  test('follow what the source of leads is called', async () => {
    const [source] = await rowsOf<{ id: string }>(
      database,
      `with source as (
         insert into crm.lead_sources (organization_id, name) values ($1, 'Fair of 2019') returning organization_id, id
       ), moved as (
         update crm.leads l set lead_source_id = s.id from source s
          where l.organization_id = s.organization_id and l.id = any ($2)
       ) select id from source`,
      [ours.organizationId, leads(1, 2)],
    );
    const other = { field: 'score', op: '>=', value: 60 };
    const fairs = { field: 'lead_source', op: 'starts_with', value: 'Fair' };
    const fair = await save('lead', { any: [other, { not: { not: fairs } }] }, 'fair');
    const shows = await save('lead', { field: 'lead_source', op: 'in', value: ['Shows'] }, 'shows');
    await save('lead', other, 'other');
    await save('user', { field: 'name', value: 'lead_source' }, 'people');
    await rowsOf(
      database,
      `insert into analytics.segments (organization_id, name, subject, rule, is_active)
       values ($1, 'off', 'lead', '{"field": "lead_source", "op": "is_set"}', false)`,
      [ours.organizationId],
    );
    await digest();
    expect(await members(fair)).toEqual(leads(1, 2, 3, 4));
    expect(await members(shows)).toEqual([]);
    const rename = (name: string) =>
      rowsOf(database, "update crm.lead_sources set name = $2, channel = 'event' where id = $1", [
        source?.id,
        name,
      ]);
    await rename('Shows');
    const due = await rowsOf<{ segment_id: string }>(
      database,
      'select segment_id from analytics.due_segments',
    );
    expect(due.map((row) => row.segment_id).sort()).toEqual([fair, shows].sort());
    await digest();
    expect(await members(fair)).toEqual(leads(3, 4));
    expect(await members(shows)).toEqual(leads(1, 2));
    await rename('Shows');
    expect(await rowsOf(database, 'select from analytics.due_segments')).toEqual([]);
  });

  test('ask for custom fields as what they are compared with', async () => {
    await rowsOf(
      database,
      `alter table crm.leads disable trigger user;
       update crm.leads set custom_fields = '{"tier": "gold", "seats": 12, "vip": true}' where id = '${leadIds[0]}';
       update crm.leads set custom_fields = '{"tier": 7, "seats": "many"}' where id = '${leadIds[1]}';
       alter table crm.leads enable trigger user`,
    );
    expect(await fitting({ field: 'custom.tier', value: 'gold' })).toEqual(leads(1));
    expect(await fitting({ field: 'custom.seats', op: '>', value: 10 })).toEqual(leads(1));
    expect(await fitting({ field: 'custom.vip', value: true })).toEqual(leads(1));
    expect(await fitting({ field: 'custom.tier', op: 'is_set' })).toEqual(leads(1, 2));
  });

  test('hold members by role, and by what they do', async () => {
    await send(
      { occurredAt: hoursAgo(30), userId: ours.member.userId, name: 'project_opened' },
      { occurredAt: hoursAgo(20), userId: ours.member.userId, name: 'project_opened' },
      { occurredAt: hoursAgo(1), userId: ours.admin.userId, name: 'project_opened' },
      { occurredAt: hoursAgo(24 * 9), userId: ours.owner.userId },
    );
    const ids = {
      role: await save('user', { field: 'role', op: 'in', value: ['owner', 'guest'] }, 'role'),
      twice: await save('user', { event: 'project_opened', count: 2, days: 2 }, 'twice'),
      ever: await save('user', { event: 'project_opened' }, 'ever'),
      none: await save('user', { event: 'project_opened', op: '=', count: 0 }, 'none'),
      lately: await save('user', { seen: 'within', days: 7 }, 'lately'),
      gone: await save('user', { seen: 'before', days: 7 }, 'gone'),
      never: await save('user', { seen: 'never' }, 'never'),
    };
    await digest();
    const { owner, admin, member, guest } = ours;
    const users = (...callers: Cast['owner'][]) => callers.map((caller) => caller.userId).sort();
    expect(await members(ids.role)).toEqual(users(owner, guest));
    expect(await members(ids.twice)).toEqual(users(member));
    expect(await members(ids.ever)).toEqual(users(member, admin));
    expect(await members(ids.none)).toEqual(users(owner, guest));
    expect(await members(ids.lately)).toEqual(users(member, admin));
    expect(await members(ids.gone)).toEqual(users(owner));
    expect(await members(ids.never)).toEqual(users(guest));
  });

  test('are left and entered again, which stays written down', async () => {
    const id = await save('lead', { field: 'score', op: '>=', value: 60 });
    await digest();
    await rowsOf(database, 'update crm.leads set score = 10 where id = $1', [leadIds[3]]);
    expect(await digest()).toMatchObject({ segment_changes: 1 });
    expect(await members(id)).toEqual(leads(3));
    await rowsOf(database, 'update crm.leads set score = 70 where id = $1', [leadIds[3]]);
    await digest();
    expect(await members(id)).toEqual(leads(3, 4));
    expect(
      await rowsOf(
        database,
        'select left_at is null as present from analytics.user_segments where lead_id = $1 order by id',
        [leadIds[3]],
      ),
    ).toEqual([{ present: false }, { present: true }]);
    // Whoever is archived is out.
    await rowsOf(database, 'update crm.leads set deleted_at = now() where id = $1', [leadIds[2]]);
    await digest();
    expect(await members(id)).toEqual(leads(4));
    const count = await as(database, ours.member, (client) =>
      client.query(
        'select analytics.segments_member_count(s) as members from analytics.segments s',
      ),
    );
    expect(count.rows).toEqual([{ members: 1 }]);
  });

  test('look at those alone who changed, and whose time has come', async () => {
    const id = await save('lead', { event: 'login', days: 3 });
    await send(
      { occurredAt: hoursAgo(71), leadId: leadIds[0] },
      { occurredAt: hoursAgo(10), leadId: leadIds[1] },
    );
    await digest();
    expect(await members(id)).toEqual(leads(1, 2));
    expect(
      await rowsOf(
        database,
        'select subject_id, round(extract(epoch from check_at - now()) / 3600)::int as hours from analytics.segment_checks order by check_at',
      ),
    ).toEqual([
      { subject_id: leadIds[0], hours: 1 },
      { subject_id: leadIds[1], hours: 62 },
    ]);
    // Nobody looks at a lead that nothing happened to: a membership that should not be there stays.
    await rowsOf(
      database,
      'insert into analytics.user_segments (organization_id, segment_id, lead_id) values ($1, $2, $3)',
      [ours.organizationId, id, leadIds[2]],
    );
    expect(await digest()).toMatchObject({ segment_changes: 0 });
    // The first lead's event leaves the window.
    await rowsOf(
      database,
      "update analytics.app_events set occurred_at = occurred_at - interval '2 hours' where lead_id = $1",
      [leadIds[0]],
    );
    await rowsOf(
      database,
      'update analytics.segment_checks set check_at = now() where subject_id = $1',
      [leadIds[0]],
    );
    expect(
      await rowsOf(database, 'select id from analytics.undigested_organizations() o (id)'),
    ).toContainEqual({ id: ours.organizationId });
    expect(await digest()).toMatchObject({ segment_changes: 1 });
    expect(await members(id)).toEqual(leads(2, 3));
    // A new rule judges everybody.
    await actAs(database, ours.member, (client) =>
      client.query(
        `update analytics.segments set rule = '{"event": "login", "days": 4}' where id = $1`,
        [id],
      ),
    );
    await digest();
    expect(await members(id)).toEqual(leads(1, 2));
    await rowsOf(database, 'select analytics.recompute_dirty_days($1)', [ours.organizationId]);
    expect(
      await rowsOf(database, 'select id from analytics.undigested_organizations() o (id)'),
    ).not.toContainEqual({ id: ours.organizationId });
  });

  test.each([
    ['switched off', 'is_active = false', 'is_active = true'],
    ['archived', 'deleted_at = now()', 'deleted_at = null'],
  ])('keep nothing waiting once they are %s', async (_name, off, on) => {
    const id = await save('lead', { event: 'login', days: 3 });
    await send({ occurredAt: hoursAgo(71), leadId: leadIds[0] });
    await digest();
    const change = (set: string) =>
      rowsOf(database, `update analytics.segments set ${set} where id = $1`, [id]);
    const isDue = async () => {
      await rowsOf(database, 'select analytics.recompute_dirty_days($1)', [ours.organizationId]);
      const rows = await rowsOf<{ id: string }>(
        database,
        'select id from analytics.undigested_organizations() o (id)',
      );
      return rows.some((row) => row.id === ours.organizationId);
    };
    await change(off);
    await rowsOf(database, 'update analytics.segment_checks set check_at = now()');
    expect(await isDue()).toBe(true);
    await digest();
    expect(await isDue()).toBe(false);
    expect(await members(id)).toEqual(leads(1));
    // Everybody is judged when it is kept up again, and looked at in time.
    await rowsOf(
      database,
      "update analytics.app_events set occurred_at = occurred_at + interval '1 hour' where lead_id = $1",
      [leadIds[0]],
    );
    await change(on);
    await digest();
    expect(await members(id)).toEqual(leads(1));
    expect(await rowsOf(database, 'select subject_id from analytics.segment_checks')).toEqual([
      { subject_id: leadIds[0] },
    ]);
  });

  test.each<[string, 'user' | 'lead', unknown, string]>([
    ['a list', 'lead', [], 'rule'],
    ['nothing in it', 'lead', {}, 'rule'],
    ['an unknown field', 'lead', { field: 'password', value: 'x' }, 'rule.field'],
    ['a field of the others', 'user', { field: 'score', value: 1 }, 'rule.field'],
    [
      'SQL for a field',
      'lead',
      { field: 'score; drop table crm.leads --', value: 1 },
      'rule.field',
    ],
    ['SQL for a custom field', 'lead', { field: "custom.x' or true --", value: 1 }, 'rule.field'],
    ['a custom field of users', 'user', { field: 'custom.x', value: 1 }, 'rule.field'],
    [
      'an operator that does not go with it',
      'lead',
      { field: 'score', op: 'contains', value: 1 },
      'rule.op',
    ],
    ['an operator that is none', 'lead', { field: 'score', op: '> 0 or', value: 1 }, 'rule.op'],
    ['a text for a number', 'lead', { field: 'score', op: '>', value: '1' }, 'rule.value'],
    ['no value', 'lead', { field: 'score', op: '>' }, 'rule.value'],
    [
      'a day for a time',
      'lead',
      { field: 'created_at', op: '>', value: '2026-05-04' },
      'rule.value',
    ],
    [
      'a day that is none',
      'lead',
      { field: 'created_at', op: '>', value: '2026-02-30T00:00:00Z' },
      'rule.value',
    ],
    ['an empty list of values', 'lead', { field: 'status', op: 'in', value: [] }, 'rule.value'],
    [
      'a wrong value in a list',
      'lead',
      { field: 'status', op: 'in', value: ['new', 3] },
      'rule.value.1',
    ],
    [
      'a value for what takes none',
      'lead',
      { field: 'status', op: 'is_set', value: 1 },
      'rule.value',
    ],
    ['half a day', 'lead', { field: 'created_at', op: 'within_days', value: 0.5 }, 'rule.value'],
    ['no days', 'lead', { seen: 'within' }, 'rule.days'],
    ['a name that is no event', 'lead', { event: "x' or true" }, 'rule.event'],
    ['less than no events', 'lead', { event: 'login', count: -1 }, 'rule.count'],
    ['more days than events are kept', 'lead', { event: 'login', days: 761 }, 'rule.days'],
    ['a key that is none', 'lead', { event: 'login', within: 3 }, 'rule.within'],
    ['all beside any', 'lead', { all: [{ seen: 'never' }], any: [{ seen: 'never' }] }, 'rule'],
    ['all of nothing', 'lead', { all: [] }, 'rule.all'],
    [
      'a wrong one among others',
      'lead',
      { all: [{ seen: 'never' }, { not: { field: 'x' } }] },
      'rule.all.1.not.field',
    ],
  ])('refuse a rule with %s, saying where', async (_what, subject, rule, field) => {
    await expect(save(subject, rule)).rejects.toMatchObject({ code: 'CB002', column: field });
  });

  test('take quotes for what they are', async () => {
    const value = "x' or '1'='1";
    expect(await fitting({ field: 'company_name', value })).toEqual([]);
    await rowsOf(database, 'update crm.leads set company_name = $1 where id = $2', [
      value,
      leadIds[0],
    ]);
    await digest();
    expect(await fitting({ field: 'company_name', op: 'contains', value: "' OR '" })).toEqual(
      leads(1),
    );
  });

  test('can be tried before they are saved, by those who may read what they ask for', async () => {
    const preview = (caller: Cast['owner'], subject: string) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ found: number }>(
          `select analytics.preview_segment($1, '{"field": "email", "op": "is_set"}') as found`,
          [subject],
        );
        return rows[0]?.found;
      });
    expect(await preview(ours.member, 'lead')).toBe(4);
    expect(await preview(ours.member, 'user')).toBe(4);
    await expect(preview(ours.member, 'dog')).rejects.toMatchObject({ code: 'CB002' });
    await expect(preview(ours.guest, 'user')).rejects.toMatchObject({ code: 'CB003' });
  });

  test.each([
    ['tenancy.read', { user: 'refused', lead: 4 }, { user: 'refused', lead: 'saved' }],
    ['crm.read', { user: 4, lead: 'refused' }, { user: 'saved', lead: 'refused' }],
    ['analytics.read', { user: 'refused', lead: 'refused' }, { user: 'saved', lead: 'saved' }],
  ])('tell nothing of whom they hold to whoever lacks %s', async (permission, tried, saved) => {
    const rule = '{"field": "email", "op": "starts_with", "value": "m"}';
    await as(database, ours.owner, async (client) => {
      await client.query(
        `select tenancy.set_member_permission(m.id, $2, 'deny')
           from tenancy.organization_members m
          where m.organization_id = authz.organization_id() and m.user_id = $1`,
        [ours.member.userId, permission],
      );
      await client.query('reset role');
      await enter(client, ours.member);
      const outcome = async (sql: string, values: unknown[]) => {
        const result: Record<string, unknown> = {};
        for (const subject of ['user', 'lead']) {
          await client.query('savepoint asked');
          try {
            const { rows } = await client.query<{ found: unknown }>(sql, [subject, ...values]);
            result[subject] = rows[0]?.found ?? 'saved';
          } catch (error) {
            if ((error as { detail?: string }).detail !== `It takes ${permission}.`) throw error;
            result[subject] = 'refused';
          }
          await client.query('rollback to savepoint asked');
        }
        return result;
      };
      expect(
        await outcome(
          `select analytics.preview_segment($1, '{"field": "email", "op": "is_set"}') as found`,
          [],
        ),
      ).toEqual(tried);
      expect(
        await outcome('insert into analytics.segments (subject, name, rule) values ($1, $1, $2)', [
          rule,
        ]),
      ).toEqual(saved);
    });
  });

  test('that are tried say nothing of leads in a workspace that the caller does not see', async () => {
    await rowsOf(database, 'update crm.leads set workspace_id = $1 where id = $2', [
      ours.privateWorkspaceId,
      leadIds[3],
    ]);
    const tried = (caller: Cast['owner'], rule: object) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ found: number }>(
          "select analytics.preview_segment('lead', $1) as found",
          [JSON.stringify(rule)],
        );
        return rows[0]?.found;
      });
    const rich = { field: 'score', op: '>=', value: 80 };
    const vip = { all: [{ field: 'email', value: 'lead4@x.test' }, rich] };
    expect([await tried(ours.owner, vip), await tried(ours.member, vip)]).toEqual([1, 0]);
    // Nor does one of the rules being true beside the others, or none.
    const either = { any: [rich, { field: 'score', op: '<', value: 0 }] };
    expect([await tried(ours.owner, either), await tried(ours.member, either)]).toEqual([1, 0]);
    const not = { not: { field: 'score', op: '<', value: 80 } };
    expect([await tried(ours.owner, not), await tried(ours.member, not)]).toEqual([1, 0]);
    expect(await tried(ours.member, { field: 'email', op: 'is_set' })).toBe(3);
    await database
      .pool()
      .query(
        'insert into tenancy.workspace_members (organization_id, workspace_id, user_id) values ($1, $2, $3)',
        [ours.organizationId, ours.privateWorkspaceId, ours.member.userId],
      );
    try {
      expect(await tried(ours.member, vip)).toBe(1);
    } finally {
      await database
        .pool()
        .query('delete from tenancy.workspace_members where workspace_id = $1 and user_id = $2', [
          ours.privateWorkspaceId,
          ours.member.userId,
        ]);
    }
  });

  test('stay what they are of, and are nothing for those who may not write', async () => {
    const id = await save('lead', { seen: 'never' });
    const [moved, direct] = await as(database, ours.member, async (client) => [
      await sqlstateOf(client, () =>
        client.query("update analytics.segments set subject = 'user' where id = $1", [id]),
      ),
      await sqlstateOf(client, () =>
        client.query('insert into analytics.user_segments (segment_id, lead_id) values ($1, $2)', [
          id,
          leadIds[0],
        ]),
      ),
    ]);
    expect([moved, direct]).toEqual(['CB002', '42501']);
    await digest(theirs);
    const seen = await as(database, theirs.member, (client) =>
      client.query('select from analytics.segments'),
    );
    expect(seen.rowCount).toBe(0);
  });
});

describe('a lead that is merged into another', () => {
  const owners = (table: string) =>
    rowsOf<{ lead_id: string; rows: number }>(
      database,
      `select lead_id, count(*)::int as rows from analytics.${table} group by 1 order by 1`,
    );
  const frequent = () =>
    actAs(database, ours.member, (client) =>
      client.query(
        `insert into analytics.segments (name, subject, rule)
         values ('Frequent', 'lead', '{"event": "login", "op": ">=", "count": 3, "days": 30}')`,
      ),
    );
  const present = () =>
    rowsOf<{ lead_id: string }>(
      database,
      'select lead_id from analytics.user_segments where left_at is null',
    );

  test('leaves it its events, visits and answers, which count together from then on', async () => {
    const [kept, merged, other] = leadIds;
    await frequent();
    await send(
      { occurredAt: at(0), leadId: kept },
      { occurredAt: at(40), leadId: kept },
      { occurredAt: at(20), leadId: merged },
      { occurredAt: at(600), leadId: merged },
      { occurredAt: at(20), leadId: other },
    );
    await rowsOf(
      database,
      `insert into analytics.nps_responses (organization_id, lead_id, score, answered_at)
       values ($1, $2, 2, now() - interval '2 days'), ($1, $3, 10, now() - interval '1 day'), ($1, $4, 8, now())`,
      [ours.organizationId, kept, merged, other],
    );
    await digest();
    expect(await owners('sessions')).toHaveLength(3);
    expect(await present()).toEqual([]);
    await merge(kept, merged);
    expect(await owners('app_events')).toEqual([
      { lead_id: kept, rows: 4 },
      { lead_id: other, rows: 1 },
    ]);
    await digest();
    // The three that lie close together are one visit now.
    expect(
      await rowsOf(
        database,
        'select lead_id, event_count from analytics.sessions order by lead_id, started_at',
      ),
    ).toEqual([
      { lead_id: kept, event_count: 3 },
      { lead_id: kept, event_count: 1 },
      { lead_id: other, event_count: 1 },
    ]);
    expect(await present()).toEqual([{ lead_id: kept }]);
    const nps = await as(database, ours.member, (client) =>
      client.query('select promoters, passives, detractors, n from analytics.calculate_nps(30)'),
    );
    expect(nps.rows).toEqual([{ promoters: 1, passives: 1, detractors: 0, n: 2 }]);
    expect(await digest()).toMatchObject({ batches: 0, sessions: 0 });
  });

  test('and is still sent by its old id, does it as the other, also after both are merged', async () => {
    const [first, second, third] = leadIds;
    await merge(second, third);
    await merge(first, second);
    await send(
      { occurredAt: at(0), leadId: third },
      { occurredAt: at(1), leadId: second },
      { occurredAt: at(2), leadId: first },
    );
    expect(await owners('app_events')).toEqual([{ lead_id: first, rows: 3 }]);
    await digest();
    expect(await owners('sessions')).toEqual([{ lead_id: first, rows: 1 }]);
    // Of an archived lead that was not merged they stay its own.
    await rowsOf(database, 'update crm.leads set deleted_at = now() where id = $1', [leadIds[3]]);
    await send({ occurredAt: at(3), leadId: leadIds[3] });
    expect(await owners('app_events')).toContainEqual({ lead_id: leadIds[3], rows: 1 });
  });

  test('enters as the other the sequences that begin with what it has just done', async () => {
    const [kept, merged] = leadIds;
    await within(database, async (client) => {
      const house = { client, cast: ours };
      await client.query("update crm.leads set email_consent = 'granted'");
      const sequence = await addSequence(house, [{ key: 'hello' }], { enroll_event: 'tried' });
      await client.query(
        "insert into analytics.app_events (organization_id, name, lead_id) values ($1, 'tried', $2)",
        [ours.organizationId, merged],
      );
      await ask(house, 'select l.id from crm.merge_leads($1, $2) l', [kept, merged]);
      await client.query('select analytics.digest_events($1)', [ours.organizationId]);
      const enrolled = await client.query(
        'select lead_id, status from marketing.nurturing_enrollments where sequence_id = $1',
        [sequence],
      );
      expect(enrolled.rows).toEqual([{ lead_id: kept, status: 'active' }]);
    });
  });

  onServer('meanwhile', () => {
    test('has what was being recorded moved by the next digest', async () => {
      const [kept, merged] = leadIds;
      const recording = await database.pool('callboard_authenticator').connect();
      try {
        await recording.query('begin');
        await enter(recording, ours.member);
        await taken(recording, [
          { id: randomId(), name: 'login', occurredAt: at(0), leadId: merged },
        ]);
        await merge(kept, merged);
        await recording.query('commit');
      } finally {
        recording.release();
      }
      await digest();
      expect(await owners('app_events')).toEqual([{ lead_id: kept, rows: 1 }]);
      await digest();
      expect(await owners('sessions')).toEqual([{ lead_id: kept, rows: 1 }]);
      expect(await digest()).toMatchObject({ batches: 0, sessions: 0 });
    });

    test('does not wait for a digest, and has its visit moved by the next one', async () => {
      const [kept, merged] = leadIds;
      await send({ occurredAt: at(0), leadId: merged });
      await digest();
      await send({ occurredAt: at(1), leadId: merged }, { occurredAt: at(90), leadId: merged });
      const digesting = await database.pool().connect();
      try {
        await digesting.query('begin');
        await digesting.query('select * from analytics.digest_events($1)', [ours.organizationId]);
        await merge(kept, merged);
        await digesting.query('commit');
      } finally {
        digesting.release();
      }
      expect(await owners('sessions')).toEqual([{ lead_id: merged, rows: 2 }]);
      await digest();
      expect(await owners('sessions')).toEqual([{ lead_id: kept, rows: 2 }]);
      expect(await digest()).toMatchObject({ batches: 0, sessions: 0 });
    });
  });
});

onServer('two that digest at once', () => {
  test('do it once: the second leaves it to the first', async () => {
    await send({ occurredAt: at(0), userId: ours.member.userId });
    const one = await database.pool().connect();
    try {
      await one.query('begin');
      await one.query('select * from analytics.digest_events($1)', [ours.organizationId]);
      expect(await digest()).toBeUndefined();
      await one.query('rollback');
    } finally {
      one.release();
    }
    expect(await digest()).toMatchObject({ batches: 1, sessions: 1 });
  });
});
