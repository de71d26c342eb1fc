import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import { PgAggregatesPreset } from '@graphile/pg-aggregates';
import type { Pool } from 'pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';
import { ExplainAccessPlugin } from '../plugins/access/explain.ts';
import { KeyStatusPlugin } from '../plugins/accounts/key-status.ts';
import { AccountPlugin } from '../plugins/accounts/plugin.ts';
import { allowedValuesPlugin } from '../plugins/allowed-values.ts';
import { ArchivedPlugin } from '../plugins/archived.ts';
import { attemptsPlugin, type AttemptOptions } from '../plugins/attempts.ts';
import { BackRelationsPlugin } from '../plugins/back-relations.ts';
import { ChangesPlugin } from '../plugins/changes/plugin.ts';
import { CollisionsPlugin } from '../plugins/collisions.ts';
import { DescriptionsPlugin } from '../plugins/descriptions.ts';
import { emailTemplatePlugin } from '../plugins/email-templates/plugin.ts';
import { ConstraintColumns, constraintsPlugin } from '../plugins/errors/constraints.ts';
import { HttpErrorsPlugin } from '../plugins/errors/http.ts';
import { makeMaskError, type Unexpected } from '../plugins/errors/mask.ts';
import { NothingUpdatedPlugin } from '../plugins/errors/nothing-updated.ts';
import { FiltersPlugin } from '../plugins/filters.ts';
import { InflectionPlugin } from '../plugins/inflection.ts';
import { InternalFunctionsPlugin } from '../plugins/internal-functions.ts';
import { LookUpsPlugin } from '../plugins/look-ups.ts';
import { noteOperation, notesOf } from '../plugins/notes.ts';
import { PlainMutationsPlugin } from '../plugins/plain-mutations.ts';
import { providerSignInPlugin } from '../plugins/provider-sign-in/plugin.ts';
import { PlansPlugin } from '../plugins/plans/plugin.ts';
import type { RequestsOptions } from '../plugins/requests/plugin.ts';
import { RememberedBehaviorsPlugin } from '../plugins/remembered-behaviors.ts';
import { ScalarsPlugin } from '../plugins/scalars.ts';
import { SizesPlugin } from '../plugins/sizes.ts';
import { searchPlugin } from '../plugins/search/plugin.ts';
import { secondFactorPlugin } from '../plugins/second-factor/plugin.ts';
import { HiddenSessionFunctionsPlugin } from '../plugins/session/hidden.ts';
import type { SessionOptions } from '../plugins/session/outcome.ts';
import { sessionPlugin } from '../plugins/session/plugin.ts';
import type { AccessTokens } from '../plugins/session/tokens.ts';
import { TenantKeysPlugin } from '../plugins/tenant-keys.ts';
import type { MailLinks } from '../worker/marketing/links.ts';
import { VectorsPlugin } from '../plugins/vectors.ts';
import { makeService } from './adaptor.ts';
import { entryOf, type Caller } from './caller.ts';
import { documentPlugins, type DocumentOptions } from './documents.ts';
import type { EmbedQuery } from './embeddings/queries.ts';
import type { Encryption } from './encryption.ts';
import { accessOf } from './operation.ts';

/** Modules that clients have nothing to do with. */
const INTERNAL_MODULES = new Set(['platform', 'authz']);

/** The schemas of the API: one for each module. */
export const EXPOSED_SCHEMAS: readonly string[] = readdirSync(
  path.join(import.meta.dirname, '../db/modules'),
)
  .sort()
  .map((folder) => folder.replace(/^\d+_/, ''))
  .filter((module) => !INTERNAL_MODULES.has(module));

export type PresetOptions = {
  /** The pool of `callboard_authenticator`. */
  readonly pool: Pool;
  /** The pool whose connection listens for changes; absent: none are heard. */
  readonly listenPool?: Pool | undefined;
  readonly tokens: AccessTokens;
  /** Asked for when a second factor is set up or tried. */
  readonly encryption: () => Encryption;
  /** Asked for when the secret of reports about mails is told. */
  readonly mailLinks: () => MailLinks;
  readonly statementTimeoutMs: number;
  /** The cost of bcrypt; undefined: what the database says. */
  readonly passwordCost?: number | undefined;
  /** Days that a session lasts at most; undefined: what the database says. */
  readonly sessionDays?: number | undefined;
  /** Told about errors that nobody foresaw. */
  readonly report: (error: Unexpected) => void;
  /**
   * Finds out who sent a request.
   *
   * @throws SafeError UNAUTHENTICATED when the token is not valid
   */
  readonly callerOf: (request: Partial<Grafast.RequestContext>) => Caller;
  /**
   * Counts an attempt to get into an account; absent: they are not counted.
   *
   * @throws SafeError RATE_LIMITED when there were too many
   */
  readonly admitAttempt?: AttemptOptions['admit'] | undefined;
  /**
   * Counts the operations of a list beyond the first; absent: they are not counted.
   *
   * @throws SafeError RATE_LIMITED when there were too many
   */
  readonly admitMore?: RequestsOptions['admitMore'];
  /** Embeds what people search for; absent: the database does. */
  readonly embedQuery?: EmbedQuery | undefined;
  /** What clients may send; absent: what they may where nothing is set. */
  readonly documents?: DocumentOptions | undefined;
  /** Other schemas than those of the modules; for tests. */
  readonly schemas?: readonly string[] | undefined;
};

