import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'postgraphile/graphql';
import { ConstraintColumns } from '../../plugins/errors/constraints.ts';
import { errorsDocument } from '../../plugins/errors/document.ts';
import { makeMaskError, type Unexpected } from '../../plugins/errors/mask.ts';
import { ERRORS, describeSqlstate, statusOf } from '../../plugins/errors/registry.ts';
import { ANONYMOUS, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { errorOf, testApi, type Within } from '../helpers/graphql.ts';

/** That compressing makes no shorter. */
const LONG = randomBytes(6_000).toString('base64');
const NOWHERE = '00000000-0000-7000-8000-00000000dead';
const update = (patch: string) =>
  `mutation ($id: UUID!) { updateProject(input: { rowId: $id, patch: ${patch} }) { project { name } } }`;
const create = (project: string) =>
  `mutation { createProject(input: { project: ${project} }) { project { name } } }`;

describe('errors of operations', () => {
  const database = testDatabase();
  const api = testApi(database);
  let cast: Cast;
  let projectId: string;
  beforeAll(async () => {
    cast = await makeCast(database, 'errors');
    const { rows } = await database.pool().query<{ id: string }>(
      `insert into projects.projects (organization_id, name, slug)
       values ($1, 'Taken', 'taken') returning id`,
      [cast.organizationId],
    );
    projectId = rows[0]?.id ?? '';
  });

  type Case = [
    what: string,
    caller: () => Caller,
    source: string,
    error: { code: string; field?: string },
  ];
  const owner = () => cast.owner;
  const member = () => cast.member;
  const anonymous = () => ANONYMOUS;

  test.each<Case>([
    [
      'nobody signed in',
      anonymous,
      'mutation { signOut { signedOut } }',
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'nobody signed in, on a table',
      anonymous,
      '{ projects { totalCount } }',
      { code: 'UNAUTHENTICATED' },
    ],
    [
      'a wrong argument',
      anonymous,
      'mutation { signUp(input: { email: "nobody", password: "long enough", name: "N" }) { session { accessToken } } }',
      { code: 'INVALID_INPUT', field: 'email' },
    ],
    [
      'an organization of others',
      owner,
      `mutation { switchOrganization(input: { organizationId: "${NOWHERE}" }) { session { accessToken } } }`,
      { code: 'FORBIDDEN', field: 'organizationId' },
    ],
    [
      'a row that is not there',
      owner,
      `mutation { deleteProject(input: { rowId: "${NOWHERE}" }) { project { name } } }`,
      { code: 'NOT_FOUND_OR_FORBIDDEN', field: 'rowId' },
    ],
    [
      'what is there already',
      anonymous,
      'mutation { signUp(input: { email: "owner@errors.test", password: "long enough!", name: "N" }) { session { accessToken } } }',
      { code: 'CONFLICT', field: 'email' },
    ],
    [
      'a status that cannot follow',
      owner,
      update('{ status: "completed" }'),
      { code: 'INVALID_TRANSITION', field: 'status' },
    ],
    [
      'a wrong password',
      anonymous,
      'mutation { signIn(input: { email: "owner@errors.test", password: "wrong" }) { session { accessToken } } }',
      { code: 'INVALID_CREDENTIALS' },
    ],
    [
      'a custom field without definition',
      owner,
      update('{ customFields: { shoe_size: 43 } }'),
      { code: 'CUSTOM_FIELD_INVALID', field: 'customFields.shoe_size' },
    ],
    [
      'a slug that is taken',
      owner,
      create('{ name: "N", slug: "taken" }'),
      { code: 'NOT_UNIQUE', field: 'slug' },
    ],
    [
      'a template that is not there',
      owner,
      create(`{ name: "N", templateId: "${NOWHERE}" }`),
      { code: 'UNKNOWN_REFERENCE', field: 'templateId' },
    ],
    ['an empty name', owner, create('{ name: "" }'), { code: 'CHECK_FAILED', field: 'name' }],
    [
      'a text that is longer than an index can hold',
      owner,
      `mutation { createDesignVersion(input: { designVersion: { name: "${LONG}", projectId: "${NOWHERE}" } }) { designVersion { name } } }`,
      { code: 'CHECK_FAILED', field: 'name' },
    ],
    [
      'a rule about two columns',
      owner,
      create('{ name: "N", startsOn: "2026-02-02", endsOn: "2026-02-01" }'),
      { code: 'CHECK_FAILED' },
    ],
    [
      'a value that must not be null',
      owner,
      update('{ name: null }'),
      { code: 'REQUIRED', field: 'name' },
    ],
    [
      'a number that is too large',
      owner,
      create('{ name: "N", estimatedHours: "1000000" }'),
      { code: 'INVALID_INPUT', field: 'estimatedHours' },
    ],
    [
      'a missing permission',
      member,
      'mutation { createBudget(input: { budget: { name: "N" } }) { budget { name } } }',
      { code: 'FORBIDDEN' },
    ],
    [
      'a variable of the wrong type',
      owner,
      'query ($id: UUID!) { project(rowId: $id) { name } }',
      { code: 'INVALID_INPUT', field: 'id' },
    ],
    [
      'a row to delete that is not there',
      owner,
      `mutation { deleteConnectedApp(input: { rowId: "${NOWHERE}" }) { connectedApp { name } } }`,
      { code: 'NOT_FOUND_OR_FORBIDDEN', field: 'rowId' },
    ],
    ['a patch of nothing', owner, update('{}'), { code: 'INVALID_INPUT', field: 'patch' }],
    [
      'a cursor of another order',
      owner,
      '{ projects(orderBy: [STARTS_ON_ASC], after: "WyIwMDAwMDAiLDFd") { nodes { name } } }',
      { code: 'INVALID_INPUT', field: 'after' },
    ],
    [
      'another member who is not there',
      owner,
      `mutation { setMemberPermission(input: { memberId: "${NOWHERE}", permission: "finance.read" }) { memberPermission { rowId } } }`,
      { code: 'NOT_FOUND_OR_FORBIDDEN', field: 'memberId' },
    ],
    [
      'a segment of neither users nor leads',
      owner,
      'mutation { createSegment(input: { segment: { name: "S", subject: "x", rule: { field: "score", op: ">", value: 1 } } }) { segment { rowId } } }',
      { code: 'INVALID_INPUT', field: 'subject' },
    ],
    [
      'a look at a segment of neither users nor leads',
      owner,
      '{ previewSegment(subject: "x", rule: { field: "score" }) }',
      { code: 'INVALID_INPUT', field: 'subject' },
    ],
    [
      'a variable that is never used',
      owner,
      'query ($a: Int) { me { name } }',
      { code: 'GRAPHQL_VALIDATION_FAILED' },
    ],
    [
      'a variable that is not declared',
      owner,
      '{ projects(first: $a) { totalCount } }',
      { code: 'GRAPHQL_VALIDATION_FAILED' },
    ],
    [
      'a variable in the place of another type',
      owner,
      'query ($a: String) { projects(first: $a) { totalCount } }',
      { code: 'GRAPHQL_VALIDATION_FAILED' },
    ],
    [
      'a variable that is null where nothing is not allowed',
      owner,
      'query ($none: UUID!) { project(rowId: $none) { name } }',
      { code: 'INVALID_INPUT', field: 'none' },
    ],
    ['a field that does not exist', owner, '{ nothing }', { code: 'GRAPHQL_VALIDATION_FAILED' }],
  ])('%s', async (what, caller, source, error) => {
    const variables = { id: what.startsWith('a variable') ? 'no uuid' : projectId, none: null };
    expect(errorOf(await api.ask(caller(), source, variables))).toEqual(error);
    expect(api.unexpected).toEqual([]);
  });

  test('a circle of tasks', () =>
    api.within(async ({ ask, client }: Within) => {
      const { rows } = await client.query<{ id: string }>(
        `insert into projects.project_tasks (organization_id, project_id, title)
         values ($1, $2, 'Rig'), ($1, $2, 'Focus') returning id`,
        [cast.organizationId, projectId],
      );
      const [rig, focus] = rows.map(({ id }) => id);
      const link = `mutation ($a: UUID!, $b: UUID!, $project: UUID!) {
        createTaskDependency(input: { taskDependency: { projectId: $project, predecessorId: $a, successorId: $b } }) {
          taskDependency { rowId }
        }
      }`;
      const project = projectId;
      await ask(cast.owner, link, { a: rig, b: focus, project });
      const answer = await ask(cast.owner, link, { a: focus, b: rig, project });
      expect(errorOf(answer).code).toBe('DEPENDENCY_CYCLE');
    }));

  test.each([
    ['a field that is missing', { patch: {} }, 'rowId'],
    ['a field that there is not', { rowId: NOWHERE, patch: { nothing: 1 } }, 'nothing'],
    ['a value inside', { rowId: NOWHERE, patch: { startsOn: 'x' } }, 'startsOn'],
    ['a value in a list', { rowId: NOWHERE, patch: { tags: ['a', {}] } }, 'tags'],
    ['nothing at all', undefined, 'input'],
    ['null', null, 'input'],
  ])('name the field of a variable that is wrong: %s', async (_what, input, field) => {
    const answer = await api.ask(
      cast.owner,
      'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { name } } }',
      { input },
    );
    expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field });
  });

  test('name the rule that was broken, and quote no row', async () => {
    const { errors } = await api.ask(cast.owner, create('{ name: "N", slug: "taken" }'));
    expect(errors?.[0]).toMatchObject({
      message: 'There is already a row with this slug.',
      extensions: { constraint: 'projects_organization_id_slug_key' },
    });
    expect(JSON.stringify(errors)).not.toContain(cast.organizationId);
  });

  test.each([
    ['an expression', 'createTeam', 'team', 'name: "Rig"', 'name'],
    [
      'an expression after who wrote it',
      'createConnectedApp',
      'connectedApp',
      'name: "Desk"',
      'name',
    ],
    [
      'a condition',
      'createEmergencyContact',
      'emergencyContact',
      'name: "A", phone: "+49 30 1234567", isPrimary: true',
      'isPrimary',
    ],
    [
      'since when it is archived',
      'createAccount',
      'account',
      'code: "7", kind: "asset", name: "A"',
      'code',
    ],
    [
      'its workspace',
      'createCustomField',
      'customField',
      'entityType: "projects.projects", fieldName: "lens", fieldType: "text", label: "L"',
      'fieldName',
    ],
  ])('name the field of a key over a column and %s', (_what, mutation, input, values, field) =>
    api.within(async ({ ask }) => {
      const source = `mutation { ${mutation}(input: { ${input}: { ${values} } }) { ${input} { rowId } } }`;
      expect((await ask(cast.owner, source)).errors).toBeUndefined();
      const { errors } = await ask(cast.owner, source);
      expect(errors?.[0]).toMatchObject({
        message: `There is already a row with this ${field}.`,
        extensions: { code: 'NOT_UNIQUE', field },
      });
    }),
  );

  test('name the field of a key that functions write', () =>
    api.within(async ({ ask }) => {
      const source =
        'mutation { saveEmailTemplate(input: { name: "N", subject: "S", text: "T" }) { emailTemplate { rowId } } }';
      expect((await ask(cast.owner, source)).errors).toBeUndefined();
      expect(errorOf(await ask(cast.owner, source))).toEqual({ code: 'NOT_UNIQUE', field: 'name' });
    }));

  type Together = [what: string, mutation: string, fields: string[], hint: string];
  test.each<Together>([
    [
      'days that are the wrong way round',
      create('{ name: "N", startsOn: "2026-02-02", endsOn: "2026-02-01" }'),
      ['startsOn', 'endsOn'],
      'The last day is not before the first.',
    ],
    [
      'an amount without currency',
      'mutation { createLead(input: { lead: { email: "a@b.test", budgetAmount: "5" } }) { lead { rowId } } }',
      ['budgetAmount', 'currency'],
      'An amount needs its currency.',
    ],
    [
      'three columns',
      `mutation { createBudget(input: { budget: { name: "N", currency: "EUR", underBelowPercent: "90", atRiskAbovePercent: "80", overAbovePercent: "70" } }) { budget { rowId } } }`,
      ['underBelowPercent', 'atRiskAbovePercent', 'overAbovePercent'],
      'The percentage of under budget is not above that of at risk, nor that above the one of over budget.',
    ],
  ])('name all fields that do not go together: %s', async (_what, source, fields, hint) => {
    const { errors } = await api.ask(cast.owner, source);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.message).toBe(
      `The values of ${fields.slice(0, -1).join(', ')} and ${fields.at(-1)} do not go together.`,
    );
    expect(errors?.[0]?.extensions).toEqual({
      code: 'CHECK_FAILED',
      fields,
      hint,
      constraint: expect.any(String),
    });
  });

  test('name the one field of a rule that a client can do something about', () =>
    api.within(async ({ ask, client }) => {
      const { rows } = await client.query<{ id: string }>(
        `insert into projects.project_tasks (organization_id, project_id, title) values ($1, $2, 'Rig') returning id`,
        [cast.organizationId, projectId],
      );
      const answer = await ask(
        cast.owner,
        `mutation ($id: UUID!) {
          updateProjectTask(input: { rowId: $id, patch: { parentTaskId: $id } }) { projectTask { rowId } }
        }`,
        { id: rows[0]?.id },
      );
      expect(errorOf(answer)).toEqual({ code: 'CHECK_FAILED', field: 'parentTaskId' });
    }));

  test('begin as the database does, also with a value', async () => {
    const { errors } = await api.ask(cast.owner, update('{ status: "completed" }'), {
      id: projectId,
    });
    expect(errors?.[0]?.message).toBe('completed cannot follow planning.');
  });

  test('say that no organization is active, to one who has none', () =>
    api.within(async ({ ask, client }) => {
      const { rows } = await client.query<{ id: string }>(
        "insert into identity.users (email, name) values ('alone@errors.test', 'Alone') returning id",
      );
      const answer = await ask({ userId: rows[0]!.id }, '{ currentSubscription { rowId } }');
      expect(answer.errors?.[0]).toMatchObject({
        message: 'There is no active organization.',
        extensions: { code: 'FORBIDDEN' },
      });
    }));

  test('of a search leave the rest of the answer as it is', async () => {
    const { data, errors } = await api.ask(
      cast.owner,
      '{ me { name } hybridSearch(query: "crane", first: 0) { hits { title } } globalSearch(query: "crane", first: 0) { hits { title } } }',
    );
    expect(errors?.map(({ extensions }) => extensions['field'])).toEqual(['first', 'first']);
    expect(data).toEqual({
      me: { name: expect.any(String) },
      hybridSearch: null,
      globalSearch: null,
    });
  });

  test('say less of a rule that nothing is known of', () => {
    const mask = makeMaskError(new ConstraintColumns(), () => {});
    const said = (code: string) =>
      mask(new GraphQLError('…', { originalError: Object.assign(new Error('…'), { code }) }))
        .message;
    expect(['23505', '23514', '23503'].map(said)).toEqual([
      'There is already such a row.',
      'A value is not allowed.',
      'There is no row to point at, or one still points here.',
    ]);
  });

  test('that nobody foresaw are hidden behind an id, under which they are reported', async () => {
    const reported: Unexpected[] = [];
    const mask = makeMaskError(new ConstraintColumns(), (error) => reported.push(error));
    const cause = await database
      .pool()
      .query('select secret from nowhere')
      .catch((error: unknown) => error as Error);
    const masked = mask(
      new GraphQLError('relation "nowhere" does not exist', {
        originalError: cause as Error,
        path: ['projects'],
      }),
    );
    expect(reported).toEqual([{ id: expect.any(String), path: 'projects', error: cause }]);
    expect(masked.message).toBe(`Something went wrong. Error id ${reported[0]?.id}.`);
    expect(JSON.stringify(masked)).not.toMatch(/nowhere|42P01/);
    expect(masked.extensions).toEqual({ code: 'INTERNAL_ERROR', id: reported[0]?.id });
  });

  const raised = ERRORS.flatMap(({ code, sqlstates }) =>
    sqlstates.map((sqlstate) => [
      sqlstate.replace('*', sqlstate.length === 3 ? '006' : '01'),
      code,
    ]),
  );
  test.each(raised)('SQLSTATE %s, raised by the database, is %s', async (sqlstate, code) => {
    const mask = makeMaskError(new ConstraintColumns(), ({ error }) => {
      throw error;
    });
    const cause = await database
      .pool()
      .query(
        `do $$ begin raise exception 'Not for the public.' using errcode = '${sqlstate}'; end $$`,
      )
      .then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    const masked = mask(new GraphQLError('…', { originalError: cause ?? null, path: ['x'] }));
    expect(masked.extensions).toMatchObject({ code });
    const speaks = describeSqlstate(sqlstate)?.speaks ?? false;
    expect(masked.message.includes('Not for the public.')).toBe(speaks);
  });
});

