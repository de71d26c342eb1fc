import {
  access,
  constant,
  context,
  get,
  lambda,
  object,
  type FieldArgs,
  type Step,
} from 'postgraphile/grafast';
import { withPgClient, type PgClient } from 'postgraphile/@dataplan/pg';
import { extendSchema } from 'postgraphile/utils';
import { unlessRefused, type Refusal } from '../errors/refusal.ts';
import { sessionTypes } from './documentation.ts';
import { clientSetting, type RequestClient } from './client.ts';
import type { AccessTokens, TokenHolder } from './tokens.ts';

/** What the SQL functions that open or continue a session return. */
type SessionGrant = {
  readonly user_id: string;
  readonly organization_id: string | null;
  readonly session_id: string;
  readonly refresh_token: string;
  readonly refresh_token_expires_at: string;
};

/** A session, or why there is none. */
type SessionOutcome = SessionGrant | { readonly refusal: Refusal };

type Input = Readonly<Record<string, unknown>>;

/** A mutation that ends with a session: the SQL function, and the fields of the input that are its arguments. */
const SESSION_MUTATIONS = {
  signUp: {
    function: 'identity.sign_up',
    arguments: ['email', 'password', 'name', 'organizationName', 'device'],
  },
  signIn: {
    function: 'identity.sign_in',
    arguments: ['email', 'password', 'organizationId', 'device'],
  },
  refreshSession: { function: 'identity.refresh_session', arguments: ['refreshToken'] },
  switchOrganization: { function: 'identity.switch_organization', arguments: ['organizationId'] },
} as const;

type Request = {
  readonly input: Input;
  readonly settings: unknown;
  readonly client: RequestClient | null | undefined;
};

/** An input field as an argument. JSON goes as text: `pg` would make an array of Postgres of a list. */
const argumentOf = (name: string, value: unknown): unknown =>
  value == null ? null : name === 'device' ? JSON.stringify(value) : value;

export type SessionOptions = {
  readonly tokens: AccessTokens;
  /** Makes the rest of an operation act as `holder`, by changing the settings that its transactions are entered with. */
  readonly continueAs: (settings: unknown, holder: TokenHolder) => void;
};

function sessionOf(grant: SessionGrant, tokens: AccessTokens) {
  const issued = tokens.issue(holderOf(grant));
  return {
    accessToken: issued.token,
    accessTokenExpiresAt: issued.expiresAt.toISOString(),
    refreshToken: grant.refresh_token,
    refreshTokenExpiresAt: grant.refresh_token_expires_at,
    organizationId: grant.organization_id,
  };
}

const holderOf = (grant: SessionGrant): TokenHolder => ({
  userId: grant.user_id,
  organizationId: grant.organization_id,
  sessionId: grant.session_id,
});

async function callerOf(client: PgClient) {
  const { rows } = await client.query<Record<string, unknown>>({
    text: `select user_id as "userId", email, name, organization_id as "organizationId", role,
                  coalesce(permissions, '{}') as permissions, organizations
             from identity.me()`,
  });
  return rows[0] ?? null;
}

/** `signUp`, `signIn`, `refreshSession`, `switchOrganization`, `signOut` and `me`. */
export const sessionPlugin = ({ tokens, continueAs }: SessionOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const executor = build.pgExecutor;
    const { users, organizations } = build.pgResources;

    const $me = () => withPgClient(executor, constant(null), callerOf);

    const planSession =
      (name: keyof typeof SESSION_MUTATIONS) => (_: Step, fieldArgs: FieldArgs) => {
        const { function: sqlFunction, arguments: names } = SESSION_MUTATIONS[name];
        const placeholders = names.map((_name, index) => `$${index + 2}`).join(', ');
        const $request = object({
          input: fieldArgs.getRaw('input'),
          settings: context().get('pgSettings' as never) as Step,
          client: context().get('client' as never) as Step,
        });
        const $outcome = withPgClient(executor, $request, async (client, request) => {
          const { input, settings, client: sender } = request as Request;
          const { rows } = await client.query<{ outcome: SessionOutcome | null }>({
            text: `select set_config('callboard.client', $1, true), to_jsonb(${sqlFunction}(${placeholders})) as outcome`,
            values: [clientSetting(sender), ...names.map((name) => argumentOf(name, input[name]))],
          });
          const outcome = rows[0]?.outcome;
          if (!outcome) throw new Error(`${sqlFunction} returned nothing.`);
          if ('user_id' in outcome && outcome.user_id) continueAs(settings, holderOf(outcome));
          return outcome;
        });
        $outcome.hasSideEffects = true;
        // After the commit, which an error inside would undo.
        const $session = lambda($outcome, (outcome) =>
          sessionOf(unlessRefused(outcome as SessionGrant & { refusal?: Refusal }), tokens),
        );
        $session.hasSideEffects = true;
        return object({ session: $session });
      };

    return {
      typeDefs: sessionTypes,
      objects: {
        Query: { plans: { me: $me } },
        Mutation: {
          plans: {
            signUp: planSession('signUp'),
            signIn: planSession('signIn'),
            refreshSession: planSession('refreshSession'),
            switchOrganization: planSession('switchOrganization'),
            signOut() {
              const $ended = withPgClient(executor, constant(null), async (client) => {
                const { rows } = await client.query<{ ended: boolean }>({
                  text: 'select identity.sign_out() as ended',
                });
                return rows[0]?.ended ?? false;
              });
              $ended.hasSideEffects = true;
              return object({ signedOut: $ended });
            },
          },
        },
        SessionPayload: { plans: { session: ($payload) => get($payload, 'session'), me: $me } },
        Me: {
          plans: {
            user: ($caller: Step) => users!.get({ id: access($caller, 'userId') }),
            organization: ($caller: Step) =>
              organizations!.get({ id: access($caller, 'organizationId') }),
          },
        },
      },
    };
  }, 'CallboardSessionPlugin');
