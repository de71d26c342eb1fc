import {
  constant,
  context,
  get,
  lambda,
  listen,
  object,
  type FieldArgs,
  type Step,
} from 'postgraphile/grafast';
import type { PgResource } from 'postgraphile/@dataplan/pg';
import { extendSchema, gql } from 'postgraphile/utils';
import { isArchivable } from '../archived.ts';
import { watchChanges, type Change, type WatchContext, type WatchedTable } from './watch.ts';

const types = gql`
  """
  What was done to rows.
  """
  enum ChangeOperation {
    INSERT
    """
    Also what deleteX and restoreX do.
    """
    UPDATE
  }

  """
  Rows of one type that were changed by one statement.
  """
  type Change {
    operation: ChangeOperation!
    """
    The GraphQL type of the rows, such as ProjectTask.
    """
    type: String!
    """
    The ids of the rows, a hundred at most.
    """
    rowIds: [UUID!]!
    """
    The rows as they are now.
    """
    nodes: [Node]!
  }

  extend type Subscription {
    """
    Changes of the active organization as they happen: of rows that the caller may read, with the rights of that moment. Ends
    with the access token, and when the caller leaves the organization: refresh the session, and subscribe again.
    """
    changes(
      """
      GraphQL types to hear about, such as ["ProjectTask"]; all when left out.
      """
      types: [String!]
    ): Change
  }
`;

type Request = { readonly context: WatchContext; readonly types: readonly string[] | null };

const subscriber =
  (tables: ReadonlyMap<string, WatchedTable>) =>
  ({ context: current, types: wanted }: Request) => ({
    subscribe: () => watchChanges({ context: current, tables, types: wanted ?? null }),
  });

/** `subscription { changes }`: live changes, read again under the subscriber's rights. */
export const ChangesPlugin: GraphileConfig.Plugin = extendSchema((build) => {
  const tables = new Map<string, WatchedTable>();
  for (const resource of Object.values(build.pgResources) as PgResource[]) {
    const { schemaName, name } = resource.extensions?.pg ?? {};
    if (resource.parameters || !isArchivable(resource.codec) || !schemaName || !name) continue;
    tables.set(`${schemaName}.${name}`, {
      type: build.inflection.tableType(resource.codec as never),
      table: build.sql.compile(build.sql.identifier(schemaName, name)).text,
    });
  }
  const listenTo = subscriber(tables);
  const nodeIdOf = (type: string, id: string) => {
    const codec = build.getNodeIdHandler?.(type)?.codec;
    return codec ? (codec.encode([type, id]) as string) : null;
  };

  return {
    typeDefs: types,
    enums: {
      ChangeOperation: { values: { INSERT: { value: 'insert' }, UPDATE: { value: 'update' } } },
    },
    objects: {
      Subscription: {
        plans: {
          changes: {
            subscribePlan(_$root: Step, args: FieldArgs) {
              const $request = object({ context: context() as Step, types: args.getRaw('types') });
              const $subscriber = lambda($request as Step<Request>, listenTo);
              return listen($subscriber as never, constant('changes') as never);
            },
            plan: ($change: Step) => $change,
          },
        },
      },
      Change: {
        plans: {
          rowIds: ($change: Step<Change>) => get($change, 'ids'),
          nodes: ($change: Step<Change>) =>
            lambda($change, ({ type, ids }) => ids.map((id) => nodeIdOf(type, id))),
        },
      },
    },
  };
}, 'CallboardChangesPlugin');
