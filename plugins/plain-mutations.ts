const RELAY_FIELDS = ['clientMutationId'];

function without<T extends object>(fields: T, names: readonly string[]): T {
  const rest = Object.entries(fields).filter(([name]) => !names.includes(name));
  // An object without fields is not valid GraphQL.
  return rest.length === 0 ? fields : (Object.fromEntries(rest) as T);
}

/**
 * Mutations as short as they can be: an update by the id alone, and no `clientMutationId`, which no current client needs.
 */
export const PlainMutationsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardPlainMutationsPlugin',
  description: 'Leaves out what mutations carry for Relay Classic.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodec: {
        override: {
          callback: (behavior) => [behavior, '-nodeId:resource:update', '-nodeId:resource:delete'],
        },
      },
      pgResourceUnique: {
        override: {
          callback: (behavior, [, unique]) =>
            unique.isPrimary
              ? behavior
              : [behavior, '-constraint:resource:update', '-constraint:resource:delete'],
        },
      },
    },
    hooks: {
      GraphQLInputObjectType_fields: {
        after: ['default'],
        callback: (fields, _build, { scope }) =>
          scope.isMutationInput ? without(fields, RELAY_FIELDS) : fields,
      },
      // It would say the same of every mutation.
      GraphQLObjectType_fields_field_args_arg: (arg, _build, { scope }) =>
        scope.argName === 'input' ? { ...arg, description: undefined } : arg,
      GraphQLObjectType_fields: {
        callback: (fields, _build, { scope }) =>
          scope.isMutationPayload ? without(fields, RELAY_FIELDS) : fields,
      },
    },
  },
};
