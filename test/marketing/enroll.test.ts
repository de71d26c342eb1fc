import { beforeAll, describe, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, refusalOf } from '../projects/fixtures.ts';
import {
  addLead,
  addSequence,
  advance,
  after,
  ask,
  convertLead,
  enroll,
  enrollments,
  look,
  mails,
  outcomes,
  stepsOf,
  START,
  type House,
  type Outcome,
} from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const inHouse = (work: (house: House) => Promise<void>) =>
  within(database, (client) => work({ client, cast: ours }));

describe('enrolling', () => {
  test('says what came of each lead, in their order', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [{ key: 'hello' }]);
      const [fine, bad, withdrawn, converted, archived] = [
        await addLead(house),
        await addLead(house, { email: 'bounced@leads.test' }),
        await addLead(house, { email_consent: 'withdrawn' }),
        await addLead(house),
        await addLead(house, { deleted_at: START }),
      ];
      const silent = await addLead(house, { email_consent: 'unknown' });
      await convertLead(house, converted);
      await house.client.query(
        "select marketing.suppress_email($1, 'bounced@leads.test', 'hard_bounce')",
        [ours.organizationId],
      );
      const stranger = await addLead({ ...house, cast: theirs });
      const found = await ask<Outcome>(house, 'select o.* from marketing.enroll_leads($1, $2) o', [
        sequence,
        [converted, fine, bad, withdrawn, silent, archived, stranger, NOWHERE, fine],
      ]);
      expect(found.map(({ lead_id, outcome }) => [lead_id, outcome])).toEqual([
        [converted, 'exit_condition'],
        [fine, 'enrolled'],
        [bad, 'suppressed'],
        [withdrawn, 'consent_withdrawn'],
        [silent, 'no_consent'],
        [archived, 'unknown_lead'],
        [stranger, 'unknown_lead'],
        [NOWHERE, 'unknown_lead'],
      ]);
      const again = await ask<Outcome>(house, 'select o.* from marketing.enroll_leads($1, $2) o', [
        sequence,
        [fine],
      ]);
      expect(again).toEqual([{ ...found[1], outcome: 'already_enrolled' }]);
    });
  });

  test('is for those who may, in sequences that are active', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [{ key: 'hello' }]);
      const lead = await addLead(house);
      const call = 'select o.* from marketing.enroll_leads($1, $2) o';
      for (const [caller, values, code] of [
        [ours.guest, [sequence, [lead]], 'CB003'],
        [theirs.owner, [sequence, [lead]], 'CB004'],
        [ours.member, [NOWHERE, [lead]], 'CB004'],
        [ours.member, [sequence, []], 'CB002'],
        [ours.member, [sequence, null], 'CB002'],
        [ours.member, [sequence, Array<string>(10_001).fill(lead)], 'CB002'],
      ] as const) {
        expect((await refusalOf(house.client, () => ask(house, call, values, caller)))?.code).toBe(
          code,
        );
      }
      await ask(house, 'select s.id from marketing.pause_nurturing_sequence($1) s', [sequence]);
      expect(
        await refusalOf(house.client, () => ask(house, call, [sequence, [lead]])),
      ).toMatchObject({ code: 'CB005', field: 'sequence_id', detail: 'paused' });
    });
  });

  test('a lead in a private workspace is unknown to those outside of it', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [{ key: 'hello' }]);
      const lead = await addLead(house, { workspace_id: ours.privateWorkspaceId });
      const call = 'select o.* from marketing.enroll_leads($1, $2) o';
      expect(outcomes(await ask<Outcome>(house, call, [sequence, [lead]], ours.member))).toEqual([
        'unknown_lead',
      ]);
      const [found] = await ask<Outcome>(house, call, [sequence, [lead]], ours.owner);
      expect(found?.outcome).toBe('enrolled');
      // neither is its enrolment seen, nor changed
      const seen = 'select e.id from marketing.nurturing_enrollments e';
      expect(await ask(house, seen, [], ours.member)).toEqual([]);
      expect(await ask(house, seen, [], ours.owner)).toEqual([{ id: found?.enrollment_id }]);
      expect(
        await refusalOf(house.client, () =>
          ask(
            house,
            'select marketing.leave_sequence($1) as e',
            [found?.enrollment_id],
            ours.member,
          ),
        ),
      ).toMatchObject({ code: 'CB004' });
    });
  });

  test('again only where the sequence says so, and when it says so', async () => {
    await inHouse(async (house) => {
      const lead = await addLead(house);
      const once = await addSequence(house, [{ key: 'hello' }]);
      const often = await addSequence(house, [{ key: 'hello' }], {
        reenrollment: 'after_end',
        reenroll_after: '7 days',
      });
      for (const sequence of [once, often]) {
        await enroll(house, sequence, [lead], START);
        await advance(house, sequence, START);
      }
      expect(outcomes(await enroll(house, once, [lead], after(24 * 365)))).toEqual([
        'was_enrolled',
      ]);
      expect(outcomes(await enroll(house, often, [lead], after(24 * 6)))).toEqual(['was_enrolled']);
      expect(outcomes(await enroll(house, often, [lead], after(24 * 8)))).toEqual(['enrolled']);
      await advance(house, often, after(24 * 8));
      expect(await stepsOf(house, often)).toEqual(['hello', 'hello']);
    });
  });

  test('by segments and by events, a whole statement at a time', async () => {
    await inHouse(async (house) => {
      const [segment, other] = [NOWHERE, NOWHERE.replace(/0$/, '1')];
      const bySegment = await addSequence(house, [{ key: 'hello' }], {
        enroll_segment_id: segment,
      });
      const byEvent = await addSequence(house, [{ key: 'hello' }], {
        enroll_event: 'trial_started',
        goal_event: 'booked',
      });
      const paused = await addSequence(house, [{ key: 'hello' }], {
        enroll_event: 'trial_started',
      });
      await ask(house, 'select s.id from marketing.pause_nurturing_sequence($1) s', [paused]);
      const [ada, bob] = [await addLead(house), await addLead(house)];
      const stranger = await addLead({ ...house, cast: theirs });
      const [counted] = await look<{ n: number }>(
        house,
        'select marketing.enroll_by_segment($1, $2, $3) as n',
        [ours.organizationId, [segment, other, segment, segment], [ada, bob, ada, stranger]],
      );
      expect(counted?.n).toBe(1);
      const told = (names: string[], leads: string[]) =>
        look<{ n: number }>(house, 'select marketing.enroll_by_event($1, $2, $3) as n', [
          ours.organizationId,
          names,
          leads,
        ]);
      expect(await told(['trial_started', 'trial_started', 'looked'], [ada, bob, bob])).toEqual([
        { n: 2 },
      ]);
      expect(await enrollments(house, bySegment)).toMatchObject([{ status: 'active' }]);
      expect(await enrollments(house, paused)).toEqual([]);
      expect(
        await look(
          house,
          'select source, source_name from marketing.nurturing_enrollments where sequence_id = any ($1) order by source, source_name',
          [[bySegment, byEvent]],
        ),
      ).toEqual([
        { source: 'event', source_name: 'trial_started' },
        { source: 'event', source_name: 'trial_started' },
        { source: 'segment', source_name: segment },
      ]);
      // the goal ends it
      await told(['booked'], [bob]);
      expect((await enrollments(house, byEvent)).map((each) => each.exit_reason)).toEqual([
        null,
        'goal',
      ]);
    });
  });
});

