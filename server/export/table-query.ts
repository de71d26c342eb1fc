import { escapeIdentifier } from 'pg';
import { fieldOf } from '../../plugins/names.ts';
import { wrongParameter } from './refused.ts';

/** A column that can be exported, as `analytics.export_columns` tells it. */
export type ExportColumn = {
  readonly schema_name: string;
  readonly table_name: string;
  readonly column_name: string;
  readonly type_name: string;
  readonly is_key: boolean;
};

/** Which rows and columns of a table are asked for, and how they are written. */
export type TableQuery = {
  readonly table: string;
  /** Names of columns as the API has them. */
  readonly columns: readonly string[];
  /** Whether a column's texts are numbers, which are never formulas. */
  readonly numeric: readonly boolean[];
  readonly filters: Readonly<Record<string, string>>;
  /** A select of texts, in the order of the key. */
  readonly text: string;
  readonly values: readonly unknown[];
  /** What the address compares with, to be read before the rows are: then it is known which parameter cannot be. */
  readonly given: readonly GivenValue[];
  /** A select of the rows behind some row, whose key comes as the last values. */
  readonly pageText: (size: number) => string;
  /** The places of the key's columns among those that are selected. */
  readonly keyPlaces: readonly number[];
  readonly limit: number | undefined;
};

type GivenValue = {
  /** The parameter. */
  readonly name: string;
  /** Reads `value` as the type of its column. */
  readonly text: string;
  readonly value: unknown;
};

const NUMERIC = /^(smallint|integer|bigint|numeric|real|double precision)\b/;

const COMPARISONS: Readonly<Record<string, string>> = {
  equalTo: '=',
  notEqualTo: '<>',
  lessThan: '<',
  lessThanOrEqualTo: '<=',
  greaterThan: '>',
  greaterThanOrEqualTo: '>=',
};

/** What the address says about the file rather than about rows. */
export const FILE_PARAMETERS = new Set(['columns', 'archived', 'limit', 'delimiter', 'bom']);

const LONGEST_LIST = 1_000;

/** `rowId` and `dueOn` as the database has them; names of columns are taken as well. */
export const columnOf = (field: string): string =>
  field === 'rowId' ? 'id' : field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const nameOf = (column: string): string => (column === 'id' ? 'rowId' : fieldOf(column));

/** A column as text that means the same everywhere: instants in UTC, days as ISO 8601, lists and objects as JSON. */
function written({ column_name: name, type_name: type }: ExportColumn): string {
  const column = `t.${escapeIdentifier(name)}`;
  if (type === 'timestamp with time zone') {
    return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  }
  if (type === 'date') return `to_char(${column}, 'YYYY-MM-DD')`;
  if (type === 'bytea') return `encode(${column}, 'base64')`;
  if (type.endsWith('[]')) return `to_json(${column})::text`;
  return `${column}::text`;
}

/** A list by commas, of which a backslash takes the meaning. */
const listOf = (text: string): string[] =>
  // A backslash that nothing follows is taken too: what may fail at the end is tried again from each character.
  (text.match(/(?:\\.?|[^,\\])*(?:,|$)/gs) ?? [])
    .slice(0, text === '' || text.endsWith(',') ? undefined : -1)
    .map((part) => part.replace(/,$/, '').replace(/\\(.)/gs, '$1'));

type Parameters = ReadonlyMap<string, string>;

/**
 * Makes a query of the address: `?status=done&dueOn.greaterThanOrEqualTo=2026-01-01&columns=title,status`. Names of columns
 * come from the catalog and are quoted, values are parameters.
 *
 * @throws Refused INVALID_INPUT naming what is wrong
 */
