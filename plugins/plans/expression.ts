import { sql, type SQL } from 'postgraphile/pg-sql2';
import type { Builder } from './internals.ts';
import type { Notation, Shape } from './shape.ts';

/** SQL that is written as it is. */
const raw = (text: string): SQL => sql(Object.assign([text], { raw: [text] }));

/** JSON as a string of SQL. In the JSON that is written here there is nothing but names and marks. */
const quoted = (json: string): SQL => raw(`'${json.replaceAll("'", "''")}'`);

function columnAs(notation: Notation, column: SQL, nullable: boolean): (string | SQL)[] {
  const text = sql`(${column})::text`;
  switch (notation) {
    case 'plain':
      return [nullable ? sql`coalesce(${text}, 'null')` : text];
    case 'quoted':
      return nullable ? [sql`coalesce('"' || ${text} || '"', 'null')`] : ['"', text, '"'];
    case 'escaped': {
      const escaped = sql`to_json(${text})::text`;
      return [nullable ? sql`coalesce(${escaped}, 'null')` : escaped];
    }
  }
}

/**
 * The array of texts that an inlined select adds to its parent's columns is made a text again there, with all its
 * contents escaped; here it is wanted as it is.
 */
function asArray(subquery: SQL): SQL {
  const { n: nodes } = subquery as unknown as { n?: readonly (SQL & { t?: string })[] };
  const last = nodes?.at(-1)?.t;
  if (!nodes || last?.endsWith(')::text') !== true) return sql`(${subquery})::text[]`;
  return sql.join([...nodes.slice(0, -1), raw(last.slice(0, -'::text'.length))], '');
}

/** Pieces of JSON, texts and expressions, in their order. */
function piecesOf(shape: Shape, builder: Builder): (string | SQL)[] {
  switch (shape.kind) {
    case 'constant':
      return [shape.json];
    case 'column':
      return columnAs(shape.notation, shape.sql, shape.nullable);
    case 'list': {
      const subquery = builder.getMetaRaw(shape.select.identifier) as SQL;
      return ['[', sql`array_to_string(${asArray(subquery)}, ',')`, ']'];
    }
    case 'object': {
      const fields = shape.fields.flatMap(([key, field], index) => [
        `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`,
        ...piecesOf(field, builder),
      ]);
      return ['{', ...fields, '}'];
    }
  }
}

/** The expression that writes a row as JSON. */
export function jsonOf(shape: Shape, builder: Builder): SQL {
  const expressions: SQL[] = [];
  let text = '';
  for (const piece of piecesOf(shape, builder)) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    if (text) expressions.push(quoted(text));
    text = '';
    expressions.push(piece);
  }
  if (text) expressions.push(quoted(text));
  return sql.join(expressions, ' || ');
}
