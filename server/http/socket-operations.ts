import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'graphql-ws';
import { isSafeError, SafeError } from 'postgraphile/grafast';
import { GraphQLError, type ExecutionArgs } from 'postgraphile/graphql';
import type { WebSocket } from 'ws';
import { newNotes, noteErrors, noteOperation, type Notes } from '../../plugins/notes.ts';
import type { Caller } from '../caller.ts';
import { inLogScope, type Log } from '../log/log.ts';

/** Operations, most of them subscriptions, that one socket may have at a time. */
const OPERATIONS = 100;

/** What a connection of the protocol is made of. */
export type SocketOfClient = { readonly socket: WebSocket; readonly request: IncomingMessage };

export type OperationOptions = {
  readonly log: Log;
  /** @throws SafeError UNAUTHENTICATED when the token is not valid any more */
  readonly callerOf: (request: Partial<Grafast.RequestContext>) => Caller;
  /**
   * Counts an operation.
   *
   * @throws SafeError RATE_LIMITED when there were too many
   */
  readonly admit: (caller: Caller) => Promise<void>;
};

/** An operation from when it is asked for until it is over. */
type Operation = {
  readonly requestId: string;
  readonly begun: number;
  readonly notes: Notes;
  caller?: Caller;
};

type Context = Parameters<NonNullable<ServerOptions['onSubscribe']>>[0];

const clientOf = (context: Context) => context.extra as SocketOfClient;

const tooMany = () =>
  new SafeError(`A web socket has ${OPERATIONS} operations at a time at most.`, {
    code: 'RATE_LIMITED',
    limit: OPERATIONS,
  });

/**
 * The configuration of a socket server with what surrounds an operation: an id, which the audit log has too; the count that
 * it is taken from; and a line in the log when it is over.
 */
export function watchOperations(config: ServerOptions, options: OperationOptions): ServerOptions {
  const { log, callerOf, admit } = options;
  const ofSockets = new WeakMap<WebSocket, Map<string, Operation>>();
  const ofArguments = new WeakMap<object, Operation>();

  function running(context: Context): Map<string, Operation> {
    const { socket } = clientOf(context);
    let operations = ofSockets.get(socket);
    if (!operations) ofSockets.set(socket, (operations = new Map<string, Operation>()));
    return operations;
  }

  function within<T>(operation: Operation | undefined, work: () => T): T {
    return operation ? inLogScope(operation, work) : work();
  }

  function end(context: Context, id: string): void {
    const operation = running(context).get(id);
    if (!operation || !running(context).delete(id)) return;
    const { requestId, begun, notes, caller } = operation;
    const { operation: kind, operationName, errors, errorIds } = notes;
    log.info(
      {
        requestId,
        method: 'WS',
        path: '/graphql',
        ms: Math.round((performance.now() - begun) * 10) / 10,
        ...(caller?.session
          ? { userId: caller.session.userId, organizationId: caller.session.organizationId }
          : {}),
        ...(kind ? { operation: kind } : {}),
        ...(operationName ? { operationName } : {}),
        ...(errors.length > 0 ? { errors } : {}),
        ...(errorIds.length > 0 ? { errorIds } : {}),
      },
      'request',
    );
  }

  /** Errors of ours as they are; what nobody foresaw goes through the mask, like any other. */
  const asErrors = (error: unknown): readonly GraphQLError[] => {
    const cause = error instanceof Error ? error : new Error(String(error));
    return [
      new GraphQLError(cause.message, {
        originalError: cause,
        extensions: isSafeError(cause) ? cause.extensions : {},
      }),
    ];
  };

  return {
    ...config,
    onSubscribe(context, id, payload) {
      const operations = running(context);
      const operation: Operation = {
        requestId: randomUUID(),
        begun: performance.now(),
        notes: newNotes(),
      };
      operations.set(id, operation);
      return inLogScope(operation, async () => {
        try {
          if (operations.size > OPERATIONS) throw tooMany();
          const { socket, request } = clientOf(context);
          operation.caller = callerOf({
            ws: { socket, request, connectionParams: context.connectionParams },
          } as Partial<Grafast.RequestContext>);
          await admit(operation.caller);
        } catch (error) {
          return asErrors(error);
        }
        const prepared = await config.onSubscribe?.(context, id, payload);
        if (prepared && 'document' in prepared) {
          noteOperation(operation.notes, prepared.document, prepared.operationName);
          ofArguments.set(prepared, operation);
        }
        return prepared;
      });
    },
    execute: (args: ExecutionArgs) =>
      within(ofArguments.get(args), () => config.execute?.(args)) as ReturnType<
        NonNullable<ServerOptions['execute']>
      >,
    subscribe: (args: ExecutionArgs) =>
      within(ofArguments.get(args), () => config.subscribe?.(args)) as ReturnType<
        NonNullable<ServerOptions['subscribe']>
      >,
    onNext(context, id, payload, args, result) {
      const operation = running(context).get(id);
      return within(operation, () => {
        const answer = config.onNext?.(context, id, payload, args, result);
        const { errors } = (answer ?? result) as { errors?: readonly GraphQLError[] };
        if (operation && errors) noteErrors(operation.notes, errors);
        return answer;
      });
    },
    onError(context, id, payload, errors) {
      const operation = running(context).get(id);
      return within(operation, () => {
        const answer = config.onError?.(context, id, payload, errors);
        if (operation && Array.isArray(answer)) noteErrors(operation.notes, answer);
        end(context, id);
        return answer;
      });
    },
    onComplete: (context, id) => end(context, id),
  };
}
