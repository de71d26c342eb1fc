import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind, type GraphQLFormattedError } from 'postgraphile/graphql';
import { isSafeError } from 'postgraphile/grafast';
import { fieldOf } from '../names.ts';
import type { ConstraintColumns } from './constraints.ts';
import { engineRefusal } from './engine.ts';
import { describeSqlstate, messageOf, type ErrorDescription } from './registry.ts';

/** An error that nobody foresaw, for the log. */
export type Unexpected = {
  /** The id in the message that the client got. */
  readonly id: string;
  readonly path: string | undefined;
  readonly error: unknown;
};

/** What Postgres, or the socket to it, says about an error. */
type DatabaseFailure = {
  readonly code?: string;
  readonly message: string;
  readonly schema?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Of a refusal that the database handed back as a value. */
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** How Node and `pg` say that there is no connection. They have no SQLSTATE for it. */
const UNREACHABLE = /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$/;
const LOST =
  /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded when trying to connect|Cannot use a pool after)/;

function describe({ code, message }: DatabaseFailure): ErrorDescription | undefined {
  if (code && /^[0-9A-Z]{5}$/.test(code)) {
    const known = describeSqlstate(code);
    if (known) return known;
  }
  return UNREACHABLE.test(code ?? '') || LOST.test(message) ? describeSqlstate('08006') : undefined;
}

type Extensions = Record<string, unknown>;

function coded(error: GraphQLError, message: string, extensions: Extensions): GraphQLError {
  const { nodes, source, positions, path, originalError } = error;
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions });
}

/** `field` when one is wrong, `fields` when each could be right by itself. */
const named = (fields: readonly string[]): Extensions =>
  fields.length > 1 ? { fields } : fields[0] === undefined ? {} : { field: fields[0] };

function translate(
  error: GraphQLError,
  failure: DatabaseFailure,
  known: ErrorDescription,
  constraints: ConstraintColumns,
): GraphQLError {
  const { code, speaks, states, status } = known;
  if (status !== undefined) {
    return coded(error, known.message ?? code, { code, hint: known.hint });
  }
  const fields = (
    failure.column ? [failure.column] : constraints.columnsOf(failure.schema, failure.constraint)
  ).map(fieldOf);
  const message = speaks ? failure.message : messageOf(known, fields);
  const hint = speaks
    ? failure.hint
    : (constraints.explanationOf(failure.schema, failure.constraint) ?? known.hint);
  return coded(error, message, {
    code,
    ...named(fields),
    ...(failure.constraint ? { constraint: failure.constraint } : {}),
    // Postgres' own details quote rows and keys that the caller may not see.
    ...(speaks && failure.detail
      ? states
        ? (JSON.parse(failure.detail) as Extensions)
        : { detail: failure.detail }
      : {}),
    ...(hint ? { hint } : {}),
    ...(speaks ? failure.extensions : {}),
  });
}

type Message = { readonly message: string };

/** About a value in the document or in a variable, found before anything runs. */
const isAboutInput = ({ message }: Message) =>
  /^(Variable "\$\w+" (got invalid value|of required type|of non-null type) |Expected value of type ")/.test(
    message,
  );

/** Characters of what is said about a value that are told. */
const TOLD = 300;

/** What is wrong with a variable, and where, without the value: it may be a password, or long. */
function withoutValue({ message, originalError }: GraphQLError): string {
  const [, variable] = /^Variable "(\$\w+)" got invalid value /.exec(message) ?? [];
  const reason = originalError?.message;
  if (variable === undefined || reason === undefined || !message.endsWith(`; ${reason}`)) {
    return message;
  }
  const [place = ''] = / at "[^"]*"$/.exec(message.slice(0, -`; ${reason}`.length)) ?? [];
  const told = reason.length > TOLD ? `${reason.slice(0, TOLD)}…` : reason;
  return `Variable "${variable}" has an invalid value${place}; ${told}`;
}

/** Where a variable has a wrong value, in the order in which it is looked for: the last that is said is the nearest. */
const FIELDS_OF_VARIABLES = [
  // A field of an object that is missing, or too many.
  /^Variable .*; Field "(\w+)" (?:of required type|is not defined)/s,
  // `startsOn` of `Variable … at "project.startsOn"; …`, `scopes` of `… at "input.scopes[0]"; …`
  /^Variable [^;]* at "(?:[^"]*\.)?(\w+)(?:\[\d+\])*"/,
  // A value by itself: clients name the variable after what it is for.
  /^Variable "\$(\w+)"/,
];

/** The input field that a variable has a wrong value at. */
function fieldOfVariable(message: string): string | undefined {
  for (const form of FIELDS_OF_VARIABLES) {
    const field = form.exec(message)?.[1];
    if (field) return field;
  }
  return undefined;
}

/**
 * The argument that a cursor of another list, or none at all, was given for. Of one that cannot be read nothing says which it
 * was, but there is hardly ever more than one.
 */
function argumentOfCursor({ message, nodes }: GraphQLError): string | undefined {
  if (/^Invalid cursor,/.test(message)) {
    const given = (nodes ?? [])
      .flatMap((node) => (node.kind === Kind.FIELD ? (node.arguments ?? []) : []))
      .map((argument) => argument.name.value)
      .filter((name) => name === 'after' || name === 'before');
    return given.length === 1 ? given[0] : undefined;
  }
  return /^Invalid '(after|before)' cursor/.exec(message)?.[1];
}

/** What the GraphQL engine itself says: about variables, or about a value that must not be null. */
export function graphqlCode(error: {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
}): string {
  if (isAboutInput(error)) return 'INVALID_INPUT';
  if (/^Syntax Error/.test(error.message)) return 'GRAPHQL_PARSE_FAILED';
  return error.path === undefined ? 'GRAPHQL_VALIDATION_FAILED' : 'INTERNAL_ERROR';
}

/**
 * Makes the function that every error of an operation goes through: known ones get their code, the others are hidden behind
 * an id under which `report` is told about them.
 */
export function makeMaskError(constraints: ConstraintColumns, report: (error: Unexpected) => void) {
  return (error: GraphQLError): GraphQLError | GraphQLFormattedError => {
    const cause: unknown = error.originalError;
    if (typeof error.extensions['code'] === 'string' && error.originalError === undefined)
      return error;
    if (cause == null || isAboutInput(error)) {
      const message = withoutValue(error);
      const field = isAboutInput(error) ? fieldOfVariable(message) : undefined;
      return coded(error, message, {
        code: graphqlCode(error),
        ...(field ? { field } : {}),
      });
    }
    const refusal = cause instanceof Error ? engineRefusal(cause.message) : undefined;
    if (refusal && (cause as DatabaseFailure).code === undefined) {
      const { message, ...extensions } = refusal;
      return coded(error, message, extensions);
    }
    if (cause instanceof Error && isSafeError(cause)) {
      const field = argumentOfCursor(error);
      const extensions: Extensions = {
        code: 'INVALID_INPUT',
        ...(field ? { field } : {}),
        ...cause.extensions,
      };
      // It is for HTTP, which has it already.
      delete extensions['statusCode'];
      return coded(error, cause.message, extensions);
    }
    if (cause instanceof GraphQLError) {
      return coded(error, cause.message, { code: graphqlCode(error), ...cause.extensions });
    }
    const failure = cause as DatabaseFailure;
    const known = describe(failure);
    if (known) return translate(error, failure, known, constraints);
    const id = randomUUID();
    report({ id, path: error.path?.join('.'), error: cause });
    return coded(error, `Something went wrong. Error id ${id}.`, { code: 'INTERNAL_ERROR', id });
  };
}
