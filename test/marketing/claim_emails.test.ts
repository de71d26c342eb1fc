import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { outboxDelivery } from '../../worker/mail/delivery.ts';
import type { BatchOptions } from '../../worker/marketing/batches.ts';
import { outcomeOf } from '../../worker/marketing/outcome.ts';
import { outboxSender, type MailSender } from '../../worker/marketing/sender.ts';
import { TemplateCache } from '../../worker/marketing/templates.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { MailServer } from '../helpers/mail-server.ts';
import { links, Mailing, senderOf } from './mailing.ts';

describe('mails to leads', () => {
  const database = testDatabase();
  const server = new MailServer();
  let sender: MailSender;
  let url = '';
  let mailing: Mailing;
  let other: Mailing;
  let serial = 0;
  const fresh = (name = 'lead') => `${name}${(serial += 1)}@leads.test`;

  beforeAll(async () => {
    url = await server.listen();
    sender = senderOf(url);
    mailing = await Mailing.make(database, 'lumen');
    other = await Mailing.make(database, 'other');
  });
  beforeEach(async () => {
    server.taken.length = 0;
    server.mostAtOnce = 0;
    await mailing.set({});
    await database.pool()
      .query(`delete from marketing.email_interactions; delete from marketing.email_suppressions;
      delete from marketing.email_queue; delete from marketing.sending_states`);
  });
  afterAll(async () => {
    sender.close();
    await server.close();
  });

  test('go out once, with what lets their reader unsubscribe', async () => {
    const to = fresh();
    const id = await mailing.mailTo(to, { firstName: '<Ada>' });
    await mailing.send(sender);
    await mailing.send(sender);
    expect(server.counts()).toEqual({ [to]: 1 });
    const mail = server.taken[0]?.mail;
    expect(mail).toMatchObject({
      subject: 'Hello <Ada>',
      from: { name: 'Lumen', address: 'post@callboard.test' },
      messageId: `<${id}@callboard.test>`,
    });
    const headers = Object.fromEntries((mail?.headers ?? []).map(({ key, value }) => [key, value]));
    expect(headers).toMatchObject({
      'list-unsubscribe': expect.stringMatching(
        /^<https:\/\/mail\.callboard\.test\/mail\/unsubscribe\/[\w-]{66}>$/,
      ),
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    expect(mail?.html).toContain('Hello &lt;Ada&gt;');
    expect(mail?.html).toMatch(/href="https:\/\/mail\.callboard\.test\/mail\/click\/[\w-]+\?to=/);
    expect(mail?.html).toMatch(/mail\/open\/[\w-]+\.gif/);
    expect(mail?.html).toContain('Unsubscribe</a>');
    expect(mail?.text).toMatch(
      /Hello <Ada>, see us\s<https:\/\/mail\.callboard\.test\/mail\/click\/[\w-]{66}\?to=https%3A%2F%2Flumen\.test%2F%3Fa%3D1%26b%3D2>\./,
    );
    expect(mail?.text).toContain('Unsubscribe: https://mail.callboard.test/mail/unsubscribe/');
    expect(await mailing.row(id)).toMatchObject({
      status: 'sent',
      attempts: 1,
      email: to,
      reason: null,
    });
  });

  test('lead through the server from their text too, but not to unsubscribe', async () => {
    const templateId = await mailing.template({
      html: null,
      text: 'Seats: https://lumen.test/seats?row=(1)&day=ü.\nEnough? {{ unsubscribe_url }}',
    });
    const id = await mailing.mailTo(fresh(), { templateId });
    await mailing.send(sender);
    const ref = { organizationId: mailing.organizationId, id };
    // As mail programs find it: up to the mark that ends the sentence.
    const [, seats = ''] = /^Seats: (\S+)\.$/m.exec(server.taken[0]?.mail.text ?? '') ?? [];
    const { pathname, searchParams } = new URL(seats);
    const target = 'https://lumen.test/seats?row=(1)&day=ü';
    expect(searchParams.get('to')).toBe(target);
    expect(links.read('click', pathname.split('/').pop() ?? '', target)).toEqual(ref);
    expect(server.taken[0]?.mail.text).toContain(`Enough? ${links.unsubscribe(ref)}\n`);

    await mailing.set({ trackClicks: false });
    await mailing.mailTo(fresh(), { templateId });
    await mailing.send(sender);
    expect(server.taken[1]?.mail.text).toContain(`Seats: ${target}.`);
  });

  test('come back to an address of their own, where the organization has one', async () => {
    const sent = async (settings: object) => {
      await mailing.set(settings);
      const id = await mailing.mailTo(fresh());
      await mailing.send(sender);
      const taken = server.taken.at(-1);
      expect(taken?.mail.from?.address).toBe('post@callboard.test');
      return { id, returnPath: taken?.returnPath ?? '' };
    };
    expect((await sent({})).returnPath).toBe('post@callboard.test');
    const { id, returnPath } = await sent({ returnPath: 'bounces@callboard.test' });
    expect(returnPath).toMatch(/^bounces\+[0-9a-v]{40}@callboard\.test$/);
    expect(links.readReturnPath(mailing.organizationId, returnPath)).toBe(id);
    expect(links.readReturnPath(other.organizationId, returnPath)).toBeUndefined();
    // Not in the name of a domain that the server may not send for.
    const elsewhere = await sent({ returnPath: 'bounces@elsewhere.test' });
    expect(elsewhere.returnPath).toBe('post@callboard.test');
  });

  test('land where /dev/mail shows them, on a machine without a mail server', async () => {
    const to = fresh();
    const id = await mailing.mailTo(to);
    await mailing.send(outboxSender(outboxDelivery(database.pool('callboard_service'))));
    expect((await mailing.row(id)).status).toBe('sent');
    expect(
      await mailing.query(
        'select template, subject from platform.outbox_mails where recipient = $1',
        [to],
      ),
    ).toEqual([{ template: 'to a lead', subject: 'Hello you' }]);
  });

  test('wait until their time', async () => {
    const id = await mailing.mailTo(fresh(), { sendAfter: '2100-01-01T00:00:00Z' });
    await mailing.send(sender);
    expect(await mailing.row(id)).toMatchObject({ status: 'queued', attempts: 0 });
  });

  test('that are transactional say nothing of unsubscribing, and go to those who did', async () => {
    const lead = await mailing.lead(fresh(), { consent: 'withdrawn' });
    const id = await mailing.mail(lead, { purpose: 'transactional' });
    await mailing.send(sender);
    expect((await mailing.row(id)).status).toBe('sent');
    const keys = server.taken[0]?.mail.headers.map(({ key }) => key);
    expect(keys).not.toContain('list-unsubscribe');
    expect(server.taken[0]?.mail.html).not.toContain('nsubscribe');
  });

  test('of other organizations are left alone', async () => {
    const id = await other.mailTo(fresh());
    await mailing.mailTo(fresh());
    await mailing.send(sender);
    expect(server.taken).toHaveLength(1);
    expect((await other.row(id)).status).toBe('queued');
  });

  describe('are not sent', () => {
    test.each([
      'unsubscribed',
      'hard_bounce',
      'soft_bounce',
      'complaint',
      'manual',
      'consent_withdrawn',
    ])('to whoever was suppressed between queueing and sending (%s)', async (reason) => {
      const to = fresh();
      const lead = await mailing.lead(to);
      const id = await mailing.mail(lead);
      // As if the row came a moment after the queue was gone through: only the sending transaction sees it.
      await database
        .pool()
        .query('alter table marketing.email_suppressions disable trigger _500_leave_sequences');
      await mailing.query(
        `insert into marketing.email_suppressions (organization_id, email, reason) values ($1, $2, $3)`,
        [mailing.organizationId, to, reason],
      );
      await database
        .pool()
        .query('alter table marketing.email_suppressions enable trigger _500_leave_sequences');
      expect((await mailing.row(id)).status).toBe('queued');
      await mailing.send(sender);
      expect(server.taken).toEqual([]);
      expect(await mailing.row(id)).toMatchObject({ status: 'suppressed', reason, attempts: 0 });
    });

    test('to addresses that another organization suppressed: they are', async () => {
      const to = fresh();
      await other.query(
        `insert into marketing.email_suppressions (organization_id, email, reason) values ($1, $2, 'manual')`,
        [other.organizationId, to],
      );
      const id = await mailing.mailTo(to);
      await mailing.send(sender);
      expect((await mailing.row(id)).status).toBe('sent');
    });

    test('without consent, unless the organization asks for none', async () => {
      const unknown = await mailing.mailTo(fresh(), { consent: 'unknown' });
      const withdrawn = await mailing.mailTo(fresh(), { consent: 'withdrawn' });
      await mailing.send(sender);
      expect(await mailing.row(unknown)).toMatchObject({
        status: 'suppressed',
        reason: 'no_consent',
      });
      expect(await mailing.row(withdrawn)).toMatchObject({
        status: 'suppressed',
        reason: 'consent_withdrawn',
      });
      await mailing.set({ requireConsent: false });
      const lenient = await mailing.mailTo(fresh(), { consent: 'unknown' });
      const never = await mailing.mailTo(fresh(), { consent: 'withdrawn' });
      await mailing.send(sender);
      expect((await mailing.row(lenient)).status).toBe('sent');
      expect((await mailing.row(never)).status).toBe('suppressed');
    });

    test('once a soft bounce is over they are', async () => {
      const to = fresh();
      await mailing.query(
        `select marketing.suppress_email($1, $2, 'soft_bounce', expires_at => now() - interval '1 second')`,
        [mailing.organizationId, to],
      );
      const id = await mailing.mailTo(to);
      await mailing.send(sender);
      expect((await mailing.row(id)).status).toBe('sent');
    });

    test('to a lead that is archived, or with a template that is', async () => {
      const lead = await mailing.lead(fresh());
      const id = await mailing.mail(lead);
      const template = await mailing.template({});
      const old = await mailing.mailTo(fresh(), { templateId: template });
      await mailing.query(
        'update crm.leads set deleted_at = now() where organization_id = $1 and id = $2',
        [mailing.organizationId, lead],
      );
      await mailing.query(
        'update marketing.email_templates set deleted_at = now() where organization_id = $1 and id = $2',
        [mailing.organizationId, template],
      );
      await mailing.send(sender);
      expect(await mailing.row(id)).toMatchObject({
        status: 'suppressed',
        reason: 'lead_archived',
      });
      expect(await mailing.row(old)).toMatchObject({
        status: 'failed',
        reason: 'template_archived',
      });
    });

    test('more often than the frequency cap allows, also in one batch', async () => {
      await mailing.set({ capMails: 2, capDays: 7 });
      const lead = await mailing.lead(fresh());
      const ids = await Promise.all([1, 2, 3, 4].map(() => mailing.mail(lead)));
      const confirmation = await mailing.mail(lead, { purpose: 'transactional' });
      await mailing.send(sender);
      const rows = await Promise.all(ids.map((id) => mailing.row(id)));
      expect(rows.filter(({ status }) => status === 'sent')).toHaveLength(2);
      expect(rows.filter(({ reason }) => reason === 'frequency_cap')).toHaveLength(2);
      expect((await mailing.row(confirmation)).status).toBe('sent');
      // Looked at again, they wait until the oldest falls out of the seven days.
      await mailing.query(
        `update marketing.email_queue set send_after = now() where status = 'queued'`,
      );
      await mailing.send(sender);
      const waiting = (await Promise.all(ids.map((id) => mailing.row(id)))).filter(
        ({ status }) => status === 'queued',
      );
      expect(waiting).toHaveLength(2);
      for (const { send_after: at } of waiting) {
        expect(at.getTime() - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
      }
      await mailing.query(
        `update marketing.email_queue set attempted_at = now() - interval '8 days' where status = 'sent'`,
      );
      await mailing.query(
        `update marketing.email_queue set send_after = now() where status = 'queued'`,
      );
      await mailing.send(sender);
      expect(server.taken).toHaveLength(5);
    });

    test('in the quiet hours of the lead, and go out when they are over', async () => {
      // Quiet all day but for the minute before midnight, so that it is quiet now in most places.
      await mailing.set({ quietFrom: '00:00', quietTo: '23:59' });
      const id = await mailing.mailTo(fresh(), { timeZone: 'UTC' });
      const answer = await mailing.mailTo(fresh(), { timeZone: 'UTC', purpose: 'transactional' });
      const before = new Date();
      await mailing.send(sender);
      const row = await mailing.row(id);
      expect((await mailing.row(answer)).status).toBe('sent');
      const isLastMinute = before.getUTCHours() === 23 && before.getUTCMinutes() >= 59;
      expect(row.status).toBe(isLastMinute ? 'sent' : 'queued');
      expect(isLastMinute || /T23:59:00/.test(row.send_after.toISOString())).toBe(true);
    });
  });

  describe('what the mail server says decides what becomes of them', () => {
    test.each([
      ['gone', 'failed', '5.1.1'],
      ['full', 'failed', '5.2.2'],
      ['unwanted', 'failed', '5.7.1'],
      ['spam', 'failed', '5.7.1'],
      ['busy', 'queued', '4.3.2'],
      ['later', 'queued', '4.2.2'],
    ])('%s: %s', async (name, status, code) => {
      const to = fresh(name);
      const id = await mailing.mailTo(to);
      await mailing.send(sender);
      const row = await mailing.row(id);
      expect(row).toMatchObject({ status, reply_code: code, attempts: 1, sent_at: null });
      expect(row.bounced_at !== null).toBe(name === 'gone');
      expect(row.send_after.getTime() > Date.now() + 50_000).toBe(status === 'queued');
      const suppressed = await mailing.query(
        'select reason from marketing.email_suppressions where email = $1',
        [to],
      );
      expect(suppressed).toEqual(name === 'gone' ? [{ reason: 'hard_bounce' }] : []);
      expect(server.taken).toEqual([]);
    });

    test.each([
      ['550 no such user', 'bounced'],
      ['550 5.0.0 no such user', 'bounced'],
      ['550 5.1.1 no such user', 'bounced'],
      ['556 5.1.10 no mail here', 'bounced'],
      ['550 5.2.1 disabled', 'bounced'],
      // Of whoever sends, and of the mail: the next one to this address may be taken.
      ['553 5.1.7 bad sender', 'failed'],
      ['550 5.1.8 sender rejected', 'failed'],
      ['552 5.2.3 too long', 'failed'],
      ['550 5.7.1 policy', 'failed'],
    ])('a refusal of the recipient with %s: %s', (response, outcome) => {
      const said = { responseCode: Number(response.slice(0, 3)), response, command: 'RCPT TO' };
      expect(outcomeOf(Object.assign(new Error(response), said), false)).toMatchObject({ outcome });
    });

    test('a connection that breaks before the mail: later; after it: nobody knows', async () => {
      const early = await mailing.mailTo(fresh('drop-early'));
      const late = await mailing.mailTo(fresh('drop-late'));
      await mailing.send(sender);
      expect(await mailing.row(early)).toMatchObject({ status: 'queued', attempts: 1 });
      expect(await mailing.row(late)).toMatchObject({ status: 'uncertain', attempts: 1 });
      // The server had it all the time, and gets it no second time.
      await mailing.query('update marketing.email_queue set send_after = now()');
      await mailing.send(sender);
      expect(Object.values(server.counts())).toEqual([1]);
    });

    test('in whatever characters it says it', async () => {
      const odd = `451 ${'\0'.repeat(9)}${'x'.repeat(495)}\u{1f600}`;
      const refusing: MailSender = {
        send: () => {
          const said = { responseCode: 451, response: odd, command: 'DATA' };
          return Promise.resolve(outcomeOf(Object.assign(new Error(odd), said), false));
        },
        close: () => undefined,
      };
      const id = await mailing.mailTo(fresh());
      await mailing.send(refusing);
      expect(await mailing.row(id)).toMatchObject({
        status: 'queued',
        reason: `451 ${'x'.repeat(495)}\ufffd`,
        reply_code: '451',
      });
      const outbox = outboxSender(() => Promise.reject(new Error('a\0\ud83d')));
      await mailing.query('update marketing.email_queue set send_after = now()');
      await mailing.send(outbox);
      expect(await mailing.row(id)).toMatchObject({ status: 'queued', reason: 'a\ufffd' });
    });

    test('after the last attempt they have failed', async () => {
      const id = await mailing.mailTo(fresh('busy'));
      for (let attempt = 1; attempt <= 8; attempt += 1) {
        await mailing.query('update marketing.email_queue set send_after = now()');
        await mailing.send(sender);
      }
      expect(await mailing.row(id)).toMatchObject({
        status: 'failed',
        attempts: 8,
        reply_code: '4.3.2',
      });
    });

    test('a server that is not there is not asked for each mail', async () => {
      const nowhere = senderOf('smtp://127.0.0.1:9');
      const ids = [];
      for (let count = 0; count < 3; count += 1) ids.push(await mailing.mailTo(fresh()));
      await mailing.send(nowhere);
      nowhere.close();
      for (const id of ids)
        expect(await mailing.row(id)).toMatchObject({ status: 'queued', attempts: 1 });
    });
  });

  test('a variable that is missing fails the one mail, and says which', async () => {
    const template = await mailing.template({
      html: '<p>{{ film }}</p>',
      variables: [{ name: 'film' }],
    });
    const bad = await mailing.mailTo(fresh(), {
      templateId: template,
      variables: { film: 'Nosferatu' },
    });
    await mailing.query(`update marketing.email_queue set variables = '{}' where id = $1`, [bad]);
    const good = await mailing.mailTo(fresh(), {
      templateId: template,
      variables: { film: 'Metropolis' },
    });
    await mailing.send(sender);
    expect(await mailing.row(bad)).toMatchObject({
      status: 'failed',
      reason: 'The variable film is missing.',
    });
    expect((await mailing.row(good)).status).toBe('sent');
  });

  test('whose template the database does not give just now go out later', async () => {
    const service = database.pool('callboard_service');
    let reads = 0;
    let refusing = true;
    const query = ((text: string, values: unknown[]) => {
      if (text.includes('email_template_versions')) {
        reads += 1;
        if (refusing) return Promise.reject(new Error('Connection terminated unexpectedly'));
      }
      return service.query(text, values);
    }) as unknown as BatchOptions['query'];
    const templates = new TemplateCache();
    const ids = [await mailing.mailTo(fresh()), await mailing.mailTo(fresh())];
    await mailing.send(sender, { query, templates });
    for (const id of ids) {
      expect(await mailing.row(id)).toMatchObject({ status: 'queued', attempts: 1 });
    }
    refusing = false;
    reads = 0;
    await mailing.query('update marketing.email_queue set send_after = now()');
    await mailing.send(sender, { query, templates });
    for (const id of ids) expect((await mailing.row(id)).status).toBe('sent');
    expect(reads).toBe(1);
  });

  test('of a template whose version is gone fail', async () => {
    const templateId = await mailing.template({});
    const id = await mailing.mailTo(fresh(), { templateId });
    await mailing.query(
      'update marketing.email_templates set version = version + 1 where id = $1',
      [templateId],
    );
    await mailing.send(sender);
    expect(await mailing.row(id)).toMatchObject({
      status: 'failed',
      reason: 'The version of the template is gone.',
    });
  });

  test.each(['suspended', 'closed'])('wait while their organization is %s', async (status) => {
    const become = (to: string) =>
      other.query('update tenancy.organizations set status = $2 where id = $1', [
        other.organizationId,
        to,
      ]);
    const id = await other.mailTo(fresh());
    const [campaign] = await other.query<{ id: string }>(
      `insert into marketing.campaigns (organization_id, name, template_id, audience, status, scheduled_at)
       values ($1, $2, $3, 'leads', 'scheduled', now() - interval '1 minute') returning id`,
      [other.organizationId, `Autumn, ${status}`, other.templateId],
    );
    const campaignStatus = async () => {
      await other.query('select marketing.follow_campaigns()');
      const rows = await other.query<{ status: string }>(
        'select status from marketing.campaigns where id = $1',
        [campaign?.id],
      );
      return rows[0]?.status;
    };
    await become(status);
    try {
      // Not at once again either: the timetable asks.
      expect(await other.send(sender)).toEqual({ sent: 0, nextAt: undefined });
      expect(await other.row(id)).toMatchObject({ status: 'queued', attempts: 0 });
      expect(await campaignStatus()).toBe('scheduled');
    } finally {
      await become('active');
    }
    await other.send(sender);
    expect((await other.row(id)).status).toBe('sent');
    expect(await campaignStatus()).toBe('running');
  });

  describe('whose template is slow', () => {
    /** For some it goes on for longer than a render may, without taking much memory. */
    const endless = [
      '{% if lead.first_name == "slow" %}{% for a in (1..1000) %}{% for b in (1..1000) %}',
      '{% if a %}{% endif %}'.repeat(500),
      '{% endfor %}{% endfor %}{% endif %}Hello',
    ].join('');

    test('leave turns to everything else in the process', async () => {
      const templateId = await mailing.template({ html: null, text: 'Hello' });
      for (let count = 0; count < 10; count += 1) await mailing.mailTo(fresh(), { templateId });
      const templates = new TemplateCache();
      let turns = 0;
      const turnsAt: number[] = [];
      let watching = true;
      const watch = () => {
        turns += 1;
        if (watching) setImmediate(watch);
      };
      setImmediate(watch);
      const counting: MailSender = {
        send: () => {
          turnsAt.push(turns);
          const until = performance.now() + 20;
          while (performance.now() < until);
          return Promise.resolve({ outcome: 'sent' });
        },
        close: () => undefined,
      };
      await Promise.all([
        mailing.send(counting, { templates }),
        mailing.send(counting, { templates }),
      ]);
      watching = false;
      expect(turnsAt).toHaveLength(10);
      // Some that are made beside each other may share one.
      expect(new Set(turnsAt).size).toBeGreaterThan(4);
    });

    test('fail, and the others of the batch do not try the same', async () => {
      const templateId = await mailing.template({ html: null, text: endless });
      const ids = [];
      for (const firstName of ['quick', 'slow', 'slow', 'quick']) {
        ids.push(await mailing.mailTo(fresh(), { templateId, firstName }));
      }
      const fine = await mailing.mailTo(fresh());
      const errors: unknown[] = [];
      await mailing.send(sender, { report: (error) => errors.push(error) });
      const rows = [];
      for (const id of [...ids, fine]) rows.push(await mailing.row(id));
      expect(rows.map(({ status }) => status)).toEqual([
        'sent',
        'failed',
        'queued',
        'queued',
        'sent',
      ]);
      expect(rows.slice(1, 4).map(({ reason }) => reason)).toEqual(
        Array(3).fill('template render limit exceeded'),
      );
      expect(errors).toHaveLength(1);
    });
  });

  test('are held while the plan allows no more, and none goes beyond it', async () => {
    await mailing.query(
      `insert into billing.plan_limits (plan_id, metric_key, limit_value)
       select s.plan_id, 'emails', u.used + 3
         from billing.subscriptions s,
              (select coalesce(sum(used), 0) as used from billing.usage_counters
                where organization_id = $1 and metric_key = 'emails') u
        where s.organization_id = $1 and s.ended_at is null
       on conflict (plan_id, metric_key) do update set limit_value = excluded.limit_value`,
      [mailing.organizationId],
    );
    for (let count = 0; count < 5; count += 1) await mailing.mailTo(fresh());
    const { nextAt } = await mailing.send(sender);
    expect(server.taken).toHaveLength(3);
    expect(nextAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await mailing.query('select held_because from marketing.sending_states')).toEqual([
      { held_because: 'plan_limit' },
    ]);
    await mailing.query(
      `update billing.plan_limits set limit_value = null where metric_key = 'emails' and plan_id in (
      select plan_id from billing.subscriptions where organization_id = $1)`,
      [mailing.organizationId],
    );
    await mailing.query(`update marketing.sending_states set held_until = now()`);
    await mailing.send(sender);
    expect(server.taken).toHaveLength(5);
  });

  test('no more go out in a minute than the organization wants', async () => {
    await mailing.set({ mailsPerMinute: 60 });
    for (let count = 0; count < 8; count += 1) await mailing.mailTo(fresh());
    await mailing.query(
      `insert into marketing.sending_states (organization_id, allowance, counted_at) values ($1, 0, now() - interval '1 hour')`,
      [mailing.organizationId],
    );
    const { nextAt } = await mailing.send(sender);
    // Five seconds' worth after a pause, and then one a second.
    expect(server.taken.length).toBeGreaterThanOrEqual(5);
    expect(server.taken.length).toBeLessThan(8);
    expect(nextAt).toBeDefined();
  });

  onServer('with two workers at once', () => {
    test('each mail goes out once', async () => {
      const second = senderOf(url);
      const to = Array.from({ length: 230 }, () => fresh());
      for (const each of to) await mailing.mailTo(each);
      await Promise.all([mailing.send(sender), mailing.send(second), mailing.send(sender)]);
      second.close();
      expect(server.counts()).toEqual(Object.fromEntries(to.map((each) => [each, 1])));
      expect(await mailing.query('select distinct status from marketing.email_queue')).toEqual([
        { status: 'sent' },
      ]);
    });
  });
});
