import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { acting, within } from '../billing/plans.ts';
import { actAs, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, refusalOf } from '../projects/fixtures.ts';
import {
  addLead,
  addSequence,
  addTemplate,
  advance,
  ask,
  committed,
  convertLead,
  enroll,
  enrollments,
  interact,
  look,
  mails,
  save,
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

/** Monday noon in UTC, where the organization is. */
const START = '2026-05-04T12:00:00Z';
/** So many hours after the start. */
const after = (hours: number) =>
  new Date(Date.parse(START) + hours * 3_600_000).toISOString().replace('.000', '');

/** So that what is waited for is still to come. */
const LATER = '2090-05-01T12:00:00Z';
const later = (hours: number) => new Date(Date.parse(LATER) + hours * 3_600_000).toISOString();

const steps = async (house: House, sequence: string) =>
  (await mails(house, sequence)).map((mail) => mail.step);
const outcomes = (found: readonly Outcome[]) => found.map((each) => each.outcome);

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
      expect(await steps(house, often)).toEqual(['hello', 'hello']);
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

describe('advancing', () => {
  test('sends step by step, each when its time has come, and completes', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '2 days', send_from: '09:00', send_until: '10:00' },
        { key: 'bye', delay: '6 hours' },
      ]);
      const lead = await addLead(house, { time_zone: 'America/New_York' });
      await enroll(house, sequence, [lead], START);
      expect(await advance(house, sequence, after(-0.01))).toBe(0);
      expect(await advance(house, sequence, START)).toBe(1);
      expect(await enrollments(house, sequence)).toMatchObject([
        // two days later, at nine in New York
        { status: 'active', step: 'tips', next_run_at: '2026-05-06T13:00:00Z', steps_taken: 1 },
      ]);
      expect(await advance(house, sequence, after(48))).toBe(0);
      await advance(house, sequence, after(49));
      await advance(house, sequence, after(56));
      expect(await enrollments(house, sequence)).toMatchObject([
        { status: 'completed', step: 'bye', next_run_at: null, steps_taken: 3, exit_reason: null },
      ]);
      expect(await mails(house, sequence)).toMatchObject([
        { step: 'hello', status: 'queued', lead_id: lead, round: 1 },
        { step: 'tips', status: 'queued' },
        { step: 'bye', status: 'queued' },
      ]);
      expect(await advance(house, sequence, after(1e5))).toBe(0);
    });
  });

  test('a worker that comes late waits for the next window', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello', send_from: '12:00', send_until: '13:00' },
      ]);
      await enroll(house, sequence, [await addLead(house)], START);
      await advance(house, sequence, after(1));
      expect(await mails(house, sequence)).toEqual([]);
      expect(await enrollments(house, sequence)).toMatchObject([
        { step: 'hello', next_run_at: '2026-05-05T12:00:00Z', steps_taken: 0 },
      ]);
    });
  });

  test('goes by conditions, as the lead is then', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        {
          key: 'vip',
          delay: '1 day',
          condition: { all: [{ field: 'industry', op: '=', value: 'film' }] },
          otherwise: 'plain',
          next: 'bye',
        },
        { key: 'plain', delay: '1 day', condition: { field: 'city', op: 'is_set' } },
        { key: 'bye', delay: '1 day' },
      ]);
      const [ada, bob] = [await addLead(house), await addLead(house)];
      await enroll(house, sequence, [ada, bob], START);
      await advance(house, sequence, START);
      await house.client.query("update crm.leads set industry = 'Film' where id = $1", [ada]);
      for (const day of [1, 2, 3, 4]) await advance(house, sequence, after(24 * day));
      const found = await mails(house, sequence);
      const of = (lead: string) => found.filter((m) => m.lead_id === lead).map((m) => m.step);
      expect(of(ada)).toEqual(['hello', 'vip', 'bye']);
      // neither: passed on without a mail
      expect(of(bob)).toEqual(['hello', 'bye']);
      expect((await enrollments(house, sequence)).map((each) => each.status)).toEqual([
        'completed',
        'completed',
      ]);
    });
  });

  test('branches on what a person did, at once, or else when the wait is over', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        {
          key: 'ask',
          branch_on: 'opened',
          branch_wait: '3 days',
          branch: 'thanks',
          next: 'remind',
        },
        { key: 'remind', is_last: true },
        { key: 'thanks', delay: '1 hour' },
      ]);
      const leads: string[] = [];
      for (let n = 0; n < 4; n += 1) leads.push(await addLead(house));
      await enroll(house, sequence, leads, LATER);
      await advance(house, sequence, LATER);
      const sent = await mails(house, sequence);
      const mailOf = (n: number) => sent.find((mail) => mail.lead_id === leads[n])?.id ?? '';
      const states = () => enrollments(house, sequence);
      expect(await states()).toMatchObject(
        Array(4).fill({ phase: 'branch', step: 'ask', next_run_at: '2090-05-04T12:00:00Z' }),
      );
      await interact(house, mailOf(0), 'opened');
      await interact(house, mailOf(1), 'opened', { is_machine: true });
      await interact(house, mailOf(2), 'clicked');
      await interact(house, mailOf(3), 'delivered', { source: 'smtp' });
      // what a machine did is nothing; a click shows that it was opened
      expect((await states()).map((each) => each.next_run_at === '2090-05-04T12:00:00Z')).toEqual([
        false,
        true,
        false,
        true,
      ]);
      await house.client.query(
        "update marketing.nurturing_enrollments set next_run_at = $2 where sequence_id = $1 and next_run_at <> '2090-05-04T12:00:00Z'",
        [sequence, later(1)],
      );
      await advance(house, sequence, later(1));
      expect((await states()).map((each) => [each.step, each.phase])).toEqual([
        ['thanks', 'send'],
        ['ask', 'branch'],
        ['thanks', 'send'],
        ['ask', 'branch'],
      ]);
      await advance(house, sequence, later(72));
      const all = await mails(house, sequence);
      expect(leads.map((lead) => all.filter((m) => m.lead_id === lead).map((m) => m.step))).toEqual(
        [
          ['ask', 'thanks'],
          ['ask', 'remind'],
          ['ask', 'thanks'],
          ['ask', 'remind'],
        ],
      );
    });
  });

  test('an interaction wakes the sequence now', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'ask', branch_on: 'clicked', branch_wait: '3 days', branch: 'thanks' },
        { key: 'thanks' },
      ]);
      const at = new Date().toISOString();
      await enroll(house, sequence, [await addLead(house)], at);
      await advance(house, sequence, at);
      await house.client.query('select marketing.sleep_sequence($1, $2)', [
        ours.organizationId,
        sequence,
      ]);
      const wakes = async () => {
        const [row] = await look<{ is_now: boolean; jobs: number }>(
          house,
          `select w.wakes_at <= now() as is_now,
                  (select count(*) from graphile_worker.jobs j
                    where j.key = 'advance_enrollments:' || w.sequence_id and (j.run_at <= now()) = (w.wakes_at <= now())) as jobs
             from marketing.nurturing_wakes w where w.sequence_id = $1`,
          [sequence],
        );
        return row;
      };
      expect(await wakes()).toEqual({ is_now: false, jobs: 1 });
      const [mail] = await mails(house, sequence);
      await interact(house, mail?.id ?? '', 'clicked');
      expect(await wakes()).toEqual({ is_now: true, jobs: 1 });
    });
  });

  test('goes around a circle, a mail for each round', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'news', delay: '7 days', next: 'news' },
      ]);
      await enroll(house, sequence, [await addLead(house)], START);
      for (const week of [0, 1, 2, 3]) await advance(house, sequence, after(24 * 7 * week));
      expect((await mails(house, sequence)).map((mail) => [mail.step, mail.round])).toEqual([
        ['hello', 1],
        ['news', 1],
        ['news', 2],
        ['news', 3],
      ]);
    });
  });

  test('no mail is queued twice for a step, whatever becomes of the enrolment', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '1 day' },
      ]);
      await enroll(house, sequence, [await addLead(house)], START);
      await advance(house, sequence, START);
      // as if it had been put back
      await house.client.query(
        `update marketing.nurturing_enrollments e
            set step_id = s.id, next_run_at = $2
           from marketing.nurturing_steps s where s.sequence_id = e.sequence_id and s.key = 'hello' and e.sequence_id = $1`,
        [sequence, START],
      );
      await advance(house, sequence, START);
      expect(await steps(house, sequence)).toEqual(['hello']);
      expect(
        (
          await refusalOf(house.client, () =>
            house.client.query(
              `insert into marketing.email_queue
                 (organization_id, lead_id, template_id, enrollment_id, step_id, step_round)
               select organization_id, lead_id, template_id, enrollment_id, step_id, step_round
                 from marketing.email_queue where enrollment_id is not null`,
            ),
          )
        )?.code,
      ).toBe('23505');
    });
  });

  test('each lead always gets the same variant of a test, and counts in it', async () => {
    await inHouse(async (house) => {
      const organization_id = ours.organizationId;
      const ab_test_id = await add(house.client, 'marketing.ab_tests', {
        organization_id,
        name: 'Subject',
        goal: 'clicked',
      });
      const short = await addTemplate(house, 'Short');
      for (const [key, template_id] of [
        ['long', null],
        ['short', short],
      ]) {
        await add(house.client, 'marketing.ab_test_variants', {
          organization_id,
          ab_test_id,
          key,
          name: key,
          template_id,
          is_control: key === 'long',
        });
      }
      const long = await addTemplate(house, 'Long');
      const sequence = await addSequence(house, [
        { key: 'one', template_id: long, ab_test_id },
        { key: 'two', delay: '1 day', template_id: long, ab_test_id },
      ]);
      const leads: string[] = [];
      for (let n = 0; n < 40; n += 1) leads.push(await addLead(house));
      // before the test runs everybody gets what the step says
      await enroll(house, sequence, leads.slice(0, 5), START);
      await advance(house, sequence, START);
      expect(new Set((await mails(house, sequence)).map((mail) => mail.template))).toEqual(
        new Set(['Long']),
      );
      await ask(house, 'select s.id from marketing.start_ab_test($1) s', [ab_test_id]);
      await enroll(house, sequence, leads.slice(5), after(1));
      await advance(house, sequence, after(1));
      await advance(house, sequence, after(25));
      const templatesOf = new Map<string, string[]>();
      const found = await mails(house, sequence);
      for (const { lead_id, template } of found)
        templatesOf.set(lead_id, [...(templatesOf.get(lead_id) ?? []), template]);
      const late = leads.slice(5).map((lead) => templatesOf.get(lead) ?? []);
      expect(late.every((each) => each.length === 2 && each[0] === each[1])).toBe(true);
      expect(new Set(late.map((each) => each[0]))).toEqual(new Set(['Long', 'Short']));
      await interact(house, found.find((mail) => mail.lead_id === leads[9])?.id ?? '', 'clicked', {
        occurred_at: after(26),
      });
      await interact(house, found.find((mail) => mail.lead_id === leads[10])?.id ?? '', 'opened', {
        occurred_at: after(26),
      });
      const [row] = await ask<{ result: { exposed: number; conversions: number } }>(
        house,
        'select marketing.get_ab_test_results($1) as result',
        [ab_test_id],
      );
      expect(row?.result).toMatchObject({ exposed: 40, conversions: 1 });
    });
  });
});

