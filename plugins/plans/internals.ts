import type { PgCodec, PgSelectQueryBuilder } from 'postgraphile/@dataplan/pg';
import type { OperationPlan, Step } from 'postgraphile/grafast';
import type { SQL } from 'postgraphile/pg-sql2';

// What is read and replaced of a finished plan of Grafast, beyond what its types tell. Whatever does not look like this is
// left as it was, so that another version of Grafast is slower at worst.

/** Steps that run together, once for each row, or once for all. */
export type Layer = {
  readonly reason: {
    readonly type: string;
    readonly parentStep?: Step;
    readonly stream?: unknown;
  };
  readonly children: Layer[];
  readonly phases: readonly {
    readonly normalSteps?: readonly { readonly step: Step }[];
    readonly unbatchedSyncAndSafeSteps?: readonly { readonly step: Step }[];
  }[];
};

type Execute = (
  this: Output,
  root: unknown,
  path: unknown,
  bucket: { readonly store: { get(id: number): { at(index: number): unknown } | undefined } },
  index: number,
  value?: unknown,
  flags?: unknown,
) => unknown;

/** What becomes of a place in the answer. */
export type Output = {
  readonly layerPlan: Layer;
  readonly rootStep: Step;
  readonly processRoot: unknown;
  readonly sideEffectStep: unknown;
  readonly deferredOutputPlans: readonly unknown[];
  readonly type:
    | { readonly mode: 'root' | 'object'; readonly typeName: string }
    | { readonly mode: 'leaf'; readonly graphqlType: { readonly name: string } }
    | { readonly mode: 'array' | 'null' | 'polymorphic' | 'introspection' };
  readonly keys: Readonly<
    Record<
      string,
      | { readonly type: '__typename' }
      | { readonly type: 'outputPlan'; readonly outputPlan: Output; readonly isNonNull: boolean }
    >
  >;
  readonly child: Output | null;
  readonly childByTypeName?: Readonly<Record<string, Output>>;
  execute: Execute;
  executeString: Execute;
};

export type Plan = OperationPlan & {
  readonly rootOutputPlan: Output;
  readonly rootLayerPlan: Layer;
};

/** Values that a step is run with. */
export type Details = { readonly values: readonly unknown[] };

export type Builder = PgSelectQueryBuilder & {
  setMeta(key: string, value: unknown): void;
  getMetaRaw(key: string): unknown;
};

export type Apply = (builder: Builder) => void;

/** What is selected of: a table, or a function, which has parameters. */
export type Resource = { readonly from: unknown; readonly parameters?: unknown };

/** A select that runs on its own. */
export type Select = Step & {
  readonly from: unknown;
  resource: Resource;
  readonly mode: string;
  selects: readonly SQL[];
  applyDepIds: readonly number[];
};

/** A select that has become a part of another one: it adds itself to that one's builder when it runs. */
export type InlinedSelect = Step & {
  readonly identifier: string;
  readonly viaSubquery: boolean;
  readonly lastStepId: number | null;
  staticInfo: {
    readonly from: unknown;
    readonly resource: Resource;
    readonly mode: string;
    readonly selects: readonly SQL[];
    readonly needsCursor: boolean;
    readonly needsGroups: boolean;
    readonly fetchOneExtra: boolean;
  };
  applyDepIds: readonly number[];
};

/** A column of a row. */
export type ColumnStep = Step & {
  readonly attrIndex: number | null;
  readonly pgCodec: PgCodec;
  readonly guaranteedNotNull: boolean;
  readonly needsTupleAccess: boolean;
  readonly needsPolymorphicUnwrap: boolean;
};

/** A row. */
export type RowStep = Step & {
  readonly _coalesceToEmptyObject: boolean;
};

/** What a step does now. */
export const executionOf = <T>(step: Step): ((details: Details) => T) =>
  (step.execute as unknown as (details: Details) => T).bind(step);

/** How many steps a step depends on. */
export const dependencyCountOf = (step: Step): number =>
  (step as unknown as { dependencyCount: number }).dependencyCount;

/** The steps that a step depends on. */
export const dependenciesOf = (step: Step): Step[] =>
  Array.from({ length: dependencyCountOf(step) }, (_, index) => dependencyOf(step, index));

export const dependencyOf = (step: Step, index: number): Step =>
  (step as unknown as { getDepOptions(index: number): { readonly step: Step } }).getDepOptions(
    index,
  ).step;

/** Whether a step is of a class, which may be one that is not exported. */
export const isA = (step: Step | undefined, ...classes: readonly string[]): boolean =>
  step !== undefined && classes.includes(step.constructor.name);
