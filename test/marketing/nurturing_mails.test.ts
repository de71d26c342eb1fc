import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { MailServer } from '../helpers/mail-server.ts';
import { serverAddress, testServer } from '../setup/environment.ts';
import type { MailSender } from '../../worker/marketing/sender.ts';
import { Mailing, senderOf } from './mailing.ts';
import {
  addSequence,
  advance,
  ask,
  committed,
  enroll,
  enrollments,
  interact,
  mails,
  type House,
} from './nurturing.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const database = testDatabase();
const DAY = 86_400_000;

describe('a sequence and a real mail server', () => {
  const server = new MailServer();
  let sender: MailSender;
  let cast: Cast;
  let mailing: Mailing;

  beforeAll(async () => {
    sender = senderOf(await server.listen());
    cast = await makeCast(database, 'sending');
    mailing = await Mailing.of(database, cast);
    await mailing.set({ capMails: 0 });
  });
  afterAll(async () => {
    sender.close();
    await server.close();
  });

  const stays = <T>(work: (house: House) => Promise<T>) => committed(database, cast, work);
  /** Subjects, by recipient, in the order in which they came. */
  const got = (to: string) =>
    server.taken.filter((each) => each.to === to).map((each) => each.mail.subject);

  test('each lead gets its three mails, once each, when they are due, and who leaves gets no more', async () => {
    const template = (subject: string) => mailing.template({ subject, text: subject, html: null });
    const steps = [
      { key: 'hello', template_id: await template('Hello') },
      {
        key: 'tips',
        template_id: await template('Tips'),
        delay: '2 days',
        branch_on: 'clicked',
        branch_wait: '3 days',
        branch: 'thanks',
        next: 'remind',
      },
      { key: 'remind', template_id: await template('Remember us'), is_last: true },
      { key: 'thanks', template_id: await template('Thank you') },
    ];
    const leads = {
      quiet: await mailing.lead('quiet@leads.test'),
      keen: await mailing.lead('keen@leads.test'),
      gone: await mailing.lead('out@leads.test'),
      bounced: await mailing.lead('gone@leads.test'),
    };
    // The clock begins three weeks ago, so that what is due may be sent now.
    const start = Date.now() - 21 * DAY;
    const at = (days: number) => new Date(start + days * DAY).toISOString();
    const sequence = await stays(async (house) => {
      const id = await addSequence(house, steps);
      await enroll(house, id, Object.values(leads), at(0));
      return id;
    });
    const reach = async (days: number) => {
      await stays((house) => advance(house, sequence, at(days)));
      await mailing.send(sender);
      // a second worker finds nothing
      await stays((house) => advance(house, sequence, at(days)));
      await mailing.send(sender);
    };
    await reach(0);
    expect(server.counts()).toEqual({
      'quiet@leads.test': 1,
      'keen@leads.test': 1,
      'out@leads.test': 1,
    });
    // The mailbox that is not there left by itself.
    expect(await stays((house) => enrollments(house, sequence))).toMatchObject([
      { status: 'active' },
      { status: 'active' },
      { status: 'active' },
      { status: 'exited', exit_reason: 'hard_bounce' },
    ]);
    await stays((house) =>
      house.client.query("select marketing.suppress_email($1, 'out@leads.test', 'unsubscribed')", [
        cast.organizationId,
      ]),
    );
    await reach(1);
    await reach(2);
    const sent = await stays((house) => mails(house, sequence));
    const tips = sent.find((mail) => mail.step === 'tips' && mail.lead_id === leads.keen);
    await stays((house) => interact(house, tips?.id ?? '', 'clicked'));
    await reach(3);
    await reach(5);
    await reach(9);
    expect(got('quiet@leads.test')).toEqual(['Hello', 'Tips', 'Remember us']);
    expect(got('keen@leads.test')).toEqual(['Hello', 'Tips', 'Thank you']);
    expect(got('out@leads.test')).toEqual(['Hello']);
    expect(got('gone@leads.test')).toEqual([]);
    expect(
      (await stays((house) => enrollments(house, sequence))).map((each) => [
        each.status,
        each.exit_reason,
      ]),
    ).toEqual([
      ['completed', null],
      ['completed', null],
      ['exited', 'unsubscribed'],
      ['exited', 'hard_bounce'],
    ]);
    const [row] = await stays((house) =>
      ask<{ f: { steps: unknown } }>(house, 'select marketing.get_nurturing_funnel($1) as f', [
        sequence,
      ]),
    );
    expect(row?.f.steps).toMatchObject([
      { key: 'hello', queued: 4, sent: 3, not_sent: 1 },
      { key: 'tips', queued: 2, sent: 2 },
      { key: 'remind', queued: 1, sent: 1 },
      { key: 'thanks', queued: 1, sent: 1 },
    ]);
  });
});

