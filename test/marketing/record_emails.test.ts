import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, makeCast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { Mailing } from './mailing.ts';
import {
  addSequence,
  advance,
  ask,
  committed,
  convertLead,
  enroll,
  enrollments,
  mails,
  START,
  untilOneWaits,
  type House,
  type StepDraft,
} from './nurturing.ts';

const database = testDatabase();
let mailing: Mailing;
let serial = 0;
const fresh = () => `lead${(serial += 1)}@leads.test`;

beforeAll(async () => {
  mailing = await Mailing.of(database, await makeCast(database, 'recorded'));
  await mailing.set({ capMails: 0 });
});
beforeEach(() =>
  mailing.query(`update marketing.email_queue set send_after = 'today'::date + 9000`),
);

/** Takes what is due, as a worker does. */
async function claim(): Promise<string> {
  const [row] = await mailing.query<{ claim: { claim_id: string } }>(
    'select marketing.claim_emails($1, 50) as claim',
    [mailing.organizationId],
  );
  return row?.claim.claim_id ?? '';
}

type Outcome = { readonly id: string; readonly outcome: string };

/** Tells what became of mails, as a worker does; how many it was news of. */
async function record(claimId: string, outcomes: readonly Outcome[]): Promise<number> {
  const [row] = await mailing.query<{ recorded: number }>(
    'select marketing.record_emails($1, $2, $3) as recorded',
    [mailing.organizationId, claimId, JSON.stringify(outcomes)],
  );
  return row?.recorded ?? NaN;
}

/** How many mails the plan has counted. */
async function used(): Promise<number> {
  const [row] = await mailing.query<{ used: string }>(
    `select coalesce(sum(used), 0) as used from billing.usage_counters where organization_id = $1 and metric_key = 'emails'`,
    [mailing.organizationId],
  );
  return Number(row?.used);
}

describe('outcomes that are told twice, since the first answer was lost', () => {
  test('count once, also next to one that may still become known', async () => {
    const before = await used();
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push(await mailing.mailTo(fresh()));
    const [sent = '', returned = '', bounced = '', uncertain = ''] = ids;
    const claimId = await claim();
    expect(await used()).toBe(before + 4);
    const outcomes = [
      { id: sent, outcome: 'sent' },
      { id: returned, outcome: 'returned' },
      { id: bounced, outcome: 'bounced' },
      { id: uncertain, outcome: 'uncertain' },
    ];
    expect(await record(claimId, outcomes)).toBe(4);
    const told = async () => ({
      used: (await used()) - before,
      statuses: await Promise.all(ids.map(async (id) => (await mailing.row(id)).status)),
      bounces: await mailing.query(
        `select is_repeat from marketing.email_interactions where queued_email_id = $1 and kind = 'bounced'`,
        [bounced],
      ),
    });
    const once = {
      used: 3,
      statuses: ['sent', 'queued', 'failed', 'uncertain'],
      bounces: [{ is_repeat: false }],
    };
    expect(await told()).toEqual(once);
    expect(await record(claimId, outcomes)).toBe(1);
    expect(await told()).toEqual(once);
    expect(await record(claimId, outcomes.slice(0, 3))).toBe(0);
    expect(await told()).toEqual(once);
  });
});

