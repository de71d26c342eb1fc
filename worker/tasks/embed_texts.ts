import type { JobHelpers, Task } from 'graphile-worker';
import { EmbeddingEndpoint } from '../../server/embeddings/endpoint.ts';
import { BuiltIn } from '../embeddings/built-in.ts';
import { embedRound, type Model, type Round } from '../embeddings/embed.ts';
import { nothing } from '../payload.ts';
import type { TaskContext } from '../tasks.ts';

export const payload = nothing;

/** Texts that are stored at a time: on the embedded engine everybody waits meanwhile. */
const AT_A_TIME = { embedded: 8, server: 32 } as const;
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
  const atATime = AT_A_TIME[database.engine];
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

  /** Embeds for as long as there is something to do. False: the rest is left to the next job. */
  async function embedAll(helpers: JobHelpers): Promise<boolean> {
    const { abortSignal: signal } = helpers;
    const builtIn = new BuiltIn(pool, database.engine, signal);
    const until = performance.now() + AT_MOST_MS;
    const { rows: models } = await helpers.query<Model>(
      "select id, provider, model, dimension from ai.embedding_models where status <> 'retired' order by status",
    );
    for (const model of models) {
      const embedder = model.provider === 'endpoint' ? endpoint : builtIn;
      if (!embedder) continue;
      let round: Round;
      let stored = 0;
      do {
        signal.throwIfAborted();
        round = await embedRound(pool, embedder, model, { atATime, signal });
        stored += round.stored;
      } while (round.taken > 0 && round.unavailable === undefined && performance.now() < until);
      if (stored > 0) helpers.logger.info(`${model.model}: ${stored} texts embedded`);
      if (round.unavailable !== undefined) {
        helpers.logger.warn(`${model.model}: ${round.unavailable}`);
      }
      if (performance.now() >= until) return false;
    }
    if (models.length > 1) await helpers.query('select ai.activate_embedding_model()');
    return true;
  }

  // One job at a time, so that an endpoint that is slow does not take all the worker has.
  let isRunning = false;
  let isAskedAgain = false;
  return async (_payload, helpers) => {
    if (isRunning) {
      isAskedAgain = true;
      return;
    }
    isRunning = true;
    try {
      chosen ??= choose();
      try {
        await chosen;
      } catch (error) {
        chosen = undefined;
        throw error;
      }
      let isDone: boolean;
      do {
        isAskedAgain = false;
        isDone = await embedAll(helpers);
      } while (isDone && isAskedAgain);
      if (!isDone) await helpers.addJob('embed_texts', {}, { jobKey: 'embed_texts' });
    } finally {
      isRunning = false;
    }
  };
}
