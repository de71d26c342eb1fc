import { constant, type Step } from 'postgraphile/grafast';
import { withPgClient, type PgClient, type PgExecutor } from 'postgraphile/@dataplan/pg';

async function callerOf(client: PgClient) {
  const { rows } = await client.query<Record<string, unknown>>({
    text: `select user_id as "userId", email, email_verified as "emailVerified", name, organization_id as "organizationId", role,
                  coalesce(permissions, '{}') as permissions, organizations
             from identity.me()`,
  });
  return rows[0] ?? null;
}

/** Plans `me`: who is calling, or null. */
export const planMe = (executor: PgExecutor): Step =>
  withPgClient(executor, constant(null), callerOf);
