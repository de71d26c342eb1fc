import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedDatabase } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { DEFINERS_BEGIN, DEFINERS_END, definersTable } from './definers.ts';

// Writes the table of SECURITY DEFINER functions into docs/SECURITY.md, from a database made for the purpose.
const file = path.join(import.meta.dirname, '../docs/SECURITY.md');
const embedded = await EmbeddedDatabase.open();
try {
  await migrate({
    engine: 'embedded',
    pool: (role) => embedded.pool(role),
    describe: () => 'the database that is documented',
    close: () => embedded.close(),
  });
  const text = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = text.split(DEFINERS_BEGIN);
  const [, after = ''] = rest.split(DEFINERS_END);
  const table = await definersTable(embedded.pool());
  writeFileSync(file, `${before}${DEFINERS_BEGIN}\n\n${table}\n\n${DEFINERS_END}${after}`);
} finally {
  await embedded.close();
}
