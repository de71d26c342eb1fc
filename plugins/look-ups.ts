import type { PgCodec } from 'postgraphile/@dataplan/pg';

/**
 * Tables without a list at the root: users are found as members of the organization, of which there is one at a time.
 */
const UNLISTED = new Set(['identity.users', 'tenancy.organizations']);

/**
 * Few ways to one row: by `rowId`, by another short key such as a slug, and `node(id:)` for caches. Keys of several columns
 * and keys that nobody may read are left out.
 */
export const LookUpsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardLookUpsPlugin',
  description: 'Leaves out look-ups that nobody needs.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgResource: {
        override: {
          callback(behavior, resource) {
            const { schemaName, name } = resource.extensions?.pg ?? {};
            return UNLISTED.has(`${schemaName}.${name}`)
              ? [behavior, '-query:resource:connection']
              : behavior;
          },
        },
      },
      pgResourceUnique: {
        override: {
          callback(behavior, [resource, unique]) {
            const { attributes } = resource.codec as PgCodec;
            const isReadable = unique.attributes.every(
              (name) => attributes?.[name]?.extensions?.canSelect !== false,
            );
            const isShort = unique.isPrimary || unique.attributes.length === 1;
            return isReadable && isShort ? behavior : [behavior, '-single'];
          },
        },
      },
    },
    hooks: {
      GraphQLObjectType_fields: {
        after: ['NodeAccessorPlugin'],
        callback(fields, build, { scope }) {
          if (!scope.isRootQuery) return fields;
          const accessors = new Set(
            build.getNodeTypeNames?.().map((type) => build.inflection.nodeById(type)),
          );
          return Object.fromEntries(
            Object.entries(fields).filter(([name]) => !accessors.has(name)),
          );
        },
      },
    },
  },
};