describe('leaving', () => {
  const enrolled = async (house: House, sequence = {}) => {
    const id = await addSequence(
      house,
      [{ key: 'hello' }, { key: 'tips', delay: '1 day' }],
      sequence,
    );
    const lead = await addLead(house);
    await enroll(house, id, [lead], START);
    await advance(house, id, START);
    return { id, lead };
  };
  const state = async (house: House, id: string) => {
    const [found] = await enrollments(house, id);
    const queued = await mails(house, id);
    return [found?.status, found?.exit_reason, queued.map((mail) => mail.status).join()];
  };

  test.each<[string, string, string]>([
    ['an unsubscription', "select marketing.suppress_email($1, l.email, 'unsubscribed') from crm.leads l where l.id = $2", 'unsubscribed'],
    ['a complaint', "select marketing.suppress_email($1, l.email, 'complaint') from crm.leads l where l.id = $2", 'complaint'],
    ['a suppression by hand', "select marketing.suppress_email($1, l.email, 'manual') from crm.leads l where l.id = $2", 'suppressed'],
    ['consent that is withdrawn', "update crm.leads set email_consent = 'withdrawn' where organization_id = $1 and id = $2", 'consent_withdrawn'],
    ['a lead that is archived', 'update crm.leads set deleted_at = now() where organization_id = $1 and id = $2', 'lead_archived'],
  ])('%s ends it at once, and what is queued is not sent', async (_what, sql, reason) => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house);
      const other = await addLead(house);
      await enroll(house, id, [other], START);
      await house.client.query(sql, [ours.organizationId, lead]);
      const [status, exit, queued] = await state(house, id);
      expect([status, exit]).toEqual(['exited', reason]);
      expect(queued).toMatch(/^(suppressed|cancelled)$/);
      // the other one stays
      expect((await enrollments(house, id))[1]?.status).toBe('active');
      await advance(house, id, after(24));
      expect((await mails(house, id)).filter((mail) => mail.lead_id === lead)).toHaveLength(1);
    });
  }); // prettier-ignore

  test('a conversion ends it', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house);
      await convertLead(house, lead);
      expect(await state(house, id)).toEqual(['exited', 'converted', 'cancelled']);
    });
  });

  test('what a sequence does not leave for is no reason', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house, { exit_on: [] });
      await convertLead(house, lead);
      const [mail] = await mails(house, id);
      await interact(house, mail?.id ?? '', 'replied');
      expect(await state(house, id)).toEqual(['active', null, 'queued']);
      await advance(house, id, after(24));
      expect(await steps(house, id)).toEqual(['hello', 'tips']);
    });
  });

  test('a reply ends it, a score or an opened mail does not', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house);
      const [mail] = await mails(house, id);
      await house.client.query('update crm.leads set score = 80 where id = $1', [lead]);
      await interact(house, mail?.id ?? '', 'opened');
      await interact(house, mail?.id ?? '', 'replied', { is_machine: true });
      expect((await state(house, id))[0]).toBe('active');
      await interact(house, mail?.id ?? '', 'replied');
      expect(await state(house, id)).toEqual(['exited', 'replied', 'cancelled']);
    });
  });

  test('a lead that is disqualified leaves where the sequence says so', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house, { exit_on: ['disqualified'] });
      await house.client.query("update crm.leads set status = 'lost' where id = $1", [lead]);
      expect((await state(house, id))[1]).toBe('disqualified');
    });
  });

  test('the goal is looked at before each mail', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house, {
        goal_condition: { field: 'score', op: '>=', value: 80 },
      });
      await house.client.query('update crm.leads set score = 85 where id = $1', [lead]);
      await advance(house, id, after(24));
      expect((await state(house, id)).slice(0, 2)).toEqual(['exited', 'goal']);
      expect(await steps(house, id)).toEqual(['hello']);
    });
  });

  test('a suppression that nobody told of is found when the mail is due', async () => {
    await inHouse(async (house) => {
      const { id, lead } = await enrolled(house);
      await house.client.query('set local session_replication_role = replica');
      await house.client.query(
        `insert into marketing.email_suppressions (organization_id, email, reason)
         select organization_id, email, 'hard_bounce' from crm.leads where id = $1`,
        [lead],
      );
      await house.client.query('set local session_replication_role = origin');
      expect((await state(house, id))[0]).toBe('active');
      await advance(house, id, after(24));
      expect((await state(house, id)).slice(0, 2)).toEqual(['exited', 'hard_bounce']);
      expect(await steps(house, id)).toEqual(['hello']);
    });
  });

  test('by hand: pause, resume, leave, by those who may', async () => {
    await inHouse(async (house) => {
      const { id } = await enrolled(house);
      const [{ id: enrollment } = { id: '' }] = await enrollments(house, id);
      const set = (verb: string, caller = ours.member) =>
        ask<{ status: string }>(
          house,
          `select e.* from marketing.${verb}($1) e`,
          [enrollment],
          caller,
        );
      expect(await set('pause_enrollment')).toMatchObject([{ status: 'paused' }]);
      expect(await set('pause_enrollment')).toMatchObject([{ status: 'paused' }]);
      expect(await advance(house, id, after(48))).toBe(0);
      expect(await set('resume_enrollment')).toMatchObject([{ status: 'active', paused_at: null }]);
      expect(await advance(house, id, after(48))).toBe(1);
      for (const [caller, code] of [
        [ours.guest, 'CB003'],
        [theirs.owner, 'CB004'],
      ] as const) {
        for (const verb of ['pause_enrollment', 'resume_enrollment', 'leave_sequence']) {
          expect((await refusalOf(house.client, () => set(verb, caller)))?.code).toBe(code);
        }
      }
    });
    await inHouse(async (house) => {
      const { id } = await enrolled(house);
      const [{ id: enrollment } = { id: '' }] = await enrollments(house, id);
      const leave = () =>
        ask(house, 'select e.* from marketing.leave_sequence($1) e', [enrollment], ours.member);
      expect(await leave()).toMatchObject([{ status: 'exited', exit_reason: 'manual' }]);
      expect(await state(house, id)).toEqual(['exited', 'manual', 'cancelled']);
      expect(await refusalOf(house.client, leave)).toMatchObject({ code: 'CB006' });
    });
  });

  test('a paused sequence rests; an archived one, or one put away, is left by all', async () => {
    await inHouse(async (house) => {
      const paused = await enrolled(house);
      const set = (verb: string, id: string) =>
        ask(house, `select s.id from marketing.${verb}_nurturing_sequence($1) s`, [id]);
      await set('pause', paused.id);
      expect(await advance(house, paused.id, after(48))).toBe(0);
      await set('activate', paused.id);
      expect(await advance(house, paused.id, after(48))).toBe(1);
      const archived = await enrolled(house);
      await set('archive', archived.id);
      expect(await state(house, archived.id)).toEqual(['exited', 'sequence_archived', 'cancelled']);
      const away = await enrolled(house);
      await acting(house.client, ours.owner, () =>
        house.client.query('select marketing.delete_nurturing_sequence($1)', [away.id]),
      );
      expect(await state(house, away.id)).toEqual(['exited', 'sequence_archived', 'cancelled']);
      expect(await advance(house, away.id, after(48))).toBe(0);
    });
  });
});

