import { isAsyncIterable, type GrafastExecutionArgs } from 'postgraphile/grafast';
import { GraphQLError, OperationTypeNode, type GraphQLSchema } from 'postgraphile/graphql';
import type { ExecutionConfig } from 'postgraphile/grafserv';
import { costOf, excessWith, operationOf } from './excess.ts';
import { Documents, type DocumentsOptions } from './documents.ts';
import { OpenOperations, untilEnd } from './open.ts';
import { refusal } from './refusal.ts';

export type LimitsPluginOptions = Omit<DocumentsOptions, 'schema'> & {
  /** Says whose operation it is, so that what each caller has open can be counted. */
  readonly callerOf: (request: Partial<Grafast.RequestContext>) => string;
  /** Whether answers say what they cost, in a header `x-query-cost`. */
  readonly tellsCost: boolean;
};

/** Errors in variables that are told at a time: each is written of the value that is wrong. */
const COERCION_ERRORS = 5;

type Answer = Awaited<ReturnType<ExecutionConfig['execute']>>;
type Run = (args: GrafastExecutionArgs) => Answer | Promise<Answer>;

/** Holds documents and their variables to the limits. */
class Guard {
  readonly documents: Documents;
  readonly #options: LimitsPluginOptions;
  readonly #open: OpenOperations;

  constructor(schema: GraphQLSchema, options: LimitsPluginOptions) {
    this.documents = new Documents({ ...options, schema });
    this.#options = options;
    this.#open = new OpenOperations(options.limits.subscriptions);
  }

  /** Runs an operation if its variables let it. */
  run(args: GrafastExecutionArgs, run: Run): Answer | Promise<Answer> {
    const { limits, introspection, tellsCost } = this.#options;
    const { document, operationName, variableValues } = args;
    const analysis = this.documents.analysisOf(document);
    if (!analysis) throw new Error('A document was not checked.');
    const operation = operationOf(analysis, operationName);
    // Which operation is missing is said by the engine.
    if (!operation) return run(args);
    const variables = variableValues ?? {};
    const excess = excessWith(operation, variables, limits);
    if (excess) return { errors: [refusal(excess)] };
    Object.assign(args, {
      options: { maxCoercionErrors: COERCION_ERRORS },
      ...(introspection ? {} : { hideSuggestions: true }),
    });
    if (operation.node.operation === OperationTypeNode.SUBSCRIPTION) {
      // Whether a client that asked over HTTP is still there, nobody would hear.
      if (args.requestContext?.node) return { errors: [overHttp()] };
      return this.#subscribe(args, run);
    }
    const response = args.requestContext?.node?.res;
    if (tellsCost && response && !response.headersSent) {
      response.setHeader('x-query-cost', costOf(operation, variables));
    }
    return run(args);
  }

  async #subscribe(args: GrafastExecutionArgs, run: Run): Promise<Answer> {
    const { limits, callerOf } = this.#options;
    const limit = limits.subscriptions;
    const end = this.#open.begin(callerOf(args.requestContext ?? {}));
    if (!end) return { errors: [refusal({ measure: 'subscriptions', limit, value: limit + 1 })] };
    try {
      const answer = await run(args);
      if (isAsyncIterable(answer)) return untilEnd(answer, end);
      end();
      return answer;
    } catch (error) {
      end();
      throw error;
    }
  }
}

const overHttp = () =>
  new GraphQLError('Subscribe over a web socket.', { extensions: { code: 'BAD_REQUEST' } });

/** Refuses documents that are too much before they are validated, and operations whose variables make them so. */
export function limitsPlugin(options: LimitsPluginOptions): GraphileConfig.Plugin {
  const guards = new WeakMap<GraphQLSchema, Guard>();
  const guardOf = (schema: GraphQLSchema): Guard => {
    const known = guards.get(schema);
    if (known) return known;
    const guard = new Guard(schema, options);
    guards.set(schema, guard);
    return guard;
  };
  const guarded = (config: ExecutionConfig): ExecutionConfig => {
    const guard = guardOf(config.schema);
    return {
      ...config,
      parseAndValidate: guard.documents.check,
      execute: (args: GrafastExecutionArgs) => guard.run(args, config.execute),
      subscribe: (args: GrafastExecutionArgs) => guard.run(args, config.subscribe),
    };
  };
  return {
    name: 'CallboardLimitsPlugin',
    description: 'Limits what documents and their variables may ask for.',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const { getExecutionConfig } = event;
          event.getExecutionConfig = function (request) {
            const config = getExecutionConfig.call(this, request);
            return 'then' in config ? config.then(guarded) : guarded(config);
          };
          return next();
        },
      },
    },
  };
}
