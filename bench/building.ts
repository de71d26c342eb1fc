import { buildSchema, printedSchema } from '../server/schema.ts';
import type { BenchDatabase } from './databases.ts';
import { median, start } from './measure.ts';

export type Building = {
  /** Milliseconds from nothing to a schema, the catalog read anew; the first one warms the process up. */
  readonly milliseconds: number;
  readonly types: number;
  /** Characters. */
  readonly sdl: number;
  /** Bytes of resident memory of a server that has just become ready. */
  readonly memory: number;
};

/** What the schema costs. */
export async function measureBuilding(bench: BenchDatabase): Promise<Building> {
  const times: number[] = [];
  let types = 0;
  let sdl = 0;
  for (let round = 0; round < 4; round += 1) {
    const started = performance.now();
    const schema = await buildSchema(bench.database);
    if (round > 0) times.push(performance.now() - started);
    types = Object.keys(schema.getTypeMap()).length;
    sdl = printedSchema(schema).length;
  }
  const server = await start(process.execPath, ['server/main.ts'], { DATABASE_URL: bench.url });
  const memory = await server.memory();
  await server.stop();
  return { milliseconds: median(times), types, sdl, memory };
}