describe('changing a sequence that is active', () => {
  test('holds from the next step on: times that run stay, steps that went are passed by', async () => {
    await inHouse(async (house) => {
      const template_id = await addTemplate(house, 'Any');
      const draft = (keys: readonly string[], delay = '1 day') =>
        keys.map((key) => ({ key, template_id, delay: key === 'a' ? '0' : delay }));
      const { id } = await save(house, { name: 'W' }, draft(['a', 'b', 'c', 'd']));
      await ask(house, 'select s.id from marketing.activate_nurturing_sequence($1) s', [id]);
      await enroll(house, id, [await addLead(house)], START);
      await advance(house, id, START);
      const due = (await enrollments(house, id))[0]?.next_run_at;
      await save(house, { row_id: id, name: 'W' }, draft(['a', 'd'], '5 days'));
      expect(await enrollments(house, id)).toMatchObject([{ step: 'b', next_run_at: due }]);
      await advance(house, id, after(24));
      // b and c were taken out: on to d, with its delay
      expect(await enrollments(house, id)).toMatchObject([
        { step: 'd', next_run_at: '2026-05-10T12:00:00Z', status: 'active' },
      ]);
      await advance(house, id, after(24 * 6));
      expect(await steps(house, id)).toEqual(['a', 'd']);
    });
  });

  test('when nothing is left after a step that went, it is completed', async () => {
    await inHouse(async (house) => {
      const template_id = await addTemplate(house, 'Any');
      const a = { key: 'a', template_id };
      const { id } = await save(house, { name: 'W' }, [a, { ...a, key: 'b', delay: '1 day' }]);
      await ask(house, 'select s.id from marketing.activate_nurturing_sequence($1) s', [id]);
      await enroll(house, id, [await addLead(house)], START);
      await advance(house, id, START);
      await save(house, { row_id: id, name: 'W' }, [a]);
      await advance(house, id, after(24));
      expect(await enrollments(house, id)).toMatchObject([{ status: 'completed' }]);
      expect(await steps(house, id)).toEqual(['a']);
    });
  });
});

