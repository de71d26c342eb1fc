import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, addPlan, one, refusalOf, rowOf, type Values } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const asMember = (work: (client: PoolClient) => Promise<void>) => as(database, ours.member, work);

const make = (client: PoolClient, template: string, startsOn: string | null = null) =>
  one<Values & { id: string }>(client, "projects.create_project_from_template($1, 'Pilot', $2)", [
    template,
    startsOn,
  ]);

/** The rows of a project, as JSON, in the order of a column. */
async function rowsOf(
  client: PoolClient,
  table: string,
  projectId: string,
  order: string,
): Promise<Values[]> {
  const { rows } = await client.query<{ row: Values }>(
    `select to_jsonb(t) as row from ${table} t where t.project_id = $1 order by ${order}`,
    [projectId],
  );
  return rows.map(({ row }) => row);
}

/** A template that is in the middle of being used as a project, so that what must begin anew can be told. */
async function addTemplate(client: PoolClient): Promise<string> {
  const project_id = await add(client, 'projects.projects', {
    name: 'Commercial', is_template: true, description: 'Two days', kind: 'commercial', priority: 'high', status: 'active',
    starts_on: '2027-02-01', ends_on: '2027-03-01', estimated_hours: 80, working_days: [1, 2, 3, 4, 5, 6],
    days_off: ['2027-02-15'], tags: ['tvc'], settings: { fps: 25 }, client_name: 'Acme', location: 'Oslo',
  }); // prettier-ignore
  const phase_id = await add(client, 'projects.project_phases', {
    project_id, name: 'Prep', kind: 'pre_production', starts_on: '2027-02-01', ends_on: '2027-02-28', position: 3,
  }); // prettier-ignore
  await add(client, 'projects.project_milestones', {
    project_id, phase_id, name: 'Lock', status: 'achieved', due_on: '2027-03-01', achieved_on: '2027-02-27',
  }); // prettier-ignore
  await add(client, 'projects.project_milestones', {
    project_id, name: 'Dropped', status: 'cancelled', due_on: '2027-03-01',
  }); // prettier-ignore
  const task = (title: string, values: Values) =>
    add(client, 'projects.project_tasks', { project_id, title, ...values });
  const a = await task('A', {
    phase_id,
    status: 'done',
    starts_on: '2027-02-01',
    due_on: '2027-02-28',
    duration_days: 4,
    priority: 'urgent',
    position: 2,
  });
  const b = await task('B', {
    parent_task_id: a,
    due_on: '2027-03-01',
    estimated_hours: 7.5,
    actual_hours: 3,
  });
  const gone = await task('Gone', {});
  const cancelled = await task('Cancelled', { status: 'cancelled' });
  const c = await task('C', { parent_task_id: cancelled });
  const link = (predecessor_id: string, successor_id: string, values: Values = {}) =>
    add(client, 'projects.task_dependencies', {
      project_id,
      predecessor_id,
      successor_id,
      ...values,
    });
  await link(a, b, { kind: 'start_to_start', lag_days: -2 });
  await link(b, c);
  await link(a, gone);
  await link(a, cancelled);
  const archived = await link(a, c);
  await client.query(
    'select projects.delete_project_task($1), projects.delete_task_dependency($2)',
    [gone, archived],
  );
  await add(client, 'projects.project_resources', {
    project_id, task_id: a, kind: 'person', name: 'Gaffer', quantity: 2, status: 'confirmed', unit: 'day', unit_cost: 400,
    currency: 'EUR', needed_from: '2027-02-27', needed_until: '2027-03-01',
  }); // prettier-ignore
  await add(client, 'projects.project_compliance', {
    project_id, name: 'Street', status: 'approved', reference_number: 'R-1', valid_until: '2027-12-31', is_blocking: false, cost: 5,
  }); // prettier-ignore
  return project_id;
}

