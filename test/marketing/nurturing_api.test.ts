import { beforeAll, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';
import { addLead, addTemplate } from './nurturing.ts';

const database = testDatabase();
const api = testApi(database);
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const SAVE = `
  mutation ($sequence: NurturingSequenceDraftInput!, $steps: [NurturingStepDraftInput]!) {
    saveNurturingSequence(input: { sequence: $sequence, steps: $steps }) {
      nurturingSequence {
        rowId
        status
        nurturingSteps(orderBy: [POSITION_ASC]) { nodes { key delay { days hours } sendFrom sendUntil condition nextStep { key } } }
      }
    }
  }`;

const steps = (templateId: string) => [
  { key: 'hello', templateId },
  {
    key: 'offer',
    templateId,
    delay: { days: 2 },
    sendFrom: '09:00',
    sendUntil: '17:00',
    sendDays: [1, 2, 3, 4, 5],
    condition: { field: 'score', op: '>=', value: 50 },
    branchOn: 'clicked',
    branchWait: { days: 3 },
  },
];

/** A template and a sequence that is active. */
async function prepare({ ask, client }: Within) {
  const house = { client, cast: ours };
  const templateId = await addTemplate(house, 'Hello');
  const saved = dataOf(
    await ask(ours.member, SAVE, { sequence: { name: 'Welcome' }, steps: steps(templateId) }),
  ).saveNurturingSequence.nurturingSequence;
  const sequenceId = saved.rowId as string;
  dataOf(
    await ask(
      ours.member,
      `mutation ($sequenceId: UUID!) {
         activateNurturingSequence(input: { sequenceId: $sequenceId }) { nurturingSequence { status } }
       }`,
      { sequenceId },
    ),
  );
  return { house, templateId, saved, sequenceId };
}

test('a sequence is saved with its steps, entered, looked at and left', async () => {
  await api.within(async (within) => {
    const { house, saved, sequenceId } = await prepare(within);
    const { ask } = within;
    expect(saved).toMatchObject({
      status: 'draft',
      nurturingSteps: {
        nodes: [
          {
            key: 'hello',
            delay: { days: 0 },
            sendUntil: expect.stringMatching(/^00:00/),
            nextStep: { key: 'offer' },
          },
          {
            key: 'offer',
            delay: { days: 2 },
            sendFrom: expect.stringMatching(/^09:00/),
            condition: { field: 'score', op: '>=', value: 50 },
            nextStep: null,
          },
        ],
      },
    });
    const leadId = await addLead(house, { time_zone: 'America/New_York', score: 60 });
    const entered = dataOf(
      await ask(
        ours.member,
        `mutation ($sequenceId: UUID!, $leadIds: [UUID]!) {
           enrollLeads(input: { sequenceId: $sequenceId, leadIds: $leadIds }) {
             outcomes { leadId outcome enrollmentId }
           }
         }`,
        { sequenceId, leadIds: [leadId, leadId] },
      ),
    ).enrollLeads.outcomes;
    expect(entered).toMatchObject([{ leadId, outcome: 'enrolled' }]);
    const schedule = dataOf(
      await ask(
        ours.member,
        `query ($sequenceId: UUID!, $leadId: UUID!) {
           previewNurturingSchedule(sequenceId: $sequenceId, leadId: $leadId, startingAt: "2026-05-08T20:00:00Z") {
             nodes { stepKey sendsAt applies timeZone }
           }
         }`,
        { sequenceId, leadId },
      ),
    ).previewNurturingSchedule.nodes;
    expect(schedule).toMatchObject([
      { stepKey: 'hello', timeZone: 'America/New_York' },
      { stepKey: 'offer', applies: true },
    ]);
    expect(new Date(schedule[1].sendsAt as string).toISOString()).toBe('2026-05-11T13:00:00.000Z');
    const enrollmentId = entered[0].enrollmentId as string;
    for (const [mutation, status] of [
      ['pauseEnrollment', 'paused'],
      ['resumeEnrollment', 'active'],
      ['leaveSequence', 'exited'],
    ]) {
      const answer = await ask(
        ours.member,
        `mutation ($id: UUID!) { ${mutation}(input: { enrollmentId: $id }) { nurturingEnrollment { status exitReason } } }`,
        { id: enrollmentId },
      );
      expect(dataOf(answer)[mutation ?? ''].nurturingEnrollment.status).toBe(status);
    }
    const funnel = dataOf(
      await ask(
        ours.member,
        `query ($id: UUID!) {
           nurturingSequence(rowId: $id) {
             funnel { enrolled active exited exits { reason enrollments } steps { key waiting queued openRate } }
             nurturingEnrollments { nodes { exitReason lead { rowId } step { key } } }
           }
         }`,
        { id: sequenceId },
      ),
    ).nurturingSequence;
    expect(funnel).toMatchObject({
      funnel: {
        enrolled: '1',
        active: '0',
        exited: '1',
        exits: [{ reason: 'manual', enrollments: '1' }],
        steps: [{ key: 'hello', waiting: '0', queued: '0', openRate: null }, { key: 'offer' }],
      },
      nurturingEnrollments: {
        nodes: [{ exitReason: 'manual', lead: { rowId: leadId }, step: { key: 'hello' } }],
      },
    });
  });
});

test('what is wrong is said with the step and the field', async () => {
  await api.within(async (within) => {
    const { ask } = within;
    const { templateId, sequenceId } = await prepare(within);
    const save = (drafts: object[], sequence: object = { name: 'Welcome' }, caller = ours.member) =>
      ask(caller, SAVE, { sequence, steps: drafts });
    const [hello, offer] = steps(templateId);
    const refused = async (answer: ReturnType<typeof save>) => errorOf(await answer);
    expect(await refused(save([hello!, { ...offer, next: 'offer', delay: { hours: 2 } }]))).toEqual(
      {
        code: 'DEPENDENCY_CYCLE',
        field: 'steps.1',
      },
    );
    expect(await refused(save([{ ...hello, isLast: true }, offer!]))).toEqual({
      code: 'INVALID_INPUT',
      field: 'steps.1',
    });
    expect(await refused(save([{ ...hello, next: 'nowhere' }]))).toEqual({
      code: 'INVALID_INPUT',
      field: 'steps.0.next',
    });
    expect(await refused(save([{ ...hello, condition: { sql: 'true' } }]))).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'steps.0.condition',
    });
    expect(
      await refused(save([{ ...hello, branchOn: 'read', branchWait: { days: 1 } }])),
    ).toMatchObject({ code: 'CHECK_FAILED', field: 'branchOn' });
    expect(await refused(save([hello!], { name: 'W', rowId: sequenceId }, theirs.owner))).toEqual({
      code: 'NOT_FOUND_OR_FORBIDDEN',
      field: 'sequence.rowId',
    });
    expect((await refused(save([hello!], { name: 'W' }, ours.guest))).code).toBe('FORBIDDEN');
    const paused = await ask(
      ours.member,
      `mutation ($id: UUID!) { updateNurturingSequence(input: { rowId: $id, patch: { status: "draft" } }) { clientMutationId } }`.replace(
        'clientMutationId',
        'nurturingSequence { status }',
      ),
      { id: sequenceId },
    );
    expect(errorOf(paused)).toEqual({ code: 'INVALID_TRANSITION', field: 'status' });
    const seen = await ask(theirs.owner, '{ nurturingSequences { nodes { name } } }');
    expect(dataOf(seen).nurturingSequences.nodes).toEqual([]);
  });
  expect(api.unexpected).toEqual([]);
});

