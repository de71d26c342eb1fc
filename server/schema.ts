import './environment.ts';
import { makeSchema } from 'postgraphile';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'postgraphile/graphql';
import type { Database } from '../db/connect.ts';
import { AccessTokens } from '../plugins/session/tokens.ts';
import { makePreset, type PresetOptions } from './preset.ts';

/** The preset for who wants the schema, not a server: nobody calls. */
export function presetOf(database: Database, options: Partial<PresetOptions> = {}) {
  return makePreset({
    pool: database.pool('callboard_authenticator'),
    tokens: new AccessTokens('nothing is signed with this secret', 1),
    encryption: () => {
      throw new Error('Nothing is encrypted without a server.');
    },
    mailLinks: () => {
      throw new Error('Nothing is signed without a server.');
    },
    statementTimeoutMs: 30_000,
    callerOf: () => ({ requestId: 'schema' }),
    report: ({ error }) => {
      throw error;
    },
    ...options,
  });
}

/** Builds the GraphQL schema of a migrated database. */
export async function buildSchema(
  database: Database,
  options: Partial<PresetOptions> = {},
): Promise<GraphQLSchema> {
  const { schema } = await makeSchema(presetOf(database, options));
  return schema;
}

/** The schema as SDL, in an order that does not depend on when tables were made. */
export const printedSchema = (schema: GraphQLSchema): string =>
  `${printSchema(lexicographicSortSchema(schema))}\n`;
