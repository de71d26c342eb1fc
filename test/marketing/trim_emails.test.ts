import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MailLinks } from '../../worker/marketing/links.ts';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker } from '../../worker/run.ts';
import { as, type Caller } from '../helpers/callers.ts';
import { onServer } from '../helpers/database.ts';
import { serving } from '../helpers/serving.ts';
import { KEY, Mailing } from './mailing.ts';

/** A mail of long ago: columns of the queue beside those that every mail has. */
type Old = Readonly<Record<string, unknown>> & { readonly days?: number };

describe('mails that are older than an organization keeps them', () => {
  const served = serving('archive', { ENCRYPTION_KEY: KEY.toString('base64') });
  let mailing: Mailing;
  let other: Mailing;
  let owner: Caller;
  let member: Caller;
  let serial = 0;
  const fresh = () => `old${(serial += 1)}@leads.test`;

  beforeAll(async () => {
    await prepareQueue(served.database);
    mailing = await Mailing.of(served.database, served.cast());
    other = await Mailing.make(served.database, 'others');
    ({ owner, member } = mailing.cast);
  });
  beforeEach(async () => {
    for (const each of [mailing, other]) {
      for (const table of [
        'email_interactions',
        'email_suppressions',
        'campaign_recipients',
        'email_queue',
        'email_tallies',
        'interaction_tallies',
        'trimmed_emails',
      ]) {
        await each.query(`delete from marketing.${table} where organization_id = $1`, [
          each.organizationId,
        ]);
      }
      await each.set({});
    }
  });

  /** Writes a mail as it has lain there for so many days. */
  async function old(lead: string, { days = 800, ...more }: Old = {}, of = mailing) {
    const [row] = await of.query<{ id: string }>(
      `insert into marketing.email_queue
       select r.*
         from (select now() - make_interval(days => $3) as past) p
        cross join lateral jsonb_populate_record(
                null::marketing.email_queue,
                jsonb_build_object(
                  'organization_id', $1::uuid, 'lead_id', $2::uuid, 'template_id', $4::uuid, 'purpose', 'marketing',
                  'variables', '{}'::jsonb, 'send_after', p.past, 'attempts', 1, 'created_at', p.past, 'updated_at', p.past,
                  'status', 'sent', 'sent_at', p.past, 'attempted_at', p.past,
                  'email', (select l.email from crm.leads l where l.id = $2),
                  'id', overlay(gen_random_uuid()::text placing left(marketing.first_id_of(p.past)::text, 13) from 1))
                || $5::jsonb) r
       returning id`,
      [of.organizationId, lead, days, of.templateId, JSON.stringify(more)],
    );
    return row?.id ?? '';
  }

  /** What somebody did with a mail, a day after it was sent. */
  async function did(mail: string, kind: string, more: object = {}) {
    await mailing.query(
      `insert into marketing.email_interactions
         (organization_id, occurred_at, queued_email_id, lead_id, campaign_id, kind, source, is_hard_bounce, url, is_machine,
          is_repeat)
       select q.organization_id, q.sent_at + interval '1 day', q.id, q.lead_id, q.campaign_id, $2, 'link', m.is_hard_bounce,
              case $2 when 'clicked' then 'https://lumen.test/' end, coalesce(m.is_machine, false),
              coalesce(m.is_repeat, false)
         from marketing.email_queue q
        cross join jsonb_to_record($3) as m (is_hard_bounce boolean, is_machine boolean, is_repeat boolean)
        where q.id = $1`,
      [mail, kind, JSON.stringify(more)],
    );
  }

  async function campaign(status: string): Promise<string> {
    const [row] = await mailing.query<{ id: string }>(
      `insert into marketing.campaigns (organization_id, name, template_id, status, started_at, finished_at)
       values ($1, 'Premiere', $2, $3, now() - interval '800 days', now() - interval '790 days') returning id`,
      [mailing.organizationId, mailing.templateId, status],
    );
    return row?.id ?? '';
  }

  /** Trims all there is, so many mails at a time. */
  async function trim(atMost = 1_000, of = mailing): Promise<number> {
    let after: string | null = null;
    for (let calls = 1; ; calls += 1) {
      const rows: { last: string | null }[] = await of.query(
        'select marketing.trim_emails($1, $2, $3) as last',
        [of.organizationId, after, atMost],
      );
      after = rows[0]?.last ?? null;
      if (after === null) return calls;
    }
  }

  const ids = async (of = mailing) =>
    (
      await of.query<{ id: string }>(
        'select id from marketing.email_queue where organization_id = $1 order by id',
        [of.organizationId],
      )
    ).map(({ id }) => id);
  const seen = async <Row>(caller: Caller, sql: string, values: unknown[] = []) =>
    as(served.database, caller, async (client) => (await client.query(sql, values)).rows as Row[]);

  test('go, those that are kept stay', async () => {
    const lead = await mailing.lead(fresh());
    const gone = [
      await old(lead),
      await old(lead, { status: 'failed', sent_at: null }),
      await old(lead, { status: 'suppressed', sent_at: null, email: null, attempts: 0 }),
      await old(lead, { status: 'cancelled', sent_at: null, email: null, attempts: 0 }),
      await old(lead, { status: 'uncertain', claim_id: mailing.organizationId, sent_at: null }),
      await old(lead, { days: 731 }),
    ];
    const kept = [
      await old(lead, { days: 729 }),
      await old(lead, { status: 'queued', sent_at: null, attempts: 0 }),
      // something happened to it since
      await old(lead, { updated_at: new Date().toISOString() }),
    ];
    const foreign = await old(await other.lead(fresh()), {}, other);
    await trim();
    expect(await ids()).toEqual([...kept].sort());
    expect(await ids(other)).toEqual([foreign]);
    // Of those that went out, and nothing else of them.
    const stubs = await mailing.query(
      'select t.* from marketing.trimmed_emails t where organization_id = $1 order by id',
      [mailing.organizationId],
    );
    expect(stubs).toEqual(
      [0, 1, 4, 5]
        .map((place) => gone[place] ?? '')
        .sort()
        .map((id) => ({
          organization_id: mailing.organizationId,
          id,
          email: expect.stringContaining('@leads.test'),
        })),
    );
  });

  test.each([
    [0, [100, 800, 4_000], [100, 800, 4_000]],
    // Not before what was done with them has faded from the scores: twenty half-lives of 14 days.
    [90, [100, 279, 281, 800], [100, 279]],
    [1_000, [800, 999, 1_001], [800, 999]],
  ])('are those of keepMailsDays: %s', async (keepMailsDays, days, left) => {
    await mailing.set({ keepMailsDays });
    const lead = await mailing.lead(fresh());
    const made = new Map<number, string>();
    for (const each of days) made.set(each, await old(lead, { days: each }));
    await trim();
    expect(await ids()).toEqual(left.map((each) => made.get(each) ?? '').sort());
  });

  test('stay while something may be sent once only because of them', async () => {
    const lead = await mailing.lead(fresh());
    const running = await campaign('running');
    const over = await campaign('completed');
    const [sequence] = await mailing.query<{ id: string; step: string }>(
      `with made as (
         insert into marketing.nurturing_sequences (organization_id, name) values ($1, 'Welcome') returning id
       )
       insert into marketing.nurturing_steps (organization_id, sequence_id, key, template_id)
       select $1, made.id, 'hello', $2 from made
       returning sequence_id as id, id as step`,
      [mailing.organizationId, mailing.templateId],
    );
    const enrolled = async (status: string) => {
      const [row] = await mailing.query<{ id: string }>(
        `insert into marketing.nurturing_enrollments
           (organization_id, sequence_id, lead_id, step_id, status, next_run_at, paused_at, ended_at)
         values ($1, $2, $3, $4, $5, now(), case $5 when 'paused' then now() end,
                 case $5 when 'completed' then now() end) returning id`,
        [mailing.organizationId, sequence?.id, await mailing.lead(fresh()), sequence?.step, status],
      );
      return { enrollment_id: row?.id, step_id: sequence?.step, step_round: 1 };
    };
    await old(lead, { campaign_id: over });
    await old(lead, await enrolled('completed'));
    const kept = [
      await old(lead, { campaign_id: running }),
      await old(lead, await enrolled('active')),
      await old(lead, await enrolled('paused')),
    ];
    await trim();
    expect(await ids()).toEqual([...kept].sort());
    const figures = 'select (marketing.get_nurturing_funnel($1)).steps';
    const [funnel] = await seen<{ steps: string }>(owner, figures, [sequence?.id]);
    // Three were queued and sent, one of which is no longer there.
    expect(funnel?.steps).toContain('hello,2,3,3,0');
  });

  test('are counted on by all figures, for each as far as they see', async () => {
    const done = await campaign('completed');
    const hidden = await mailing.lead(fresh());
    await mailing.query('update crm.leads set workspace_id = $2 where id = $1', [
      hidden,
      mailing.cast.privateWorkspaceId,
    ]);
    const leads = [hidden, await mailing.lead(fresh()), await mailing.lead(fresh())];
    for (const lead of leads) {
      const past = new Date(Date.now() - 799 * 86_400_000).toISOString();
      const shared = { campaign_id: done };
      const mail = await old(lead, { ...shared, opened_at: past, clicked_at: past });
      for (const kind of ['opened', 'clicked', 'delivered']) await did(mail, kind);
      await did(mail, 'opened', { is_machine: true });
      await did(mail, 'clicked', { is_repeat: true });
      const bounced = await old(lead, {
        ...shared,
        ...{ status: 'failed', sent_at: past, bounced_at: past, days: 801 },
      });
      await did(bounced, 'bounced', { is_hard_bounce: true });
      const later = await old(lead, { ...shared, days: 760, unsubscribed_at: past });
      await did(later, 'unsubscribed');
      await old(lead, { status: 'cancelled', sent_at: null, email: null, ...shared });
      // One of them has a place on the list.
      await mailing.query(
        `insert into marketing.campaign_recipients (organization_id, campaign_id, lead_id, queued_email_id)
         values ($1, $2, $3, $4)`,
        [mailing.organizationId, done, lead, mail],
      );
    }
    const figures = async () => {
      const found = [];
      for (const caller of [owner, member]) {
        found.push(
          await seen(
            caller,
            'select (marketing.campaigns_progress(c)).* from marketing.campaigns c where c.id = $1',
            [done],
          ),
          await seen(
            caller,
            `select d.* from analytics.source_mail_interactions(
               current_date - 900, current_date, 'day', '{"kinds": ["opened", "clicked", "bounced", "unsubscribed"]}') d
              order by 1, 4`,
          ),
        );
        for (const lead of leads.slice(1)) {
          found.push(
            await seen(
              caller,
              'select (s).score, (s).negative, (s).engagement from crm.calculate_lead_score($1) s',
              [lead],
            ),
          );
        }
      }
      return found;
    };
    const before = await figures();
    expect(before[0]).toMatchObject([{ recipients: '3', sent: '6', clicked: '3', bounced: '3' }]);
    expect(before[4]).toMatchObject([{ recipients: '2', sent: '4', clicked: '2', bounced: '2' }]);
    // In small batches, whose tallies add up.
    expect(await trim(2)).toBeGreaterThan(6);
    expect(await ids()).toEqual([]);
    expect(await figures()).toEqual(before);
    // What still speaks for or against a lead stays, without its mail.
    const left = await mailing.query(
      `select kind, queued_email_id from marketing.email_interactions where organization_id = $1 and lead_id = $2
        order by kind`,
      [mailing.organizationId, leads[1]],
    );
    expect(left).toEqual(
      ['bounced', 'clicked', 'unsubscribed'].map((kind) => ({ kind, queued_email_id: null })),
    );
    const [{ recipients } = { recipients: 0 }] = await mailing.query<{ recipients: number }>(
      'select count(*)::int as recipients from marketing.campaign_recipients where campaign_id = $1',
      [done],
    );
    expect(recipients).toBe(0);
  });

  test('leave suppressions, and links that unsubscribe', async () => {
    const links = new MailLinks([KEY], served.url());
    const [first, second] = [fresh(), fresh()];
    const mail = await old(await mailing.lead(first));
    const barred = await old(await mailing.lead(second));
    await mailing.query('select marketing.suppress_email($1, $2, $3, null, $4)', [
      mailing.organizationId,
      second,
      'complaint',
      barred,
    ]);
    await trim();
    expect(await ids()).toEqual([]);
    const suppressions = () =>
      mailing.query(
        `select email, reason from marketing.email_suppressions
          where organization_id = $1 and lifted_at is null order by email, reason`,
        [mailing.organizationId],
      );
    expect(await suppressions()).toEqual([{ email: second, reason: 'complaint' }]);

    const ref = { organizationId: mailing.organizationId, id: mail };
    const visit = (url: string, method = 'GET') => fetch(url, { method, redirect: 'manual' });
    expect(await (await visit(links.unsubscribe(ref))).text()).toContain('<form method="post">');
    for (let count = 0; count < 3; count += 1) {
      const response = await visit(links.unsubscribe(ref), 'POST');
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('You are unsubscribed'),
      ]);
    }
    expect(await (await visit(links.unsubscribe(ref))).text()).toContain('You are unsubscribed');
    expect(await suppressions()).toContainEqual({ email: first, reason: 'unsubscribed' });
    expect(
      await mailing.query(
        `select i.kind, l.email, l.email_consent
           from marketing.email_interactions i
           join crm.leads l on l.organization_id = i.organization_id and l.id = i.lead_id
          where i.organization_id = $1`,
        [mailing.organizationId],
      ),
    ).toEqual([{ kind: 'unsubscribed', email: first, email_consent: 'withdrawn' }]);
    // Other links of it still lead where they led, and tell nothing.
    expect((await visit(links.open(ref))).status).toBe(200);
    expect((await visit(links.click(ref, 'https://lumen.test/'))).status).toBe(302);
    const elsewhere = { ...ref, organizationId: other.organizationId };
    expect((await visit(links.unsubscribe(elsewhere), 'POST')).status).toBe(404);
  });

  test('go by job, of every organization', async () => {
    await old(await mailing.lead(fresh()));
    await old(await other.lead(fresh()), {}, other);
    await other.set({ keepMailsDays: 0 });
    await mailing.query(`select graphile_worker.add_job('trim_emails', '{}')`);
    const worker = await runWorker(served.database, { log: served.lines.log });
    const waiting = () =>
      mailing.query(`select from graphile_worker.jobs where task_identifier = 'trim_emails'`);
    while ((await waiting()).length > 0) await pause(20);
    await worker.stop();
    expect(await ids()).toEqual([]);
    expect(await ids(other)).toHaveLength(1);
  });

  onServer('by two jobs at once', () => {
    test('are tallied once', async () => {
      const done = await campaign('completed');
      const lead = await mailing.lead(fresh());
      for (let count = 0; count < 40; count += 1) {
        await did(await old(lead, { campaign_id: done }), 'opened');
      }
      await Promise.all([trim(7), trim(5), trim(3)]);
      await trim();
      expect(await ids()).toEqual([]);
      expect(
        await mailing.query(
          'select mails, opened from marketing.email_tallies where campaign_id = $1',
          [done],
        ),
      ).toEqual([{ mails: '40', opened: '0' }]);
      expect(
        await mailing.query(
          'select sum(interactions)::int as opened from marketing.interaction_tallies where organization_id = $1',
          [mailing.organizationId],
        ),
      ).toEqual([{ opened: 39 }]);
    });
  });
});