export function tableQuery(known: readonly ExportColumn[], parameters: Parameters): TableQuery {
  const [first] = known;
  if (!first) throw new Error('There are no columns.');
  const columns = new Map(known.map((column) => [column.column_name, column]));
  const find = (field: string, parameter: string): ExportColumn => {
    const column = columns.get(columnOf(field));
    if (!column) throw wrongParameter(parameter, `There is no column ${field.slice(0, 100)}.`);
    return column;
  };
  const asked = parameters.get('columns');
  const chosen =
    asked === undefined ? [...known] : listOf(asked).map((name) => find(name, 'columns'));
  const key = known.filter((column) => column.is_key);
  const selected = [...new Set([...chosen, ...key])];

  const values: unknown[] = [];
  const filters: Record<string, string> = {};
  const conditions = ['t.organization_id = (select authz.organization_id())'];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const given: GivenValue[] = [];
  /** A value of the address, as one of its column. */
  const read = (name: string, value: unknown, types: string) => {
    given.push({ name, text: `select $1::${types}`, value });
    return `${parameter(value)}::${types}`;
  };
  for (const [name, value] of parameters) {
    if (FILE_PARAMETERS.has(name)) continue;
    const [field = '', operator = 'equalTo', ...rest] = name.split('.');
    const column = find(field, name);
    const own = `t.${escapeIdentifier(column.column_name)}`;
    const comparison = COMPARISONS[operator];
    filters[name] = value;
    if (comparison && rest.length === 0) {
      conditions.push(`${own} ${comparison} ${read(name, value, `text::${column.type_name}`)}`);
    } else if (operator === 'in' && rest.length === 0) {
      const list = listOf(value);
      if (list.length > LONGEST_LIST) {
        throw wrongParameter(name, `A list has at most ${LONGEST_LIST} values.`);
      }
      conditions.push(`${own} = any (${read(name, list, `text[]::${column.type_name}[]`)})`);
    } else if (operator === 'includesInsensitive' && rest.length === 0) {
      conditions.push(`strpos(lower(${own}::text), lower(${parameter(value)}::text)) > 0`);
    } else if (operator === 'isNull' && rest.length === 0 && /^(true|false)$/.test(value)) {
      conditions.push(`${own} is ${value === 'true' ? '' : 'not '}null`);
    } else {
      throw wrongParameter(
        name,
        `Use equalTo, notEqualTo, lessThan, lessThanOrEqualTo, greaterThan, greaterThanOrEqualTo, in, includesInsensitive or isNull (true or false).`,
      );
    }
  }
  const archived = parameters.get('archived') ?? 'exclude';
  if (!['exclude', 'include', 'only'].includes(archived)) {
    throw wrongParameter('archived', 'archived is exclude, include or only.');
  }
  if (columns.has('deleted_at') && archived !== 'include') {
    conditions.push(`t.deleted_at is ${archived === 'only' ? 'not ' : ''}null`);
  }
  const limit = parameters.get('limit');
  if (limit !== undefined && !/^[1-9]\d{0,9}$/.test(limit)) {
    throw wrongParameter('limit', 'limit is a number of rows.');
  }

  const from = `${escapeIdentifier(first.schema_name)}.${escapeIdentifier(first.table_name)}`;
  const select = `select ${selected.map(written).join(', ')} from ${from} t where ${conditions.join(' and ')}`;
  const keyColumns = key.map((column) => `t.${escapeIdentifier(column.column_name)}`);
  const order = `order by t.organization_id, ${keyColumns.join(', ')}`;
  const behind = key.map(
    (column, index) => `$${values.length + index + 1}::text::${column.type_name}`,
  );
  return {
    table: `${first.schema_name}.${first.table_name}`,
    columns: chosen.map((column) => nameOf(column.column_name)),
    numeric: chosen.map((column) => NUMERIC.test(column.type_name)),
    filters: { ...filters, ...(archived === 'exclude' ? {} : { archived }) },
    text: `${select} ${order}${limit === undefined ? '' : ` limit ${limit}`}`,
    values,
    given,
    pageText: (size) =>
      `${select} and (${keyColumns.join(', ')}) > (${behind.join(', ')}) ${order} limit ${size}`,
    keyPlaces: key.map((column) => selected.indexOf(column)),
    limit: limit === undefined ? undefined : Number(limit),
  };
}
