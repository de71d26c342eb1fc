import type { PgResource } from 'postgraphile/@dataplan/pg';
import { TENANT_COLUMN } from './names.ts';

/** Parts of other functions: they take the organization as an argument, which clients never do. */
const isPart = (resource: PgResource) =>
  resource.parameters?.some((parameter) => parameter.name === TENANT_COLUMN) ?? false;

/** Leaves out SQL functions that take the organization as an argument: they are made for other functions. */
export const InternalFunctionsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardInternalFunctionsPlugin',
  description: 'Hides SQL functions that are parts of others.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgResource: {
        override: {
          callback: (behavior, resource) =>
            isPart(resource as PgResource) ? [behavior, '-*'] : behavior,
        },
      },
    },
  },
};
