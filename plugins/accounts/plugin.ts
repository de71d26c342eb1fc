import { constant, context, lambda, object, type FieldArgs, type Step } from 'postgraphile/grafast';
import { withPgClient, type PgClient } from 'postgraphile/@dataplan/pg';
import { extendSchema } from 'postgraphile/utils';
import { unlessRefused, type Refusal } from '../errors/refusal.ts';
import { callFunction, type AccountCall } from '../session/call.ts';
import type { Sender } from '../session/client.ts';
import { accountTypes } from './documentation.ts';

type AccountMutation = AccountCall & {
  /** Makes the payload of what the function answers. */
  readonly payload: (answer: unknown) => Readonly<Record<string, unknown>>;
};

/** What a function that ends sessions and may refuse answers. */
type Ended = { readonly sessions_ended: number };

const MUTATIONS: Readonly<Record<string, AccountMutation>> = {
  signOutEverywhere: {
    function: 'identity.sign_out_everywhere',
    arguments: ['keepCurrent'],
    payload: (sessionsEnded) => ({ sessionsEnded }),
  },
  revokeSession: {
    function: 'identity.revoke_session',
    arguments: ['rowId'],
    payload: (revoked) => ({ revoked }),
  },
  requestEmailVerification: {
    function: 'identity.request_email_verification',
    arguments: [],
    payload: (requested) => ({ requested }),
  },
  requestEmailChange: {
    function: 'identity.request_email_change',
    arguments: ['newEmail', 'password'],
    payload: () => ({ requested: true }),
  },
  verifyEmail: {
    function: 'identity.verify_email',
    arguments: ['token'],
    payload: (email) => ({ email }),
  },
  requestPasswordReset: {
    function: 'identity.request_password_reset',
    arguments: ['email'],
    payload: (requested) => ({ requested }),
  },
  resetPassword: {
    function: 'identity.reset_password',
    arguments: ['token', 'password'],
    payload: (sessionsEnded) => ({ sessionsEnded }),
  },
  changePassword: {
    function: 'identity.change_password',
    arguments: ['currentPassword', 'newPassword'],
    payload: (answer) => ({ sessionsEnded: (answer as Ended).sessions_ended }),
  },
  deleteMyAccount: {
    function: 'identity.delete_my_account',
    arguments: ['password'],
    payload: () => ({ deleted: true }),
  },
};

const SESSIONS = `
  select jsonb_build_object(
           'rowId', s.row_id, 'device', s.device, 'address', s.address, 'userAgent', s.user_agent,
           'createdAt', s.created_at, 'lastUsedAt', s.last_used_at, 'expiresAt', s.expires_at,
           'isCurrent', s.is_current) as session
    from identity.list_sessions() s`;

async function sessionsOf(client: PgClient): Promise<unknown[]> {
  const { rows } = await client.query<{ session: unknown }>({ text: SESSIONS });
  return rows.map(({ session }) => session);
}

type Request = {
  readonly input: Readonly<Record<string, unknown>> | null | undefined;
  readonly sender: Sender | null | undefined;
};

/** What people do with their own account: sessions, e-mail address, password, and its end. */
export const AccountPlugin: GraphileConfig.Plugin = extendSchema((build) => {
  const executor = build.pgExecutor;

  const planMutation =
    ({ payload, ...call }: AccountMutation) =>
    (_: Step, fieldArgs: FieldArgs) => {
      const $request = object({
        input: call.arguments.length > 0 ? fieldArgs.getRaw('input') : constant(null),
        sender: context().get('client' as never) as Step,
      });
      const $answer = withPgClient(executor, $request, (client, request) => {
        const { input, sender } = request as Request;
        return callFunction<{ refusal?: Refusal | null }>(client, call, input, sender);
      });
      $answer.hasSideEffects = true;
      // After the commit, which an error inside would undo.
      const $payload = lambda($answer, (answer) => payload(unlessRefused(answer)));
      $payload.hasSideEffects = true;
      return $payload;
    };

  return {
    typeDefs: accountTypes,
    objects: {
      Query: {
        plans: {
          sessions: () => withPgClient(executor, constant(null), sessionsOf),
        },
      },
      Mutation: {
        plans: Object.fromEntries(
          Object.entries(MUTATIONS).map(([name, mutation]) => [name, planMutation(mutation)]),
        ),
      },
    },
  };
}, 'CallboardAccountPlugin');
