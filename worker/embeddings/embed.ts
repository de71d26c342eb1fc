import type { Pool } from 'pg';
import { isFailure, type Embedded, EndpointUnavailable } from '../../server/embeddings/endpoint.ts';

/** A model as the database keeps it. */
export type Model = {
  readonly id: number;
  readonly provider: 'built_in' | 'endpoint';
  readonly model: string;
  readonly dimension: number;
};

/** What makes embeddings. */
export type Embedder = {
  /**
   * The embeddings of texts, or why there is none; null for one in which there is nothing to embed.
   *
   * @throws {EndpointUnavailable} when it does not work for anybody
   */
  embed(
    texts: readonly string[],
    wanted: Pick<Model, 'model' | 'dimension'>,
  ): Promise<readonly (Embedded | null)[]>;
};

type Answer = Awaited<ReturnType<Embedder['embed']>>;

/** A part of a text that was claimed. */
type Part = {
  readonly organization_id: string;
  readonly namespace: string;
  readonly document_id: string;
  readonly content_hash: string;
  readonly claim: string;
  readonly attempts: number;
  readonly chunk: number;
  readonly starts_at: number;
  readonly characters: number;
  readonly content: string;
};

export type RoundOptions = {
  /** Texts that are taken at most. */
  readonly atATime?: number;
  /** Aborted when the worker is to stop. */
  readonly signal?: AbortSignal;
};

/** What a round did. */
export type Round = {
  /** Texts that were taken; 0: none is left, or none is due. */
  readonly taken: number;
  readonly stored: number;
  /** Why to stop for now. */
  readonly unavailable?: string;
};

/** Seconds for which nobody else takes them, so that nothing is paid for twice. */
const CLAIM_SECONDS = 600;
/** Milliseconds after which a round begins with no other text: it might not be finished before somebody else takes it. */
const ROUND_MS = CLAIM_SECONDS * 500;
/** Then it is given up, until the text changes or somebody asks to try again. */
const MOST_ATTEMPTS = 8;

/** Seconds until the next attempt: a minute, two, four, … an hour. */
export const pauseAfter = (attempts: number): number => Math.min(3_600, 30 * 2 ** attempts);

function documentsOf(parts: readonly Part[]): Part[][] {
  const documents = new Map<string, Part[]>();
  for (const part of parts) {
    const others = documents.get(part.claim);
    if (others) others.push(part);
    else documents.set(part.claim, [part]);
  }
  return [...documents.values()];
}

function keyOf(parts: readonly Part[]) {
  const { organization_id, namespace, document_id, content_hash, claim } = parts[0]!;
  return { organization_id, namespace, document_id, content_hash, claim };
}

/** What `ai.store_embeddings` is told about one text. */
function outcomeOf(parts: readonly Part[], embedded: Answer): object {
  const key = keyOf(parts);
  const { attempts } = parts[0]!;
  const failure = embedded.find((each) => each !== null && isFailure(each));
  if (failure) {
    const isOver = failure.isFinal || attempts >= MOST_ATTEMPTS;
    return {
      ...key,
      reason: failure.reason,
      ...(isOver ? {} : { retry_after: pauseAfter(attempts) }),
    };
  }
  return {
    ...key,
    parts: parts.map(({ chunk, starts_at, characters }, index) => ({
      chunk,
      starts_at,
      characters,
      embedding: embedded[index] === null ? null : JSON.stringify(embedded[index]),
    })),
  };
}

/** The same about several, whose embeddings come one after the other. */
function outcomesOf(documents: readonly Part[][], embedded: Answer): object[] {
  let place = 0;
  return documents.map((parts) => {
    const from = place;
    place += parts.length;
    return outcomeOf(parts, embedded.slice(from, place));
  });
}

/** The same about several that have to wait: nothing is given up for what is no text's fault. */
function postponed(
  documents: readonly Part[][],
  { message, retryAfter }: Pick<EndpointUnavailable, 'message' | 'retryAfter'>,
): object[] {
  return documents.map((parts) => ({
    ...keyOf(parts),
    reason: message,
    retry_after: retryAfter ?? pauseAfter(parts[0]!.attempts),
  }));
}

/** The embeddings of all parts, one after the other, or why there are none for anybody. */
async function ask(
  embedder: Embedder,
  model: Model,
  documents: readonly Part[][],
): Promise<Answer | EndpointUnavailable> {
  try {
    return await embedder.embed(
      documents.flat().map(({ content }) => content),
      model,
    );
  } catch (error) {
    if (error instanceof EndpointUnavailable) return error;
    throw error;
  }
}

/**
 * Takes some texts out of the outbox, has them embedded and stores what comes back, as it comes. No transaction is open
 * while they are embedded; whoever dies meanwhile, or has no time left, leaves a claim that ends by itself. Who is told to
 * stop gives back what is left.
 */
export async function embedRound(
  pool: Pool,
  embedder: Embedder,
  model: Model,
  { atATime = 32, signal }: RoundOptions = {},
): Promise<Round> {
  const begun = performance.now();
  const { rows } = await pool.query<Part>('select * from ai.claim_texts($1, $2, $3)', [
    model.id,
    atATime,
    CLAIM_SECONDS,
  ]);
  const documents = documentsOf(rows);
  if (documents.length === 0) return { taken: 0, stored: 0 };
  let stored = 0;
  const store = async (outcomes: readonly object[]) => {
    const { rows: counts } = await pool.query<{ stored: number }>(
      'select stored from ai.store_embeddings($1, $2)',
      [model.id, JSON.stringify(outcomes)],
    );
    stored += counts[0]?.stored ?? 0;
  };
  let unavailable: EndpointUnavailable | undefined;
  const left = documentGroups(documents);
  try {
    for (let group = left[0]; group; group = left[0]) {
      signal?.throwIfAborted();
      if (!unavailable) {
        if (performance.now() - begun > ROUND_MS) break;
        const answer = await ask(embedder, model, group);
        if (answer instanceof EndpointUnavailable) unavailable = answer;
        else await store(outcomesOf(group, answer));
      }
      if (unavailable) await store(postponed(group, unavailable));
      left.shift();
    }
  } catch (error) {
    if (signal?.aborted) {
      await store(postponed(left.flat(), { message: 'The worker stopped.', retryAfter: 0 }));
    }
    throw error;
  }
  return {
    taken: documents.length,
    stored,
    ...(unavailable ? { unavailable: unavailable.message } : {}),
  };
}

/** A long text goes alone, so that what is short does not wait for it, nor is lost with it. */
function documentGroups(documents: readonly Part[][]): Part[][][] {
  const short = documents.filter((parts) => parts.length === 1);
  const long = documents.filter((parts) => parts.length > 1).map((parts) => [parts]);
  return short.length > 0 ? [short, ...long] : long;
}
