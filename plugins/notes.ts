import type { IncomingMessage } from 'node:http';
import { getOperationAST, type DocumentNode } from 'postgraphile/graphql';

/** What turned out about an operation while it was answered, for the line that the log has about it. */
export type Notes = {
  /** `query`, `mutation` or `subscription`; absent when the document could not be read. */
  operation?: string;
  operationName?: string;
  /** The codes of its errors, each once. */
  readonly errors: string[];
  /** The ids of those errors that nobody foresaw, under which the log says more. */
  readonly errorIds: string[];
};

/** More codes than this say nothing new. */
const CODES = 20;

export const newNotes = (): Notes => ({ errors: [], errorIds: [] });

const ofRequests = new WeakMap<IncomingMessage, Notes>();

/** The notes about the operation of an HTTP request. */
export function notesOf(request: IncomingMessage): Notes {
  let notes = ofRequests.get(request);
  if (!notes) ofRequests.set(request, (notes = newNotes()));
  return notes;
}

/** The longest name of an operation that is noted: clients choose it. */
const NAME_LENGTH = 100;

/** Notes which operation of a document runs. */
export function noteOperation(
  notes: Notes,
  document: DocumentNode,
  operationName: string | null | undefined,
): void {
  const operation = getOperationAST(document, operationName);
  if (!operation) return;
  notes.operation = operation.operation;
  if (operation.name) notes.operationName = operation.name.value.slice(0, NAME_LENGTH);
}

/** Notes the errors of an answer, as clients get them. */
export function noteErrors(
  notes: Notes,
  errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> | undefined }[],
): void {
  for (const { extensions: { code, id } = {} } of errors) {
    if (notes.errors.length >= CODES) return;
    if (typeof code === 'string' && !notes.errors.includes(code)) notes.errors.push(code);
    if (code === 'INTERNAL_ERROR' && typeof id === 'string') notes.errorIds.push(id);
  }
}
