import { context, lambda, object, type Step } from 'postgraphile/grafast';
import { withPgClient, type PgClient, type PgExecutor } from 'postgraphile/@dataplan/pg';
import { unlessRefused, type Refusal } from '../errors/refusal.ts';
import type { Sender } from './client.ts';
import type { AccessTokens, TokenHolder } from './tokens.ts';

/** What the SQL functions that open or continue a session return, as `to_jsonb` writes it. */
export type SessionOutcome = {
  readonly user_id: string | null;
  readonly organization_id: string | null;
  readonly session_id: string;
  readonly refresh_token: string;
  readonly refresh_token_expires_at: string;
  /** Instead of a session: a second factor is asked for. */
  readonly challenge?: { readonly token: string; readonly expires_at: string } | null;
  /** Instead of a session: why there is none. */
  readonly refusal?: Refusal | null;
};

export type SessionOptions = {
  readonly tokens: AccessTokens;
  /** Makes the rest of an operation act as `holder`, by changing the settings that its transactions are entered with. */
  readonly continueAs: (settings: unknown, holder: TokenHolder) => void;
};

/** The fields of a mutation's input. */
export type Input = Readonly<Record<string, unknown>>;

type Request = {
  readonly input: Input;
  readonly settings: unknown;
  readonly sender: Sender | null | undefined;
};

/** Asks the database, in whatever transactions it takes. */
export type Opening = (
  client: PgClient,
  input: Input,
  sender: Sender | null | undefined,
) => Promise<SessionOutcome>;

const holderOf = (outcome: SessionOutcome & { readonly user_id: string }): TokenHolder => ({
  userId: outcome.user_id,
  organizationId: outcome.organization_id,
  sessionId: outcome.session_id,
});

/** What a payload shows of an outcome: the session, or the challenge that comes before it. */
function shown(outcome: SessionOutcome, tokens: AccessTokens) {
  const { user_id: userId, challenge } = outcome;
  if (challenge) {
    return {
      session: null,
      challenge: { token: challenge.token, expiresAt: challenge.expires_at },
    };
  }
  if (!userId) throw new Error('Neither a session nor a challenge nor a refusal came back.');
  const issued = tokens.issue(holderOf({ ...outcome, user_id: userId }));
  return {
    session: {
      accessToken: issued.token,
      accessTokenExpiresAt: issued.expiresAt.toISOString(),
      refreshToken: outcome.refresh_token,
      refreshTokenExpiresAt: outcome.refresh_token_expires_at,
      organizationId: outcome.organization_id,
    },
    challenge: null,
  };
}

/**
 * Plans a mutation that ends with a session: `open` asks the database for it, what follows in the operation acts in it, and
 * a refusal becomes an error after the commit, which an error inside would undo.
 *
 * @returns a step with `session` and `challenge`
 */
export function planOutcome(
  executor: PgExecutor,
  { tokens, continueAs }: SessionOptions,
  $input: Step,
  open: Opening,
): Step {
  const $request = object({
    input: $input,
    settings: context().get('pgSettings' as never) as Step,
    sender: context().get('client' as never) as Step,
  });
  const $outcome = withPgClient(executor, $request, async (client, request) => {
    const { input, settings, sender } = request as Request;
    const outcome = await open(client, input, sender);
    const { user_id: userId } = outcome;
    if (userId) continueAs(settings, holderOf({ ...outcome, user_id: userId }));
    return outcome;
  });
  $outcome.hasSideEffects = true;
  const $shown = lambda($outcome, (outcome) => shown(unlessRefused(outcome), tokens));
  $shown.hasSideEffects = true;
  return $shown;
}
