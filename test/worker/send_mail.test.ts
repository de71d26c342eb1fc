import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { outboxDelivery, smtpDelivery } from '../../worker/mail/delivery.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import type { GivenContext } from '../../worker/tasks.ts';
import { testDatabase } from '../helpers/database.ts';
import { LogLines } from '../helpers/log-lines.ts';

const APP = 'https://app.callboard.test';

/** A mail server that keeps what it gets. */
class MailCatcher {
  readonly mails: { from: string; to: string[]; mail: Email }[] = [];
  /** What it answers to the next mails, instead of taking them. */
  refusals: string[] = [];
  readonly #server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const refusal = this.refusals.shift();
        if (refusal) {
          done(Object.assign(new Error(refusal), { responseCode: 451 }));
          return;
        }
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            mail,
          });
          done();
        });
      });
    },
  });

  listen(): Promise<string> {
    return new Promise((resolve) => {
      const listener = this.#server.listen(0, '127.0.0.1', () => {
        const address = listener.address();
        resolve(`smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

describe('mail', () => {
  const database = testDatabase();
  const catcher = new MailCatcher();
  const lines = new LogLines();
  let smtp: GivenContext['mail'];
  let worker: RunningWorker | undefined;
  let userId: string;

  beforeAll(async () => {
    const url = await catcher.listen();
    smtp = { appUrl: APP, deliver: smtpDelivery(url, 'Callboard <post@callboard.test>') };
    const { rows } = await database
      .pool()
      .query(
        "insert into identity.users (email, name) values ('ada@mail.test', 'Ada <Love>') returning id",
      );
    userId = rows[0].id;
  });
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
    catcher.mails.length = 0;
    catcher.refusals = [];
    await database.pool().query(
      `delete from graphile_worker._private_jobs;
       delete from identity.one_time_tokens;
       delete from platform.outbox_mails;`,
    );
  });
  afterAll(() => catcher.close());

  const send = (
    template: string,
    to: string,
    variables: Record<string, string> = {},
    token: object | null = null,
  ) =>
    database
      .pool('callboard_service')
      .query('select platform.send_mail($1, $2, $3, $4)', [
        template,
        to,
        JSON.stringify(variables),
        token && JSON.stringify(token),
      ]);
  const jobs = async () =>
    (
      await database
        .pool()
        .query<{ attempts: number; last_error: string | null; payload: unknown }>(
          `select j.attempts, j.last_error, p.payload
             from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id`,
        )
    ).rows;
  const run = async (mail: GivenContext['mail']) => {
    worker = await runWorker(database, { mail, log: lines.log });
  };
  const done = async () => {
    while ((await jobs()).length > 0) await pause(30);
  };

  test('goes out through the mail server, as text and HTML', async () => {
    await send('password_changed', 'ada@mail.test', { name: 'Ada <Love>' });
    await run(smtp);
    await done();
    expect(catcher.mails).toHaveLength(1);
    const [{ from, to, mail }] = catcher.mails as [(typeof catcher.mails)[number]];
    expect({ from, to }).toEqual({ from: 'post@callboard.test', to: ['ada@mail.test'] });
    expect(mail.subject).toBe('Your password was changed');
    expect(mail.from).toMatchObject({ name: 'Callboard', address: 'post@callboard.test' });
    expect(mail.text).toContain('Hello Ada <Love>,');
    expect(mail.html).toContain('Hello Ada &lt;Love&gt;,');
    expect(mail.messageId).toMatch(/^<job-\d+@callboard\.test>$/);
    expect(mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  test('gets the token of its link when it goes out, and the queue never holds one', async () => {
    await send('reset_password', 'ada@mail.test', {}, { purpose: 'password_reset' });
    expect(JSON.stringify(await jobs())).not.toMatch(/[0-9a-f]{64}/);
    await run(smtp);
    await done();
    const text = catcher.mails[0]?.mail.text ?? '';
    const token = /https:\/\/app\.callboard\.test\/reset-password\?token=([0-9a-f]{64})\n/.exec(
      text,
    )?.[1];
    expect(token).toBeDefined();
    expect(text).toContain('within 60 minutes');
    const { rows } = await database.pool().query(
      `select user_id, purpose, email, used_at,
              token_hash = sha256(convert_to($1, 'UTF8')) as is_hash,
              expires_at - created_at = interval '1 hour' as lasts_an_hour
         from identity.one_time_tokens`,
      [token],
    );
    expect(rows).toEqual([
      {
        user_id: userId,
        purpose: 'password_reset',
        email: 'ada@mail.test',
        used_at: null,
        is_hash: true,
        lasts_an_hour: true,
      },
    ]);
  });

  test('to an address that nobody has is not sent', async () => {
    await send('reset_password', 'nobody@mail.test', {}, { purpose: 'password_reset' });
    await run(smtp);
    await done();
    expect(catcher.mails).toEqual([]);
  });

  test('with a link goes to one account five times in an hour at most', async () => {
    for (let index = 0; index < 7; index += 1) {
      await send('reset_password', 'ada@mail.test', {}, { purpose: 'password_reset' });
    }
    await run(smtp);
    await done();
    expect(catcher.mails).toHaveLength(5);
  });

  test('that the server does not take now stays in the queue, and leaves no token behind', async () => {
    catcher.refusals = ['Try again later'];
    await send('reset_password', 'ada@mail.test', {}, { purpose: 'password_reset' });
    await run(smtp);
    let [job] = await jobs();
    while (job?.attempts !== 1 || job.last_error === null) {
      await pause(30);
      [job] = await jobs();
    }
    expect(job.last_error).toContain('Try again later');
    expect(job.last_error).not.toMatch(/[0-9a-f]{64}/);
    expect((await database.pool().query('select from identity.one_time_tokens')).rowCount).toBe(0);
    await database.pool().query('update graphile_worker._private_jobs set run_at = now()');
    await done();
    expect(catcher.mails).toHaveLength(1);
  });

  test.each([
    ['no_such_mail', {}, 'There is no mail template "no_such_mail".'],
    ['email_changed', { name: 'Ada' }, 'The mail "email_changed" lacks the variables new_email.'],
  ])('%s with %j fails and says why', async (template, variables, message) => {
    await send(template, 'ada@mail.test', variables);
    await run(smtp);
    let [job] = await jobs();
    while (!job?.last_error) {
      await pause(30);
      [job] = await jobs();
    }
    expect(job.last_error).toContain(message);
  });

  test('of a transaction that is undone is never sent', async () => {
    const client = await database.pool('callboard_service').connect();
    await client.query('begin');
    await client.query("select platform.send_mail('password_changed', 'ada@mail.test')");
    await client.query('rollback');
    client.release();
    expect(await jobs()).toEqual([]);
  });

  test('lands in the outbox of a development machine', async () => {
    await send('password_changed', 'ada@mail.test', { name: 'Ada' });
    await run({ appUrl: APP, deliver: outboxDelivery(database.pool('callboard_service')) });
    await done();
    const { rows } = await database
      .pool()
      .query('select template, recipient, subject, text_body from platform.outbox_mails');
    expect(rows).toEqual([
      {
        template: 'password_changed',
        recipient: 'ada@mail.test',
        subject: 'Your password was changed',
        text_body: expect.stringContaining('Hello Ada,'),
      },
    ]);
  });

  test('waits where nothing can take it', async () => {
    await send('password_changed', 'ada@mail.test', { name: 'Ada' });
    await run(undefined);
    await database
      .pool('callboard_service')
      .query("select graphile_worker.add_job('maintain_partitions')");
    while ((await jobs()).length > 1) await pause(30);
    expect(await jobs()).toMatchObject([
      { attempts: 0, payload: { template: 'password_changed' } },
    ]);
  });
});