describe('a mail of which the worker does not know whether it went out', () => {
  const notice = (id: string, kind: string, values: object = {}) =>
    mailing.query('select marketing.note_interactions($1, $2)', [
      mailing.organizationId,
      JSON.stringify([{ id, kind, source: 'webhook', ...values }]),
    ]);
  const uncertain = async (id: string, claimId: string) => {
    await record(claimId, [{ id, outcome: 'uncertain' }]);
  };
  const died = async (id: string) => {
    await mailing.query(
      `update marketing.email_queue set claim_expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    const [row] = await mailing.query<{ found: number }>(
      'select marketing.find_uncertain_emails() as found',
    );
    return row?.found;
  };
  const resend = (id: string) =>
    actAs(database, mailing.cast.owner, (client) =>
      client.query('select marketing.resend_email($1)', [id]),
    );

  test.each(['delivered', 'opened', 'clicked', 'replied', 'bounced', 'complained', 'unsubscribed'])(
    'went out if it was %s meanwhile, whoever says that nobody knows',
    async (kind) => {
      const ids = [await mailing.mailTo(fresh()), await mailing.mailTo(fresh())] as const;
      const claimId = await claim();
      const before = new Date();
      for (const id of ids) {
        await notice(id, kind, kind === 'clicked' ? { url: 'https://lumen.test/' } : {});
        expect((await mailing.row(id)).status).toBe('sending');
      }
      await uncertain(ids[0], claimId);
      expect(await died(ids[1])).toBe(0);
      for (const id of ids) {
        const row = await mailing.row(id);
        expect(row).toMatchObject({ status: 'sent', reason: null });
        expect(row.sent_at?.getTime()).toBeLessThanOrEqual(before.getTime());
        await expect(resend(id)).rejects.toMatchObject({ code: 'CB006' });
      }
    },
  );

  test('stays uncertain without a sign, or with one of a program that looks into mails on their way', async () => {
    const ids = [await mailing.mailTo(fresh()), await mailing.mailTo(fresh())] as const;
    const claimId = await claim();
    for (const id of ids) await notice(id, 'opened', { is_machine: true });
    await uncertain(ids[0], claimId);
    expect(await died(ids[1])).toBe(1);
    for (const id of ids) {
      expect(await mailing.row(id)).toMatchObject({ status: 'uncertain', sent_at: null });
    }
    // Afterwards there is nobody on its way but those who have it.
    await notice(ids[0], 'opened', { is_machine: true });
    expect((await mailing.row(ids[0])).status).toBe('sent');
  });

  test('has not bounced once it was handed over again: what it did before does not count', async () => {
    const ids = [await mailing.mailTo(fresh()), await mailing.mailTo(fresh())] as const;
    const first = await claim();
    await record(
      first,
      ids.map((id) => ({ id, outcome: 'bounced' })),
    );
    await mailing.query('update marketing.email_suppressions set lifted_at = now()');
    for (const id of ids) {
      await resend(id);
      // so far it has
      expect((await mailing.row(id)).bounced_at).not.toBeNull();
    }
    const second = await claim();
    expect((await mailing.row(ids[0])).bounced_at).toBeNull();
    await uncertain(ids[0], second);
    await record(second, [{ id: ids[1], outcome: 'sent' }]);
    expect(await mailing.row(ids[0])).toMatchObject({ status: 'uncertain', bounced_at: null });
    expect(await mailing.row(ids[1])).toMatchObject({ status: 'sent', bounced_at: null });
  });

  test('that is not sent again has bounced still', async () => {
    const id = await mailing.mailTo(fresh());
    await record(await claim(), [{ id, outcome: 'bounced' }]);
    await resend(id);
    await claim();
    const row = await mailing.row(id);
    expect(row).toMatchObject({ status: 'suppressed', reason: 'hard_bounce' });
    expect(row.bounced_at).not.toBeNull();
  });

  onServer('while somebody tells of it', () => {
    test.each(['recorded', 'found'])('went out, also when it is %s at that moment', async (how) => {
      const id = await mailing.mailTo(fresh());
      const claimId = await claim();
      await mailing.query(
        `update marketing.email_queue set claim_expires_at = now() - interval '1 second' where id = $1`,
        [id],
      );
      let second: Promise<unknown> = Promise.resolve();
      await committed(database, mailing.cast, async ({ client }) => {
        await client.query('select marketing.note_interactions($1, $2)', [
          mailing.organizationId,
          JSON.stringify([{ id, kind: 'delivered', source: 'webhook' }]),
        ]);
        second =
          how === 'recorded'
            ? uncertain(id, claimId)
            : mailing.query('select marketing.find_uncertain_emails()');
        await untilOneWaits(database);
      });
      await second;
      expect((await mailing.row(id)).status).toBe('sent');
    });
  });
});

describe('a mail that a mail server wants later, or that nobody has heard of,', () => {
  const later = (id: string) => [{ id, outcome: 'retry', reason: '451', code: '451' }];
  const stays = <T>(work: (house: House) => Promise<T>) => committed(database, mailing.cast, work);
  const act = (sql: string, id: string) =>
    actAs(database, mailing.cast.member, (client) => client.query(sql, [id]));

  /** A campaign that is running, with a mail of it. */
  async function campaign() {
    const [row] = await mailing.query<{ id: string }>(
      `insert into marketing.campaigns (organization_id, name, template_id) values ($1, 'Premiere', $2) returning id`,
      [mailing.organizationId, mailing.templateId],
    );
    const id = row?.id ?? '';
    await mailing.query(`update marketing.campaigns set status = 'running' where id = $1`, [id]);
    const [mail] = await mailing.query<{ id: string }>(
      'select marketing.queue_email($1, $2, $3, campaign_id => $4) as id',
      [mailing.organizationId, await mailing.lead(fresh()), mailing.templateId, id],
    );
    return { id, mail: mail?.id ?? '' };
  }

  test.each([
    ['goes on with a campaign that runs', 'select 1 where $1::text is not null', 'queued', '451'],
    [
      'waits with a campaign that is paused',
      'select marketing.pause_campaign($1)',
      'paused',
      '451',
    ],
    [
      'ends with one that is cancelled',
      'select marketing.cancel_campaign($1)',
      'cancelled',
      'campaign_cancelled',
    ],
    [
      'ends with one that is archived',
      'update marketing.campaigns set deleted_at = now() where id = $1',
      'cancelled',
      'campaign_cancelled',
    ],
  ])('%s', async (_name, sql, status, reason) => {
    const { id, mail } = await campaign();
    const claimId = await claim();
    expect((await mailing.row(mail)).status).toBe('sending');
    if (sql.startsWith('select')) await act(sql, id);
    else await mailing.query(sql, [id]);
    // What is on its way at this moment goes out, if it does.
    expect((await mailing.row(mail)).status).toBe('sending');
    expect(await record(claimId, later(mail))).toBe(1);
    expect(await mailing.row(mail)).toMatchObject({
      status,
      reason,
      reply_code: '451',
      attempts: 1,
    });
    await mailing.query('update marketing.email_queue set send_after = now() where id = $1', [
      mail,
    ]);
    await claim();
    expect((await mailing.row(mail)).status).toBe(status === 'queued' ? 'sending' : status);
  });

  test('goes on when its campaign does', async () => {
    const { id, mail } = await campaign();
    const claimId = await claim();
    await act('select marketing.pause_campaign($1)', id);
    await record(claimId, [{ id: mail, outcome: 'returned' }]);
    expect((await mailing.row(mail)).status).toBe('paused');
    await act('select marketing.resume_campaign($1)', id);
    await claim();
    expect((await mailing.row(mail)).status).toBe('sending');
  });

  test('has gone out where its campaign was cancelled too late, and failed after its last attempt', async () => {
    const [sent, last] = [await campaign(), await campaign()];
    await mailing.query('update marketing.email_queue set attempts = 7 where id = $1', [last.mail]);
    const claimId = await claim();
    for (const { id } of [sent, last]) await act('select marketing.cancel_campaign($1)', id);
    const outcomes = [{ id: sent.mail, outcome: 'sent' }, ...later(last.mail)];
    expect(await record(claimId, outcomes)).toBe(2);
    expect((await mailing.row(sent.mail)).status).toBe('sent');
    expect(await mailing.row(last.mail)).toMatchObject({ status: 'failed', reason: '451' });
  });

  test('is given back to the plan whatever has become of its campaign', async () => {
    const stopped = [await campaign(), await campaign()] as const;
    const before = await used();
    const claimId = await claim();
    expect(await used()).toBe(before + 2);
    await act('select marketing.cancel_campaign($1)', stopped[0].id);
    await act('select marketing.pause_campaign($1)', stopped[1].id);
    await record(
      claimId,
      stopped.map(({ mail }) => ({ id: mail, outcome: 'returned' })),
    );
    const states = await Promise.all(stopped.map(({ mail }) => mailing.row(mail)));
    expect(states.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['cancelled', 0],
      ['paused', 0],
    ]);
    expect(await used()).toBe(before);
  });

  /** A lead in a sequence whose first mail is on its way. */
  async function enrolled(steps: readonly StepDraft[]) {
    const lead = await mailing.lead(fresh());
    const sequence = await stays(async (house) => {
      const id = await addSequence(house, steps);
      await enroll(house, id, [lead], START);
      await advance(house, id, START);
      return id;
    });
    const claimId = await claim();
    const [mail] = await stays((house) => mails(house, sequence));
    expect(mail?.status).toBe('sending');
    return { lead, sequence, claimId, mail: mail?.id ?? '' };
  }
  const TWO = [{ key: 'one' }, { key: 'two', delay: '1 day' }];

  test('ends when its lead has left the sequence, and not when it has completed or rests in it', async () => {
    const left = await enrolled(TWO);
    await stays((house) => convertLead(house, left.lead));
    await record(left.claimId, later(left.mail));
    expect(await mailing.row(left.mail)).toMatchObject({
      status: 'cancelled',
      reason: 'left the sequence: converted',
    });
    const rests = await enrolled(TWO);
    await stays((house) =>
      ask(
        house,
        'select p.id from marketing.nurturing_enrollments e, marketing.pause_enrollment(e.id) p where e.lead_id = $1',
        [rests.lead],
      ),
    );
    await record(rests.claimId, later(rests.mail));
    expect((await mailing.row(rests.mail)).status).toBe('queued');
    const completed = await enrolled([{ key: 'only' }]);
    expect(await stays((house) => enrollments(house, completed.sequence))).toMatchObject([
      { status: 'completed' },
    ]);
    await record(completed.claimId, later(completed.mail));
    expect((await mailing.row(completed.mail)).status).toBe('queued');
  });

  test('goes to the lead that its lead has become one with', async () => {
    const { lead, mail, claimId, sequence } = await enrolled(TWO);
    const address = (await mailing.row(mail)).email;
    const kept = await mailing.lead(fresh());
    await stays((house) => ask(house, 'select l.id from crm.merge_leads($1, $2) l', [kept, lead]));
    await record(claimId, later(mail));
    expect(await stays((house) => mails(house, sequence))).toMatchObject([
      { id: mail, lead_id: kept, status: 'queued' },
    ]);
    await mailing.query('update marketing.email_queue set send_after = now() where id = $1', [
      mail,
    ]);
    await claim();
    const row = await mailing.row(mail);
    expect(row).toMatchObject({ status: 'sending', attempts: 2 });
    expect(row.email).not.toBe(address);
  });

  onServer('while its campaign is being cancelled', () => {
    test.each(['cancels first', 'records first'])('ends, whoever %s', async (first) => {
      const { id, mail } = await campaign();
      const claimId = await claim();
      const cancel = (client: PoolClient) =>
        client.query('select marketing.cancel_campaign($1)', [id]);
      const recordIn = (client: PoolClient) =>
        client.query('select marketing.record_emails($1, $2, $3)', [
          mailing.organizationId,
          claimId,
          JSON.stringify(later(mail)),
        ]);
      const canceller = () => actAs(database, mailing.cast.member, cancel);
      let second: Promise<unknown> = Promise.resolve();
      if (first === 'cancels first') {
        await actAs(database, mailing.cast.member, async (client) => {
          await cancel(client);
          second = record(claimId, later(mail));
          await untilOneWaits(database);
        });
      } else {
        await stays(async ({ client }) => {
          await recordIn(client);
          second = canceller();
          await untilOneWaits(database);
        });
      }
      await second;
      expect(await mailing.row(mail)).toMatchObject({
        status: 'cancelled',
        reason: 'campaign_cancelled',
      });
    });
  });
});