describe('a project from a template', () => {
  test('is a project of its own, in planning, with the days shifted', async () => {
    await asMember(async (client) => {
      const template = await addTemplate(client);
      // 365 days later, and 28 days from 1 February 2028 on are 29 February
      expect(await make(client, template, '2028-02-01')).toMatchObject({
        name: 'Pilot', slug: 'pilot', status: 'planning', is_template: false, template_id: template,
        starts_on: '2028-02-01', ends_on: '2028-02-29', description: 'Two days', kind: 'commercial', priority: 'high',
        estimated_hours: 80, working_days: [1, 2, 3, 4, 5, 6], days_off: ['2027-02-15'], tags: ['tvc'],
        settings: { fps: 25 }, client_name: 'Acme', location: 'Oslo', completed_at: null,
      }); // prettier-ignore
    });
  });

  test('has the phases, milestones, tasks, links, resources and papers, begun anew', async () => {
    await asMember(async (client) => {
      const template = await addTemplate(client);
      const { id } = await make(client, template, '2028-02-01');
      const [phase] = await rowsOf(client, 'projects.project_phases', id, 'name');
      expect(phase).toMatchObject({
        name: 'Prep', kind: 'pre_production', starts_on: '2028-02-01', ends_on: '2028-02-28', position: 3,
      }); // prettier-ignore
      expect(await rowsOf(client, 'projects.project_milestones', id, 'name')).toMatchObject([
        {
          name: 'Lock',
          phase_id: phase?.['id'],
          status: 'pending',
          due_on: '2028-02-29',
          achieved_on: null,
        },
      ]);
      const tasks = await rowsOf(client, 'projects.project_tasks', id, 'title');
      const [a, b, c] = tasks;
      expect(tasks).toMatchObject([
        {
          title: 'A',
          phase_id: phase?.['id'],
          status: 'todo',
          starts_on: '2028-02-01',
          due_on: '2028-02-28',
          duration_days: 4,
          priority: 'urgent',
          position: 2,
          completed_at: null,
        },
        {
          title: 'B',
          parent_task_id: a?.['id'],
          due_on: '2028-02-29',
          estimated_hours: 7.5,
          actual_hours: 0,
        },
        { title: 'C', parent_task_id: null },
      ]);
      expect(await rowsOf(client, 'projects.task_dependencies', id, 'kind desc')).toMatchObject([
        {
          predecessor_id: a?.['id'],
          successor_id: b?.['id'],
          kind: 'start_to_start',
          lag_days: -2,
        },
        {
          predecessor_id: b?.['id'],
          successor_id: c?.['id'],
          kind: 'finish_to_start',
          lag_days: 0,
        },
      ]);
      expect(await rowsOf(client, 'projects.project_resources', id, 'name')).toMatchObject([
        {
          name: 'Gaffer',
          task_id: a?.['id'],
          quantity: 2,
          unit: 'day',
          unit_cost: 400,
          currency: 'EUR',
          status: 'planned',
          needed_from: '2028-02-27',
          needed_until: '2028-02-29',
        },
      ]);
      expect(await rowsOf(client, 'projects.project_compliance', id, 'name')).toMatchObject([
        {
          name: 'Street',
          status: 'required',
          reference_number: null,
          valid_until: null,
          is_blocking: false,
          cost: 5,
        },
      ]);
      const all = await rowsOf(client, 'projects.task_dependencies', id, 'id');
      expect(all).toHaveLength(2);
      expect((await rowOf(client, 'projects.projects', template))['status']).toBe('active');
    });
  });

  test('keeps its days when no first day is given', async () => {
    await asMember(async (client) => {
      expect(await make(client, await addTemplate(client))).toMatchObject({
        starts_on: '2027-02-01',
        ends_on: '2027-03-01',
      });
    });
  });
});

describe('a template without a first day', () => {
  const PROJECT = { is_template: true };

  test('counts from the first day in it', async () => {
    await asMember(async (client) => {
      const { projectId } = await addPlan(client, {
        project: { ...PROJECT, ends_on: '2026-05-20' },
        tasks: { Later: { due_on: '2026-05-08' }, First: { starts_on: '2026-05-04' }, Undated: 1 },
      });
      const made = await make(client, projectId, '2027-01-01');
      expect(made).toMatchObject({ starts_on: '2027-01-01', ends_on: '2027-01-17' });
      expect(await rowsOf(client, 'projects.project_tasks', made.id, 'title')).toMatchObject([
        { title: 'First', starts_on: '2027-01-01' },
        { title: 'Later', due_on: '2027-01-05' },
        { title: 'Undated', starts_on: null, due_on: null },
      ]);
    });
  });

  test('nor any day in it takes the day that is asked for, and no end before it', async () => {
    await asMember(async (client) => {
      const { projectId } = await addPlan(client, {
        project: { ...PROJECT, ends_on: '2026-05-20' },
        tasks: { Undated: 1 },
      });
      expect(await make(client, projectId, '2027-01-01')).toMatchObject({
        starts_on: '2027-01-01',
        ends_on: null,
      });
      expect(await make(client, projectId)).toMatchObject({
        starts_on: null,
        ends_on: '2026-05-20',
      });
    });
  });
});

describe('is refused', () => {
  test('for a project that is no template, and one that is archived', async () => {
    await asMember(async (client) => {
      const plain = await add(client, 'projects.projects', { name: 'Plain' });
      expect(await refusalOf(client, () => make(client, plain))).toMatchObject({
        code: 'CB002',
        field: 'template_id',
      });
      const template = await addTemplate(client);
      await client.query('select projects.delete_project($1)', [template]);
      expect(await refusalOf(client, () => make(client, template))).toMatchObject({
        code: 'CB004',
        field: 'template_id',
      });
    });
  });

  test('to guests, to other organizations, and in workspaces that the caller does not see', async () => {
    const template = await actAs(database, ours.owner, addTemplate);
    const attempt = (caller: Cast['owner']) =>
      as(database, caller, (client) => refusalOf(client, () => make(client, template)));
    expect(await attempt(ours.member)).toBeUndefined();
    expect(await attempt(ours.guest)).toMatchObject({ code: 'CB003' });
    expect(await attempt(theirs.owner)).toMatchObject({ code: 'CB004', field: 'template_id' });
    await asMember(async (client) => {
      const refusal = await refusalOf(client, () =>
        client.query("select projects.create_project_from_template($1, 'Pilot', null, $2)", [
          template,
          ours.privateWorkspaceId,
        ]),
      );
      expect(refusal).toMatchObject({ code: '42501' });
    });
    await as(database, ours.owner, async (client) => {
      const made = await one<Values & { id: string }>(
        client,
        "projects.create_project_from_template($1, 'Pilot', null, $2)",
        [template, ours.privateWorkspaceId],
      );
      const tasks = await rowsOf(client, 'projects.project_tasks', made.id, 'title');
      expect(new Set(tasks.map((task) => task['workspace_id']))).toEqual(
        new Set([ours.privateWorkspaceId]),
      );
    });
  });
});
