import type { PgResource, WithPgClient } from 'postgraphile/@dataplan/pg';
import { context, lambda, object, type FieldArgs, type Step } from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import { describeSqlstate } from '../errors/registry.ts';
import { fieldOf } from '../names.ts';
import { accessTypes } from './documentation.ts';
import { summaryOf } from './summary.ts';

/** What `security.explain_access` answers. */
export type Explained = {
  readonly table: string;
  readonly kind: string;
  readonly rule: string;
  readonly row_id: string | null;
  readonly action: string;
  readonly allowed: boolean;
  readonly sqlstate: string | null;
  readonly message: string | null;
  readonly hint: string | null;
  readonly is_seen: boolean;
  readonly is_signed_in: boolean;
  readonly checks: readonly {
    readonly subject: 'grant' | 'policy' | 'restriction';
    readonly name: string;
    readonly passed: boolean | null;
    readonly permissions: readonly string[];
    readonly held?: readonly string[];
    readonly expression?: string;
  }[];
  readonly permissions_needed: readonly string[];
  readonly roles: readonly string[];
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly fields: readonly string[] | null;
};

type Request = {
  readonly context: {
    readonly pgSettings: Record<string, string | undefined>;
    readonly withPgClient: WithPgClient;
  };
  readonly type: string;
  readonly rowId: string | null | undefined;
  readonly action: string;
};

function codeOf({ allowed, sqlstate, is_signed_in: isSignedIn }: Explained): string | null {
  if (allowed) return null;
  if (sqlstate === '42501' && !isSignedIn) return 'UNAUTHENTICATED';
  return describeSqlstate(sqlstate ?? '')?.code ?? 'INTERNAL_ERROR';
}

/** What Postgres itself says quotes rows and keys: only what is written for clients is handed on. */
function forClients(explained: Explained): Explained {
  const known = describeSqlstate(explained.sqlstate ?? '');
  if (known && 'speaks' in known) return explained;
  const message = known?.message?.replace('{field}', 'a value') ?? null;
  return { ...explained, message, hint: known?.hint ?? null };
}

function explanationOf(type: string, unfiltered: Explained) {
  const explained = forClients(unfiltered);
  const code = codeOf(explained);
  return {
    type,
    code,
    action: explained.action,
    rowId: explained.row_id,
    allowed: explained.allowed,
    summary: summaryOf(type, code, explained),
    kind: explained.kind,
    rule: explained.rule,
    isSeen: explained.is_seen,
    checks: explained.checks.map((check) => ({
      ...check,
      held: check.held ?? [],
      expression: check.expression ?? null,
    })),
    permissionsNeeded: explained.permissions_needed,
    rolesThatAllow: explained.roles,
    archivedAt: explained.state?.['deleted_at'] ?? null,
    nextStatuses: explained.state?.['next'] ?? null,
    fields: explained.fields?.map(fieldOf) ?? null,
  };
}

/** `explainAccess`: why the caller may do something, or not. */
export const ExplainAccessPlugin: GraphileConfig.Plugin = extendSchema((build) => {
  const tables = new Map<string, string>();
  for (const resource of Object.values(build.pgResources) as PgResource[]) {
    const { schemaName, name } = resource.extensions?.pg ?? {};
    if (resource.parameters || !resource.codec.attributes || !schemaName || !name) continue;
    tables.set(build.inflection.tableType(resource.codec as never), `${schemaName}.${name}`);
  }

  async function explain({ context: current, type, rowId, action }: Request) {
    // What is tried has to be written before it is undone, which a transaction that only reads would not allow.
    const settings = { ...current.pgSettings, access: 'read write' };
    const { rows } = await current.withPgClient(settings, (client) =>
      client.query<{ explained: Explained }>({
        text: 'select security.explain_access($1, $2, $3) as explained',
        values: [tables.get(type) ?? type, rowId ?? null, action],
      }),
    );
    return rows[0] ? explanationOf(type, rows[0].explained) : null;
  }

  return {
    typeDefs: accessTypes,
    enums: {
      AccessAction: {
        values: {
          READ: { value: 'read' },
          INSERT: { value: 'insert' },
          UPDATE: { value: 'update' },
          DELETE: { value: 'delete' },
          RESTORE: { value: 'restore' },
        },
      },
    },
    objects: {
      Query: {
        plans: {
          explainAccess(_$root: Step, args: FieldArgs) {
            const $request = object({
              context: context() as Step,
              type: args.getRaw('type'),
              rowId: args.getRaw('rowId'),
              action: args.getRaw('action'),
            });
            return lambda($request as unknown as Step<Request>, explain);
          },
        },
      },
    },
  };
}, 'CallboardExplainAccessPlugin');
