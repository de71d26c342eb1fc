import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { actAs, as, sqlstateOf } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { MailServer } from '../helpers/mail-server.ts';
import { serverAddress, testServer } from '../setup/environment.ts';
import { Mailing } from './mailing.ts';

const ROOT = path.join(import.meta.dirname, '../..');

onServer('a worker that is killed when the mail server has the mail', () => {
  const database = testDatabase();
  const server = new MailServer();
  let mailing: Mailing;
  let smtpUrl: string;

  beforeAll(async () => {
    smtpUrl = await server.listen();
    mailing = await Mailing.make(database, 'killed');
  });
  afterAll(() => server.close());

  async function startWorker() {
    const { rows } = await database
      .pool()
      .query<{ name: string }>('select current_database() as name');
    const { PATH = '', HOME = '' } = process.env;
    return spawn(process.execPath, ['worker/main.ts'], {
      cwd: ROOT,
      env: {
        PATH,
        HOME,
        NODE_ENV: 'test',
        DATABASE_URL: serverAddress(testServer() ?? '', rows[0]?.name ?? ''),
        SMTP_URL: smtpUrl,
        MAIL_FROM: 'post@callboard.test',
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        PUBLIC_URL: 'https://callboard.test',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  async function until(holds: () => Promise<boolean>) {
    while (!(await holds())) await pause(50);
  }
  const messageIds = () => server.taken.map(({ mail }) => mail.messageId);

  test('leaves it uncertain, and nobody sends it again but an admin', async () => {
    const to = 'taken-then-silent1@leads.test';
    const id = await mailing.mailTo(to);
    const accepted = Promise.withResolvers<string>();
    server.onTaken = accepted.resolve;
    const killed = await startWorker();
    await accepted.promise;
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    // The server has it; nobody has written that down.
    expect(server.counts()).toEqual({ [to]: 1 });
    expect(await mailing.row(id)).toMatchObject({ status: 'sending', attempts: 1, sent_at: null });

    // Its claim runs out, its job is taken over, and the timetable goes on, in another process.
    await mailing.query(
      `update marketing.email_queue set claim_expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    await database
      .pool()
      .query(`update graphile_worker._private_jobs set locked_at = null, locked_by = null`);
    await mailing.query('select marketing.send_soon($1)', [mailing.organizationId]);
    await mailing.query(`select platform.enqueue('send_due_emails')`);
    server.onTaken = undefined;
    const second = await startWorker();
    const next = await mailing.mailTo('next@leads.test');
    await until(async () => (await mailing.row(next)).status === 'sent');
    await until(async () => (await mailing.row(id)).status === 'uncertain');
    expect(server.counts()).toEqual({ [to]: 1, 'next@leads.test': 1 });
    expect(await mailing.row(id)).toMatchObject({ status: 'uncertain', reason: 'worker_died' });

    // Not everybody may decide that it is sent again.
    await as(database, mailing.cast.member, async (client) => {
      expect(
        await sqlstateOf(client, () => client.query('select marketing.resend_email($1)', [id])),
      ).toBe('CB003');
    });
    await mailing.query(`update crm.leads set email = 'again@leads.test' where email = $1`, [to]);
    await actAs(database, mailing.cast.admin, (client) =>
      client.query('select marketing.resend_email($1)', [id]),
    );
    await until(async () => (await mailing.row(id)).status === 'sent');
    second.kill('SIGTERM');
    await once(second, 'exit');
    expect(server.counts()).toEqual({ [to]: 1, 'next@leads.test': 1, 'again@leads.test': 1 });
    // Whoever has it twice can tell.
    expect(messageIds().filter((each) => each === `<${id}@callboard.test>`)).toHaveLength(2);
  });
});
