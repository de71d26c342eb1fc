import type { SQL } from 'postgraphile/pg-sql2';
import { jsonOf } from './expression.ts';
import {
  dependencyCountOf,
  executionOf,
  type Apply,
  type Builder,
  type Details,
  type InlinedSelect,
  type Plan,
  type Select,
} from './internals.ts';
import { layersOf, outputsOf, writableList, type Shape, type WritableList } from './shape.ts';

/** The values of a step, and one more that is the same for all rows. */
const withOneMore = (details: Details, value: unknown): Details => ({
  ...details,
  values: [...details.values, { isBatch: false, unaryValue: () => value, at: () => value }],
});

/** Makes a select give its rows as JSON, in the first column, instead of the columns that were asked for. */
function writeRows(select: Select, shape: Shape): void {
  const write: Apply = (builder) => {
    if (builder.selectAndReturnIndex(jsonOf(shape, builder)) !== 0) {
      throw new Error('The JSON of a row has to be its first column.');
    }
  };
  const execute = executionOf<never>(select);
  select.selects = [];
  select.applyDepIds = [...select.applyDepIds, dependencyCountOf(select)];
  select.execute = (details: Details) => execute(withOneMore(details, write));
  writeLists(shape);
}

/** The same for a select that is a part of another one. Its SQL waits in the builder of that one. */
function writeInlined(select: InlinedSelect, shape: Shape): void {
  const write: Apply = (builder) => {
    builder.selectAndReturnIndex(jsonOf(shape, builder));
  };
  const execute = executionOf<readonly Apply[]>(select);
  select.staticInfo = { ...select.staticInfo, selects: [] };
  select.applyDepIds = [...select.applyDepIds, dependencyCountOf(select)];
  select.execute = (details: Details) =>
    execute(withOneMore(details, write)).map((apply): Apply => (builder) => {
      let subquery: SQL | undefined;
      apply({
        selectAndReturnIndex: (expression: SQL) => {
          subquery = expression;
          return 0;
        },
        setMeta: () => undefined,
      } as unknown as Builder);
      builder.setMeta(select.identifier, subquery);
    });
  writeLists(shape);
}

function writeLists(shape: Shape): void {
  if (shape.kind === 'list') writeInlined(shape.select, shape.row);
  if (shape.kind === 'object') for (const [, field] of shape.fields) writeLists(field);
}

/** Puts the rows, as Postgres wrote them, into the answer: as text, or read again for those who want objects. */
function passOn({ output, layer }: WritableList): void {
  const { execute, executeString, rootStep } = output;
  const join = (rows: readonly (readonly string[])[]) =>
    `[${rows.map(([json]) => json).join(',')}]`;
  output.executeString = function (root, path, bucket, index, value, flags) {
    const rows = value ?? bucket.store.get(rootStep.id)?.at(index);
    return Array.isArray(rows)
      ? join(rows)
      : executeString.call(this, root, path, bucket, index, value, flags);
  };
  output.execute = function (root, path, bucket, index, value, flags) {
    const rows = value ?? bucket.store.get(rootStep.id)?.at(index);
    return Array.isArray(rows)
      ? (JSON.parse(join(rows)) as unknown)
      : execute.call(this, root, path, bucket, index, value, flags);
  };
  const { children } = output.layerPlan;
  children.splice(children.indexOf(layer), 1);
}

/**
 * Lists of rows go from Postgres to the client as they are: Postgres writes each row as JSON, with the lists in it, and the
 * text becomes a part of the answer. Otherwise each value would be taken out of its row, converted, put into an object and
 * written again, which is most of what a server does for a page.
 *
 * Only what a list is filled with is done this way; which rows there are, cursors, pages and errors remain with Grafast, and
 * so does each list in which there is anything but columns of plain types, names of types, and connections of which nothing but
 * such rows is asked for.
 */
export function writeRowsAsJson({ rootLayerPlan, rootOutputPlan }: Plan): void {
  const layers = layersOf(rootLayerPlan);
  const outputs = outputsOf(rootOutputPlan);
  const lists = outputs
    .map((output) => writableList(output, layers, outputs))
    .filter((list) => list !== undefined);
  for (const list of lists) {
    writeRows(list.select, list.row);
    passOn(list);
  }
}
