/** A document that somebody has registered. */
export type TrustedDocument = {
  /** What clients name it by. */
  readonly id: string;
  /** Of its operation. */
  readonly name: string;
  readonly type: string;
  readonly body: string;
};

/** A manifest is not what it should be. The message is one line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

const FORMAT = 'apollo-persisted-query-manifest';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function documentOf(entry: unknown): TrustedDocument {
  const { id, name = '', type = '', body } = isObject(entry) ? entry : {};
  const isWhole = [id, name, type, body].every((each) => typeof each === 'string');
  if (!isWhole || id === '') {
    throw new ManifestError('An operation of the manifest has no id or no body.');
  }
  return { id, name, type, body } as TrustedDocument;
}

/**
 * Reads a manifest: one of `npm run documents` or of Apollo's `generate-persisted-query-manifest`, or ids with their texts, as
 * Relay and graphql-codegen write them.
 *
 * @throws {ManifestError}
 */
export function parseManifest(text: string): TrustedDocument[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ManifestError('The manifest is no JSON.');
  }
  if (!isObject(json)) throw new ManifestError('The manifest is no JSON object.');
  if (json['format'] === FORMAT) {
    const { version, operations } = json;
    if (version !== 1 || !Array.isArray(operations)) {
      throw new ManifestError('The manifest is of another version than 1.');
    }
    return operations.map(documentOf);
  }
  return Object.entries(json).map(([id, body]) => documentOf({ id, body }));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A manifest in the form of Apollo's, the same for the same documents. */
export function printManifest(documents: readonly TrustedDocument[]): string {
  const operations = [...documents]
    .sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id))
    .map(({ id, name, type, body }) => ({ id, name, type, body }));
  return `${JSON.stringify({ format: FORMAT, version: 1, operations }, null, 2)}\n`;
}

/** The registered documents of a server. */
export class TrustedDocuments {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #known: ReadonlySet<string>;

  constructor(documents: readonly TrustedDocument[]) {
    this.#texts = new Map(documents.map(({ id, body }) => [id, body]));
    this.#known = new Set(this.#texts.values());
  }

  /** The text of a document; undefined for an id of none. The id may say how it was made: `sha256:…`. */
  textOf(id: string): string | undefined {
    return this.#texts.get(id) ?? this.#texts.get(id.replace(/^[a-z0-9]+:/i, ''));
  }

  /** Whether a text is that of a registered document, to the letter. */
  readonly isTrusted = (text: string): boolean => this.#known.has(text);
}