describe('the funnel', () => {
  test('counts where leads are and what became of mails, with denominators', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '1 day' },
      ]);
      const leads: string[] = [];
      for (let n = 0; n < 5; n += 1) leads.push(await addLead(house));
      const funnel = async () => {
        const [row] = await ask<{ funnel: Record<string, unknown> }>(
          house,
          'select marketing.nurturing_sequences_funnel(s) as funnel from marketing.nurturing_sequences s where s.id = $1',
          [sequence],
          ours.member,
        );
        return row?.funnel;
      };
      expect(await funnel()).toMatchObject({
        enrolled: 0,
        active: 0,
        goal_rate: null,
        exits: [],
        steps: [
          { key: 'hello', queued: 0, open_rate: null },
          { key: 'tips', queued: 0 },
        ],
      });
      await enroll(house, sequence, leads, START);
      await advance(house, sequence, START);
      await house.client.query(
        `update marketing.email_queue
            set status = 'sent', sent_at = now(), email = 'x@leads.test',
                opened_at = case when lead_id = any ($2) then now() end
          where lead_id = any ($1)`,
        [leads.slice(0, 4), leads.slice(0, 3)],
      );
      await look(house, "select marketing.leave_sequences($1, $2, 'converted')", [
        ours.organizationId,
        leads.slice(3),
      ]);
      expect(await funnel()).toMatchObject({
        enrolled: 5,
        active: 3,
        paused: 0,
        completed: 0,
        exited: 2,
        reached_goal: 0,
        goal_rate: 0,
        exits: [{ reason: 'converted', enrollments: 2 }],
        steps: [
          { key: 'hello', queued: 5, sent: 4, not_sent: 1, opened: 3, open_rate: 0.75, waiting: 0 + 2 - 2 },
          { key: 'tips', queued: 0, waiting: 3 },
        ],
      }); // prettier-ignore
      expect(
        (
          await refusalOf(house.client, () =>
            ask(house, 'select marketing.get_nurturing_funnel($1) as f', [sequence], theirs.owner),
          )
        )?.code,
      ).toBe('CB004');
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

