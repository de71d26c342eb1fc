import { SafeError, type Step } from 'postgraphile/grafast';
import {
  getNullableType,
  isInputObjectType,
  isListType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
} from 'postgraphile/graphql';

/** Makes a condition of what a filter says; undefined: none. */
type Through = (query: unknown, value: unknown, ...more: unknown[]) => unknown;

type FilterArgument = { apply($rows: Step, through: Through): void };

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** Whether a filter says nothing, so that it leaves out nothing either. */
const saysNothing = (value: unknown): boolean =>
  value == null || (typeof value === 'object' && isEmpty(value));

function refuse(path: string, value: unknown): never {
  throw new SafeError(value === null ? `${path} is null.` : `${path} is empty.`, {
    code: 'INVALID_INPUT',
    field: path,
    hint:
      value === null
        ? 'To ask for values that are not there, say isNull: true.'
        : 'Leave it out, or say what to look for.',
  });
}

/**
 * Refuses a filter that has null, or an object without anything, inside: of these one cannot say whether they are to leave out
 * nothing or everything.
 *
 * @param isFilter whether a type is one of filters; what is inside of others, such as JSON, is a value and may be anything
 * @throws SafeError INVALID_INPUT with the path
 */
function check(
  type: GraphQLInputType,
  value: unknown,
  path: string,
  isFilter: (type: GraphQLInputObjectType) => boolean,
): void {
  if (value === undefined) return;
  const nullable = getNullableType(type);
  if (value === null) refuse(path, value);
  if (isListType(nullable)) {
    (value as readonly unknown[]).forEach((item, index) =>
      check(nullable.ofType, item, `${path}.${index}`, isFilter),
    );
  } else if (isInputObjectType(nullable) && isFilter(nullable)) {
    if (isEmpty(value)) refuse(path, value);
    const fields = nullable.getFields();
    for (const [name, part] of Object.entries(value)) {
      const field = fields[name];
      if (field) check(field.type, part, `${path}.${name}`, isFilter);
    }
  }
}

/**
 * A filter that is null or empty is none, as with a variable that was left out. One that has something of the kind inside is refused,
 * and the error says where.
 */
export const FiltersPlugin: GraphileConfig.Plugin = {
  name: 'CallboardFiltersPlugin',
  description: 'Takes empty filters for none, and says where a filter is wrong.',
  version: '1.0.0',
  after: ['PgConnectionArgFilterPlugin'],
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args_arg(arg, build, { scope }) {
        const { isPgFieldConnection, isPgFieldSimpleCollection, argName } = scope;
        const { applyPlan } = arg;
        if (!(isPgFieldConnection || isPgFieldSimpleCollection) || argName !== 'filter') return arg;
        if (!applyPlan) return arg;
        const isFilter = (type: GraphQLInputObjectType): boolean => {
          const scopeOfType: GraphileBuild.ScopeInputObject | undefined =
            build.scopeByType.get(type);
          return Boolean(
            scopeOfType?.isPgConnectionFilter ?? scopeOfType?.pgConnectionFilterOperators,
          );
        };
        return {
          ...arg,
          applyPlan($parent, $rows, argument, info) {
            const { type } = arg;
            const checked: FilterArgument = {
              apply: ($select, through) =>
                (argument as unknown as FilterArgument).apply($select, (query, value, ...more) => {
                  if (saysNothing(value)) return undefined;
                  check(type, value, 'filter', isFilter);
                  return through(query, value, ...more);
                }),
            };
            return applyPlan($parent, $rows, checked as unknown as typeof argument, info);
          },
        };
      },
    },
  },
};
