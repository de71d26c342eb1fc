import { beforeAll, describe, expect, test } from '@jest/globals';
import { acting, within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { refusalOf } from '../projects/fixtures.ts';
import {
  addLead,
  addSequence,
  advance,
  after,
  ask,
  committed,
  convertLead,
  enroll,
  enrollments,
  interact,
  mails,
  stepsOf,
  START,
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
      expect(await stepsOf(house, id)).toEqual(['hello', 'tips']);
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
      expect(await stepsOf(house, id)).toEqual(['hello']);
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
      expect(await stepsOf(house, id)).toEqual(['hello']);
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

onServer('unsubscribing while a sequence is being left', () => {
  test('waits for it', async () => {
    const stays = <T>(work: (house: House) => Promise<T>) => committed(database, ours, work);
    const { id, lead, enrollment } = await stays(async (house) => {
      const sequence = await addSequence(house, [
        { key: 'hello' },
        { key: 'tips', delay: '1 day' },
      ]);
      const someone = await addLead(house);
      const [enrolled] = await enroll(house, sequence, [someone], START);
      await advance(house, sequence, START);
      return { id: sequence, lead: someone, enrollment: enrolled?.enrollment_id };
    });
    let unsubscribed: Promise<unknown> = Promise.resolve();
    await stays(async ({ client, cast }) => {
      // As far as leaving comes before it looks for mails that wait.
      await client.query('select from marketing.nurturing_enrollments where id = $1 for update', [
        enrollment,
      ]);
      unsubscribed = stays((house) =>
        house.client.query(
          "select marketing.suppress_email($1, l.email, 'unsubscribed') from crm.leads l where l.id = $2",
          [cast.organizationId, lead],
        ),
      );
      await untilOneWaits(database);
      await client.query("select marketing.end_enrollments($1, array[$2::uuid], 'manual')", [
        cast.organizationId,
        enrollment,
      ]);
    });
    await unsubscribed;
    expect(await stays((house) => enrollments(house, id))).toMatchObject([
      { status: 'exited', exit_reason: 'manual' },
    ]);
    expect(await stays((house) => mails(house, id))).toMatchObject([{ status: 'cancelled' }]);
  });
});
