import {
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql';

/** What somebody who is signed in may be trying on another account. Of one who is not, every mutation is an attempt. */
const ON_ACCOUNTS: ReadonlySet<string> = new Set([
  'signUp',
  'signIn',
  'completeSignIn',
  'exchangeSignInCode',
  'refreshSession',
  'requestPasswordReset',
  'resetPassword',
  'verifyEmail',
]);

/** Whether a mutation tries to get into an account. */
export const isAttempt = (mutation: string, isSignedIn: boolean): boolean =>
  !isSignedIn || ON_ACCOUNTS.has(mutation);

/** The fields of a mutation, one entry for each time that it asks for one. */
function mutationsIn(document: DocumentNode, operationName: string | null | undefined): string[] {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.MUTATION) return [];
  const fragments = new Map(
    document.definitions
      .filter((each): each is FragmentDefinitionNode => each.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const found: string[] = [];
  const entered = new Set<string>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        found.push(selection.name.value);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet);
      } else if (!entered.has(selection.name.value)) {
        // The same fragment twice asks for the same fields: they are merged, not run again.
        entered.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) visit(fragment.selectionSet);
      }
    }
  };
  visit(operation.selectionSet);
  return found;
}

export type AttemptOptions = {
  /**
   * Counts a mutation, if it is an attempt.
   *
   * @throws SafeError RATE_LIMITED when there were too many
   */
  readonly admit: (what: string, request: Partial<Grafast.RequestContext>) => Promise<void>;
};

/** Counts attempts to get into an account before the operation runs, which is refused whole when there were too many. */
export const attemptsPlugin = ({ admit }: AttemptOptions): GraphileConfig.Plugin => ({
  name: 'CallboardAttemptsPlugin',
  description: 'Limits how often somebody may try to get into an account.',
  version: '1.0.0',
  grafast: {
    middleware: {
      execute(next, { args }) {
        const { document, operationName, requestContext } = args;
        const mutations = mutationsIn(document, operationName);
        if (mutations.length === 0 || !requestContext) return next();
        return (async () => {
          try {
            for (const what of mutations) await admit(what, requestContext);
          } catch (error) {
            const originalError = error as Error;
            return { errors: [new GraphQLError(originalError.message, { originalError })] };
          }
          return next();
        })();
      },
    },
  },
});
