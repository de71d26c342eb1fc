import type { PgCodec, WithPgClient } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import {
  dependenciesOf,
  dependencyCountOf,
  dependencyOf,
  executionOf,
  isA,
  type Select,
} from './internals.ts';

/** What a select asks Postgres for. */
type Statement = {
  readonly text: string;
  readonly rawSqlValues: readonly unknown[];
  readonly name?: string;
  readonly identifierIndex: number | null;
};

/** What a select gives: its rows, and what is said about them. */
type Result = {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly items: readonly unknown[];
  readonly cursorDetails: unknown;
  readonly groupDetails: unknown;
  readonly m: unknown;
};

type Placeholder = {
  readonly dependencyIndex: number;
  readonly codec: PgCodec;
  readonly alreadyEncoded: boolean;
};

type Executor = Select['resource'] & {
  executeWithCache(
    specs: readonly unknown[],
    statement: Statement,
  ): Promise<{ readonly values: readonly unknown[] }>;
};

type RunningSelect = Select & {
  resource: Executor;
  readonly contextId: number;
  readonly fetchOneExtra: boolean;
  readonly firstStepId: number | null;
  readonly lastStepId: number | null;
  readonly offsetStepId: number | null;
  readonly afterStepId: number | null;
  readonly beforeStepId: number | null;
  readonly placeholders: readonly Placeholder[];
  readonly deferreds: readonly unknown[];
  readonly streamDetailsDepIds: readonly number[] | null;
};

type Value = { readonly isBatch: boolean; unaryValue(): unknown };

type Running = {
  readonly count: number;
  readonly values: readonly Value[];
  readonly stream?: unknown;
  readonly extra: { readonly eventEmitter?: unknown };
};

type Context = {
  readonly pgSettings: Record<string, string>;
  readonly withPgClient: WithPgClient;
};

/** What is known of a select once it has run with certain sizes. */
type Remembered = {
  readonly text: string;
  readonly name: string | undefined;
  /** Its parameters; a number is the placeholder whose value goes there. */
  readonly parameters: readonly ({ readonly value: unknown } | number)[];
  readonly result: Result;
};

/** Different sizes of pages that are remembered for a select. */
const SIZES = 20;

/** Whose result depends on nothing but what it is made from. */
const PURE = [
  'LambdaStep',
  'ListStep',
  'ObjectStep',
  'ApplyInputStep',
  '__InputObjectStep',
  '__InputListStep',
  'PgSelectInlineApplyStep',
] as const;

/** Whether a step has the same result for every request. */
const isConstant = (step: Step): boolean =>
  isA(step, 'ConstantStep', '__InputStaticLeafStep') ||
  (isA(step, ...PURE) && dependenciesOf(step).every(isConstant));

/** Whether the SQL depends on nothing but sizes and the values of its placeholders. */
const isRepeatable = (select: RunningSelect): boolean =>
  select.mode === 'normal' &&
  !select.hasSideEffects &&
  select.lastStepId === null &&
  select.deferreds.length === 0 &&
  (select.streamDetailsDepIds ?? []).every((index) => isConstant(dependencyOf(select, index))) &&
  // What this process has added to a select by itself is no dependency, and the same each time.
  select.applyDepIds.every(
    (index) => index >= dependencyCountOf(select) || isConstant(dependencyOf(select, index)),
  );

/** Which parameter is which placeholder; undefined when two values are the same, so that it cannot be told. */
function parametersOf(
  values: readonly unknown[],
  encoded: readonly unknown[],
): Remembered['parameters'] | undefined {
  if (new Set(values).size !== values.length || new Set(encoded).size !== encoded.length) {
    return undefined;
  }
  const parameters = values.map((value) => {
    const placeholder = encoded.indexOf(value);
    return placeholder < 0 ? { value } : placeholder;
  });
  const found = parameters.filter((each) => typeof each === 'number').length;
  return found === encoded.length ? parameters : undefined;
}

/**
 * Makes a select remember the SQL that it has put together, where it is the same each time but for parameters and sizes:
 * otherwise it would put it together for each request.
 */
export function rememberSelect(step: Select): void {
  const select = step as RunningSelect;
  if (!isRepeatable(select)) return;
  const execute = executionOf<Promise<readonly unknown[]>>(select);
  const remembered = new Map<string, Remembered>();
  const { resource, placeholders, fetchOneExtra } = select;
  const { firstStepId, offsetStepId, afterStepId, beforeStepId, contextId } = select;

  async function learn(details: Running, key: string, encoded: readonly unknown[]) {
    let statement: Statement | undefined;
    // The step is the request's own while it runs: what it asks for is sent before anything else happens.
    select.resource = Object.create(resource, {
      executeWithCache: {
        value: (specs: readonly unknown[], asked: Statement) => {
          statement = asked;
          return resource.executeWithCache(specs, asked);
        },
      },
    }) as Executor;
    const running = execute(details);
    select.resource = resource;
    const results = await running;
    const [result] = results as readonly Result[];
    if (!statement || statement.identifierIndex !== null || !result || !('items' in result)) {
      return results;
    }
    const { text, name, rawSqlValues } = statement;
    const parameters = parametersOf(rawSqlValues, encoded);
    if (parameters && remembered.size < SIZES) {
      remembered.set(key, { text, name, parameters, result: { ...result, items: [] } });
    }
    return results;
  }

  async function repeat(
    { values }: Running,
    { text, name, parameters, result }: Remembered,
    first: unknown,
    encoded: readonly unknown[],
  ): Promise<readonly Result[]> {
    const { pgSettings, withPgClient } = values[contextId]?.unaryValue() as Context;
    const { rows } = await withPgClient(pgSettings, (client) =>
      client.query<unknown>({
        text,
        values: parameters.map((each) => (typeof each === 'number' ? encoded[each] : each.value)),
        arrayMode: true,
        ...(name === undefined ? {} : { name }),
      }),
    );
    const hasMore = fetchOneExtra && typeof first === 'number' && rows.length > first;
    return [
      {
        ...result,
        hasNextPage: hasMore,
        items: hasMore ? rows.slice(0, first) : rows,
      },
    ];
  }

  select.execute = (details: Running) => {
    const valueOf = (index: number | null) =>
      index === null ? undefined : details.values[index]?.unaryValue();
    const [first, offset] = [valueOf(firstStepId), valueOf(offsetStepId)];
    const inputs = placeholders.map(({ dependencyIndex }) => details.values[dependencyIndex]);
    const encoded = inputs.map((input, index) => {
      const value = input?.isBatch ? null : input?.unaryValue();
      const { codec, alreadyEncoded } = placeholders[index]!;
      return value == null ? null : alreadyEncoded ? value : codec.toPg(value);
    });
    if (
      details.count !== 1 ||
      details.stream ||
      details.extra.eventEmitter ||
      first === 0 ||
      encoded.includes(null) ||
      valueOf(afterStepId) != null ||
      valueOf(beforeStepId) != null
    ) {
      return execute(details);
    }
    const key = `${String(first)} ${String(offset)}`;
    const known = remembered.get(key);
    return known ? repeat(details, known, first, encoded) : learn(details, key, encoded);
  };
}
