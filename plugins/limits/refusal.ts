import { GraphQLError, type ASTNode } from 'postgraphile/graphql';
import type { Measure } from './limits.ts';

/** What is too much: which limit, what it is, and what was sent. */
export type Excess = {
  readonly measure: Measure;
  readonly limit: number;
  /** At least: who counts may stop when it is too much. */
  readonly value: number;
};

const WORDS: Readonly<Record<Measure, (value: number) => string>> = {
  depth: (value) => `The operation has ${value} levels of fields`,
  cost: (value) => `The operation costs ${value} points`,
  fields: (value) => `The operation has ${value} fields with its fragments written out`,
  rootFields: (value) => `The operation has ${value} fields on its first level`,
  aliases: (value) => `The operation has ${value} aliases`,
  directives: (value) => `The operation has ${value} directives`,
  conditions: (value) => `The operation has ${value} conditions in filters and orders`,
  inputDepth: (value) => `A value has ${value} levels of lists and objects`,
  inputKeys: (value) => `An object in a variable has ${value} keys`,
  tokens: (value) => `The document has ${value} tokens or more`,
  fragments: (value) => `The document has ${value} fragments`,
  operations: (value) => `The document has ${value} operations`,
  pageSize: (value) => `A list is to have ${value} rows`,
  batch: (value) => `The request is a list of ${value} operations`,
  subscriptions: (value) => `The caller would have ${value} subscriptions open`,
};

/** What clients read about it. */
export const messageOf = ({ measure, limit, value }: Excess): string =>
  `${WORDS[measure](value)}; at most ${limit} ${limit === 1 ? 'is' : 'are'} allowed.`;

/** `extensions` of the error. */
export const extensionsOf = ({ measure, limit, value }: Excess) => ({
  code: 'QUERY_LIMIT_EXCEEDED' as const,
  measure,
  limit,
  value,
});

/** The error for what is too much. */
export const refusal = (excess: Excess, node?: ASTNode): GraphQLError =>
  new GraphQLError(messageOf(excess), {
    ...(node ? { nodes: node } : {}),
    extensions: extensionsOf(excess),
  });
