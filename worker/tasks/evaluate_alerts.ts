import type { JobHelpers, Task } from 'graphile-worker';
import type { PoolClient } from 'pg';
import { asEachMember, asMember, refusalIn } from '../as-member.ts';
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

/** What a look came to, and the recipients who were found to see the same; without them nobody was asked. */
type Look = {
  readonly value: string | null;
  readonly refusal?: ReturnType<typeof refusalIn>;
  readonly seenBy?: readonly string[];
};

const AT_A_TIME = 50;

/** The figure as the caller sees it. */
async function figureIn(client: PoolClient, alert: Claimed): Promise<string | null> {
  const { rows } = await client.query<{ value: string | null }>(
    'select trim_scale(analytics.alert_value($1, $2, $3, $4, $5)) as value',
    [
      alert.source_key,
      JSON.stringify(alert.parameters),
      alert.series,
      alert.time_range,
      alert.measure,
    ],
  );
  return rows[0]?.value ?? null;
}

/** The figure as whoever set the alert up sees it; a refusal where they may not see it any more. */
async function figureOf(alert: Claimed, helpers: JobHelpers): Promise<Look> {
  const member = { userId: alert.runs_as_id, organizationId: alert.organization_id };
  try {
    return { value: await asMember(helpers, member, (client) => figureIn(client, alert)) };
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal) throw error;
    return { value: null, refusal };
  }
}

/** The figure again, with the recipients who see the same when they look themselves at the same moment. */
async function figureWithWitnesses(alert: Claimed, helpers: JobHelpers): Promise<Look> {
  const { rows } = await helpers.query<{ user_id: string }>(
    'select user_id from analytics.alert_recipients($1, $2) where not sees_as_much',
    [alert.organization_id, alert.alert_id],
  );
  const recipients = rows.map((row) => row.user_id);
  const [value = null, ...theirs] = await asEachMember(
    helpers,
    [alert.runs_as_id, ...recipients].map((userId) => ({
      userId,
      organizationId: alert.organization_id,
    })),
    (client) => figureIn(client, alert),
  );
  return { value, seenBy: recipients.filter((_recipient, index) => theirs[index] === value) };
}

async function note(alert: Claimed, look: Look, helpers: JobHelpers): Promise<string | null> {
  const { value, refusal, seenBy } = look;
  const { rows } = await helpers.query<{ state: string | null }>(
    `select analytics.note_alert_value(
              $1, $2, $3, case when $4::text is not null then analytics.refusal_of($4, $5, $6) end, $7, $8) as state`,
    [
      alert.organization_id,
      alert.alert_id,
      value,
      refusal?.code ?? null,
      refusal?.message ?? null,
      refusal?.field ?? null,
      alert.claimed_at,
      seenBy ?? null,
    ],
  );
  return rows[0]?.state ?? null;
}

async function evaluate(alert: Claimed, helpers: JobHelpers): Promise<void> {
  const state = await note(alert, await figureOf(alert, helpers), helpers);
  // Others look only when there is something to tell.
  if (state === 'ask') await note(alert, await figureWithWitnesses(alert, helpers), helpers);
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
