import type { PgCodecRelation, PgResource } from 'postgraphile/@dataplan/pg';
import { namingColumns, TENANT_COLUMN } from './names.ts';

/**
 * Columns that nearly every table has. The way back along them, from a user to everything they ever touched or from a
 * workspace to everything in it, would put hundreds of lists on one type: `filter` on the table says the same.
 */
function isEverywhere(relation: PgCodecRelation): boolean {
  const [column] = namingColumns(relation.remoteAttributes);
  const { attributes } = (relation.remoteResource as PgResource).codec;
  // What cannot be without a workspace, such as a place in one, is about it.
  return (
    (column?.endsWith('_by') ?? false) ||
    (column === 'workspace_id' && !attributes?.[column]?.notNull)
  );
}

/**
 * What a row says about others of one whole: which step comes next, which of its variants a test was won by. Whoever asks for
 * them has the whole, and reads it there. Where a column says `parent`, the way back leads to the children, who are asked for.
 */
function isInsideOfOne(relation: PgCodecRelation): boolean {
  const columns = relation.remoteAttributes.filter((column) => column !== TENANT_COLUMN);
  const isAmongSiblings =
    (relation.remoteResource as PgResource).codec === relation.localCodec &&
    columns.length > 1 &&
    !columns.at(-1)?.startsWith('parent_');
  const isOfOwnPart = columns.length > 1 && columns.includes('id');
  return isAmongSiblings || isOfOwnPart;
}

/** Whether the API has no way back along a relation: rules for all tables, or a constraint that says so for itself. */
export function hasNoWayBack(relation: PgCodecRelation): boolean {
  if (!relation.isReferencee) return false;
  const said = [relation.extensions?.tags?.behavior].flat().join(' ');
  return said.split(' ').includes('-*') || isEverywhere(relation) || isInsideOfOne(relation);
}

/** Keeps types readable: only those relations back that somebody would look for there. */
export const BackRelationsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardBackRelationsPlugin',
  description: 'Leaves out relations back that nobody would look for.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecRelation: {
        override: {
          callback: (behavior, relation) => (hasNoWayBack(relation) ? [behavior, '-*'] : behavior),
        },
      },
    },
  },
};
