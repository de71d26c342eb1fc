import path from 'node:path';
import { EmbeddedDatabase } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { prepareIsolation } from '../test/helpers/isolation/measure.ts';
import { writeOrCheck } from './drift.ts';
import { isolationDocument } from './isolation.ts';

// Writes docs/ISOLATION.md, from a database made for the purpose. With --check it compares instead.
const embedded = await EmbeddedDatabase.open();
const database = {
  engine: 'embedded',
  pool: (role) => embedded.pool(role),
  describe: () => 'the database that is measured',
  close: () => embedded.close(),
} satisfies Parameters<typeof migrate>[0];
try {
  await migrate(database);
  const measure = await prepareIsolation(database);
  writeOrCheck(
    path.join(import.meta.dirname, '../docs/ISOLATION.md'),
    isolationDocument(await measure()),
    'npm run docs:isolation',
  );
} finally {
  await embedded.close();
}
