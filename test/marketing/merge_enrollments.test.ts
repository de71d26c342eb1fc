import { beforeAll, describe, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import {
  addLead,
  addSequence,
  advance,
  after,
  ask,
  committed,
  enroll,
  look,
  mails,
  START,
  type House,
} from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

/** Three mails, a day apart. */
const STEPS = [{ key: 'one' }, { key: 'two', delay: '1 day' }, { key: 'three', delay: '1 day' }];

/** An organization in which there are two leads, and how they become one. */
type Pair = House & {
  readonly kept: string;
  readonly merged: string;
  merge(): Promise<unknown>;
};

const withPair = (work: (pair: Pair) => Promise<void>) =>
  within(database, async (client) => {
    const house = { client, cast: ours };
    const [kept, merged] = [await addLead(house), await addLead(house)];
    await work({
      ...house,
      kept,
      merged,
      merge: () => ask(house, 'select l.id from crm.merge_leads($1, $2) l', [kept, merged]),
    });
  });

/** Where both are in a sequence, by lead. */
const places = async ({ kept, merged, ...house }: Pair, sequence: string) =>
  (
    await look<{ lead_id: string; status: string; step: string; exit_reason: string | null }>(
      house,
      `select e.lead_id, e.status, s.key as step, e.exit_reason
         from marketing.nurturing_enrollments e
         join marketing.nurturing_steps s on s.organization_id = e.organization_id and s.id = e.step_id
        where e.organization_id = $1 and e.sequence_id = $2
        order by e.status, s.key`,
      [house.cast.organizationId, sequence],
    )
  ).map(({ lead_id, status, step, exit_reason }) => [
    lead_id === kept ? 'kept' : lead_id === merged ? 'merged' : lead_id,
    status,
    step,
    ...(exit_reason === null ? [] : [exit_reason]),
  ]);

/** What went out of a sequence: the mails that were queued have been sent. */
const send = (house: House) =>
  house.client.query(
    `update marketing.email_queue q
        set status = 'sent', sent_at = now(), attempts = 1,
            email = (select l.email from crm.leads l where l.id = q.lead_id)
      where q.organization_id = $1 and q.status = 'queued'`,
    [house.cast.organizationId],
  );
const got = async (pair: Pair, sequence: string) =>
  (await mails(pair, sequence)).map(({ lead_id, step, status }) => [
    lead_id === pair.kept ? 'kept' : 'merged',
    step,
    status,
  ]);

describe('when two leads become one', () => {
  test('the one that is kept goes on where the other was', async () => {
    await withPair(async (pair) => {
      const sequence = await addSequence(pair, STEPS);
      await enroll(pair, sequence, [pair.merged], START);
      await advance(pair, sequence, after(0));
      await send(pair);
      await advance(pair, sequence, after(24));
      // The second mail waits, for quiet hours perhaps.
      await pair.merge();
      expect(await places(pair, sequence)).toEqual([['kept', 'active', 'three']]);
      expect(await got(pair, sequence)).toEqual([
        ['merged', 'one', 'sent'],
        ['kept', 'two', 'queued'],
      ]);
      await send(pair);
      await advance(pair, sequence, after(48));
      expect((await got(pair, sequence)).slice(1)).toEqual([
        ['kept', 'two', 'sent'],
        ['kept', 'three', 'queued'],
      ]);
      expect(await places(pair, sequence)).toEqual([['kept', 'completed', 'three']]);
    });
  });

  test.each(['kept', 'merged'] as const)(
    'of two enrolments the one that is further goes on: that of the lead that is %s',
    async (ahead) => {
      await withPair(async (pair) => {
        const sequence = await addSequence(pair, STEPS);
        const behind = ahead === 'kept' ? pair.merged : pair.kept;
        await enroll(pair, sequence, [pair[ahead]], START);
        await advance(pair, sequence, after(0));
        await send(pair);
        await advance(pair, sequence, after(24));
        await send(pair);
        await enroll(pair, sequence, [behind], after(24));
        await advance(pair, sequence, after(24));
        await pair.merge();
        expect(await places(pair, sequence)).toEqual([
          ['kept', 'active', 'three'],
          ['kept', 'exited', 'two', 'merged'],
        ]);
        await advance(pair, sequence, after(48));
        await advance(pair, sequence, after(96));
        // What waited of the one that was behind does not go out, and nothing a second time.
        expect((await got(pair, sequence)).map(([, step, status]) => [step, status])).toEqual([
          ['one', 'sent'],
          ['two', 'sent'],
          ['one', 'cancelled'],
          ['three', 'queued'],
        ]);
      });
    },
  );

  test('what went out to the other address is not sent to this one', async () => {
    await withPair(async (pair) => {
      // Whoever has a company gets the case, the others the tour; then all get the offer.
      const sequence = await addSequence(pair, [
        {
          key: 'case',
          condition: { field: 'company_name', op: 'is_set' },
          otherwise: 'tour',
          next: 'offer',
        },
        { key: 'tour' },
        { key: 'offer', delay: '1 day', next: 'talk' },
        { key: 'talk', delay: '1 day' },
      ]);
      await pair.client.query(`update crm.leads set company_name = 'Lumen' where id = $1`, [
        pair.merged,
      ]);
      // The one without a company takes a step more to come to the offer, and has not got it yet.
      await enroll(pair, sequence, [pair.merged], START);
      await enroll(pair, sequence, [pair.kept], START);
      await advance(pair, sequence, after(0));
      await send(pair);
      await advance(pair, sequence, after(24));
      await pair.client.query(
        `update marketing.email_queue set status = 'sent', sent_at = now(), attempts = 1, email = 'x@leads.test'
          where lead_id = $1 and status = 'queued'`,
        [pair.merged],
      );
      await pair.merge();
      expect(await places(pair, sequence)).toEqual([
        ['kept', 'active', 'talk'],
        ['kept', 'exited', 'talk', 'merged'],
      ]);
      await send(pair);
      await advance(pair, sequence, after(48));
      const offers = (await got(pair, sequence)).filter(([, step]) => step === 'offer');
      expect(offers).toEqual(
        expect.arrayContaining([
          ['merged', 'offer', 'sent'],
          ['kept', 'offer', 'cancelled'],
        ]),
      );
      expect((await got(pair, sequence)).filter(([, step]) => step === 'talk')).toEqual([
        ['kept', 'talk', 'queued'],
      ]);
    });
  });

  test('a step that only the other has sent is passed by', async () => {
    await withPair(async (pair) => {
      const sequence = await addSequence(pair, STEPS);
      await enroll(pair, sequence, [pair.merged], START);
      await advance(pair, sequence, after(0));
      await enroll(pair, sequence, [pair.kept], after(1));
      await advance(pair, sequence, after(1));
      await send(pair);
      await advance(pair, sequence, after(24));
      await send(pair);
      // As if the one that is kept had come further by a way around the second.
      await pair.client.query(
        'update marketing.nurturing_enrollments set steps_taken = 9 where sequence_id = $1 and lead_id = $2',
        [sequence, pair.kept],
      );
      await pair.merge();
      await advance(pair, sequence, after(25));
      await advance(pair, sequence, after(49));
      const found = (await got(pair, sequence)).map(([, step, status]) => [step, status]);
      expect(found.filter(([step]) => step === 'two')).toEqual([['two', 'sent']]);
      expect(found.filter(([step]) => step === 'three')).toEqual([['three', 'queued']]);
    });
  });

  test.each([
    ['completed as the other', 'completed', null, {}, 'exited'],
    ['left by the other’s reply', 'exited', 'replied', {}, 'exited'],
    ['ended because the other’s address is dead', 'exited', 'hard_bounce', {}, 'active'],
    [
      'completed long ago, and entered again',
      'completed',
      null,
      { reenrollment: 'after_end', reenroll_after: '30 days' },
      'active',
    ],
    [
      'completed lately, before it may be entered again',
      'completed',
      null,
      { reenrollment: 'after_end', reenroll_after: '10 years' },
      'exited',
    ],
  ])('a sequence that was %s', async (_name, status, reason, settings, outcome) => {
    for (const [ended, live] of [
      ['kept', 'merged'],
      ['merged', 'kept'],
    ] as const) {
      await withPair(async (pair) => {
        const sequence = await addSequence(pair, STEPS, settings);
        await enroll(pair, sequence, [pair.kept, pair.merged], START);
        await pair.client.query(
          `update marketing.nurturing_enrollments
              set status = $3, exit_reason = $4, ended_at = occurred_at + interval '1 day', next_run_at = null
            where sequence_id = $1 and lead_id = $2`,
          [sequence, pair[ended], status, reason],
        );
        await pair.merge();
        const found = await look<{ status: string; exit_reason: string; lead_id: string }>(
          pair,
          `select e.status, e.exit_reason, e.lead_id from marketing.nurturing_enrollments e
            where e.sequence_id = $1 and e.lead_id = $2
            order by e.ended_at = e.occurred_at + interval '1 day' nulls first`,
          [sequence, pair.kept],
        );
        expect([live, found.map((each) => [each.status, each.exit_reason])]).toEqual([
          live,
          [
            [outcome, outcome === 'exited' ? 'merged' : null],
            [status, reason],
          ],
        ]);
        // Nobody begins anew what one of the two has been through.
        const [again] = await enroll(pair, sequence, [pair.kept], new Date().toISOString());
        expect(again?.outcome).toBe(outcome === 'exited' ? 'was_enrolled' : 'already_enrolled');
      });
    }
  });

  test('other leads, and other organizations, stay where they are', async () => {
    await withPair(async (pair) => {
      const sequence = await addSequence(pair, STEPS);
      const bystander = await addLead(pair);
      await enroll(pair, sequence, [bystander, pair.merged], START);
      const elsewhere = { ...pair, cast: theirs };
      const foreign = await addSequence(elsewhere, STEPS);
      await enroll(elsewhere, foreign, [await addLead(elsewhere)], START);
      const before = await places({ ...pair, cast: theirs }, foreign);
      await pair.merge();
      expect(await places({ ...pair, cast: theirs }, foreign)).toEqual(before);
      expect((await places(pair, sequence)).map(([lead]) => lead).sort()).toEqual(
        [bystander, 'kept'].sort(),
      );
    });
  });
});

onServer('leads that become one while their sequence goes on', () => {
  test('go on once, whoever was first', async () => {
    const house = <T>(work: (house: House) => Promise<T>) => committed(database, ours, work);
    const sequence = await house((each) => addSequence(each, STEPS));
    const pairs: [string, string][] = [];
    for (let count = 0; count < 6; count += 1) {
      pairs.push(await house(async (each) => [await addLead(each), await addLead(each)]));
    }
    await house((each) => enroll(each, sequence, pairs.flat(), START));
    await Promise.all([
      house((each) => advance(each, sequence, after(0))),
      ...pairs.map(([kept, merged]) =>
        house((each) => ask(each, 'select l.id from crm.merge_leads($1, $2) l', [kept, merged])),
      ),
      house((each) => advance(each, sequence, after(24))),
    ]);
    const live = await house((each) =>
      look<{ lead_id: string }>(
        each,
        `select e.lead_id from marketing.nurturing_enrollments e where e.sequence_id = $1 and e.status in ('active', 'paused')`,
        [sequence],
      ),
    );
    expect(live.map(({ lead_id }) => lead_id).sort()).toEqual(pairs.map(([kept]) => kept).sort());
    const waiting = await house((each) =>
      look<{ mails: number }>(
        each,
        `select count(*)::int as mails from marketing.email_queue q
          where q.status = 'queued' and q.lead_id = any ($1) group by q.lead_id, q.step_id having count(*) > 1`,
        [pairs.flat()],
      ),
    );
    expect(waiting).toEqual([]);
  });
});
