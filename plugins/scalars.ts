import { Kind, type ValueNode } from 'postgraphile/graphql';

type Scalar = {
  /** What is said of a value that is none. */
  readonly expected: string;
  readonly matches: (text: string) => boolean;
};

const DAY = /^(\d{4,6})-(\d{2})-(\d{2})$/;

/** Whether the calendar has such a day: 2028-02-29, not 2027-02-29. */
function isDay(text: string): boolean {
  const [, year, month, day] = (DAY.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const INSTANT =
  /^([\d-]+)[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$/i;

const TIME = /^(([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?|24:00(:00(\.0+)?)?)$/;

/** Whole numbers of 64 bits. */
const isBigInt = (text: string): boolean =>
  /^[+-]?\d{1,30}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);

const SCALARS: Readonly<Record<string, Scalar>> = {
  Date: { expected: 'a day such as 2027-02-28', matches: isDay },
  Datetime: {
    expected: 'an instant with its time zone, such as 2027-02-28T18:30:00Z',
    matches: (text) => isDay(INSTANT.exec(text)?.[1] ?? ''),
  },
  Time: { expected: 'a time of the day such as 18:30', matches: (text) => TIME.test(text) },
  BigInt: { expected: 'a whole number of 64 bits', matches: isBigInt },
  UUID: {
    expected: 'an id such as 01a1fc59-954f-7849-ad63-8bc337df41ef',
    matches: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  },
  BigFloat: {
    expected: 'a number such as 12.50',
    matches: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text),
  },
};

function checked({ expected, matches }: Scalar, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && matches(text)) return text;
  throw new TypeError(`It is not ${expected}.`);
}

/** How JSON writes what texts of Postgres cannot hold: U+0000, and half of a character. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/;

/** A list goes on: where each of its rows is taken by itself, only the one with such a character is not. */
function storable(value: unknown): unknown {
  if (value === undefined || Array.isArray(value) || !UNSTORABLE.test(JSON.stringify(value)))
    return value;
  throw new TypeError('It has a character that texts cannot hold, such as U+0000.');
}

/** Strings and numbers; anything else is no value of these types. */
const written = (node: ValueNode): unknown =>
  node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
    ? node.value
    : undefined;

/**
 * Refuses days, instants, times, ids, numbers and JSON that are none before anything runs, so that the error names the place in the
 * input. Postgres would refuse them too, without saying which of the values it means.
 */
export const ScalarsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardScalarsPlugin',
  description: 'Checks the form of days, instants, times, ids, numbers and JSON.',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLScalarType(config) {
        if (config.name === 'JSON') {
          const { parseValue, parseLiteral } = config;
          return {
            ...config,
            ...(parseValue ? { parseValue: (value) => storable(parseValue(value)) } : {}),
            ...(parseLiteral
              ? { parseLiteral: (node, variables) => storable(parseLiteral(node, variables)) }
              : {}),
          };
        }
        const scalar = SCALARS[config.name];
        if (!scalar) return config;
        return {
          ...config,
          parseValue: (value) => checked(scalar, value),
          parseLiteral: (node) => checked(scalar, written(node)),
        };
      },
    },
  },
};
