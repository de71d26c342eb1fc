import { gatherConfig } from 'postgraphile/graphile-build';
import type {
  PgAttribute,
  PgClass,
  PgConstraint,
  PgIndex,
} from 'postgraphile/graphile-build-pg/pg-introspection';
import { ARCHIVED_COLUMN, namingColumns, TENANT_COLUMN } from '../names.ts';

/** Which columns each rule of a table is about. Filled when the schema is built. */
export class ConstraintColumns {
  readonly #columns = new Map<string, readonly string[]>();
  readonly #explanations = new Map<string, string>();

  add(schema: string, constraint: string, columns: readonly string[]): void {
    this.#columns.set(`${schema}.${constraint}`, columns);
  }

  /** Notes what a rule allows, in words. */
  explain(schema: string, constraint: string, explanation: string): void {
    this.#explanations.set(`${schema}.${constraint}`, explanation);
  }

  /** What a rule allows, where that can be said. */
  explanationOf(schema: string | undefined, constraint: string | undefined): string | undefined {
    return this.#explanations.get(`${schema}.${constraint}`);
  }

  /** The columns that a client can do something about: several when what they hold does not go together. */
  columnsOf(schema: string | undefined, constraint: string | undefined): readonly string[] {
    return this.#columns.get(`${schema}.${constraint}`) ?? [];
  }
}

/** In many keys, and what makes a row the same as another in none. */
const PLACES: ReadonlySet<string> = new Set([TENANT_COLUMN, ARCHIVED_COLUMN, 'workspace_id']);

/** What a check may mention but nobody writes to: whose row it is, which, and since when it is archived. */
const GIVEN: ReadonlySet<string> = new Set([TENANT_COLUMN, ARCHIVED_COLUMN, 'id']);

/** The columns that an expression, as the catalog keeps it, mentions. */
function columnsIn(expression: string | null, pgClass: PgClass): PgAttribute[] {
  const numbers = [...(expression ?? '').matchAll(/\{VAR :varno 1 :varattno (\d+) /g)];
  return [...new Set(numbers.map(([, number]) => Number(number)))].flatMap(
    (number) => pgClass.getAttributes().find(({ attnum }) => attnum === number) ?? [],
  );
}

/**
 * What reads which columns a rule is about for those who write as `role`.
 *
 * Where they write to none of the columns themselves, functions do it for them, and all are meant.
 */
function readingFor(role: string | undefined) {
  const isWritten = (column: PgAttribute) =>
    column.getACL().some((acl) => acl.role === role && (acl.insert || acl.update));

  function writtenAmong(columns: readonly PgAttribute[]): readonly PgAttribute[] {
    const written = columns.filter(isWritten);
    return written.length > 0 ? written : columns;
  }

  /** The column by which a key reads: the last, or of one such as "the primary one of its user" what its condition says. */
  function keyColumns(index: PgIndex, pgClass: PgClass): string[] {
    const plain = index.getKeys().slice(0, index.indnkeyatts ?? undefined);
    const columns = [
      ...plain.flatMap((column) => column ?? []),
      ...columnsIn(index.indexprs, pgClass),
    ];
    const own = columns.filter(({ attname }) => !PLACES.has(attname));
    const conditions = columnsIn(index.indpred, pgClass).filter(
      ({ attname }) => !PLACES.has(attname),
    );
    const naming =
      own.findLast(isWritten) ?? conditions.findLast(isWritten) ?? own.at(-1) ?? conditions.at(-1);
    return naming ? [naming.attname] : namingColumns(columns.map(({ attname }) => attname));
  }

  /** Of a check all, in the order of the table; of any other rule the last, unless the database works it out. */
  function constraintColumns(constraint: PgConstraint): string[] {
    // An exclusion constraint may be over an expression, which has no attribute.
    const columns = (
      constraint.getAttributes() as (PgAttribute | undefined)[] | undefined
    )?.flatMap((column) => column ?? []);
    if (!columns) return [];
    if (constraint.contype !== 'c') {
      const [naming] = namingColumns(columns.map(({ attname }) => attname));
      const column = columns.find(({ attname }) => attname === naming);
      return column && !column.attgenerated ? [column.attname] : [];
    }
    const own = columns.filter(({ attname }) => !GIVEN.has(attname));
    return writtenAmong(own.length > 0 ? own : columns)
      .toSorted((one, other) => one.attnum - other.attnum)
      .map(({ attname }) => attname);
  }

  return { keyColumns, constraintColumns };
}

/** Notes the columns of all constraints and unique indexes, and what comments on checks say that they want. */
export const constraintsPlugin = (known: ConstraintColumns): GraphileConfig.Plugin => ({
  name: 'CallboardConstraintsPlugin',
  description: 'Knows which columns a violated constraint is about.',
  version: '1.0.0',
  gather: gatherConfig({
    namespace: 'callboardConstraints' as never,
    hooks: {
      pgIntrospection_introspection(_info, { introspection }) {
        const { keyColumns, constraintColumns } = readingFor(
          introspection.getCurrentUser()?.rolname,
        );
        for (const constraint of introspection.constraints) {
          const schema = constraint.getClass()?.getNamespace()?.nspname;
          if (!schema) continue;
          known.add(schema, constraint.conname, constraintColumns(constraint));
          const wanted = constraint.contype === 'c' && constraint.getDescription();
          if (wanted) known.explain(schema, constraint.conname, wanted);
        }
        for (const index of introspection.indexes) {
          const pgClass = index.getClass();
          const name = index.getIndexClass()?.relname;
          const schema = pgClass?.getNamespace()?.nspname;
          if (!index.indisunique || !pgClass || !name || !schema) continue;
          known.add(schema, name, keyColumns(index, pgClass));
        }
      },
    },
  }),
});
