/** Functions that the session plugin calls itself: they give out tokens that must not reach clients as they are. */
const HIDDEN = new Set([
  'identity.sign_up',
  'identity.sign_in',
  'identity.refresh_session',
  'identity.switch_organization',
  'identity.sign_out',
  'identity.me',
]);

/** Keeps the functions behind sessions out of the automatic API. */
export const HiddenSessionFunctionsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardHiddenSessionFunctionsPlugin',
  description: 'Hides the SQL functions that sessions are made with.',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgResource: {
        override: {
          callback(behavior, resource) {
            const { schemaName, name } = resource.extensions?.pg ?? {};
            return HIDDEN.has(`${schemaName}.${name}`) ? [behavior, '-*'] : behavior;
          },
        },
      },
    },
  },
};
