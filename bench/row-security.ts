import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BenchDatabase } from './databases.ts';
import { takeTurns, type Rounds } from './measure.ts';

const run = promisify(execFile);
const SECONDS = 3;
const ROUNDS = 9;
const CLIENTS = 4;

/** Transactions per second of a pgbench script. */
async function pgbench(url: string, script: string): Promise<number> {
  const bin = (await run('pg_config', ['--bindir'])).stdout.trim();
  const { stdout } = await run(path.join(bin, 'pgbench'), [
    ...['--no-vacuum', '--protocol=prepared', '--file', script],
    ...['--client', String(CLIENTS), '--jobs', '1', '--time', String(SECONDS), url],
  ]);
  const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  if (!tps) throw new Error(`pgbench said no figure: ${stdout}`);
  return Number(tps);
}

/**
 * A page of tasks in a whole transaction, in transactions per second: under row security; by a superuser, whom it does
 * not concern, with the same conditions written out; and the same without asking who is calling.
 */
export async function measureRowSecurity(
  bench: BenchDatabase,
): Promise<Rounds<'underRowSecurity' | 'writtenOut' | 'notEntered'>> {
  const { userId, organizationId, sessionId } = bench.tenant;
  const session = [userId, organizationId, sessionId, 'bench'].map((id) => `'${id}'`).join(', ');
  const entering = (role: string) =>
    `select set_config('role', '${role}', true), authz.enter_session(${session});`;
  const page = 'select * from projects.project_tasks where deleted_at is null';
  const order = 'order by organization_id, id limit 20;';
  // The owner sees every workspace, so nothing of that is left to write out.
  const condition = `and organization_id = '${organizationId}'`;
  const scripts = {
    underRowSecurity: `begin;\n${entering('callboard_member')}\n${page} ${order}\ncommit;\n`,
    writtenOut: `begin;\n${entering('none')}\n${page} ${condition} ${order}\ncommit;\n`,
    notEntered: `begin;\nselect set_config('authz.user_id', '${userId}', true);\n${page} ${condition} ${order}\ncommit;\n`,
  };
  const folder = await mkdtemp(path.join(tmpdir(), 'callboard-bench-'));
  try {
    const side = async (name: keyof typeof scripts) => {
      const file = path.join(folder, `${name}.sql`);
      await writeFile(file, scripts[name]);
      return () => pgbench(bench.url, file);
    };
    return await takeTurns(
      {
        underRowSecurity: await side('underRowSecurity'),
        writtenOut: await side('writtenOut'),
        notEntered: await side('notEntered'),
      },
      ROUNDS,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
