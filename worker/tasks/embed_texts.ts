import type { Task } from 'graphile-worker';
import { EmbeddingEndpoint } from '../../server/embeddings/endpoint.ts';
import { embedRound, type Model, type Round } from '../embeddings/embed.ts';
import { nothing } from '../payload.ts';
import type { TaskContext } from '../tasks.ts';

export const payload = nothing;

/** Texts that the database embeds at a time: on the embedded engine everybody waits meanwhile. */
const BUILT_IN_AT_A_TIME = { embedded: 20, server: 100 } as const;
/** Milliseconds after which the rest is left to the next job, so that this one does not hold up a worker that stops. */
const AT_MOST_MS = 30_000;

/**
 * Embeds texts that have changed. The first time in a process it has the model of the settings used; another than before takes
 * over when everything is embedded anew. Doing it twice, or at the same time elsewhere, changes nothing: each text is taken
 * once, and what comes late is left out.
 */
export function makeTask({ embeddings, database }: TaskContext): Task {
  const endpoint = embeddings?.endpoint && new EmbeddingEndpoint(embeddings.endpoint);
  const pool = database.pool('callboard_service');
  let chosen: Promise<unknown> | undefined;
  const choose = async () => {
    if (!embeddings) return;
    const { model, dimension, chunkCharacters } = embeddings;
    await pool.query('select ai.use_embedding_model($1, $2, $3, $4, $5)', [
      endpoint ? 'endpoint' : 'built_in',
      model,
      dimension,
      chunkCharacters,
      Math.floor(chunkCharacters / 8),
    ]);
  };

  async function round(model: Model): Promise<Round> {
    if (model.provider === 'endpoint') {
      return endpoint ? embedRound(pool, endpoint, model) : { taken: 0, stored: 0 };
    }
    const { rows } = await pool.query<{ taken: number }>(
      'select ai.embed_built_in($1, $2) as taken',
      [BUILT_IN_AT_A_TIME[database.engine], model.id],
    );
    const taken = rows[0]?.taken ?? 0;
    return { taken, stored: taken };
  }

  return async (_payload, helpers) => {
    chosen ??= choose();
    try {
      await chosen;
    } catch (error) {
      chosen = undefined;
      throw error;
    }
    const until = performance.now() + AT_MOST_MS;
    const { rows: models } = await helpers.query<Model>(
      "select id, provider, model, dimension from ai.embedding_models where status <> 'retired' order by status",
    );
    let isLate = false;
    for (const model of models) {
      let done: Round;
      let stored = 0;
      do {
        helpers.abortSignal.throwIfAborted();
        done = await round(model);
        stored += done.stored;
        isLate = performance.now() > until;
      } while (done.taken > 0 && done.unavailable === undefined && !isLate);
      if (stored > 0) helpers.logger.info(`${model.model}: ${stored} texts embedded`);
      if (done.unavailable !== undefined)
        helpers.logger.warn(`${model.model}: ${done.unavailable}`);
      if (isLate) break;
    }
    if (isLate) await helpers.addJob('embed_texts', {}, { jobKey: 'embed_texts' });
    else if (models.length > 1) await helpers.query('select ai.activate_embedding_model()');
  };
}