describe('the registry', () => {
  test('knows the SQLSTATEs that the conventions list', () => {
    const conventions = readFileSync(
      path.join(import.meta.dirname, '../../db/CONVENTIONS.md'),
      'utf8',
    );
    const listed = [...conventions.matchAll(/^\| (CB\d{3}) +\| `(\w+)`/gm)];
    expect(listed.length).toBeGreaterThan(0);
    for (const [, sqlstate, code] of listed) {
      expect(describeSqlstate(sqlstate!)?.code).toBe(code);
    }
  });

  test('has no SQLSTATE twice', () => {
    const all = ERRORS.flatMap((error) => error.sqlstates as readonly string[]);
    expect(new Set(all).size).toBe(all.length);
  });

  test('says 503 for a database that is down, and nothing for the rest', () => {
    expect(statusOf('DATABASE_UNAVAILABLE')).toBe(503);
    expect(statusOf('CONFLICT')).toBeUndefined();
    expect(describeSqlstate('08006')?.code).toBe('DATABASE_UNAVAILABLE');
    expect(describeSqlstate('XX000')).toBeUndefined();
  });

  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED'],
    [undefined, 'Connection terminated unexpectedly'],
    [undefined, 'timeout exceeded when trying to connect'],
  ])('takes a lost connection (%s, %s) for an unavailable database', (code, message) => {
    const mask = makeMaskError(new ConstraintColumns(), ({ error }) => {
      throw error;
    });
    const originalError = Object.assign(new Error(message), { code });
    expect(mask(new GraphQLError(message, { originalError })).extensions).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });

  test('is what docs/ERRORS.md says', () => {
    const document = readFileSync(path.join(import.meta.dirname, '../../docs/ERRORS.md'), 'utf8');
    expect(document).toBe(errorsDocument());
  });
});
