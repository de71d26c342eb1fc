import { beforeAll, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import {
  addLead,
  addSequence,
  advance,
  enroll,
  look,
  mails,
  type House,
  type StepDraft,
} from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'windows');
});

const OFFICE = { send_days: [1, 2, 3, 4, 5], send_from: '09:00', send_until: '17:00' };

/** What becomes of the mail of a step that was queued then, when it is due at a moment; its lead is in Berlin. */
async function due(window: object, queuedAt: string, moment: string, rules: object = {}) {
  let found: { status: string; reason: string | null; at: string } | undefined;
  await within(database, async (client) => {
    const house: House = { client, cast: ours };
    const step: StepDraft = { key: 'only', ...window };
    const sequence = await addSequence(house, [step]);
    await enroll(house, sequence, [await addLead(house, { time_zone: 'Europe/Berlin' })], queuedAt);
    await advance(house, sequence, queuedAt);
    const [mail] = await mails(house, sequence);
    expect(mail?.status).toBe('queued');
    await client.query('select marketing.claim_due($1, platform.uuidv7(), 10, $2, $3)', [
      ours.organizationId,
      JSON.stringify({ requireConsent: true, capMails: 0, capDays: 7, ...rules }),
      moment,
    ]);
    [found] = await look<NonNullable<typeof found>>(
      house,
      `select q.status, q.reason,
              to_char(q.send_after at time zone 'Europe/Berlin', 'Dy YYYY-MM-DD HH24:MI') as at
         from marketing.email_queue q where q.id = $1`,
      [mail?.id],
    );
  });
  return found;
}

// A Friday in May, two hours before Berlin.
const FRIDAY = '2026-05-08T14:58:00Z';

test('a mail that was queued within its window goes out within it', async () => {
  expect(await due(OFFICE, FRIDAY, '2026-05-08T14:59:00Z')).toMatchObject({ status: 'sending' });
});

test('one that a mail server wanted later waits for the next day of the window', async () => {
  expect(await due(OFFICE, FRIDAY, '2026-05-08T16:20:00Z')).toEqual({
    status: 'queued',
    reason: 'send_window',
    at: 'Mon 2026-05-11 09:00',
  });
});

test('the window and the quiet hours both hold', async () => {
  const quiet = { quietFrom: '16:30', quietTo: '10:00' };
  expect(await due(OFFICE, FRIDAY, '2026-05-08T14:59:00Z', quiet)).toEqual({
    status: 'queued',
    reason: 'quiet_hours',
    at: 'Mon 2026-05-11 10:00',
  });
  // Open already, and still quiet.
  const before = { quietFrom: '18:00', quietTo: '10:00' };
  expect(await due(OFFICE, FRIDAY, '2026-05-11T07:30:00Z', before)).toEqual({
    status: 'queued',
    reason: 'quiet_hours',
    at: 'Mon 2026-05-11 10:00',
  });
  expect(await due(OFFICE, FRIDAY, '2026-05-11T08:00:00Z', before)).toMatchObject({
    status: 'sending',
  });
});

test('of a window that is quiet as a whole the quiet hours alone count', async () => {
  const quiet = { quietFrom: '08:00', quietTo: '18:00' };
  expect(await due(OFFICE, FRIDAY, '2026-05-08T14:59:00Z', quiet)).toEqual({
    status: 'queued',
    reason: 'quiet_hours',
    at: 'Fri 2026-05-08 18:00',
  });
  expect(await due(OFFICE, FRIDAY, '2026-05-08T16:00:00Z', quiet)).toMatchObject({
    status: 'sending',
  });
});

test('a window over midnight belongs to the day on which it began', async () => {
  const night = { send_days: [5], send_from: '22:00', send_until: '02:00' };
  const queued = '2026-05-08T20:30:00Z';
  expect(await due(night, queued, '2026-05-08T23:59:00Z')).toMatchObject({ status: 'sending' });
  expect(await due(night, queued, '2026-05-09T00:00:00Z')).toEqual({
    status: 'queued',
    reason: 'send_window',
    at: 'Fri 2026-05-15 22:00',
  });
});
