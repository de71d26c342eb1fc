import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { acting } from '../billing/plans.ts';
import type { Database } from '../../db/connect.ts';
import type { Caller, Cast } from '../helpers/callers.ts';
import { add, type Values } from '../projects/fixtures.ts';

/** An organization in the middle of a transaction (or of several) that the database's owner has. */
export type House = {
  readonly client: PoolClient;
  readonly cast: Cast;
};

/** Work that stays. */
export async function committed<T>(
  database: Database,
  cast: Cast,
  work: (house: House) => Promise<T>,
): Promise<T> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    const result = await work({ client, cast });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** What a query gives, as somebody of the house; by default as its owner. */
export async function ask<T>(
  { client, cast }: House,
  sql: string,
  values: readonly unknown[] = [],
  caller: Caller = cast.owner,
): Promise<T[]> {
  return acting(client, caller, async () => {
    const { rows } = await client.query<{ value: T }>(
      `select to_jsonb(found) as value from (${sql}) found`,
      [...values],
    );
    return rows.map((row) => row.value);
  });
}

/** The same, as the database's owner, who is no caller. */
export async function look<T>(
  { client }: Pick<House, 'client'>,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const { rows } = await client.query<{ value: T }>(
    `select to_jsonb(found) as value from (${sql}) found`,
    [...values],
  );
  return rows.map((row) => row.value);
}

let serial = 0;

/** A lead, with an address of its own. */
export function addLead({ client, cast }: House, values: Values = {}): Promise<string> {
  serial += 1;
  return add(client, 'crm.leads', {
    organization_id: cast.organizationId,
    email: `lead${serial}@leads.test`,
    first_name: 'Ada',
    email_consent: 'granted',
    ...values,
  });
}

/** Makes a lead a client. */
export const convertLead = (house: House, lead: string) =>
  ask(house, 'select c.id from crm.convert_lead($1) c', [lead]);

/** A template whose text is its name. */
export function addTemplate({ client, cast }: House, name: string, values: Values = {}) {
  return add(client, 'marketing.email_templates', {
    organization_id: cast.organizationId,
    name,
    subject: name,
    text_source: `${name} for {{ lead.first_name }}`,
    ...values,
  });
}

/** A step as `save_nurturing_sequence` takes it. */
export type StepDraft = Values & { readonly key: string };

export type Saved = {
  readonly id: string;
  readonly status: string;
  readonly updated_at: string;
};

/** Saves a sequence with its steps. */
export async function save(
  house: House,
  sequence: Values,
  steps: readonly Values[] | null,
): Promise<Saved> {
  const [saved] = await ask<Saved>(
    house,
    `select s.* from marketing.save_nurturing_sequence(
       jsonb_populate_record(null::marketing.nurturing_sequence_draft, $1),
       case when $2::jsonb <> 'null' then
         (select coalesce(array_agg(jsonb_populate_record(null::marketing.nurturing_step_draft, e) order by n), '{}')
            from jsonb_array_elements(nullif($2::jsonb, 'null')) with ordinality as t (e, n)) end) s`,
    [JSON.stringify(sequence), JSON.stringify(steps)],
  );
  if (!saved) throw new Error('Nothing was saved.');
  return saved;
}

/** A sequence that is active. Steps without a template get one of their own, named as they are. */
export async function addSequence(
  house: House,
  steps: readonly StepDraft[],
  sequence: Values = {},
): Promise<string> {
  serial += 1;
  const drafts: Values[] = [];
  for (const step of steps) {
    const template = step['template_id'] ?? (await addTemplate(house, `${step.key} ${serial}`));
    drafts.push({ ...step, template_id: template });
  }
  const { id } = await save(house, { name: `Sequence ${serial}`, ...sequence }, drafts);
  await ask(house, 'select s.id from marketing.activate_nurturing_sequence($1) s', [id]);
  return id;
}

export type Outcome = { lead_id: string; outcome: string; enrollment_id: string | null };

