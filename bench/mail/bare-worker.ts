import { run } from 'graphile-worker';
import { createTransport } from 'nodemailer';
import pg from 'pg';

type Mail = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

// graphile-worker with a task that sends a mail that is ready, and does nothing else: what the product is measured against.
const connections = Number(process.env['SMTP_CONNECTIONS']);
const transport = createTransport({
  url: process.env['SMTP_URL'] ?? '',
  pool: true,
  maxConnections: connections,
  maxMessages: 1_000,
});
const runner = await run({
  pgPool: new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: connections + 2 }),
  concurrency: connections,
  pollInterval: 100,
  noHandleSignals: true,
  taskList: {
    bench_send: async (payload) => {
      const { to, subject, text, html } = payload as Mail;
      await transport.sendMail({ from: 'post@callboard.test', to, subject, text, html });
    },
  },
});
process.on('SIGTERM', () => {
  void runner.stop().then(() => process.exit(0));
});
