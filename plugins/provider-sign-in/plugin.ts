import { access, context, lambda, object, type FieldArgs, type Step } from 'postgraphile/grafast';
import { withPgClient } from 'postgraphile/@dataplan/pg';
import { extendSchema } from 'postgraphile/utils';
import { unlessRefused, type Refusal } from '../errors/refusal.ts';
import { clientSetting, type RequestClient } from '../session/client.ts';
import {
  planOutcome,
  type Input,
  type SessionOptions,
  type SessionOutcome,
} from '../session/outcome.ts';
import { providerSignInTypes } from './documentation.ts';

type Linked = {
  readonly linked_account_id?: string | null;
  readonly refusal?: Refusal | null;
};

const DEVICE = (value: unknown) => (value == null ? null : JSON.stringify(value));

/** `exchangeSignInCode` and `linkAccount`: what the codes of `server/sign-in/routes.ts` are for. */
export const providerSignInPlugin = (options: SessionOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const executor = build.pgExecutor;
    const { linked_accounts: linkedAccounts } = build.pgResources;
    return {
      typeDefs: providerSignInTypes,
      objects: {
        Mutation: {
          plans: {
            exchangeSignInCode: (_: Step, fieldArgs: FieldArgs) =>
              planOutcome(
                executor,
                options,
                fieldArgs.getRaw('input'),
                async (client, { code, codeVerifier, organizationId, device }, sender) => {
                  const { rows } = await client.query<{ outcome: SessionOutcome }>({
                    text: `select set_config('callboard.client', $1, true),
                                  to_jsonb(identity.exchange_sign_in_code($2, $3, $4, $5)) as outcome`,
                    values: [
                      ...[clientSetting(sender), code, codeVerifier ?? null],
                      ...[organizationId ?? null, DEVICE(device)],
                    ],
                  });
                  if (!rows[0]) throw new Error('exchange_sign_in_code returned nothing.');
                  return rows[0].outcome;
                },
              ),
            linkAccount(_: Step, fieldArgs: FieldArgs) {
              const $request = object({
                input: fieldArgs.getRaw('input'),
                sender: context().get('client' as never) as Step,
              });
              const $linked = withPgClient(executor, $request, async (client, request) => {
                const { input, sender } = request as { input: Input; sender: RequestClient | null };
                const { rows } = await client.query<{ linked: Linked }>({
                  text: `select set_config('callboard.client', $1, true),
                                to_jsonb(identity.link_account($2, $3, $4)) as linked`,
                  values: [
                    ...[clientSetting(sender), input['code'], input['codeVerifier']],
                    input['password'] ?? null,
                  ],
                });
                return rows[0]?.linked ?? {};
              });
              $linked.hasSideEffects = true;
              const $id = lambda($linked, (linked) => unlessRefused(linked).linked_account_id);
              $id.hasSideEffects = true;
              return object({ linkedAccountId: $id });
            },
          },
        },
        LinkAccountPayload: {
          plans: {
            linkedAccount: ($payload: Step) =>
              linkedAccounts!.get({ id: access($payload, 'linkedAccountId') }),
          },
        },
      },
    };
  }, 'CallboardProviderSignInPlugin');
