import type { JobHelpers, Task } from 'graphile-worker';
import { asMember, refusalIn } from '../as-member.ts';
import { nothing } from '../payload.ts';

export const payload = nothing;

type Claimed = {
  readonly organization_id: string;
  readonly alert_id: string;
  readonly runs_as_id: string;
  readonly source_key: string;
  readonly parameters: unknown;
  readonly series: string | null;
  readonly time_range: string;
  readonly measure: string;
  readonly claimed_at: string;
};

const AT_A_TIME = 50;

/** The figure as whoever set the alert up sees it; a refusal where they may not see it any more. */
async function figureOf(alert: Claimed, helpers: JobHelpers) {
  const member = { userId: alert.runs_as_id, organizationId: alert.organization_id };
  try {
    const value = await asMember(helpers, member, async (client) => {
      const { rows } = await client.query<{ value: string | null }>(
        'select analytics.alert_value($1, $2, $3, $4, $5) as value',
        [
          alert.source_key,
          JSON.stringify(alert.parameters),
          alert.series,
          alert.time_range,
          alert.measure,
        ],
      );
      return rows[0]?.value ?? null;
    });
    return { value, refusal: undefined };
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal) throw error;
    return { value: null, refusal };
  }
}

async function evaluate(alert: Claimed, helpers: JobHelpers): Promise<void> {
  const { value, refusal } = await figureOf(alert, helpers);
  await helpers.query(
    `select analytics.note_alert_value(
              $1, $2, $3, case when $4::text is not null then analytics.refusal_of($4, $5, $6) end, $7)`,
    [
      alert.organization_id,
      alert.alert_id,
      value,
      refusal?.code ?? null,
      refusal?.message ?? null,
      refusal?.field ?? null,
      alert.claimed_at,
    ],
  );
}

/**
 * Looks at the alerts that are due. Any number of workers may do so at once: each alert is taken by one of them, and what a
 * look comes to is decided under its lock, so that a breach is told once. A worker that dies leaves those that it had taken
 * to the next time that they are due.
 */
const evaluateAlerts: Task = async (_payload, helpers) => {
  let failed = 0;
  for (let more = true; more;) {
    const { rows } = await helpers.query<Claimed>(
      `select c.*, c.claimed_at::text as claimed_at
         from analytics.claim_alerts(now(), $1) as c`,
      [AT_A_TIME],
    );
    for (const alert of rows) {
      try {
        await evaluate(alert, helpers);
      } catch (error) {
        // One that cannot be looked at, because it takes too long, is no reason not to look at the others.
        failed += 1;
        helpers.logger.error(`An alert could not be looked at: ${alert.alert_id}`, { error });
      }
    }
    more = rows.length === AT_A_TIME;
  }
  if (failed > 0) throw new Error(`Alerts that could not be looked at: ${failed}.`);
};

export default evaluateAlerts;
