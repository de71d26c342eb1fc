import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { within } from '../billing/plans.ts';
import { actAs, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { add, refusalOf } from '../projects/fixtures.ts';
import {
  addLead,
  addSequence,
  addTemplate,
  advance,
  after,
  ask,
  committed,
  enroll,
  enrollments,
  interact,
  later,
  look,
  mails,
  save,
  stepsOf,
  START,
  LATER,
  untilOneWaits,
  type House,
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

  test('an address that does not work for some days waits for them, and loses no mail', async () => {
    await inHouse(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '1 day', send_from: '09:00', send_until: '18:00' },
        { key: 'bye', delay: '1 day' },
      ]);
      const lead = await addLead(house);
      const suppress = (reason: string, until: string | null) =>
        look(
          house,
          `select marketing.suppress_email($1, email, $3, expires_at => $4) from crm.leads where id = $2`,
          [ours.organizationId, lead, reason, until],
        );
      await enroll(house, sequence, [lead], LATER);
      await advance(house, sequence, LATER);
      // until three days later at eleven at night: too late for that day's window
      await suppress('soft_bounce', later(3 * 24 + 11));
      expect(await advance(house, sequence, later(24))).toBe(1);
      expect(await enrollments(house, sequence)).toMatchObject([
        { status: 'active', step: 'tips', steps_taken: 1, next_run_at: '2090-05-05T09:00:00Z' },
      ]);
      expect(await stepsOf(house, sequence)).toEqual(['hello']);
      expect(await advance(house, sequence, later(3 * 24))).toBe(0);
      expect(await advance(house, sequence, later(4 * 24))).toBe(1);
      expect(await stepsOf(house, sequence)).toEqual(['hello', 'tips']);
      // what bars it for good ends it, also where both do
      await suppress('soft_bounce', later(9 * 24));
      await house.client.query('set local session_replication_role = replica');
      await suppress('complaint', null);
      await house.client.query('set local session_replication_role = origin');
      await advance(house, sequence, later(5 * 24));
      expect(await enrollments(house, sequence)).toMatchObject([
        { status: 'exited', exit_reason: 'complaint' },
      ]);
    });
  });

  test('only a mail waits for such an address: what leads on without one does not', async () => {
    await inHouse(async (house) => {
      const never = { field: 'city', op: '=', value: 'Atlantis' };
      const sequence = await addSequence(house, [
        { key: 'ask', branch_on: 'clicked', branch_wait: '1 day', branch: 'thanks' },
        { key: 'locals', condition: never },
        { key: 'all', is_last: true },
        { key: 'thanks', is_last: true },
      ]);
      const lead = await addLead(house);
      const soften = `select marketing.suppress_email($1, email, 'soft_bounce', expires_at => $3) from crm.leads where id = $2`;
      // whoever comes in while it does not work comes in
      await look(house, soften, [ours.organizationId, lead, later(1)]);
      expect(await enroll(house, sequence, [lead], LATER)).toMatchObject([{ outcome: 'enrolled' }]);
      await advance(house, sequence, LATER);
      expect(await stepsOf(house, sequence)).toEqual([]);
      await advance(house, sequence, later(1));
      expect(await stepsOf(house, sequence)).toEqual(['ask']);
      await look(house, soften, [ours.organizationId, lead, later(72)]);
      await advance(house, sequence, later(25));
      expect(await enrollments(house, sequence)).toMatchObject([
        { status: 'active', step: 'all', steps_taken: 2, next_run_at: '2090-05-04T12:00:00Z' },
      ]);
      await advance(house, sequence, later(72));
      expect(await stepsOf(house, sequence)).toEqual(['ask', 'all']);
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
      expect(await stepsOf(house, sequence)).toEqual(['hello']);
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
      expect(await stepsOf(house, id)).toEqual(['a', 'd']);
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
      expect(await stepsOf(house, id)).toEqual(['a']);
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
  const somebodyWaits = () => untilOneWaits(database);
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
    expect(states.map((mail) => mail.status)).toEqual(['suppressed']);
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
