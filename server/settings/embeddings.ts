import { addressOf, integerOf, SettingsError, textOf, type Environment } from './values.ts';

/** Who makes embeddings. */
export type EmbeddingSettings = {
  /** Where, and with which key; undefined: the database does it, by the built-in provider. */
  readonly endpoint: EndpointSettings | undefined;
  readonly model: string;
  readonly dimension: number;
  /** Longer texts are embedded in parts of at most so many characters. */
  readonly chunkCharacters: number;
};

/** An endpoint that speaks OpenAI's protocol. */
export type EndpointSettings = {
  readonly url: string;
  /** Undefined: it asks for none. Never logged, never stored. */
  readonly key: string | undefined;
  /** Texts in a request at most. */
  readonly batch: number;
  /** Requests that a process sends in a minute at most; 0: no limit. */
  readonly requestsPerMinute: number;
  readonly timeoutMs: number;
};

/** What the built-in provider is called in the database. */
const BUILT_IN_MODEL = 'hashed-words-1';
const BUILT_IN_DIMENSION = 768;
const ENDPOINT_MODEL = 'text-embedding-3-small';
const ENDPOINT_DIMENSION = 1536;
const MOST_PER_MINUTE = 1_000_000;

/** @throws {SettingsError} naming the setting that is wrong */
export function embeddingsOf(environment: Environment): EmbeddingSettings {
  const web = ['http:', 'https:'];
  const address = addressOf(environment, 'EMBEDDING_URL', web, 'https://host/v1');
  const url = address?.replace(/\/+$/, '');
  const key = textOf(environment, 'EMBEDDING_API_KEY');
  const model = textOf(environment, 'EMBEDDING_MODEL');
  if (url === undefined && (key !== undefined || model !== undefined)) {
    throw new SettingsError(
      `${key === undefined ? 'EMBEDDING_MODEL' : 'EMBEDDING_API_KEY'} is set without EMBEDDING_URL: set both, or none for the built-in provider.`,
    );
  }
  return {
    endpoint:
      url === undefined
        ? undefined
        : {
            url,
            key,
            batch: integerOf(environment, 'EMBEDDING_BATCH', 1, 2_048) ?? 64,
            requestsPerMinute:
              integerOf(environment, 'EMBEDDING_REQUESTS_PER_MINUTE', 0, MOST_PER_MINUTE) ?? 0,
            timeoutMs: integerOf(environment, 'EMBEDDING_TIMEOUT_MS', 100, 600_000) ?? 30_000,
          },
    model: url === undefined ? BUILT_IN_MODEL : (model ?? ENDPOINT_MODEL),
    dimension:
      integerOf(environment, 'EMBEDDING_DIMENSION', 8, 4_000) ??
      (url === undefined ? BUILT_IN_DIMENSION : ENDPOINT_DIMENSION),
    chunkCharacters: integerOf(environment, 'EMBEDDING_CHUNK_CHARACTERS', 100, 20_000) ?? 1_200,
  };
}
