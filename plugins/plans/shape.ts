import { TYPES, type PgCodec } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import type { SQL } from 'postgraphile/pg-sql2';
import {
  dependenciesOf,
  dependencyOf,
  isA,
  type ColumnStep,
  type InlinedSelect,
  type Layer,
  type Output,
  type Resource,
  type RowStep,
  type Select,
} from './internals.ts';

/**
 * How a value that Postgres gives as text is written in JSON: as it is; in quotes, because nothing in it has to be escaped; or
 * escaped.
 */
export type Notation = 'plain' | 'quoted' | 'escaped';

/** What a row, or a place in it, becomes in the answer. */
export type Shape =
  | { readonly kind: 'object'; readonly fields: readonly (readonly [key: string, shape: Shape])[] }
  | { readonly kind: 'constant'; readonly json: string }
  | {
      readonly kind: 'column';
      readonly sql: SQL;
      readonly notation: Notation;
      readonly nullable: boolean;
    }
  | { readonly kind: 'list'; readonly select: InlinedSelect; readonly row: Shape };

/** Which types of GraphQL say what Postgres says, and how. */
const NOTATIONS = new Map<PgCodec, readonly [type: string, notation: Notation]>([
  [TYPES.uuid, ['UUID', 'quoted']],
  [TYPES.date, ['Date', 'quoted']],
  [TYPES.timestamptz, ['Datetime', 'quoted']],
  [TYPES.numeric, ['BigFloat', 'quoted']],
  [TYPES.bigint, ['BigInt', 'quoted']],
  [TYPES.text, ['String', 'escaped']],
  [TYPES.varchar, ['String', 'escaped']],
  [TYPES.bpchar, ['String', 'escaped']],
  [TYPES.citext, ['String', 'escaped']],
  [TYPES.int, ['Int', 'plain']],
  [TYPES.int2, ['Int', 'plain']],
  [TYPES.boolean, ['Boolean', 'plain']],
]);

/** What is being read of. */
type Source = {
  /** The select that the rows are of, or the step that unpacks it. */
  readonly result: Step;
  readonly selects: readonly SQL[];
  /** The selects that have become parts of it. */
  readonly inlined: readonly InlinedSelect[];
};

/** Something that only Grafast can put together. */
class Unreadable extends Error {}

function require(condition: unknown): asserts condition {
  if (!condition) throw new Unreadable();
}

const inlinedIn = (step: { applyDepIds: readonly number[] } & Step): InlinedSelect[] =>
  step.applyDepIds
    .map((index) => dependencyOf(step, index))
    .filter((each) => isA(each, 'PgSelectInlineApplyStep'))
    .map((each) => each as InlinedSelect);

/** Rows of a table are never null; what a function returns may be. */
const isOfTable = ({ from, resource }: { from: unknown; resource: Resource }): boolean =>
  from === resource.from && resource.parameters === undefined;

function columnOf(output: Output, row: Step, source: Source, isNonNull: boolean): Shape {
  const step = output.rootStep as ColumnStep;
  require(output.type.mode === 'leaf' && isA(step, 'PgClassExpressionStep'));
  require(!step.needsTupleAccess && !step.needsPolymorphicUnwrap && step.attrIndex !== null);
  require(dependencyOf(step, 0) === row);
  const [type, notation] = NOTATIONS.get(step.pgCodec) ?? [];
  require(notation && output.type.graphqlType.name === type);
  require(step.guaranteedNotNull || !isNonNull);
  const sql = source.selects[step.attrIndex];
  require(sql);
  return { kind: 'column', sql, notation, nullable: !step.guaranteedNotNull };
}

/** A connection of a row, as far as it is nothing but its rows. */
function connectionOf(output: Output, item: Step, source: Source): Shape {
  const connection = output.rootStep;
  require(output.type.mode === 'object' && isA(connection, 'ConnectionStep'));
  const unpacking = dependencyOf(connection, 0);
  const { fn } = unpacking as unknown as { fn?: { name: string } };
  require(isA(unpacking, 'LambdaStep') && fn?.name === 'pgInlineViaSubqueryTransform');
  const [details, from] = dependenciesOf(dependencyOf(unpacking, 0));
  require(details && from === item && isA(details, 'AccessStep'));
  require(dependencyOf(details, 0) === source.result);
  const { path } = details as unknown as { path: readonly unknown[] };
  const select = source.inlined.find(({ identifier }) => identifier === path[1]);
  require(select?.viaSubquery && path[0] === 'm' && path.length === 2);
  const { mode, needsCursor, needsGroups, fetchOneExtra, selects } = select.staticInfo;
  require(mode === 'normal' && !needsCursor && !needsGroups && !fetchOneExtra);
  require(isOfTable(select.staticInfo));
  // Rows from the end are fetched the other way round, and turned afterwards.
  require(select.lastStepId === null);
  const inner: Source = { result: unpacking, selects, inlined: inlinedIn(select) };
  return objectOf(output, (place) => {
    require(place.type.mode === 'array' && isA(place.rootStep, 'ConnectionItemsStep'));
    require(dependencyOf(place.rootStep, 0) === connection);
    return { kind: 'list', select, row: rowOf(place, inner) };
  });
}