describe('segments', () => {
  const addSegment = (house: House, name: string) =>
    add(house.client, 'analytics.segments', {
      organization_id: ours.organizationId,
      name,
      subject: 'lead',
      rule: JSON.stringify({ field: 'score', op: '>=', value: 50 }),
    });
  const putInto = (house: House, segment_id: string, lead_id: string) =>
    add(house.client, 'analytics.user_segments', {
      organization_id: ours.organizationId,
      segment_id,
      lead_id,
    });

  test('who comes into one is enrolled, and conditions ask for the present members', async () => {
    await inHouse(async (house) => {
      const [entry, vip] = [await addSegment(house, 'Hot'), await addSegment(house, 'VIP')];
      const sequence = await addSequence(
        house,
        [
          { key: 'hello' },
          { key: 'vip', delay: '1 hour', condition: { segment: vip } },
          { key: 'others', condition: { not: { segment: vip } } },
        ],
        { enroll_segment_id: entry },
      );
      const [ada, bob, cyd] = [await addLead(house), await addLead(house), await addLead(house)];
      await putInto(house, vip, ada);
      const was = await putInto(house, vip, bob);
      await house.client.query('update analytics.user_segments set left_at = now() where id = $1', [
        was,
      ]);
      for (const lead of [ada, bob]) await putInto(house, entry, lead);
      expect(await enrollments(house, sequence)).toHaveLength(2);
      const soon = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
      for (const hours of [1, 3, 5]) await advance(house, sequence, soon(hours));
      const found = await mails(house, sequence);
      const of = (lead: string) => found.filter((m) => m.lead_id === lead).map((m) => m.step);
      expect([of(ada), of(bob), of(cyd)]).toEqual([['hello', 'vip'], ['hello', 'others'], []]);
      const schedule = await ask<{ step_key: string; applies: boolean }>(
        house,
        'select p.* from marketing.preview_nurturing_schedule($1, $2) p',
        [sequence, ada],
      );
      expect(schedule.map((each) => [each.step_key, each.applies])).toEqual([
        ['hello', true],
        ['vip', true],
        ['others', false],
      ]);
    });
  });
});

