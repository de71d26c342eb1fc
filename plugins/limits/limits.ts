/** One limit on what a client may send. */
export type LimitDescription = {
  /** The setting that changes it. */
  readonly setting: string;
  readonly description: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
};

const limit = (
  setting: string,
  standard: number,
  [minimum, maximum]: readonly [number, number],
  description: string,
): LimitDescription => ({ setting, default: standard, minimum, maximum, description });

/**
 * What a client may send at most. `docs/LIMITS.md` says how each is counted. Fragments count where they are spread, each
 * time.
 */
export const LIMITS = {
  depth: limit('MAX_DEPTH', 15, [1, 100], 'Levels of fields that an operation has at most.'),
  cost: limit(
    'MAX_COST',
    50_000,
    [1, 1_000_000_000],
    'What an operation costs at most; docs/LIMITS.md says how to reckon it.',
  ),
  fields: limit(
    'MAX_FIELDS',
    500,
    [1, 100_000],
    'Fields that an operation has at most, fragments written out.',
  ),
  rootFields: limit(
    'MAX_ROOT_FIELDS',
    20,
    [1, 10_000],
    'Fields that an operation has at most on its first level.',
  ),
  aliases: limit('MAX_ALIASES', 50, [0, 10_000], 'Aliases that an operation has at most.'),
  directives: limit('MAX_DIRECTIVES', 50, [0, 10_000], 'Directives that an operation has at most.'),
  conditions: limit(
    'MAX_CONDITIONS',
    200,
    [1, 10_000],
    'Objects in filters, and columns in orders, that an operation has at most.',
  ),
  inputDepth: limit(
    'MAX_INPUT_DEPTH',
    20,
    [1, 100],
    'Levels of lists and objects in a value at most, in the document or in a variable.',
  ),
  inputKeys: limit(
    'MAX_INPUT_KEYS',
    2_000,
    [10, 1_000_000],
    'Keys of an object in a variable at most, with those of the objects right in it.',
  ),
  tokens: limit(
    'MAX_TOKENS',
    4_000,
    [1, 100_000],
    'Names, numbers, strings and marks that a document has at most.',
  ),
  fragments: limit('MAX_FRAGMENTS', 100, [0, 10_000], 'Fragments in a document at most.'),
  operations: limit('MAX_OPERATIONS', 20, [1, 1_000], 'Operations in a document at most.'),
  pageSize: limit('MAX_PAGE_SIZE', 500, [1, 100_000], 'Rows that a list has at most.'),
  batch: limit(
    'MAX_BATCH',
    1,
    [1, 100],
    'Operations in one request at most; with 1, a list of operations is refused.',
  ),
  subscriptions: limit(
    'MAX_SUBSCRIPTIONS',
    50,
    [1, 10_000],
    'Subscriptions that a caller has open in one process at most.',
  ),
} as const satisfies Readonly<Record<string, LimitDescription>>;

/** The name of a limit: `measure` in the error of what exceeds it. */
export type Measure = keyof typeof LIMITS;

/** The limits of a server. */
export type Limits = { readonly [measure in Measure]: number };

/** The limits of a server where nothing is set. */
export const DEFAULT_LIMITS = Object.fromEntries(
  Object.entries(LIMITS).map(([measure, description]) => [measure, description.default]),
) as Limits;

/** Levels for questions about the schema itself: those that tools ask go deeper than the ones about rows. */
export const INTROSPECTION_DEPTH = 20;

/** Brackets in brackets, of any kind: more than what the limits let through, and far less than what a parser stumbles over. */
export const NESTING = 400;
