import type { Pool } from 'pg';

/** The lines between which the table of definers stands in docs/SECURITY.md. */
export const DEFINERS_BEGIN = '<!-- definers: npm run docs:definers -->';
export const DEFINERS_END = '<!-- end of definers -->';

/**
 * Every SECURITY DEFINER function as a row of a table: its signature, who may call it, and the reason that its comment
 * gives.
 */
export async function definersTable(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string; callers: string; reason: string }>(
    `select p.oid::regprocedure::text as name,
            case
              when p.prorettype = 'trigger'::regtype then 'trigger'
              else coalesce(
                (select string_agg(replace(r.rolname, 'callboard_', ''), ', ' order by r.rolname)
                   from aclexplode(p.proacl) a
                   join pg_roles r on r.oid = a.grantee
                  where r.rolname <> 'callboard_owner'), 'other functions')
            end as callers,
            regexp_replace(substring(obj_description(p.oid, 'pg_proc') from 'Definer: (.*)$'), '\\s+', ' ', 'g') as reason
       from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef
        and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', 'extensions', 'public', 'graphile_worker')
      order by 1`,
  );
  return [
    '| function | called by | why it needs more than its caller may |',
    '|---|---|---|',
    ...rows.map(({ name, callers, reason }) => `| \`${name}\` | ${callers} | ${reason} |`),
  ].join('\n');
}
