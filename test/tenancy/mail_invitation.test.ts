import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { outboxDelivery } from '../../worker/mail/delivery.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { actAs, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { call, idsOf } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let worker: RunningWorker | undefined;
let guest: Caller;
beforeAll(async () => {
  cast = await makeCast(database, 'posting');
  ids = await idsOf(database, cast);
  const { rows } = await database
    .pool()
    .query<{ id: string }>(
      "insert into identity.users (email, name) values ('asked@new.test', 'Asked') returning id",
    );
  guest = { userId: rows[0]!.id };
});
// Before the database closes, which is after all.
afterEach(() => worker?.stop());

const invite = (email: string) =>
  actAs(database, cast.admin, (client) =>
    call(client, 'tenancy.invite_member', { email, role_id: ids.role('member') }),
  );

test('the message goes out with a token that serves; what was revoked before sends none', async () => {
  const revoked = await invite('revoked@new.test');
  await actAs(database, cast.admin, (client) =>
    call(client, 'tenancy.revoke_invitation', { row_id: revoked['id'] }),
  );
  await invite('asked@new.test');
  worker = await runWorker(database, {
    mail: {
      deliver: outboxDelivery(database.pool('callboard_service')),
      appUrl: 'https://app.callboard.test',
    },
  });
  const waiting = async () =>
    (
      await database
        .pool()
        .query<{ n: number }>(
          "select count(*)::int as n from graphile_worker.jobs where task_identifier = 'send_mail'",
        )
    ).rows[0]?.n;
  while ((await waiting()) !== 0) await pause(30);
  const { rows } = await database
    .pool()
    .query<{ recipient: string; subject: string; text_body: string }>(
      'select recipient, subject, text_body from platform.outbox_mails',
    );
  expect(rows).toHaveLength(1);
  const [mail] = rows;
  expect(mail).toMatchObject({
    recipient: 'asked@new.test',
    subject: 'Join Posting on Callboard',
    text_body: expect.stringContaining('Admin of Posting invites you'),
  });
  const token = /\/invitation\?token=([0-9a-f]{96})/.exec(mail!.text_body)?.[1];
  await as(database, guest, async (client) => {
    expect(await call(client, 'tenancy.accept_invitation', { token })).toMatchObject({
      id: cast.organizationId,
    });
  });
});