/** Enrols leads at a moment; what came of each. */
export const enroll = (house: House, sequence: string, leads: readonly string[], at: string) =>
  look<Outcome>(house, 'select o.* from marketing.enroll($1, $2, $3, at => $4) o', [
    house.cast.organizationId,
    sequence,
    leads,
    at,
  ]);

/** Has the clock reach a moment: everything that is due by then is done at that moment. How many steps were taken. */
export async function advance(house: House, sequence: string, at: string): Promise<number> {
  let taken = 0;
  for (let round = 0; round < 20; round += 1) {
    const [row] = await look<{ n: number }>(
      house,
      'select marketing.advance_enrollments($1, $2, $3) as n',
      [house.cast.organizationId, sequence, at],
    );
    if (!row?.n) return taken;
    taken += row.n;
  }
  throw new Error('It goes on and on.');
}

export type Enrollment = {
  id: string;
  status: string;
  phase: string;
  step: string;
  round: number;
  steps_taken: number;
  next_run_at: string | null;
  exit_reason: string | null;
};

/** Where leads are in a sequence, in the order in which they came. */
export const enrollments = (house: House, sequence: string) =>
  look<Enrollment>(
    house,
    `select e.id, e.status, e.phase, s.key as step, e.round, e.steps_taken,
            to_char(e.next_run_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as next_run_at, e.exit_reason
       from marketing.nurturing_enrollments e
       join marketing.nurturing_steps s on s.organization_id = e.organization_id and s.id = e.step_id
      where e.organization_id = $1 and e.sequence_id = $2
      order by e.id`,
    [house.cast.organizationId, sequence],
  );

/** The mails of a sequence, by the step they are of, in the order in which they were queued. */
export const mails = (house: House, sequence: string) =>
  look<{
    id: string;
    step: string;
    status: string;
    lead_id: string;
    template: string;
    round: number;
  }>(
    house,
    `select q.id, s.key as step, q.status, q.lead_id, t.name as template, q.step_round as round
       from marketing.email_queue q
       join marketing.nurturing_steps s on s.organization_id = q.organization_id and s.id = q.step_id
       join marketing.email_templates t on t.organization_id = q.organization_id and t.id = q.template_id
      where q.organization_id = $1 and s.sequence_id = $2
      order by q.id`,
    [house.cast.organizationId, sequence],
  );

/** Notes that a person, or a machine, did something with a mail. */
export const interact = (house: House, mail: string, kind: string, values: Values = {}) =>
  add(house.client, 'marketing.email_interactions', {
    organization_id: house.cast.organizationId,
    queued_email_id: mail,
    kind,
    source: kind === 'clicked' ? 'link' : kind === 'opened' ? 'pixel' : 'message',
    ...(kind === 'clicked' ? { url: 'https://leads.test/' } : {}),
    ...values,
  });

/** Monday noon in UTC, where the organization is. */
export const START = '2026-05-04T12:00:00Z';

/** So many hours after the start. */
export const after = (hours: number): string =>
  new Date(Date.parse(START) + hours * 3_600_000).toISOString().replace('.000', '');

/** So that what is waited for is still to come. */
export const LATER = '2090-05-01T12:00:00Z';

/** So many hours after that. */
export const later = (hours: number): string =>
  new Date(Date.parse(LATER) + hours * 3_600_000).toISOString();

/** The steps that mails have been queued for, in their order. */
export const stepsOf = async (house: House, sequence: string) =>
  (await mails(house, sequence)).map((mail) => mail.step);

/** What came of each lead. */
export const outcomes = (found: readonly Outcome[]) => found.map((each) => each.outcome);

/** Until somebody waits for a lock that somebody else holds. */
export async function untilOneWaits(database: Database): Promise<void> {
  for (;;) {
    const { rowCount } = await database
      .pool()
      .query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
    if (rowCount) return;
    await pause(10);
  }
}
