import { Kind, OperationTypeNode, type DocumentNode } from 'postgraphile/graphql';
import type { Access } from './caller.ts';

/** A query only reads, and its transactions say so. */
export function accessOf(document: DocumentNode, operationName?: string | null): Access {
  const isQuery = document.definitions.every(
    (definition) =>
      definition.kind !== Kind.OPERATION_DEFINITION ||
      definition.operation === OperationTypeNode.QUERY ||
      (operationName != null && definition.name?.value !== operationName),
  );
  return isQuery ? 'read only' : 'read write';
}