function objectOf(output: Output, read: (place: Output, isNonNull: boolean) => Shape): Shape {
  require(output.type.mode === 'object' && output.processRoot === null);
  require(output.deferredOutputPlans.length === 0 && output.sideEffectStep === null);
  const { typeName } = output.type;
  return {
    kind: 'object',
    fields: Object.entries(output.keys).map(([key, place]) => {
      if (place.type === '__typename')
        return [key, { kind: 'constant', json: JSON.stringify(typeName) }];
      require(place.outputPlan.processRoot === null && place.outputPlan.sideEffectStep === null);
      return [key, read(place.outputPlan, place.isNonNull)];
    }),
  };
}

/** The rows of a list. */
function rowOf(list: Output, source: Source): Shape {
  const output = list.child;
  require(output);
  const row = output.rootStep as RowStep;
  require(isA(row, 'PgSelectSingleStep') && !row._coalesceToEmptyObject);
  const item = dependencyOf(row, 0);
  require(isA(item, '__ItemStep') && dependencyOf(item, 0) === list.rootStep);
  const used = new Set<InlinedSelect>();
  const shape = objectOf(output, (place, isNonNull) => {
    if (place.type.mode === 'leaf') return columnOf(place, row, source, isNonNull);
    const connection = connectionOf(place, item, source);
    for (const [, each] of connection.kind === 'object' ? connection.fields : []) {
      if (each.kind !== 'list') continue;
      // One select for two places: it would have to be written twice.
      require(!used.has(each.select));
      used.add(each.select);
    }
    return connection;
  });
  require(used.size === source.inlined.length);
  return shape;
}

/** All layers below a layer, and itself. */
export const layersOf = (layer: Layer): Layer[] => [layer, ...layer.children.flatMap(layersOf)];

/** The steps of a layer. */
export const stepsOf = (layer: Layer): Step[] =>
  layer.phases.flatMap(({ normalSteps = [], unbatchedSyncAndSafeSteps = [] }) =>
    [...normalSteps, ...unbatchedSyncAndSafeSteps].map(({ step }) => step),
  );

/** What else may be made of a list, and by whom: nobody looks into its rows, but for what their cursors are made of. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  PgSelectStep: ['ConnectionStep', 'AccessStep'],
  ConnectionStep: ['ConnectionItemsStep', 'AccessStep', 'PageInfoStep'],
  ConnectionItemsStep: ['FirstStep', 'LastStep'],
  FirstStep: ['PgCursorStep'],
  LastStep: ['PgCursorStep'],
};

/** What is accessed of a list. `m` has what belongs to the selects in it, by their names. */
const DETAILS: readonly unknown[] = ['cursorDetails', 'm', 'hasNextPage', 'hasPreviousPage'];

function isHarmless(step: Step, on: Step): boolean {
  if (HARMLESS[on.constructor.name]?.includes(step.constructor.name) !== true) return false;
  if (!isA(step, 'AccessStep')) return true;
  return DETAILS.includes((step as unknown as { path: readonly unknown[] }).path[0]);
}

/** Refuses a list whose rows somebody outside of `rows`, the layers of its rows, looks into. */
function requireAlone(select: Select, rows: ReadonlySet<Layer>, all: readonly Layer[]): void {
  const concerned = new Set<Step>([select]);
  const outside = all.filter((layer) => !rows.has(layer)).flatMap(stepsOf);
  // A step may come before those that it depends on.
  for (let before = 0; before < concerned.size;) {
    before = concerned.size;
    for (const step of outside) {
      const on = dependenciesOf(step).filter((each) => concerned.has(each));
      require(on.every((each) => isHarmless(step, each)));
      if (on.length > 0 && step.constructor.name in HARMLESS) concerned.add(step);
    }
  }
}

/** A list whose rows Postgres can write. */
export type WritableList = {
  readonly output: Output;
  readonly select: Select;
  readonly row: Shape;
  /** The layer that puts the rows together. */
  readonly layer: Layer;
};

/**
 * Reads what a list is made of.
 *
 * @returns undefined when only Grafast can put it together
 */
export function writableList(
  output: Output,
  all: readonly Layer[],
  outputs: readonly Output[],
): WritableList | undefined {
  try {
    const items = output.rootStep;
    require(output.type.mode === 'array' && isA(items, 'ConnectionItemsStep'));
    require(output.processRoot === null && output.sideEffectStep === null);
    const select = dependencyOf(dependencyOf(items, 0), 0) as Select;
    require(isA(select, 'PgSelectStep'));
    require(!select.hasSideEffects && select.mode === 'normal' && isOfTable(select));
    const layer = output.layerPlan.children.find(
      ({ reason }) => reason.type === 'listItem' && reason.parentStep === items,
    );
    require(layer && !layer.reason.stream);
    const rows = new Set(layersOf(layer));
    require(
      [...rows].every(({ reason }) => ['listItem', 'nullableBoundary'].includes(reason.type)),
    );
    const own = new Set(outputsOf(output));
    require(outputs.every((each) => own.has(each) || !rows.has(each.layerPlan)));
    requireAlone(select, rows, all);
    const source = {
      result: select,
      selects: select.selects,
      inlined: inlinedIn(select),
    };
    return { output, select, row: rowOf(output, source), layer };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** All places of an answer below a place, and itself. */
export function outputsOf(output: Output): Output[] {
  const below = Object.values(output.keys).map((place) =>
    place.type === 'outputPlan' ? place.outputPlan : null,
  );
  return [
    output,
    ...[...below, output.child, ...Object.values(output.childByTypeName ?? {})].flatMap((each) =>
      each ? outputsOf(each) : [],
    ),
  ];
}
