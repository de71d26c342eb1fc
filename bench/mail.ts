import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchDatabase } from './databases.ts';
import { ROOT, takeTurns, type Rounds } from './measure.ts';

const CONNECTIONS = 10;
/** Mails of a round. */
const ROUND = 4_000;
const ROUNDS = 3;
const LEADS = 10_000;
/** Mails of the long run, which memory is looked at over. */
const LONG = 100_000;

const SUBJECT = '{{ lead.first_name }}, the premiere is on {{ day }}';
const HTML = `<!doctype html><html><body><h1>Dear {{ lead.first_name | default: "guest" }},</h1>
<p>{{ film }} opens on {{ day }}. {% if lead.company_name %}We look forward to {{ lead.company_name }}.{% endif %}</p>
<p><a href="https://lumen.test/premiere">The programme</a> and <a href="https://lumen.test/seats?film=1">your seats</a></p>
${'<p>Between the acts there is time to look at the sets, the costumes and the drawings.</p>\n'.repeat(12)}</body></html>`;
const TEXT = `Dear {{ lead.first_name | default: "guest" }},\n\n{{ film }} opens on {{ day }}.\n${'Between the acts there is time to look around.\n'.repeat(12)}`;

type Count = { readonly taken: number; readonly milliseconds: number };

/** The mail server of the bench, in a process of its own. */
class Sink {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `smtp://127.0.0.1:${port}`;
  }

  static async start(): Promise<Sink> {
    const child = fork(path.join(import.meta.dirname, 'mail/sink.ts'));
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Sink(child, port);
  }

  async ask(message: 'reset' | 'count'): Promise<Count> {
    const answered = once(this.#child, 'message') as Promise<[Count]>;
    this.#child.send(message);
    return (await answered)[0];
  }

  stop(): void {
    this.#child.kill();
  }
}

export type MailFigures = {
  /** Mails per second, from the first that the mail server took to the last. */
  readonly rates: Rounds<'product' | 'textless' | 'bare'>;
  readonly long: {
    readonly mails: number;
    readonly perSecond: number;
    /** Bytes of resident memory of the worker after a tenth of the mails, and at the end. */
    readonly early: number;
    readonly late: number;
    /** How many the mail server got: as many as there were. */
    readonly taken: number;
  };
};

/**
 * Mails per second through the whole path, from rows of the queue to a mail server: claimed with suppression, consent and
 * caps, rendered, links signed, sent, recorded. Against graphile-worker with a task that sends mails that are ready.
 */
export async function measureMail(bench: BenchDatabase): Promise<MailFigures> {
  const sink = await Sink.start();
  const query = (text: string, values: unknown[] = []) => bench.database.pool().query(text, values);
  const { organizationId } = bench.tenant;
  await query(
    `select billing.start_subscription($1, p.id, arranged => true) from billing.subscription_plans p where p.key = 'enterprise'`,
    [organizationId],
  );
  await query(
    `insert into tenancy.organization_settings (organization_id, section, value) values ($1, 'marketing', '{"capMails": 1000}')`,
    [organizationId],
  );
  const templateOf = async (name: string, text: string | null) => {
    const { rows } = await query(
      `with made as (
         insert into marketing.email_templates (organization_id, name, subject, html_source, text_source, variables)
         values ($1, $2, $3, $4, $5, '[{"name": "film"}, {"name": "day", "default": "Friday"}]')
         returning *
       ),
       versions as (
         insert into marketing.email_template_versions
           (organization_id, template_id, version, subject, html_source, text_source, variables)
         select organization_id, id, version, subject, html_source, text_source, variables from made
       )
       select id from made`,
      [organizationId, name, SUBJECT, HTML, text],
    );
    return (rows[0] as { id: string }).id;
  };
  const template = await templateOf('Premiere', TEXT);
  const textless = await templateOf('Premiere without text', null);
  await query(
    `insert into crm.leads (organization_id, email, first_name, company_name, email_consent)
     select o.id, 'lead' || n || '@leads.test', 'Ada ' || n, case when n % 3 = 0 then 'Pictures ' || n end, 'granted'
       from tenancy.organizations o, generate_series(1, $1) n
      where o.id = $2 or o.slug in ('other-1', 'other-2', 'other-3')`,
    [LEADS, organizationId],
  );
  // What waits elsewhere, and what was sent long ago, is in the way.
  await query(
    `with others as (
       insert into marketing.email_templates (organization_id, name, subject, text_source)
       select o.id, 'Other', 'x', 'x' from tenancy.organizations o where o.slug in ('other-1', 'other-2', 'other-3')
       returning organization_id, id
     )
     insert into marketing.email_queue (organization_id, lead_id, template_id, send_after)
     select l.organization_id, l.id, t.id, timestamptz '2100-01-01'
       from crm.leads l join others t on t.organization_id = l.organization_id`,
  );
  await query('vacuum (analyze)');

  const queue = (mails: number, templateId = template) =>
    query(
      `insert into marketing.email_queue (organization_id, lead_id, template_id, variables)
       select l.organization_id, l.id, $2, '{"film": "Metropolis"}'
         from generate_series(0, ($3::int - 1) / $4::int) g
        cross join lateral (
                select l.organization_id, l.id from crm.leads l where l.organization_id = $1 order by l.id
                 limit least($4::int, $3::int - g * $4::int)
              ) l`,
      [organizationId, templateId, mails, LEADS],
    );
  const startWorker = (program: string) =>
    spawn(process.execPath, [program], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_ENV: 'test',
        DATABASE_URL: bench.url,
        SMTP_URL: sink.url,
        SMTP_CONNECTIONS: String(CONNECTIONS),
        ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
        PUBLIC_URL: 'https://bench.callboard.test',
        MAIL_FROM: 'post@callboard.test',
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  /** Lets a worker send so many mails, looking at it meanwhile. */
  async function sendAll(
    program: string,
    mails: number,
    look = (_taken: number, _pid: number) => {},
  ) {
    await sink.ask('reset');
    const worker = startWorker(program);
    let count: Count;
    do {
      await pause(100);
      count = await sink.ask('count');
      look(count.taken, worker.pid ?? 0);
    } while (count.taken < mails);
    // What was sent is written down before the next round begins.
    await pause(500);
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    count = await sink.ask('count');
    return { ...count, perSecond: ((count.taken - 1) * 1000) / count.milliseconds };
  }
  async function product(templateId: string): Promise<number> {
    await queue(ROUND, templateId);
    return (await sendAll('worker/main.ts', ROUND)).perSecond;
  }

  try {
    const rates = await takeTurns(
      {
        product: () => product(template),
        textless: () => product(textless),
        bare: async () => {
          await query(
            `select graphile_worker.add_job('bench_send', json_build_object(
                      'to', 'lead' || n || '@leads.test', 'subject', $2::text, 'text', $3::text, 'html', $4::text))
               from generate_series(1, $1::int) n`,
            [ROUND, SUBJECT, TEXT, HTML],
          );
          return (await sendAll('bench/mail/bare-worker.ts', ROUND)).perSecond;
        },
      },
      ROUNDS,
    );
    await query('vacuum (analyze) marketing.email_queue');
    await queue(LONG);
    let early = 0;
    let late = 0;
    const { taken, perSecond } = await sendAll('worker/main.ts', LONG, (sent, pid) => {
      void memoryOf(pid).then((bytes) => {
        if (sent < LONG / 10) early = bytes;
        else if (bytes > 0) late = bytes;
      });
    });
    return { rates, long: { mails: LONG, perSecond, early, late, taken } };
  } finally {
    sink.stop();
  }
}

async function memoryOf(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
