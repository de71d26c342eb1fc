import { TYPES, type PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { extendSchema, gql } from 'postgraphile/utils';

/**
 * `status` of API keys. A function of the row would take the right to all of it, and nobody may read the hash of a key's
 * secret.
 */
export const KeyStatusPlugin: GraphileConfig.Plugin = extendSchema(
  () => ({
    typeDefs: gql`
      extend type ApiKey {
        """
        Whether it can serve: active, expired or revoked. An active one serves while whoever made it may enter.
        """
        status: String!
      }
    `,
    objects: {
      ApiKey: {
        plans: {
          status: ($key: PgSelectSingleStep) =>
            $key.select(
              (sql) => sql`case
                when coalesce(${$key}.revoked_at, now()) >= ${$key}.expires_at then 'expired'
                when ${$key}.revoked_at is not null then 'revoked'
                else 'active'
              end`,
              TYPES.text,
              true,
            ),
        },
      },
    },
  }),
  'CallboardKeyStatusPlugin',
);