describe('waking', () => {
  const wakes = async (house: House, sequence: string) => {
    const [row] = await look<{ wakes_at: string; run_at: string | null; jobs: number }>(
      house,
      `select w.wakes_at, max(j.run_at) as run_at, count(j.id) as jobs
         from marketing.nurturing_wakes w
         left join graphile_worker.jobs j on j.key = 'advance_enrollments:' || w.sequence_id
        where w.sequence_id = $1 group by w.wakes_at`,
      [sequence],
    );
    return row;
  };
  const sleep = (house: House, sequence: string) =>
    look(house, 'select marketing.sleep_sequence($1, $2) as at', [ours.organizationId, sequence]);

  test('a sequence has one job, at the earliest time', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [{ key: 'hello', delay: '10 days' }]);
      await sleep(house, sequence);
      expect(await wakes(house, sequence)).toMatchObject({ wakes_at: 'infinity' });
      const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
      await enroll(house, sequence, [await addLead(house)], at(0));
      const first = await wakes(house, sequence);
      await enroll(house, sequence, [await addLead(house)], at(1));
      expect(await wakes(house, sequence)).toEqual(first);
      await enroll(house, sequence, [await addLead(house)], at(-1));
      const earlier = await wakes(house, sequence);
      expect(earlier?.jobs).toBe(1);
      expect(Date.parse(earlier?.wakes_at ?? '')).toBeLessThan(Date.parse(first?.wakes_at ?? ''));
      expect(earlier?.run_at).toBe(earlier?.wakes_at);
    });
  });

  test('jobs that were lost are added again, others are not', async () => {
    await inHouse(async (house) => {
      const lost = await addSequence(house, [{ key: 'hello' }]);
      const paused = await addSequence(house, [{ key: 'hello' }]);
      const waiting = await addSequence(house, [{ key: 'hello', delay: '1 day' }]);
      await sleep(house, waiting);
      await enroll(house, waiting, [await addLead(house)], new Date().toISOString());
      await house.client.query('delete from graphile_worker._private_jobs');
      await house.client.query(
        `update marketing.nurturing_wakes set wakes_at = now() - interval '6 minutes' where sequence_id = any ($1)`,
        [[lost, paused]],
      );
      await ask(house, 'select s.id from marketing.pause_nurturing_sequence($1) s', [paused]);
      const [woken] = await look<{ n: number }>(house, 'select marketing.wake_sequences() as n');
      expect(woken?.n).toBe(1);
      expect((await wakes(house, lost))?.jobs).toBe(1);
      expect((await wakes(house, waiting))?.jobs).toBe(0);
    });
  });
});
