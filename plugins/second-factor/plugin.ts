import {
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
import type { Encryption } from '../../server/encryption.ts';
import { unlessRefused, type Refusal } from '../errors/refusal.ts';
import type { RequestClient } from '../session/client.ts';
import { planMe } from '../session/me.ts';
import { planOutcome, type SessionOptions, type SessionOutcome } from '../session/outcome.ts';
import { asServer } from './as-server.ts';
import { secondFactorTypes } from './documentation.ts';
import { newEnrollment } from './totp.ts';
import { checkCode, secretPlace } from './verify.ts';

export type SecondFactorOptions = SessionOptions & {
  /** Asked for when a secret is written or read. */
  readonly encryption: () => Encryption;
};

type Answer = { readonly refusal?: Refusal | null; readonly [field: string]: unknown };
type Work = (server: PgClient, input: Readonly<Record<string, string | null>>) => Promise<Answer>;

/** The one row that a call returns, as `to_jsonb` writes it. */
async function callSql(server: PgClient, call: string, values: unknown[]): Promise<Answer> {
  const { rows } = await server.query<{ answer: Answer }>({
    text: `select to_jsonb(answer) as answer from ${call} as answer`,
    values,
  });
  const answer = rows[0]?.answer;
  if (!answer) throw new Error(`${call} returned nothing.`);
  return answer;
}

/** The refusal that a call returns, if any. */
async function refusalOf(server: PgClient, call: string, values: unknown[]): Promise<Answer> {
  const { rows } = await server.query<{ refusal: Refusal | null }>({
    text: `select ${call} as refusal`,
    values,
  });
  return { refusal: rows[0]?.refusal ?? null };
}

const OWN_FACTOR = { text: 'select * from identity.read_second_factor()', values: [] };

async function statusOf(client: PgClient) {
  const { rows } = await client.query({
    text: `select is_enabled as "isEnabled", to_jsonb(confirmed_at) as "confirmedAt",
                  recovery_codes_left as "recoveryCodesLeft"
             from identity.second_factor_status()`,
  });
  return rows[0] ?? null;
}

/**
 * `enrollSecondFactor`, `confirmSecondFactor`, `disableSecondFactor`, `regenerateRecoveryCodes`, `completeSignIn` and
 * `me.secondFactor`. Codes are checked here, because the key of the secrets is not in the database; what is true of
 * accounts, steps and tries is kept there.
 */
export const secondFactorPlugin = (options: SecondFactorOptions): GraphileConfig.Plugin =>
  extendSchema((build) => {
    const executor = build.pgExecutor;
    const { encryption } = options;

    /** A mutation whose work is one transaction as the server; a refusal becomes an error after the commit. */
    const planWork = (work: Work) => (_: Step, fieldArgs: FieldArgs) => {
      const $request = object({
        input: fieldArgs.getRaw('input'),
        sender: context().get('client' as never) as Step,
      });
      const $answer = withPgClient(executor, $request, async (client, request) => {
        const { input, sender } = request as {
          input: Readonly<Record<string, string | null>>;
          sender: RequestClient | null;
        };
        return asServer(client, sender, (server) => work(server, input));
      });
      $answer.hasSideEffects = true;
      const $accepted = lambda($answer, (answer) => unlessRefused(answer));
      $accepted.hasSideEffects = true;
      return object({
        uri: get($accepted, 'uri'),
        secret: get($accepted, 'secret'),
        recoveryCodes: get($accepted, 'recovery_codes'),
      });
    };

    const enroll: Work = async (server, { password }) => {
      const { rows } = await server.query<{ id: string | null; email: string | null }>({
        text: 'select user_id as id, email from identity.read_caller()',
      });
      const { id, email } = rows[0] ?? {};
      const { uri, secret } = newEnrollment(email ?? '');
      const encrypted = encryption().encrypt(secret, secretPlace(id ?? ''));
      const { refusal } = await refusalOf(server, 'identity.enroll_second_factor($1, $2)', [
        encrypted,
        password ?? null,
      ]);
      return refusal ? { refusal } : { uri, secret };
    };

    const confirm: Work = async (server, { code }) => {
      const { step } = await checkCode(server, encryption(), OWN_FACTOR, code ?? '');
      return callSql(server, 'identity.confirm_second_factor($1)', [step]);
    };

    const disable: Work = async (server, { code, password }) => {
      const checked = await checkCode(server, encryption(), OWN_FACTOR, code ?? '');
      return refusalOf(server, 'identity.disable_second_factor($1, $2, $3)', [
        checked.step,
        checked.recoveryCode,
        password ?? null,
      ]);
    };

    const regenerate: Work = async (server, { code }) => {
      const { step, recoveryCode } = await checkCode(server, encryption(), OWN_FACTOR, code ?? '');
      return callSql(server, 'identity.regenerate_recovery_codes($1, $2)', [step, recoveryCode]);
    };

    return {
      typeDefs: secondFactorTypes,
      objects: {
        Mutation: {
          plans: {
            enrollSecondFactor: planWork(enroll),
            confirmSecondFactor: planWork(confirm),
            disableSecondFactor: planWork(disable),
            regenerateRecoveryCodes: planWork(regenerate),
            completeSignIn: (_: Step, fieldArgs: FieldArgs) =>
              planOutcome(executor, options, fieldArgs.getRaw('input'), (client, input, sender) =>
                asServer(client, sender, async (server) => {
                  const challenge = String(input['challenge']);
                  const { step, recoveryCode } = await checkCode(
                    server,
                    encryption(),
                    { text: 'select * from identity.read_challenge($1)', values: [challenge] },
                    String(input['code']),
                  );
                  return (await callSql(server, 'identity.finish_challenge($1, $2, $3)', [
                    challenge,
                    step,
                    recoveryCode,
                  ])) as unknown as SessionOutcome;
                }),
              ),
          },
        },
        RecoveryCodesPayload: { plans: { me: () => planMe(executor) } },
        DisableSecondFactorPayload: { plans: { me: () => planMe(executor) } },
        Me: {
          plans: { secondFactor: () => withPgClient(executor, constant(null), statusOf) },
        },
      },
    };
  }, 'CallboardSecondFactorPlugin');
