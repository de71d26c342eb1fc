import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'postgraphile/graphql';

/** What a field costs, and how often what is below it counts. */
export type Weight = {
  readonly once: number;
  /** For each row, where it is a list. */
  readonly each: number;
  /**
   * `one`: a value or a row. `list`: several of them. `page`: a connection, whose rows are below the fields that are `rows`.
   */
  readonly below: 'one' | 'list' | 'page' | 'rows';
};

/** What has to be found in the database: a list, a row. */
const FETCHED = 1;
/** What has to be worked out: a function's answer, a count over all rows, an aggregate, a mutation. */
const COMPUTED = 10;
const NOTHING: Weight = { once: 0, each: 0, below: 'one' };

const isList = (field: GraphQLField<unknown, unknown>) => isListType(getNullableType(field.type));

const isConnection = ({ name }: GraphQLNamedType) => name.endsWith('Connection');

const isRow = (type: GraphQLNamedType) =>
  isAbstractType(type) ||
  (isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'));

function isRoot(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  return (
    type === schema.getQueryType() ||
    type === schema.getMutationType() ||
    type === schema.getSubscriptionType()
  );
}

function inConnection(field: GraphQLField<unknown, unknown>, type: GraphQLNamedType): Weight {
  if (isList(field)) return { once: 0, each: FETCHED, below: 'rows' };
  return type.name === 'PageInfo' ? NOTHING : { once: COMPUTED, each: 0, below: 'one' };
}

/** How much a field weighs. Only the schema's own types tell: whoever reads the schema can reckon the same. */
export function weightOf(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
): Weight {
  const type = getNamedType(field.type);
  if (parent.name.startsWith('__') || type.name.startsWith('__')) return NOTHING;
  if (isConnection(parent)) return inConnection(field, type);
  if (isLeafType(type) || parent.name.endsWith('Edge')) return NOTHING;
  if (isConnection(type)) return { once: FETCHED, each: 0, below: 'page' };
  const below = isList(field) ? 'list' : 'one';
  if (isRow(type)) {
    return below === 'list' ? { once: 0, each: FETCHED, below } : { once: FETCHED, each: 0, below };
  }
  // What is inside of something computed comes with it.
  return { once: isRoot(schema, parent) || isRow(parent) ? COMPUTED : 0, each: 0, below };
}
