import type { ConnectionStep, FieldArg } from 'postgraphile/grafast';
import type { PgCodec, PgSelectQueryBuilder, PgSelectStep } from 'postgraphile/@dataplan/pg';
import { sql } from 'postgraphile/pg-sql2';
import { ARCHIVED_COLUMN } from './names.ts';

const TYPE = 'Archived';

type Choice = 'exclude' | 'include' | 'only';

/** Whether rows of this kind can be archived. */
export const isArchivable = (codec: PgCodec | undefined): boolean =>
  codec?.attributes !== undefined && ARCHIVED_COLUMN in codec.attributes;

function narrow(query: PgSelectQueryBuilder, choice: Choice | null | undefined): void {
  if (choice === 'include') return;
  const column = sql`${query.alias}.${sql.identifier(ARCHIVED_COLUMN)}`;
  query.where(choice === 'only' ? sql`${column} is not null` : sql`${column} is null`);
}

function applyChoice(
  _parent: unknown,
  $rows: PgSelectStep | ConnectionStep<unknown>,
  argument: FieldArg,
): void {
  const $select = 'getSubplan' in $rows ? ($rows.getSubplan() as unknown as PgSelectStep) : $rows;
  argument.apply($select, (query, choice: Choice) => {
    narrow(query, choice);
  });
}

/**
 * Archived rows are left out of every list and connection unless asked for. A row that is asked for by its id, or that
 * another row points at, is given even when it is archived: `deletedAt` says so, and a link never breaks.
 */
export const ArchivedPlugin: GraphileConfig.Plugin = {
  name: 'CallboardArchivedPlugin',
  description: 'Leaves archived rows out of lists unless asked for.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          // Archiving is what deleteX and restoreX do, with all that belongs to the row.
          callback: (behavior, [, attributeName]) =>
            attributeName === ARCHIVED_COLUMN
              ? [behavior, '-attribute:insert', '-attribute:update', '-attribute:base']
              : behavior,
        },
      },
    },
    hooks: {
      init(_, build) {
        build.registerEnumType(
          TYPE,
          {},
          () => ({
            description: 'Whether a list has archived rows in it.',
            values: {
              EXCLUDE: { value: 'exclude', description: 'Only rows that are not archived.' },
              INCLUDE: { value: 'include', description: 'All rows.' },
              ONLY: { value: 'only', description: 'Only archived rows.' },
            },
          }),
          'ArchivedPlugin',
        );
        return _;
      },
      GraphQLObjectType_fields_field_args(args, build, { scope }) {
        const { isPgFieldConnection, isPgFieldSimpleCollection, pgFieldResource } = scope;
        if (
          !(isPgFieldConnection || isPgFieldSimpleCollection) ||
          !isArchivable(pgFieldResource?.codec as PgCodec | undefined)
        ) {
          return args;
        }
        return build.extend(
          args,
          {
            archived: {
              description: 'Whether archived rows are among them.',
              type: build.getInputTypeByName(TYPE),
              defaultValue: 'exclude',
              applyPlan: applyChoice as never,
            },
          },
          'archived argument',
        );
      },
    },
  },
};