onServer('a worker that is killed between queueing and sending', () => {
  const server = new MailServer();
  const LEADS = 25;
  let cast: Cast;
  let smtpUrl: string;
  beforeAll(async () => {
    smtpUrl = await server.listen();
    cast = await makeCast(database, 'killed');
  });
  afterAll(() => server.close());

  async function startWorker(more: Record<string, string>) {
    const { rows } = await database
      .pool()
      .query<{ name: string }>('select current_database() as name');
    const { PATH = '', HOME = '' } = process.env;
    return spawn(process.execPath, ['worker/main.ts'], {
      cwd: ROOT,
      env: {
        PATH,
        HOME,
        NODE_ENV: 'production',
        DATABASE_URL: serverAddress(testServer() ?? '', rows[0]?.name ?? ''),
        JWT_SECRET: 'x'.repeat(40),
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        MAIL_FROM: 'post@callboard.test',
        PUBLIC_URL: 'https://callboard.test',
        ...more,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  test('leaves the mails to the next one, who sends each once', async () => {
    const mailing = await Mailing.of(database, cast);
    const leads: string[] = [];
    for (let n = 0; n < LEADS; n += 1) leads.push(await mailing.lead(`each${n}@leads.test`));
    const stays = <T>(work: (house: House) => Promise<T>) => committed(database, cast, work);
    const sequence = await stays(async (house) => {
      const id = await addSequence(house, [
        { key: 'hello', template_id: mailing.templateId },
        { key: 'tips', template_id: mailing.templateId, delay: '1 day' },
      ]);
      await ask(house, 'select o.* from marketing.enroll_leads($1, $2) o', [id, leads]);
      return id;
    });
    const states = async () =>
      (await stays((house) => mails(house, sequence))).map((mail) => mail.status);
    const until = async (holds: () => Promise<boolean>) => {
      while (!(await holds())) await pause(50);
    };
    // The job is there already: nobody has told the worker. It has no mail server, so nothing goes further than the queue.
    const first = await startWorker({});
    await until(async () => (await states()).length === LEADS);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(new Set(await states())).toEqual(new Set(['queued']));
    // What the dead one had locked is taken over.
    await database
      .pool()
      .query('update graphile_worker._private_jobs set locked_at = null, locked_by = null');
    const second = await startWorker({ SMTP_URL: smtpUrl });
    await stays((house) =>
      house.client.query('select marketing.send_soon($1)', [cast.organizationId]),
    );
    await until(async () => (await states()).every((status) => status === 'sent'));
    // Once more, as if its job had come again.
    await stays((house) =>
      house.client.query('select marketing.wake_sequence($1, $2, $3)', [
        cast.organizationId,
        sequence,
        new Date(0).toISOString(),
      ]),
    );
    await until(async () => {
      const { rowCount } = await database
        .pool()
        .query(
          "select from marketing.nurturing_wakes where sequence_id = $1 and wakes_at > now() + interval '23 hours'",
          [sequence],
        );
      return rowCount === 1;
    });
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(server.counts()).toEqual(
      Object.fromEntries(leads.map((_lead, n) => [`each${n}@leads.test`, 1])),
    );
    expect(await stays((house) => enrollments(house, sequence))).toMatchObject(
      leads.map(() => ({ status: 'active', step: 'tips', steps_taken: 1 })),
    );
  }, 60_000);
});
