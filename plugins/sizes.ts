import { SafeError } from 'postgraphile/grafast';
import { gatherConfig } from 'postgraphile/graphile-build';
import type { PgAttribute } from 'postgraphile/graphile-build-pg/pg-introspection';

type Apply = (target: unknown, value: unknown, info: unknown) => unknown;

/** What a value must not go beyond; undefined when it fits. */
type Size = (value: unknown) => string | undefined;

declare global {
  namespace DataplanPg {
    interface PgCodecAttributeExtensions {
      /** Says in what way a value is too much for the column. */
      size?: Size;
    }
  }
}

const characters =
  (most: number): Size =>
  (value) =>
    typeof value === 'string' && [...value.trimEnd()].length > most
      ? `has more than ${most} ${most === 1 ? 'character' : 'characters'}`
      : undefined;

/** What `numeric` holds before the point without a precision of its own. */
const MOST_DIGITS = 131_072;

const NUMBER = /^[+-]?(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/** Digits before the point, after rounding to `scale` behind it. The number may be any length: it is read as it is written. */
const digits =
  (most: number, scale?: number): Size =>
  (value) => {
    const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(String(value)) ?? [];
    const significant = `${whole}${fraction}`.replace(/^0+/, '');
    if (significant === '') return undefined;
    const zeros = whole.length + fraction.length - significant.length;
    const before = whole.length - zeros + Number(exponent);
    const kept = scale === undefined ? undefined : significant.slice(0, most + scale);
    // 999.995 becomes 1000.00.
    const carries =
      kept !== undefined &&
      /^9+$/.test(kept) &&
      kept.length === most + (scale ?? 0) &&
      /[5-9]/.test(significant.charAt(kept.length));
    return before > most || (before === most && carries)
      ? `has more than ${most} ${most === 1 ? 'digit' : 'digits'} before the point`
      : undefined;
  };

const smallint: Size = (value) =>
  typeof value === 'number' && (value < -32_768 || value > 32_767)
    ? 'is not between -32768 and 32767'
    : undefined;

/** Of a list each item has the size. */
const each =
  (size: Size): Size =>
  (value) =>
    Array.isArray(value) ? value.map(size).find(Boolean) : undefined;

/** What fits a column, as far as its type sets bounds that the GraphQL type does not. */
function sizeOf(column: PgAttribute): Size | undefined {
  const modifier = column.atttypmod ?? -1;
  const type = column.getType()?.typname ?? '';
  if (type === 'bpchar' || type === 'varchar') {
    return modifier < 4 ? undefined : characters(modifier - 4);
  }
  if (type === 'numeric') {
    if (modifier < 4) return digits(MOST_DIGITS);
    const scale = (modifier - 4) & 0x7ff;
    return digits(((modifier - 4) >> 16) - scale, scale);
  }
  if (type === 'int2') return smallint;
  return type === '_int2' ? each(smallint) : undefined;
}

/**
 * Refuses texts and numbers that are too much for their columns, with the field. Postgres would refuse them before any check that
 * names a column, and without saying which of the values it means.
 */
export const SizesPlugin: GraphileConfig.Plugin = {
  name: 'CallboardSizesPlugin',
  description: 'Checks that values fit their columns.',
  version: '1.0.0',
  gather: gatherConfig({
    namespace: 'callboardSizes' as never,
    hooks: {
      pgCodecs_attribute(_info, { pgAttribute, attribute }) {
        const size = sizeOf(pgAttribute);
        if (size) attribute.extensions = { ...attribute.extensions, size };
      },
    },
  }),
  schema: {
    hooks: {
      GraphQLInputObjectType_fields_field(field, _build, { scope }) {
        const { fieldName, pgAttribute, isPgConnectionConditionInputField } = scope;
        const size = pgAttribute?.extensions?.size;
        const { apply } = field as { apply?: Apply };
        if (!size || !apply || isPgConnectionConditionInputField) return field;
        return {
          ...field,
          apply(target: unknown, value: unknown, info: unknown) {
            const wrong = size(value);
            if (wrong !== undefined) {
              throw new SafeError(`The value of ${fieldName} ${wrong}.`, {
                code: 'INVALID_INPUT',
                field: fieldName,
              });
            }
            return apply(target, value, info);
          },
        } as typeof field;
      },
    },
  },
};
