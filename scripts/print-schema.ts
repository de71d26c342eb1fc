import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';
import { errorsDocument } from '../plugins/errors/document.ts';
import { runProgram } from '../server/process.ts';
import { buildSchema, printedSchema } from '../server/schema.ts';
import { writeOrCheck } from './drift.ts';

const ROOT = path.join(import.meta.dirname, '..');
const COMMAND = 'npm run schema:print';

/**
 * Writes `schema.graphql` and `docs/ERRORS.md` as a new database gives them, whatever the developer's own looks like. With
 * --check it compares instead.
 */
await runProgram(async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'callboard-schema-'));
  const database = await openDatabase({ dataDir });
  try {
    await migrate(database);
    writeOrCheck(
      path.join(ROOT, 'schema.graphql'),
      printedSchema(await buildSchema(database)),
      COMMAND,
    );
    writeOrCheck(path.join(ROOT, 'docs/ERRORS.md'), errorsDocument(), COMMAND);
  } finally {
    await database.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