test('an A/B test is made, started, asked and stopped', async () => {
  await api.within(async ({ ask }) => {
    const run = async (source: string, variables: Record<string, unknown> = {}) =>
      dataOf(await ask(ours.member, source, variables));
    const made = await run(
      `mutation { createAbTest(input: { abTest: { name: "Button", unitKind: "visitor", goal: "signed_up" } }) { abTest { rowId status } } }`,
    );
    const { rowId, status } = made.createAbTest.abTest as { rowId: string; status: string };
    expect(status).toBe('draft');
    for (const [key, isControl] of [
      ['blue', true],
      ['red', false],
    ]) {
      await run(
        `mutation ($variant: AbTestVariantInput!) {
           createAbTestVariant(input: { abTestVariant: $variant }) { abTestVariant { rowId } }
         }`,
        { variant: { abTestId: rowId, key, name: key, isControl, weight: 1 } },
      );
    }
    await run(
      'mutation ($id: UUID!) { startAbTest(input: { abTestId: $id }) { abTest { status startedAt } } }',
      { id: rowId },
    );
    const assigned = await run(
      `mutation ($id: UUID!) {
         assignAbVariant(input: { abTestId: $id, unit: "ada" }) { abTestVariant { key payload } }
         recordAbExposure(input: { abTestId: $id, unit: "ada" }) { abTestAssignment { variant { key } } }
         recordAbConversion(input: { abTestId: $id, unit: "ada", value: "12.50" }) { abTestConversion { goal value } }
       }`,
      { id: rowId },
    );
    expect(assigned.recordAbExposure.abTestAssignment.variant.key).toBe(
      assigned.assignAbVariant.abTestVariant.key,
    );
    expect(assigned.recordAbConversion.abTestConversion).toEqual({
      goal: 'signed_up',
      value: '12.50',
    });
    const frozen = await ask(
      ours.member,
      `mutation ($id: UUID!) { createAbTestVariant(input: { abTestVariant: { abTestId: $id, key: "new", name: "New" } }) { abTestVariant { rowId } } }`,
      { id: rowId },
    );
    expect(errorOf(frozen)).toEqual({ code: 'CONFLICT', field: 'abTestId' });
    const { abTest } = await run(
      `query ($id: UUID!) {
         abTest(rowId: $id) { results { verdict exposed conversions variants { key exposed rate requiredExposures } } }
         getAbTestResults(abTestId: $id) { verdict }
       }`,
      { id: rowId },
    );
    expect(abTest.results).toMatchObject({ verdict: 'too_small', exposed: '1', conversions: '1' });
    const foreign = await ask(
      theirs.owner,
      'query ($id: UUID!) { getAbTestResults(abTestId: $id) { verdict } }',
      { id: rowId },
    );
    expect(errorOf(foreign)).toEqual({ code: 'NOT_FOUND_OR_FORBIDDEN', field: 'abTestId' });
    const stopped = await run(
      'mutation ($id: UUID!) { stopAbTest(input: { abTestId: $id }) { abTest { status winnerVariant { key } } } }',
      { id: rowId },
    );
    expect(stopped.stopAbTest.abTest).toEqual({ status: 'stopped', winnerVariant: null });
  });
  expect(api.unexpected).toEqual([]);
});

test('functions that are parts of others are not in the API', () => {
  const fields = Object.keys({
    ...api.schema().getQueryType()?.getFields(),
    ...api.schema().getMutationType()?.getFields(),
  });
  expect(fields).toEqual(
    expect.arrayContaining(['previewNurturingSchedule', 'getNurturingFunnel', 'enrollLeads']),
  );
  expect(
    fields.filter((name) =>
      /advance|wake|sleep|enrollBy|enrollFor|endEnroll|conditionApplies|normal|chiSquare|fisher|wilson|nextWindow|setNurturing|createNurturingEnrollment|createAbTestAssignment/i.test(
        name,
      ),
    ),
  ).toEqual([]);
});
