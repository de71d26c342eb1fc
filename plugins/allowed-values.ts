import type { PgClient } from 'postgraphile/@dataplan/pg';
import { withPgClientFromPgService } from 'postgraphile/@dataplan/pg';
import { gatherConfig } from 'postgraphile/graphile-build';
import type { ConstraintColumns } from './errors/constraints.ts';

/** Columns whose check lists what they may hold, such as `status in ('draft', 'posted')`. */
const ALLOWED = `
  select n.nspname as schema, c.relname as "table", a.attname as column, k.conname as constraint,
         (select array_agg(m.value[1] order by m.position)
            from regexp_matches(pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''::text', 'g')
                   with ordinality as m (value, position)) as values
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
   where k.contype = 'c'
     and cardinality(k.conkey) = 1
     and n.nspname = any ($1)
     and pg_get_constraintdef(k.oid) ~ '^CHECK \\(\\([a-z_]+ = ANY \\(ARRAY\\['`;

/**
 * A draft of a row says in a column what the row says in the column of that name: `finance.budget_draft` becomes a row of
 * `finance.budgets`.
 */
const DRAFTED = `
  select d.relname as draft, a.attname as column, n.nspname as schema, t.relname as "table"
    from pg_catalog.pg_class d
    join pg_catalog.pg_namespace n on n.oid = d.relnamespace
    join pg_catalog.pg_class t
      on t.relnamespace = d.relnamespace
     and t.relkind in ('r', 'p')
     and t.relname = regexp_replace(d.relname, '_draft$', 's')
    join pg_catalog.pg_attribute a on a.attrelid = d.oid and a.attnum > 0 and not a.attisdropped
   where d.relkind = 'c'
     and d.relname like '%\\_draft'
     and n.nspname = any ($1)`;

type Drafted = { draft: string; column: string; schema: string; table: string };

type Allowed = {
  schema: string;
  table: string;
  column: string;
  constraint: string;
  values: string[];
};

const oneOf = (values: readonly string[]) => `One of: ${values.join(', ')}.`;

/** Says in the documentation of a field, and in the error about it, what it may hold. */
export const allowedValuesPlugin = (known: ConstraintColumns): GraphileConfig.Plugin => {
  const documentation = new Map<string, string>();
  return {
    name: 'CallboardAllowedValuesPlugin',
    description: 'Tells what columns with a list of allowed values may hold.',
    version: '1.0.0',
    gather: gatherConfig({
      namespace: 'callboardAllowedValues' as never,
      hooks: {
        async pgIntrospection_introspection(info, { serviceName }) {
          const service = info.resolvedPreset.pgServices?.find(({ name }) => name === serviceName);
          if (!service) return;
          const schemas = service.schemas ?? [];
          const { allowed, drafted } = await withPgClientFromPgService(
            service as never,
            service.pgSettingsForIntrospection ?? null,
            async (client: PgClient) => ({
              allowed: await client.query<Allowed>({ text: ALLOWED, values: [schemas] }),
              drafted: await client.query<Drafted>({ text: DRAFTED, values: [schemas] }),
            }),
          );
          for (const { schema, table, column, constraint, values } of allowed.rows) {
            documentation.set(`${schema}.${table}.${column}`, oneOf(values));
            known.explain(schema, constraint, oneOf(values));
          }
          for (const { schema, draft, column, table } of drafted.rows) {
            const said = documentation.get(`${schema}.${table}.${column}`);
            if (said) documentation.set(`${schema}.${draft}.${column}`, said);
          }
        },
        pgCodecs_attribute(_info, { pgClass, pgAttribute, attribute }) {
          const said = documentation.get(
            `${pgClass.getNamespace()?.nspname}.${pgClass.relname}.${pgAttribute.attname}`,
          );
          if (!said) return;
          attribute.description = [attribute.description, said].filter(Boolean).join(' ');
        },
      },
    }),
  };
};
