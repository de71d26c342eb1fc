import { beforeAll, describe, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { add } from '../projects/fixtures.ts';
import {
  addLead,
  addTemplate,
  ask,
  committed,
  look,
  untilOneWaits,
  type House,
} from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
});

type Status = 'queued' | 'paused' | 'sending' | 'sent' | 'failed' | 'uncertain';
/** How far a campaign is with a lead: not at all, on the list, or with a mail. */
type Place = 'none' | 'listed' | Status;

const withHouse = (work: (house: House) => Promise<void>) =>
  within(database, (client) => work({ client, cast: ours }));

const merge = (house: House, kept: string, merged: string) =>
  ask(house, 'select l.id from crm.merge_leads($1, $2) l', [kept, merged]);

async function addMail(house: House, lead: string, status: Status, values: object = {}) {
  const isOut = status !== 'queued' && status !== 'paused';
  return add(house.client, 'marketing.email_queue', {
    organization_id: ours.organizationId,
    lead_id: lead,
    template_id: await addTemplate(house, `for ${lead} ${status}`),
    status,
    ...(isOut ? { email: 'was@leads.test', attempts: 1, claim_id: lead } : {}),
    ...(status === 'sending' ? { claim_expires_at: '2090-01-01T00:00:00Z' } : {}),
    ...(status === 'sent' ? { sent_at: '2026-05-04T12:00:00Z' } : {}),
    ...values,
  });
}

type Listed = { readonly campaign: string; readonly kept: string; readonly merged: string };

/** Two leads, and how far a campaign is with them. */
async function addCampaign(
  house: House,
  placeOfKept: Place,
  placeOfMerged: Place,
): Promise<Listed> {
  const [kept, merged] = [await addLead(house), await addLead(house)];
  const campaign = await add(house.client, 'marketing.campaigns', {
    organization_id: ours.organizationId,
    name: 'Premiere',
    template_id: await addTemplate(house, `Premiere ${kept}`),
    status: 'running',
  });
  for (const [lead, place] of [
    [kept, placeOfKept],
    [merged, placeOfMerged],
  ] as const) {
    if (place === 'none') continue;
    await add(house.client, 'marketing.campaign_recipients', {
      organization_id: ours.organizationId,
      campaign_id: campaign,
      lead_id: lead,
      queued_email_id:
        place === 'listed' ? null : await addMail(house, lead, place, { campaign_id: campaign }),
    });
  }
  return { campaign, kept, merged };
}

/** Who is on the list of a campaign, each with the mail. */
async function listOf(house: House, { campaign, kept }: Listed): Promise<string[]> {
  const rows = await look<{ lead_id: string; mail_of: string | null; status: string | null }>(
    house,
    `select r.lead_id, q.lead_id as mail_of, q.status
       from marketing.campaign_recipients r
       left join marketing.email_queue q on q.organization_id = r.organization_id and q.id = r.queued_email_id
      where r.organization_id = $1 and r.campaign_id = $2
      order by r.lead_id = $3 desc`,
    [house.cast.organizationId, campaign, kept],
  );
  const nameOf = (lead: string | null) => (lead === kept ? 'kept' : 'merged');
  return rows.map(
    ({ lead_id, mail_of, status }) =>
      `${nameOf(lead_id)}: ${status === null ? 'listed' : `${status} to ${nameOf(mail_of)}`}`,
  );
}

describe('of a campaign, when two leads become one', () => {
  test.each<[Place, Place, string[]]>([
    // Only the other was on its list.
    ['none', 'listed', ['kept: listed']],
    ['none', 'queued', ['kept: queued to kept']],
    ['none', 'paused', ['kept: paused to kept']],
    ['none', 'sending', ['kept: sending to kept']],
    ['none', 'sent', ['kept: sent to merged']],
    // Both were.
    ['listed', 'listed', ['kept: listed']],
    ['queued', 'listed', ['kept: queued to kept']],
    ['sent', 'listed', ['kept: sent to kept']],
    ['listed', 'queued', ['kept: listed', 'merged: cancelled to merged']],
    ['queued', 'queued', ['kept: queued to kept', 'merged: cancelled to merged']],
    ['sent', 'paused', ['kept: sent to kept', 'merged: cancelled to merged']],
    // The other address has had it, or is about to.
    ['listed', 'sent', ['kept: sent to merged']],
    ['listed', 'uncertain', ['kept: uncertain to merged']],
    ['queued', 'sending', ['kept: cancelled to kept', 'merged: sending to kept']],
    ['paused', 'sent', ['kept: cancelled to kept', 'merged: sent to merged']],
    ['sent', 'sent', ['kept: sent to kept', 'merged: sent to merged']],
    // It does not work, so this one gets it.
    ['listed', 'failed', ['kept: listed', 'merged: failed to merged']],
    ['queued', 'failed', ['kept: queued to kept', 'merged: failed to merged']],
    ['failed', 'queued', ['kept: failed to kept', 'merged: queued to kept']],
  ])('%s and %s', async (kept, merged, expected) => {
    await withHouse(async (house) => {
      const listed = await addCampaign(house, kept, merged);
      await merge(house, listed.kept, listed.merged);
      expect(await listOf(house, listed)).toEqual(expected);
    });
  });
});

test('a mail by itself that waits goes to the lead that is kept', async () => {
  await withHouse(async (house) => {
    const [kept, merged] = [await addLead(house), await addLead(house)];
    const waiting = await addMail(house, merged, 'queued', { purpose: 'transactional' });
    const sent = await addMail(house, merged, 'sent');
    await merge(house, kept, merged);
    expect(
      await look(house, 'select id, lead_id from marketing.email_queue where id in ($1, $2)', [
        waiting,
        sent,
      ]),
    ).toEqual(
      expect.arrayContaining([
        { id: waiting, lead_id: kept },
        { id: sent, lead_id: merged },
      ]),
    );
  });
});

onServer('while a mail of the other is being claimed', () => {
  test('the one that is kept does not get the mail as well', async () => {
    const listed = await committed(database, ours, (house) =>
      addCampaign(house, 'queued', 'queued'),
    );
    let merging: Promise<unknown> = Promise.resolve();
    await committed(database, ours, async ({ client }) => {
      await client.query(
        `update marketing.email_queue
            set status = 'sending', email = 'was@leads.test', attempts = 1, claim_id = lead_id,
                claim_expires_at = now() + interval '10 minutes'
          where organization_id = $1 and lead_id = $2`,
        [ours.organizationId, listed.merged],
      );
      merging = committed(database, ours, (other) => merge(other, listed.kept, listed.merged));
      await untilOneWaits(database);
    });
    await merging;
    expect(await committed(database, ours, (house) => listOf(house, listed))).toEqual([
      'kept: cancelled to kept',
      'merged: sending to kept',
    ]);
  });
});
