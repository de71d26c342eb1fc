import type { Log } from '../log/log.ts';
import type { EmbeddingSettings } from '../settings/embeddings.ts';
import { EmbeddingEndpoint, isFailure, type Wanted } from './endpoint.ts';

/** Embeds what people look for; null when nobody can at this moment, and then words alone are searched. */
export type EmbedQuery = (text: string, model: Wanted) => Promise<readonly number[] | null>;

/** Somebody is waiting. */
const PATIENCE = { timeoutMs: 3_000, retries: 0 };
/** While the endpoint does not work, nobody waits for it again for so long. */
const REST_MS = 10_000;
const REMEMBERED = 1_000;
const REMEMBERED_MS = 15 * 60_000;

type Remembered = { readonly embedding: Promise<readonly number[] | null>; readonly until: number };

/**
 * Embeds queries by the endpoint of the settings. The same query is asked for once in a while only: people page through
 * results, and type the same.
 *
 * @returns undefined without an endpoint: the database embeds queries itself
 */
export function queryEmbedder(
  { endpoint: settings }: EmbeddingSettings,
  log?: Pick<Log, 'warn'>,
): EmbedQuery | undefined {
  if (!settings) return undefined;
  const endpoint = new EmbeddingEndpoint({ ...settings, requestsPerMinute: 0 });
  const remembered = new Map<string, Remembered>();
  let restUntil = 0;

  async function ask(text: string, model: Wanted): Promise<readonly number[] | null> {
    if (performance.now() < restUntil) return null;
    try {
      const [embedded] = await endpoint.embed([text], model, PATIENCE);
      return embedded && !isFailure(embedded) ? embedded : null;
    } catch (error) {
      restUntil = performance.now() + REST_MS;
      log?.warn({ reason: (error as Error).message }, 'Queries are not embedded.');
      return null;
    }
  }

  return (text, model) => {
    const key = JSON.stringify([model.model, model.dimension, text]);
    const now = performance.now();
    const known = remembered.get(key);
    remembered.delete(key);
    if (known && known.until > now) {
      // The most recent last: the first are forgotten.
      remembered.set(key, known);
      return known.embedding;
    }
    const entry = { embedding: ask(text, model), until: now + REMEMBERED_MS };
    remembered.set(key, entry);
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value ?? '');
    void entry.embedding.then((embedding) => {
      if (embedding === null && remembered.get(key) === entry) remembered.delete(key);
    });
    return entry.embedding;
  };
}
