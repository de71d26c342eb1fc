import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient, start } from './measure.ts';

export type Starting = {
  /** Seconds from `npm start` to the first answer of GraphQL, with no database there: made, migrated, demo data loaded. */
  readonly first: number;
  /** The same with all of it there. */
  readonly second: number;
};

async function secondsToFirstAnswer(dataDir: string): Promise<number> {
  const started = performance.now();
  const running = await start('npm', ['start'], { DATA_DIR: dataDir, DATABASE_URL: '' });
  try {
    const api = new ApiClient(running.origin, 1);
    await api.ask('{ me { name } }');
    api.close();
    return (performance.now() - started) / 1000;
  } finally {
    await running.stop();
  }
}

/** How long people wait for `npm start` on the embedded engine, packages being installed. */
export async function measureStarting(): Promise<Starting> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'callboard-start-'));
  try {
    const first = await secondsToFirstAnswer(dataDir);
    const second = await secondsToFirstAnswer(dataDir);
    return { first, second };
  } finally {
    await rm(dataDir, { recursive: true });
  }
}
