import { access, constant, get, object, type FieldArgs, type Step } from 'postgraphile/grafast';
import { withPgClient } from 'postgraphile/@dataplan/pg';
import { extendSchema } from 'postgraphile/utils';
import { callFunction } from './call.ts';
import { sessionTypes } from './documentation.ts';
import { planMe } from './me.ts';
import { planOutcome, type SessionOptions } from './outcome.ts';

/** A mutation that ends with a session: the SQL function, and the fields of the input that are its arguments. */
const SESSION_MUTATIONS = {
  signUp: {
    function: 'identity.sign_up',
    arguments: ['email', 'password', 'name', 'organizationName', 'device', 'invitationToken'],
  },
  signIn: {
    function: 'identity.sign_in',
    arguments: ['email', 'password', 'organizationId', 'device'],
  },
  refreshSession: { function: 'identity.refresh_session', arguments: ['refreshToken'] },
  switchOrganization: { function: 'identity.switch_organization', arguments: ['organizationId'] },
} as const;

/** `signUp`, `signIn`, `refreshSession`, `switchOrganization`, `signOut` and `me`. */
export const sessionPlugin = (options: SessionOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const executor = build.pgExecutor;
    const { users, organizations } = build.pgResources;

    const $me = () => planMe(executor);

    const planSession =
      (name: keyof typeof SESSION_MUTATIONS) => (_: Step, fieldArgs: FieldArgs) => {
        const $outcome = planOutcome(
          executor,
          options,
          fieldArgs.getRaw('input'),
          (client, input, sender) => callFunction(client, SESSION_MUTATIONS[name], input, sender),
        );
        return object({ session: get($outcome, 'session'), challenge: get($outcome, 'challenge') });
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
        SignInPayload: {
          plans: {
            session: ($payload) => get($payload, 'session'),
            challenge: ($payload) => get($payload, 'challenge'),
            me: $me,
          },
        },
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
