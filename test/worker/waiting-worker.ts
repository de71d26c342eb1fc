import { setTimeout as pause } from 'node:timers/promises';
import { openDatabase } from '../../db/connect.ts';
import { runWorker } from '../../worker/run.ts';

/** A worker whose jobs wait until a row of `ops.let_go` names them, or until they are told to stop. */
const database = await openDatabase({ databaseUrl: process.env['DATABASE_URL'], dataDir: '' });
const worker = await runWorker(database, {
  workerPollMs: 100,
  workerStopSeconds: 4,
  tasks: {
    wait: async (payload, helpers) => {
      const { name } = payload as { name: string };
      const { rows } = await helpers.query<{ attempt: number }>(
        'insert into ops.begun (name, process_id) values ($1, $2) returning 1 + (select count(*) from ops.begun b where b.name = $1)::int as attempt',
        [name, process.pid],
      );
      const attempt = rows[0]?.attempt;
      const asked = 'select fails from ops.let_go where name = $1 and attempt = $2';
      for (;;) {
        if (name === 'obedient') helpers.abortSignal.throwIfAborted();
        const found = await helpers.query<{ fails: boolean }>(asked, [name, attempt]);
        if (found.rows[0]?.fails) throw new Error('As it was asked to.');
        if (found.rows[0]) return;
        await pause(50);
      }
    },
  },
});
process.on('SIGTERM', () => void worker.stop().then(() => process.exit(0)));
