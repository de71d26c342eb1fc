import { lambda, SafeError, type ObjectStep } from 'postgraphile/grafast';

function refuseNothing(row: unknown): unknown {
  if (row != null) return row;
  throw new SafeError('There is no such row, or you may not change it.', {
    code: 'NOT_FOUND_OR_FORBIDDEN',
    field: 'rowId',
  });
}

/** An update that touches no row is an error, never a success without a row. */
export const NothingUpdatedPlugin: GraphileConfig.Plugin = {
  name: 'CallboardNothingUpdatedPlugin',
  description: 'Refuses updates that touch no row.',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        if (!scope.isPgUpdateMutation || !plan) return field;
        return {
          ...field,
          plan($parent, args, info) {
            const $payload = plan($parent, args, info) as ObjectStep;
            const $checked = lambda($payload.getStepForKey('result'), refuseNothing);
            $checked.hasSideEffects = true;
            return $payload;
          },
        };
      },
    },
  },
};
