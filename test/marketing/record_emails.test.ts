import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makeCast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { Mailing } from './mailing.ts';

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
    const ids = [];
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
