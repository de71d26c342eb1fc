import { gatherConfig } from 'postgraphile/graphile-build';
import { sql } from 'postgraphile/pg-sql2';
import {
  entityPermissions,
  type Introspection,
  type PgClass,
} from 'postgraphile/graphile-build-pg/pg-introspection';
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { ARCHIVED_COLUMN, TENANT_COLUMN } from './names.ts';

/** Rows of the active organization only, said in the query, so that its plan starts from the key. */
function inActiveOrganization($select: PgSelectStep): void {
  $select.where(
    sql`${$select.alias}.${sql.identifier(TENANT_COLUMN)} = (select authz.organization_id())`,
  );
}

const isTenantTable = (pgClass: PgClass) =>
  pgClass
    .getConstraints()
    .some(
      (constraint) =>
        constraint.contype === 'p' && constraint.getAttributes()?.[0]?.attname === TENANT_COLUMN,
    );

/** Published rows are read across organizations, by those who are not signed in too. */
function isPublished(introspection: Introspection, pgClass: PgClass): boolean {
  const anonymous = introspection.roles.find((role) => role.rolname === 'callboard_anonymous');
  return (
    anonymous !== undefined &&
    (entityPermissions(introspection, pgClass, anonymous, true).select ?? false)
  );
}

type Unique = { attributes: readonly string[]; isPrimary?: boolean };

/** Keys as a client knows them: an id alone; none that differ only in what has been archived. */
function clientKeys<T extends Unique>(uniques: readonly T[]): T[] {
  const own = uniques
    .map((unique) => ({
      ...unique,
      attributes: unique.attributes.filter((column) => column !== TENANT_COLUMN),
    }))
    .filter(({ attributes }) => attributes.length > 0 && !attributes.includes(ARCHIVED_COLUMN));
  const primary = own.find((unique) => unique.isPrimary);
  return own.filter(
    (unique) =>
      unique === primary ||
      !primary?.attributes.every((column) => unique.attributes.includes(column)),
  );
}

const HIDDEN = [
  '-attribute:select',
  '-attribute:base',
  '-attribute:insert',
  '-attribute:update',
  '-attribute:filterBy',
  '-attribute:orderBy',
] as const;

/**
 * Clients never see `organization_id`: look-ups, updates and node ids take the id alone, and the active organization is
 * added to the query. Joins keep the whole key.
 */
export const TenantKeysPlugin: GraphileConfig.Plugin = {
  name: 'CallboardTenantKeysPlugin',
  description: 'Hides organization_id and adds the active organization to queries.',
  version: '1.0.0',
  before: ['PgTablesPlugin'],
  gather: gatherConfig({
    namespace: 'callboardTenantKeys' as never,
    hooks: {
      async pgTables_PgResourceOptions(info, { pgClass, resourceOptions, serviceName }) {
        if (!isTenantTable(pgClass)) return;
        resourceOptions.uniques = clientKeys(resourceOptions.uniques ?? []);
        const { introspection } = await info.helpers.pgIntrospection.getService(serviceName);
        if (!isPublished(introspection, pgClass))
          resourceOptions.selectAuth = inActiveOrganization as never;
      },
    },
  }),
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          callback: (behavior, [, attributeName]) =>
            attributeName === TENANT_COLUMN ? [behavior, ...HIDDEN] : behavior,
        },
      },
      pgCodecRelation: {
        override: {
          callback(behavior, relation) {
            // To and from the organization itself: whose rows they are goes without saying.
            const toOrganization =
              relation.localAttributes.length === 1 &&
              (relation.isReferencee ? relation.remoteAttributes : relation.localAttributes)[0] ===
                TENANT_COLUMN;
            return toOrganization ? [behavior, '-*'] : behavior;
          },
        },
      },
    },
  },
};
