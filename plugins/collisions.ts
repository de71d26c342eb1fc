/** Two things of the database would have the same name in GraphQL. Ends the build. */
export class NamingCollisionError extends Error {
  override readonly name = 'NamingCollisionError';
}

/**
 * PostGraphile goes on without whatever it cannot name, and a part of the API is silently missing. Here the build fails
 * instead, and says what has to be renamed.
 */
export const CollisionsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardCollisionsPlugin',
  description: 'Fails the build on a naming collision.',
  version: '1.0.0',
  schema: {
    hooks: {
      build: {
        after: ['SwallowErrors'],
        callback(build) {
          build.handleRecoverableError = (error) => {
            throw new NamingCollisionError(
              `Two things have the same GraphQL name. Rename one of them in SQL, or give one an @name. ${error.message}`,
              { cause: error },
            );
          };
          return build;
        },
      },
    },
  },
};
