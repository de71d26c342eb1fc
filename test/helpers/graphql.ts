import '../../server/environment.ts';
import { beforeAll } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeSchema } from 'postgraphile';
import { getGrafastMiddleware, grafast } from 'postgraphile/grafast';
import { type GraphQLError, parse, type GraphQLSchema } from 'postgraphile/graphql';
import type { Database } from '../../db/connect.ts';
import type { Unexpected } from '../../plugins/errors/mask.ts';
import { enteredClientsWithin } from '../../server/adaptor.ts';
import { entryOf } from '../../server/caller.ts';
import { accessOf } from '../../server/operation.ts';
import type { PresetOptions } from '../../server/preset.ts';
import { presetOf } from '../../server/schema.ts';
import type { Caller } from './callers.ts';

type ErrorAnswer = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
};

/** An answer as a client gets it. */
export type Answer = {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever they asked for
  readonly data: any;
  readonly errors?: readonly ErrorAnswer[];
};

type Ask = (caller: Caller, source: string, variables?: Record<string, unknown>) => Promise<Answer>;

/** A transaction that is rolled back at the end. */
export type Within = {
  /** Runs an operation in it as somebody. */
  readonly ask: Ask;
  /** The same transaction as the database's owner, for what an operation does not say. */
  readonly client: PoolClient;
};

export type TestApi = {
  schema(): GraphQLSchema;
  /** Lets several operations work in one transaction. */
  within<T>(work: (transaction: Within) => Promise<T>): Promise<T>;
  /** Runs one operation and undoes it. */
  readonly ask: Ask;
  /** Errors that nobody foresaw, in the order in which they came. */
  readonly unexpected: readonly Unexpected[];
};

const STATEMENT_TIMEOUT = 30_000;

const callerOf = ({ userId, organizationId, sessionId, apiKey, requestId = 'test' }: Caller) => ({
  requestId,
  session: userId ? { userId, organizationId: organizationId ?? null, sessionId } : undefined,
  apiKey: apiKey === undefined ? undefined : { hash: apiKey },
});

/**
 * The real GraphQL API over a test database. Call it where `testDatabase` is called; the schema is there from `beforeAll` on.
 */
export function testApi(database: Database, options: Partial<PresetOptions> = {}): TestApi {
  const unexpected: Unexpected[] = [];
  let built: Awaited<ReturnType<typeof makeSchema>> | undefined;
  beforeAll(async () => {
    built = await makeSchema(
      presetOf(database, { report: (error) => unexpected.push(error), ...options }),
    );
  });
  const current = () => {
    if (!built) throw new Error('The schema is there from beforeAll on.');
    return built;
  };

  async function within<T>(work: (transaction: Within) => Promise<T>): Promise<T> {
    const { schema, resolvedPreset } = current();
    const client = await database.pool().connect();
    const withPgClient = enteredClientsWithin(client, STATEMENT_TIMEOUT);
    const ask: Ask = async (caller, source, variables = {}) => {
      const pgSettings = entryOf(callerOf(caller), accessOf(parse(source)));
      const { data, errors } = (await grafast({
        schema,
        source,
        variableValues: variables,
        contextValue: { pgSettings, withPgClient, client: caller.client },
        resolvedPreset: {} as never,
        middleware: getGrafastMiddleware(resolvedPreset),
      })) as { data?: unknown; errors?: readonly GraphQLError[] };
      const mask = resolvedPreset.grafserv?.maskError;
      const masked = errors?.map(
        (error) => JSON.parse(JSON.stringify(mask?.(error))) as ErrorAnswer,
      );
      return { data, ...(masked ? { errors: masked } : {}) };
    };
    try {
      await client.query('begin');
      return await work({ ask, client });
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  return {
    schema: () => current().schema,
    within,
    ask: (...operation) => within(({ ask }) => ask(...operation)),
    unexpected,
  };
}

/** The data of an answer that has to be without errors. */
export function dataOf({ data, errors }: Answer): Answer['data'] {
  if (errors) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
  return data;
}

/** The code and field of the one error that an answer has to have. */
export function errorOf({ errors }: Answer): { code: unknown; field?: unknown } {
  if (errors?.length !== 1) throw new Error(`Not one error: ${JSON.stringify(errors)}`);
  const { code, field } = errors[0]!.extensions;
  return field === undefined ? { code } : { code, field };
}
