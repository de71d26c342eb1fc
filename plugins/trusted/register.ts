import { createHash } from 'node:crypto';
import {
  getLocation,
  GraphQLError,
  Kind,
  parse,
  print,
  Source,
  validate,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'postgraphile/graphql';
import { analyse } from '../limits/analyse.ts';
import { costOf, excessOf } from '../limits/excess.ts';
import type { Limits } from '../limits/limits.ts';
import { messageOf, type Excess } from '../limits/refusal.ts';
import { pageSizes } from '../limits/rows.ts';
import { scan } from '../limits/scan.ts';
import type { TrustedDocument } from './manifest.ts';

/** A file of operations and fragments, which may use those of other files. */
export type DocumentFile = { readonly path: string; readonly text: string };

/** What is wrong, and where. */
export type Problem = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

/** A document with what its operation costs when its variables are left out. */
export type RegisteredDocument = TrustedDocument & { readonly cost: number };

type Found = {
  readonly documents: readonly RegisteredDocument[];
  /** In the order of their places. Where there are any, the documents are not to be used. */
  readonly problems: readonly Problem[];
};

/** One line for people, which editors and terminals make a link of. */
export const problemLine = ({ path, line, column, message }: Problem): string =>
  `${path}:${line}:${column}: ${message}`;

const inOrder = (problems: readonly Problem[]): Problem[] => {
  const known = new Map(problems.map((problem) => [problemLine(problem), problem]));
  return [...known.values()].sort(
    (a, b) =>
      (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
};

function problemOf(error: GraphQLError, path: string): Problem {
  const { loc } = error.nodes?.[0] ?? {};
  if (loc) {
    const { line, column } = getLocation(loc.source, loc.start);
    return { path: loc.source.name, line, column, message: error.message };
  }
  const { line = 1, column = 1 } = error.locations?.[0] ?? {};
  return { path, line, column, message: error.message };
}

/** Collects the fragments that something spreads, directly or not. */
function fragmentsOf(
  node: OperationDefinitionNode | FragmentDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  found = new Map<string, FragmentDefinitionNode>(),
): Map<string, FragmentDefinitionNode> {
  visit(node, {
    FragmentSpread({ name: { value } }) {
      const fragment = fragments.get(value);
      if (!fragment || found.has(value)) return;
      found.set(value, fragment);
      fragmentsOf(fragment, fragments, found);
    },
  });
  return found;
}

/** Checks documents as a server with these limits would. */
class Checker {
  readonly #schema: GraphQLSchema;
  readonly #limits: Limits;
  readonly problems: Problem[] = [];

  constructor(schema: GraphQLSchema, limits: Limits) {
    this.#schema = schema;
    this.#limits = limits;
  }

  parse({ path, text }: DocumentFile): DocumentNode | undefined {
    try {
      return parse(new Source(text, path));
    } catch (error) {
      this.#note(error, path);
      return undefined;
    }
  }

  /** What the document's operations cost, the costliest of them; undefined when the document may not run. */
  cost(document: DocumentNode, text: string, path: string): number | undefined {
    const errors = validate(this.#schema, document);
    for (const error of errors) this.#note(error, path);
    if (errors.length > 0) return undefined;
    const analysis = analyse(this.#schema, document, pageSizes(this.#limits));
    const { operations } = analysis;
    const [first] = operations;
    if (!first) {
      this.#note(new GraphQLError('There is no operation in it.'), path);
      return undefined;
    }
    const limit = this.#limits.cost;
    const costs = operations.map((operation) => costOf(operation, {}));
    const value = Math.max(...costs);
    const costly: Excess | undefined =
      value > limit ? { measure: 'cost', limit, value } : undefined;
    const excess =
      scan(new Source(text, path), this.#limits) ?? excessOf(analysis, this.#limits) ?? costly;
    if (!excess) return value;
    this.#note(new GraphQLError(messageOf(excess), { nodes: first.node }), path);
    return undefined;
  }

  #note(error: unknown, path: string): void {
    if (!(error instanceof GraphQLError)) throw error;
    this.problems.push(problemOf(error, path));
  }
}

function definitionsOf(files: readonly DocumentFile[], checker: Checker) {
  const operations = new Map<string, OperationDefinitionNode>();
  const fragments = new Map<string, FragmentDefinitionNode>();
  const note = (path: string, node: { readonly loc?: unknown }, message: string) =>
    checker.problems.push(problemOf(new GraphQLError(message, { nodes: node as never }), path));
  for (const file of files) {
    for (const node of checker.parse(file)?.definitions ?? []) {
      if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) {
        note(file.path, node, 'It is neither an operation nor a fragment.');
        continue;
      }
      const isOperation = node.kind === Kind.OPERATION_DEFINITION;
      const name = node.name?.value;
      const what = isOperation ? 'operation' : 'fragment';
      if (name === undefined) note(file.path, node, 'The operation has no name.');
      else if ((isOperation ? operations : fragments).has(name)) {
        note(file.path, node, `There is another ${what} "${name}".`);
      } else if (isOperation) operations.set(name, node);
      else fragments.set(name, node);
    }
  }
  return { operations, fragments };
}

/** Makes a document of each operation, with the fragments that it uses. Its id is the SHA-256 of its text. */
export function registerFiles(
  files: readonly DocumentFile[],
  schema: GraphQLSchema,
  limits: Limits,
): Found {
  const checker = new Checker(schema, limits);
  const { operations, fragments } = definitionsOf(files, checker);
  const documents: RegisteredDocument[] = [];
  for (const [name, node] of operations) {
    const used = [...fragmentsOf(node, fragments)].sort(([a], [b]) => (a < b ? -1 : 1));
    const document: DocumentNode = {
      kind: Kind.DOCUMENT,
      definitions: [node, ...used.map(([, fragment]) => fragment)],
    };
    const body = print(document);
    const cost = checker.cost(document, body, node.loc?.source.name ?? name);
    if (cost === undefined) continue;
    const id = createHash('sha256').update(body).digest('hex');
    documents.push({ id, name, type: node.operation, body, cost });
  }
  return { documents, problems: inOrder(checker.problems) };
}

/** Checks the documents of a manifest that a client's own compiler has made. They keep their ids and texts. */
export function registerManifest(
  path: string,
  entries: readonly TrustedDocument[],
  schema: GraphQLSchema,
  limits: Limits,
): Found {
  const checker = new Checker(schema, limits);
  const documents: RegisteredDocument[] = [];
  for (const { id, body } of entries) {
    const place = `${path}#${id}`;
    const document = checker.parse({ path: place, text: body });
    const cost = document && checker.cost(document, body, place);
    const operation = document?.definitions.find(
      ({ kind }) => kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode | undefined;
    if (cost === undefined || !operation) continue;
    const name = operation.name?.value ?? '';
    documents.push({ id, name, type: operation.operation, body, cost });
  }
  return { documents, problems: inOrder(checker.problems) };
}
