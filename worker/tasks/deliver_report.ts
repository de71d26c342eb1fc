import type { JobHelpers, Task } from 'graphile-worker';
import { asMember, refusalIn } from '../as-member.ts';
import { linksOf } from '../mail/compose.ts';
import { object, uuid, type PayloadOf } from '../payload.ts';
import type { Chart } from '../reports/chart.ts';
import { renderReport } from '../reports/render.ts';
import { storable } from '../storable.ts';
import type { TaskContext } from '../tasks.ts';

export const payload = object({ organization_id: uuid, delivery_id: uuid });

type Delivery = {
  readonly state: 'queued' | 'sending';
  readonly report_id: string;
  readonly report_name: string;
  readonly format: 'html' | 'csv' | 'html_csv';
  readonly user_id: string;
  readonly email: string;
  readonly user_name: string;
  readonly organization_name: string;
  readonly dashboard_id: string | null;
  readonly as_of: string;
};

/** What the recipient may see of it; undefined where that is nothing. */
async function chartsFor(
  delivery: Delivery,
  organizationId: string,
  helpers: JobHelpers,
): Promise<{ charts: readonly Chart[]; hidden: number } | undefined> {
  try {
    const charts = await asMember(
      helpers,
      { userId: delivery.user_id, organizationId },
      async (client) => {
        const { rows } = await client.query<{ charts: Chart[] }>(
          'select to_jsonb(analytics.report_charts($1, $2)) as charts',
          [delivery.report_id, delivery.as_of],
        );
        return rows[0]?.charts ?? [];
      },
    );
    const seen = charts.filter((chart) => chart.refusal === null);
    return seen.length > 0 ? { charts: seen, hidden: charts.length - seen.length } : undefined;
  } catch (error) {
    if (refusalIn(error)) return undefined;
    throw error;
  }
}

/**
 * Whether the mail server has surely not taken the mail: it said so, or was never spoken to. A connection that closes is no
 * answer: the mail may have been taken before.
 */
function surelyNotSent(error: unknown): boolean {
  const { responseCode, code, syscall, message } = error as Readonly<Record<string, unknown>>;
  return (
    typeof responseCode === 'number' ||
    ['EDNS', 'EAUTH', 'ETLS'].includes(String(code)) ||
    syscall === 'connect' ||
    // How nodemailer says that the connection never came about.
    /^(Connection timeout|Greeting never received)/.test(String(message))
  );
}

const reasonOf = (error: unknown): string =>
  storable(error instanceof Error ? error.message : String(error));

/**
 * Sends one report to one recipient, who gets what they may see at this moment. That it is on its way is written down for
 * good before a mail server hears of it, so it never goes out twice by itself: when the worker dies or the connection breaks in
 * between, it is left as uncertain.
 */
export function makeTask({ mail }: TaskContext): Task | undefined {
  if (!mail) return undefined;
  const links = linksOf(mail.appUrl);
  return async (given, helpers) => {
    const { organization_id: organizationId, delivery_id: deliveryId } = given as PayloadOf<
      typeof payload
    >;
    const note = async (from: string, to: string, reason?: string): Promise<boolean> => {
      const { rows } = await helpers.query<{ noted: boolean }>(
        'select analytics.note_report_delivery($1, $2, $3, $4, $5) as noted',
        [organizationId, deliveryId, from, to, reason ?? null],
      );
      return rows[0]?.noted === true;
    };
    const { rows } = await helpers.query<Delivery>(
      'select d.*, d.as_of::text as as_of from analytics.report_delivery($1, $2) as d',
      [organizationId, deliveryId],
    );
    const delivery = rows[0];
    if (!delivery) return;
    if (delivery.state === 'sending') throw new Error('Another worker is sending it.');
    const isLast = helpers.job.attempts >= helpers.job.max_attempts;
    let rendered: ReturnType<typeof renderReport>;
    try {
      const seen = await chartsFor(delivery, organizationId, helpers);
      if (!seen) {
        await note('queued', 'withheld', 'The recipient may not see what is in it.');
        return;
      }
      rendered = renderReport({
        name: delivery.report_name,
        organization: delivery.organization_name,
        recipient: delivery.user_name,
        format: delivery.format,
        asOf: delivery.as_of,
        ...seen,
        url: links.to('/dashboards', delivery.dashboard_id ? { id: delivery.dashboard_id } : {}),
      });
    } catch (error) {
      // Its figures take too long, or cannot be had.
      if (isLast) await note('queued', 'failed', reasonOf(error));
      throw error;
    }
    if (!(await note('queued', 'sending'))) return;
    try {
      await mail.deliver({
        ...rendered,
        id: `report-${deliveryId}`,
        template: 'report',
        to: delivery.email,
      });
    } catch (error) {
      const reason = reasonOf(error);
      if (!surelyNotSent(error)) {
        await note('sending', 'uncertain', reason);
        return;
      }
      await note('sending', isLast ? 'failed' : 'queued', reason);
      throw error;
    }
    await note('sending', 'sent');
  };
}
