import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { isolationDocument } from '../../scripts/isolation.ts';
import { testDatabase } from '../helpers/database.ts';
import { prepareIsolation, type Matrix } from '../helpers/isolation/measure.ts';

const FILE = path.join(import.meta.dirname, '../../docs/ISOLATION.md');

const database = testDatabase();
let measure: () => Promise<Matrix>;
beforeAll(async () => {
  measure = await prepareIsolation(database);
}, 120_000);

const tasksOf = ({ lines }: Matrix, wanted: string) =>
  lines.find(({ table, side }) => table === 'projects.project_tasks' && side === wanted)?.cells;

test('docs/ISOLATION.md says what happens (npm run docs:isolation)', async () => {
  const matrix = await measure();
  const documented = readFileSync(FILE, 'utf8');
  expect(isolationDocument(matrix).split('\n')).toEqual(documented.split('\n'));
  // Not all of it is refused: the rows are there, and those who may get at them do.
  expect(tasksOf(matrix, 'own')?.slice(0, 4)).toEqual(['RIUA', 'RIUA', 'RIUA', '····']);
  expect(tasksOf(matrix, 'other')).toEqual(matrix.players.map(() => '····'));
}, 120_000);

test('and a policy that lets others in would be noticed', async () => {
  await database.pool().query(
    `create policy leak on projects.project_tasks for select to callboard_member using (true);
     alter policy workspace on projects.project_tasks using (true)`,
  );
  expect(tasksOf(await measure(), 'other')).toContain('R···');
}, 120_000);
