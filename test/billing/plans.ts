import type { PoolClient } from 'pg';
import { enter, type Caller } from '../helpers/callers.ts';

export { undone as within } from '../helpers/callers.ts';

/** What `billing.subscriptions` holds, as tests look at it. */
export type Subscription = {
  readonly id: string;
  readonly plan: string;
  readonly status: string;
  readonly interval: string;
  readonly currency: string;
  readonly price: string;
  readonly seats: number | null;
  readonly collection: string;
  readonly starts: string;
  readonly ends: string;
  readonly ended: string | null;
  readonly trialEnds: string | null;
  readonly pastDueSince: string | null;
  readonly cancels: boolean;
  readonly next: string | null;
};

/** Lets somebody act in a transaction that is the owner's before and after. */
export async function acting<T>(
  client: PoolClient,
  caller: Caller,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('savepoint caller');
  await enter(client, caller);
  try {
    const result = await work();
    await client.query('release savepoint caller');
    return result;
  } catch (error) {
    await client.query('rollback to savepoint caller');
    throw error;
  } finally {
    await client.query(
      "select set_config('role', 'none', true), set_config('authz.caller', '', true), set_config('authz.permissions', '', true)",
    );
  }
}

type PlanOptions = {
  readonly price?: number;
  readonly seatPrice?: number;
  readonly trialDays?: number;
  readonly graceDays?: number;
  readonly isPublic?: boolean;
  readonly position?: number;
};

/** Makes a plan with these limits and no others, priced per month and (ten times that) per year in dollars. */
export async function makePlan(
  client: PoolClient,
  key: string,
  limits: Readonly<Record<string, number | null>>,
  options: PlanOptions = {},
): Promise<string> {
  const {
    price,
    seatPrice,
    trialDays = 0,
    graceDays = 14,
    isPublic = true,
    position = 50,
  } = options;
  const { rows } = await client.query<{ id: string }>(
    `insert into billing.subscription_plans (key, name, trial_days, grace_days, is_public, position)
     values ($1, initcap($1), $2, $3, $4, $5) returning id`,
    [key, trialDays, graceDays, isPublic, position],
  );
  const id = rows[0]?.id ?? '';
  await client.query(
    'insert into billing.plan_limits (plan_id, metric_key, limit_value) select $1, key, value::bigint from jsonb_each_text($2)',
    [id, JSON.stringify(limits)],
  );
  if (price !== undefined) {
    await client.query(
      `insert into billing.plan_prices (plan_id, billing_interval, currency, price, seat_price)
       values ($1, 'month', 'USD', $2, $3), ($1, 'year', 'USD', $2::numeric * 10, $3::numeric * 10)`,
      [id, price, seatPrice ?? null],
    );
  }
  return id;
}

/** The id of one of the first plans. */
export async function planOf(client: PoolClient, key: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select id from billing.subscription_plans where key = $1',
    [key],
  );
  return rows[0]?.id ?? '';
}

/** Puts an organization on a plan, by arrangement: no question of payment. */
export async function subscribe(
  client: PoolClient,
  organizationId: string,
  planId: string,
): Promise<void> {
  await client.query('select billing.start_subscription($1, $2, arranged => true)', [
    organizationId,
    planId,
  ]);
}

const SUBSCRIPTIONS = `
  select s.id, p.key as plan, s.status, s.billing_interval as interval, s.currency, s.price, s.seats, s.collection,
         lower(s.period) as starts, upper(s.period) as ends, s.ended_at as ended, s.trial_ends_at as "trialEnds",
         s.past_due_since as "pastDueSince", s.cancel_at_period_end as cancels, n.key as next
    from billing.subscriptions s
    join billing.subscription_plans p on p.id = s.plan_id
    left join billing.subscription_plans n on n.id = s.next_plan_id
   where s.organization_id = $1
   order by s.started_at, s.ended_at nulls last, s.id`;

const instant = (value: unknown) => (value instanceof Date ? value.toISOString() : value);

/** All subscriptions of an organization, the oldest first; times as ISO texts in UTC. */
export async function subscriptionsOf(
  client: PoolClient,
  organizationId: string,
): Promise<Subscription[]> {
  const { rows } = await client.query<Subscription>(SUBSCRIPTIONS, [organizationId]);
  return rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, instant(value)]),
      ) as Subscription,
  );
}

/** The current one. */
export async function subscriptionOf(
  client: PoolClient,
  organizationId: string,
): Promise<Subscription> {
  const current = (await subscriptionsOf(client, organizationId)).filter((one) => !one.ended);
  if (current.length !== 1) throw new Error(`There are ${current.length} current subscriptions.`);
  return current[0] as Subscription;
}

/** Adds a payment method, as the back office does after a report of the provider. */
export async function addPaymentMethod(
  client: PoolClient,
  organizationId: string,
  {
    reference = 'pm_1',
    expires = [12, 2099],
    makeDefault = false,
  }: {
    reference?: string;
    expires?: readonly [number, number];
    makeDefault?: boolean;
  } = {},
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select billing.save_payment_method($1, 'stripe', $2, 'card', 'visa', '4242', $3, $4, $5) as id`,
    [organizationId, reference, ...expires, makeDefault],
  );
  return rows[0]?.id ?? '';
}

/** The error that `work` fails with, undoing what it did; undefined when it succeeds. */
export async function refusal(
  client: PoolClient,
  work: () => Promise<unknown>,
): Promise<
  { code: string; field: string; message: string; hint: string; facts: unknown } | undefined
> {
  await client.query('savepoint attempt');
  try {
    await work();
    return undefined;
  } catch (error) {
    const { code, column, message, hint, detail } = error as Record<string, string>;
    return {
      code: code ?? '',
      field: column ?? '',
      message: message ?? '',
      hint: hint ?? '',
      facts: detail?.startsWith('{') ? JSON.parse(detail) : detail,
    };
  } finally {
    await client.query('rollback to savepoint attempt');
  }
}
