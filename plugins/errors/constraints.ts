import { gatherConfig } from 'postgraphile/graphile-build';
import { namingColumns } from '../names.ts';

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

  /** The column that a client can do something about; undefined when the rule is about several or unknown. */
  columnOf(schema: string | undefined, constraint: string | undefined): string | undefined {
    const columns = this.#columns.get(`${schema}.${constraint}`);
    return columns && namingColumns(columns)[0];
  }
}

/** Notes the columns of all constraints and unique indexes. */
export const constraintsPlugin = (known: ConstraintColumns): GraphileConfig.Plugin => ({
  name: 'CallboardConstraintsPlugin',
  description: 'Knows which columns a violated constraint is about.',
  version: '1.0.0',
  gather: gatherConfig({
    namespace: 'callboardConstraints' as never,
    hooks: {
      pgIntrospection_introspection(_info, { introspection }) {
        for (const constraint of introspection.constraints) {
          const schema = constraint.getClass()?.getNamespace()?.nspname;
          // An exclusion constraint may be over an expression, which has no attribute.
          const columns = constraint
            .getAttributes()
            ?.flatMap((attribute: { attname: string } | undefined) =>
              attribute ? [attribute.attname] : [],
            );
          // A check over several columns is about none of them alone.
          if (!schema || !columns || (constraint.contype === 'c' && columns.length > 1)) continue;
          known.add(schema, constraint.conname, columns);
        }
        for (const index of introspection.indexes) {
          const pgClass = index.getIndexClass();
          const schema = pgClass?.getNamespace()?.nspname;
          if (!index.indisunique || !pgClass || !schema) continue;
          const columns = index.getKeys().flatMap((key) => (key ? [key.attname] : []));
          known.add(schema, pgClass.relname, columns);
        }
      },
    },
  }),
});
