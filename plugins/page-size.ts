import {
  constant,
  ConstantStep,
  lambda,
  SafeError,
  type ConnectionStep,
  type Step,
} from 'postgraphile/grafast';
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import type { PageSizes } from './limits/rows.ts';

type Count = number | null | undefined;

type Rows = ConnectionStep<unknown> | PgSelectStep;

/** Whether the step is a value that the document spells out, so that nothing is left to do when it runs. */
const isWritten = ($step: Step): $step is ConstantStep<Count> => $step instanceof ConstantStep;

/** Reads `first` and `last`. */
function counting({ standard, most }: PageSizes) {
  /** @throws SafeError PAGE_TOO_LARGE, or INVALID_INPUT for less than none */
  function checked(count: Count, argument: 'first' | 'last'): Count {
    if (count == null || (count >= 0 && count <= most)) return count;
    const isTooLarge = count > most;
    throw new SafeError(`${argument} is ${count}, but a page has 0 to ${most} rows.`, {
      code: isTooLarge ? 'PAGE_TOO_LARGE' : 'INVALID_INPUT',
      field: argument,
      ...(isTooLarge ? { limit: most, value: count } : {}),
    });
  }
  const lastOf = (last: Count): Count => checked(last, 'last');
  const pageSize = (first: Count, last: Count): Count =>
    checked(first, 'first') ?? (last == null ? standard : null);
  return { lastOf, pageSize };
}

/** @throws SafeError INVALID_INPUT for less than none */
function checkedOffset(offset: Count): Count {
  if (offset == null || offset >= 0) return offset;
  throw new SafeError(`offset is ${offset}, but nothing lies before the first row.`, {
    code: 'INVALID_INPUT',
    field: 'offset',
  });
}

/** Every list has a size: the default one, or what `first` or `last` say up to the maximum. */
export function pageSizePlugin(sizes: PageSizes): GraphileConfig.Plugin {
  const { lastOf, pageSize } = counting(sizes);

  function limit($rows: Rows, $first: Step, $last: Step | undefined): void {
    if (isWritten($first) && ($last === undefined || isWritten($last))) {
      const first = pageSize($first.data, $last?.data);
      if (first != null) $rows.setFirst(constant(first));
    } else if ($last) {
      $rows.setFirst(
        lambda([$first, $last], ([first, last]: readonly Count[]) => pageSize(first, last)),
      );
    } else {
      $rows.setFirst(lambda($first, (first: Count) => pageSize(first, null)));
    }
  }

  return {
    name: 'CallboardPageSizePlugin',
    description: 'Limits the size of lists and connections.',
    version: '1.0.0',
    after: ['PgFirstLastBeforeAfterArgsPlugin'],
    schema: {
      hooks: {
        GraphQLObjectType_fields_field_args_arg(arg, build, { scope }) {
          if (!scope.isPgFieldConnection && !scope.isPgFieldSimpleCollection) return arg;
          if (scope.argName === 'first') {
            const description = `How many rows from the start: ${sizes.standard} when nothing is said, ${sizes.most} at most.`;
            return {
              ...arg,
              description: build.wrapDescription(description, 'arg'),
              applyPlan: () => {},
            };
          }
          if (scope.argName === 'offset') {
            return {
              ...arg,
              applyPlan(
                _parent: unknown,
                $rows: ConnectionStep<unknown>,
                argument: { getRaw(): Step },
              ) {
                const $offset = argument.getRaw();
                if (isWritten($offset)) {
                  const offset = checkedOffset($offset.data);
                  if (offset != null) $rows.setOffset(constant(offset));
                } else {
                  $rows.setOffset(lambda($offset, checkedOffset));
                }
              },
            };
          }
          if (scope.argName === 'last') {
            return {
              ...arg,
              description: `How many rows from the end, ${sizes.most} at most.`,
              applyPlan(
                _parent: unknown,
                $rows: ConnectionStep<unknown>,
                argument: { getRaw(): Step },
              ) {
                const $last = argument.getRaw();
                if (isWritten($last)) {
                  const last = lastOf($last.data);
                  if (last != null) $rows.setLast(constant(last));
                } else {
                  $rows.setLast(lambda($last, lastOf));
                }
              },
            };
          }
          return arg;
        },
        GraphQLObjectType_fields_field(field, _build, { scope }) {
          const { isPgFieldConnection, isPgFieldSimpleCollection } = scope;
          const { plan } = field;
          if (!(isPgFieldConnection || isPgFieldSimpleCollection) || !plan) return field;
          return {
            ...field,
            plan($parent, args, info) {
              const $rows = plan($parent, args, info) as Rows;
              if (!('setFirst' in $rows)) return $rows;
              const has = (name: string) =>
                info.field.args.some((argument) => argument.name === name);
              if (has('first')) {
                limit($rows, args.getRaw('first'), has('last') ? args.getRaw('last') : undefined);
              }
              return $rows;
            },
          };
        },
      },
    },
  };
}
