import type { Task } from 'graphile-worker';
import { sendBatches } from '../marketing/batches.ts';
import { TemplateCache } from '../marketing/templates.ts';
import { object, uuid, type PayloadOf } from '../payload.ts';
import type { TaskContext } from '../tasks.ts';

export const payload = object({ organization_id: uuid });

/** Milliseconds after which a job lets others have their turn, and goes on in another. */
const TURN = 20_000;
/** Milliseconds that a job waits for more rather than ending. */
const SHORT = 1_500;

/**
 * Sends what is due of an organization. A mail is noted as sending before a mail server hears of it, so running twice, or
 * dying half-way, sends none twice.
 */
export function makeTask({ marketing, log }: TaskContext): Task | undefined {
  if (!marketing) return undefined;
  const templates = new TemplateCache();
  return async (given, helpers) => {
    const { organization_id: organizationId } = given as PayloadOf<typeof payload>;
    const until = performance.now() + TURN;
    let sent = 0;
    let nextAt: Date | undefined;
    for (;;) {
      const stopped = await sendBatches({
        query: (text, values) => helpers.query(text, values),
        organizationId,
        sender: marketing.sender,
        links: marketing.links(),
        addresses: marketing.addresses,
        templates,
        signal: helpers.abortSignal,
        until,
        report: (error) =>
          log.warn({ err: error, organizationId }, 'A mail was not as it should be.'),
      });
      sent += stopped.sent;
      ({ nextAt } = stopped);
      const wait = nextAt ? nextAt.getTime() - Date.now() : Infinity;
      if (wait > SHORT || helpers.abortSignal.aborted || performance.now() + wait > until) break;
      await new Promise((resolve) => setTimeout(resolve, Math.max(wait, 10)));
    }
    if (sent > 0) helpers.logger.info(`Mails sent: ${sent}.`);
    if (nextAt) {
      await helpers.query(
        `select platform.enqueue('send_emails', jsonb_build_object('organization_id', $1::uuid),
                                 job_key => 'send_emails:' || $1, run_at => greatest($2::timestamptz, now()))`,
        [organizationId, nextAt.toISOString()],
      );
    }
  };
}
