import {
  isScalarType,
  parse,
  validate as validateDocument,
  type GraphQLError,
  type GraphQLSchema,
} from 'postgraphile/graphql';

/** What a scalar of the schema makes of a value. */
export function parseValue(schema: GraphQLSchema, name: string, value: unknown): unknown {
  const type = schema.getType(name);
  if (!isScalarType(type)) throw new Error(`${name} is no scalar of the schema.`);
  return type.parseValue(value);
}

/** What is wrong with a document before it runs. */
export const validate = (schema: GraphQLSchema, source: string): readonly GraphQLError[] =>
  validateDocument(schema, parse(source));
