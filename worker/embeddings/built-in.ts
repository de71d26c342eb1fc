import type { Pool } from 'pg';
import { batchesOf } from '../../server/embeddings/endpoint.ts';
import type { Embedder } from './embed.ts';

/** What one statement embeds at most: on the embedded engine everybody waits meanwhile. */
const AT_A_TIME = {
  embedded: { texts: 3, characters: 1_200 },
  server: { texts: 100, characters: 30_000 },
} as const;

/** The database itself, which hashes words. It is asked for a little at a time, outside of any transaction. */
export class BuiltIn implements Embedder {
  readonly #pool: Pick<Pool, 'query'>;
  readonly #most: (typeof AT_A_TIME)[keyof typeof AT_A_TIME];
  readonly #signal: AbortSignal | undefined;

  /** @param signal aborted when whoever embeds is to stop: a long text takes minutes */
  constructor(pool: Pick<Pool, 'query'>, engine: keyof typeof AT_A_TIME, signal?: AbortSignal) {
    this.#pool = pool;
    this.#most = AT_A_TIME[engine];
    this.#signal = signal;
  }

  async embed(texts: readonly string[], { dimension }: { readonly dimension: number }) {
    const embedded: (readonly number[] | null)[] = [];
    const { texts: most, characters } = this.#most;
    for (const part of batchesOf(texts, most, characters)) {
      this.#signal?.throwIfAborted();
      const { rows } = await this.#pool.query<{ embedding: number[] | null }>(
        `select ai.embed_text(t.content, $2)::real[] as embedding
           from unnest($1::text[]) with ordinality as t (content, place)
          order by t.place`,
        [part, dimension],
      );
      for (const { embedding } of rows) embedded.push(embedding);
    }
    return embedded;
  }
}
