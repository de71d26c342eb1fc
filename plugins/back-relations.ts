import type { PgCodecRelation, PgResource } from 'postgraphile/@dataplan/pg';
import { ARCHIVED_COLUMN, namingColumns } from './names.ts';

/**
 * Columns that nearly every table has. The way back along them, from a user to everything they ever touched or from a
 * workspace to everything in it, would put hundreds of lists on one type: `filter` on the table says the same.
 */
function isEverywhere(relation: PgCodecRelation): boolean {
  if (!relation.isReferencee) return false;
  const [column] = namingColumns(relation.remoteAttributes);
  const { attributes } = (relation.remoteResource as PgResource).codec;
  return (
    (column?.endsWith('_by') ?? false) ||
    (column === 'workspace_id' && attributes !== undefined && ARCHIVED_COLUMN in attributes)
  );
}

/** Keeps `User` and `Workspace` readable: no relations back along `created_by` and its like, nor along `workspace_id`. */
export const BackRelationsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardBackRelationsPlugin',
  description: 'Leaves out relations back along columns that every table has.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecRelation: {
        override: {
          callback: (behavior, relation) => (isEverywhere(relation) ? [behavior, '-*'] : behavior),
        },
      },
    },
  },
};