/** The GraphQL API: what PostGraphile makes of the database, and how. */
export function makePreset(options: PresetOptions): GraphileConfig.Preset {
  const {
    pool,
    listenPool,
    tokens,
    encryption,
    statementTimeoutMs,
    passwordCost,
    sessionDays,
    report,
  } = options;
  const constraints = new ConstraintColumns();
  const sessions: SessionOptions = {
    tokens,
    continueAs: (settings, session) => {
      const { requestId } = (settings as { caller: Caller }).caller;
      Object.assign(settings as object, entryOf({ requestId, session }, 'read write'));
    },
  };
  return {
    extends: [
      PostGraphileAmberPreset,
      PgSimplifyInflectionPreset,
      PostGraphileConnectionFilterPreset,
      PgAggregatesPreset,
    ],
    plugins: [
      RememberedBehaviorsPlugin,
      InflectionPlugin,
      CollisionsPlugin,
      TenantKeysPlugin,
      BackRelationsPlugin,
      ArchivedPlugin,
      LookUpsPlugin,
      InternalFunctionsPlugin,
      PlainMutationsPlugin,
      NothingUpdatedPlugin,
      constraintsPlugin(constraints),
      allowedValuesPlugin(constraints),
      FiltersPlugin,
      ScalarsPlugin,
      SizesPlugin,
      VectorsPlugin,
      ...documentPlugins(options.documents ?? {}, options.callerOf, options.admitMore),
      HttpErrorsPlugin,
      ...(options.admitAttempt ? [attemptsPlugin({ admit: options.admitAttempt })] : []),
      ChangesPlugin,
      ExplainAccessPlugin,
      PlansPlugin,
      HiddenSessionFunctionsPlugin,
      sessionPlugin(sessions),
      secondFactorPlugin({ ...sessions, encryption }),
      providerSignInPlugin(sessions),
      AccountPlugin,
      KeyStatusPlugin,
      emailTemplatePlugin({ mailLinks: options.mailLinks }),
      searchPlugin({ embedQuery: options.embedQuery }),
      DescriptionsPlugin,
    ],
    disablePlugins: [
      // `query` inside of everything, and an edge in each payload: for Relay Classic.
      'QueryQueryPlugin',
      'MutationPayloadQueryPlugin',
      'PgMutationPayloadEdgePlugin',
      // `filter` does what `condition` does.
      'PgConditionArgumentPlugin',
      'PgConditionCustomFieldsPlugin',
      // A type for each pair of tables.
      'PgConnectionArgFilterBackwardRelationsPlugin',
    ],
    gather: { pgStrictFunctions: true },
    schema: {
      dontSwallowErrors: true,
      pgSimplifyPatch: true,
      pgSimplifyAllRows: true,
      pgShortPk: true,
      pgSimplifyMultikeyRelations: true,
      connectionFilterRelations: false,
      connectionFilterComputedColumns: false,
      connectionFilterSetofFunctions: false,
      connectionFilterArrays: true,
      // Lists are connections; aggregates cost types, so a table asks for them with `@aggregates on`.
      defaultBehavior:
        '-list -aggregates -aggregates:filterBy -aggregates:orderBy -aggregate -aggregate:filterBy -aggregate:orderBy',
    },
    grafast: {
      context(request, { document, operationName }) {
        const caller = options.callerOf(request);
        if (request.node) noteOperation(notesOf(request.node.req), document, operationName);
        return {
          // Handed on to the adaptor as it is.
          pgSettings: entryOf(caller, accessOf(document, operationName)) as never,
          sessionExpiresAt: caller.session?.expiresAt,
          client: { ...caller.client, passwordCost, sessionDays },
        };
      },
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphqlOverGET: true,
      graphiql: false,
      graphiqlOnGraphQLGET: false,
      allowedRequestContentTypes: ['application/json'],
      outputDataAsString: true,
      // The server has its own: with limits.
      websockets: false,
      maskError: makeMaskError(constraints, report),
    },
    pgServices: [
      makeService({
        pool,
        listenPool,
        statementTimeoutMs,
        schemas: options.schemas ?? EXPOSED_SCHEMAS,
      }),
    ],
  };
}