onServer('at the same time', () => {
  const stays = <T>(work: (house: House) => Promise<T>) => committed(database, ours, work);
  const worker = async (): Promise<PoolClient> => {
    const client = await database.pool('callboard_service').connect();
    await client.query('begin');
    return client;
  };
  const prepared = (count: number) =>
    stays(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '1 day' },
      ]);
      const leads: string[] = [];
      for (let n = 0; n < count; n += 1) leads.push(await addLead(house));
      await enroll(house, sequence, leads, START);
      return { sequence, leads };
    });
  const counted = (sequence: string) =>
    stays(async (house) => {
      const found = await mails(house, sequence);
      return { mails: found.length, leads: new Set(found.map((mail) => mail.lead_id)).size };
    });
  /** Until another transaction of this database waits for a lock. */
  const somebodyWaits = async () => {
    const waiting = () =>
      database
        .pool()
        .query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
    while (!(await waiting()).rowCount) await pause(10);
  };
  const take = async (client: PoolClient, sequence: string, most: number) => {
    const { rows } = await client.query<{ n: number }>(
      'select marketing.advance_enrollments($1, $2, $3, $4) as n',
      [ours.organizationId, sequence, START, most],
    );
    return rows[0]?.n;
  };

  test('two workers share what is due: one enrolment is for one of them', async () => {
    const { sequence } = await prepared(1);
    const [one, two] = [await worker(), await worker()];
    expect(await take(one, sequence, 10)).toBe(1);
    expect(await take(two, sequence, 10)).toBe(0);
    await one.query('commit');
    expect(await take(two, sequence, 10)).toBe(0);
    await two.query('commit');
    one.release();
    two.release();
    expect(await counted(sequence)).toEqual({ mails: 1, leads: 1 });
  });

  test('many workers and many enrolments: each mail once', async () => {
    const { sequence } = await prepared(120);
    const drain = async () => {
      const client = await database.pool('callboard_service').connect();
      try {
        while (await take(client, sequence, 7));
      } finally {
        client.release();
      }
    };
    await Promise.all(Array.from({ length: 6 }, drain));
    await drain();
    expect(await counted(sequence)).toEqual({ mails: 120, leads: 120 });
  });

  test('a worker that dies half-way leaves nothing behind, and the next one does it', async () => {
    const { sequence } = await prepared(3);
    const dying = await worker();
    expect(await take(dying, sequence, 10)).toBe(3);
    await dying.query('rollback');
    dying.release();
    expect(await counted(sequence)).toEqual({ mails: 0, leads: 0 });
    const next = await worker();
    expect(await take(next, sequence, 10)).toBe(3);
    await next.query('commit');
    next.release();
    expect(await counted(sequence)).toEqual({ mails: 3, leads: 3 });
  });

  test('two callers enrol the same leads once', async () => {
    const { sequence, leads } = await stays(async (house) => ({
      sequence: await addSequence(house, [{ key: 'hello' }]),
      leads: [await addLead(house), await addLead(house), await addLead(house)],
    }));
    const call = (ids: readonly string[]) =>
      actAs(database, ours.member, async (client) => {
        const { rows } = await client.query<{ outcome: string }>(
          'select outcome from marketing.enroll_leads($1, $2)',
          [sequence, ids],
        );
        return rows.map((row) => row.outcome);
      });
    const all = await Promise.all([
      call(leads),
      call([...leads].reverse()),
      call(leads),
      call([...leads].reverse()),
    ]);
    const flat = all.flat();
    expect(flat.filter((each) => each === 'enrolled')).toHaveLength(3);
    expect(flat.filter((each) => each === 'already_enrolled')).toHaveLength(9);
    expect(await stays((house) => enrollments(house, sequence))).toHaveLength(3);
  });

  test('a suppression while a batch is open waits for it, and then takes the mail back', async () => {
    const { sequence, leads } = await prepared(1);
    const busy = await worker();
    await take(busy, sequence, 10);
    const suppressing = stays((house) =>
      house.client.query(
        "select marketing.suppress_email($1, l.email, 'unsubscribed') from crm.leads l where l.id = $2",
        [ours.organizationId, leads[0]],
      ),
    );
    await somebodyWaits();
    await busy.query('commit');
    busy.release();
    await suppressing;
    const [found] = await stays((house) => enrollments(house, sequence));
    expect(found).toMatchObject({ status: 'exited', exit_reason: 'unsubscribed' });
    const states = await stays((house) => mails(house, sequence));
    expect(states.map((mail) => mail.status)).toEqual(['cancelled']);
  });

  test('a pause waits for the batch that is open; after it nothing is queued', async () => {
    const { sequence } = await prepared(2);
    const busy = await worker();
    expect(await take(busy, sequence, 1)).toBe(1);
    const pausing = actAs(database, ours.owner, (client) =>
      client.query('select marketing.pause_nurturing_sequence($1)', [sequence]),
    );
    await somebodyWaits();
    await busy.query('commit');
    await pausing;
    expect(await take(busy, sequence, 10)).toBe(0);
    busy.release();
    expect(await counted(sequence)).toEqual({ mails: 1, leads: 1 });
  });

  test('whoever enrols while the job goes to sleep is not forgotten', async () => {
    const sequence = await stays((house) =>
      addSequence(house, [{ key: 'hello', delay: '1 hour' }]),
    );
    const [sleeping, enrolling] = [await worker(), await worker()];
    const lead = await stays((house) => addLead(house));
    const now = new Date().toISOString();
    // The one has begun to enrol; the other looks, and must not go to sleep for good.
    await enrolling.query('select marketing.enroll($1, $2, $3, at => $4)', [
      ours.organizationId,
      sequence,
      [lead],
      now,
    ]);
    await sleeping
      .query('select marketing.sleep_sequence($1, $2)', [ours.organizationId, sequence])
      .catch(() => undefined);
    await enrolling.query('commit');
    await sleeping.query('commit');
    enrolling.release();
    sleeping.release();
    const rows = await stays((house) =>
      look<{ soon: boolean }>(
        house,
        `select j.run_at <= $2::timestamptz + interval '1 hour 1 second' as soon
           from graphile_worker.jobs j where j.key = 'advance_enrollments:' || $1`,
        [sequence, now],
      ),
    );
    expect(rows).toEqual([{ soon: true }]);
  });
});
