import OpenAI, { APIConnectionError, APIError } from 'openai';
import { storable } from '../../worker/storable.ts';
import type { EndpointSettings } from '../settings/embeddings.ts';

/** Why a text has no embedding. */
export type Failure = {
  /** For people; never has the key in it. */
  readonly reason: string;
  /** Whether the text itself is the cause, so that trying again does not help. */
  readonly isFinal: boolean;
};

/** What became of a text. */
export type Embedded = readonly number[] | Failure;

export const isFailure = (embedded: Embedded): embedded is Failure => 'reason' in embedded;

/** The endpoint does not work for anybody right now, whatever the text. */
export class EndpointUnavailable extends Error {
  override readonly name = 'EndpointUnavailable';
  /** After how many seconds to try again, if it says so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** What of an endpoint is embedded. */
export type Wanted = {
  readonly model: string;
  readonly dimension: number;
};

/** How patient to be. */
export type Patience = {
  readonly timeoutMs?: number;
  /** How often a request is tried again that failed for a reason that passes. */
  readonly retries?: number;
};

/** A request has at most so many characters: those who run models count about four for a token, and allow 300 000 tokens. */
const REQUEST_CHARACTERS = 400_000;
/** The statuses by which an endpoint says that a text, and nothing else, is wrong. */
const ABOUT_THE_TEXT = new Set([400, 413, 422]);
/** A text that every model takes. */
const HARMLESS = 'word';
/** Milliseconds for which an endpoint that has just embedded something is known to work. */
const KNOWN_TO_WORK = 60_000;
/** Longer waits are for the queue. */
const LONGEST_WAIT_S = 3_600;

type Answered = APIError<number | undefined, Headers | undefined, object | undefined>;

/** Whether the endpoint, or the way to it, said what is wrong. */
const isAnswered = (error: unknown): error is Answered => error instanceof APIError;

/** Whether the endpoint said that it does not take a text. */
const isAboutText = (error: unknown): error is Answered =>
  isAnswered(error) && ABOUT_THE_TEXT.has(error.status ?? 0);

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Numbers of an answer, whatever it may hold. */
function numbersOf(item: unknown): readonly number[] | undefined {
  const embedding = (item as { embedding?: unknown } | null)?.embedding;
  // As the database keeps them: in four bytes.
  return isList(embedding) &&
    embedding.every((number) => typeof number === 'number' && Number.isFinite(Math.fround(number)))
    ? (embedding as readonly number[])
    : undefined;
}

function retryAfterOf(error: Answered): number | undefined {
  const text = error.headers?.get('retry-after');
  if (text == null) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds)
    ? Math.min(LONGEST_WAIT_S, Math.max(0, Math.ceil(seconds)))
    : undefined;
}

/** Parts of a list, none with more than so many items or, unless it is a single one, characters. */
export function batchesOf(
  texts: readonly string[],
  most: number,
  mostCharacters = REQUEST_CHARACTERS,
): string[][] {
  const batches: string[][] = [];
  let characters = 0;
  for (const text of texts) {
    const last = batches.at(-1);
    if (last && last.length < most && characters + text.length <= mostCharacters) {
      last.push(text);
      characters += text.length;
    } else {
      batches.push([text]);
      characters = text.length;
    }
  }
  return batches;
}

/** An endpoint that speaks OpenAI's protocol for embeddings, and may misbehave. */
export class EmbeddingEndpoint {
  readonly #settings: EndpointSettings;
  readonly #client: OpenAI;
  /** Models that have to be told the dimension: not every endpoint allows that. */
  readonly #told = new Set<string>();
  /** When each model last embedded something. */
  readonly #worked = new Map<string, number>();
  #nextRequestAt = 0;

  constructor(settings: EndpointSettings) {
    this.#settings = settings;
    this.#client = new OpenAI({
      baseURL: settings.url,
      // What the client would take from the environment, or say about requests, is not wanted.
      apiKey: settings.key ?? 'none',
      adminAPIKey: null,
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  /**
   * Embeds texts: for each of them its embedding, or why there is none. One text that the endpoint does not take is told
   * apart from the others of its request.
   *
   * @throws {EndpointUnavailable} when it does not work for anybody
   */
  async embed(
    texts: readonly string[],
    wanted: Wanted,
    patience: Patience = {},
  ): Promise<Embedded[]> {
    const results: Embedded[] = [];
    for (const batch of batchesOf(texts, this.#settings.batch)) {
      results.push(...(await this.#embedBatch(batch, wanted, patience)));
    }
    return results;
  }

  async #embedBatch(texts: string[], wanted: Wanted, patience: Patience): Promise<Embedded[]> {
    let answers: (readonly number[] | undefined)[];
    try {
      answers = await this.#request(texts, wanted, patience);
    } catch (error) {
      if (!isAboutText(error)) throw error;
      if (texts.length === 1) {
        const reason = this.#clean(error.message);
        if (await this.#works(wanted, patience)) return [{ reason, isFinal: true }];
        throw new EndpointUnavailable(`The endpoint refuses every text: ${reason}`);
      }
      const middle = texts.length >> 1;
      return [
        ...(await this.#embedBatch(texts.slice(0, middle), wanted, patience)),
        ...(await this.#embedBatch(texts.slice(middle), wanted, patience)),
      ];
    }
    const missing = texts.filter((_text, index) => answers[index] === undefined);
    // One by one, so that it can be told which text the endpoint leaves out.
    const again =
      missing.length > 0 && texts.length > 1
        ? await Promise.all(missing.map((text) => this.#embedBatch([text], wanted, patience)))
        : undefined;
    let place = 0;
    return answers.map(
      (answer) =>
        answer ??
        again?.[place++]?.[0] ?? {
          reason: 'The endpoint gave no embedding for it.',
          isFinal: false,
        },
    );
  }

  /** Before a text is blamed: a wrong key or an unknown model is answered like a text that is too long by some. */
  async #works(wanted: Wanted, patience: Patience): Promise<boolean> {
    const worked = this.#worked.get(wanted.model);
    if (worked !== undefined && performance.now() - worked < KNOWN_TO_WORK) return true;
    try {
      const [numbers] = await this.#request([HARMLESS], wanted, patience);
      return numbers !== undefined;
    } catch (error) {
      if (isAboutText(error)) return false;
      throw error;
    }
  }

  /** The embeddings of one request, in the order of its texts; undefined where there is none that is usable. */
  async #request(
    texts: string[],
    wanted: Wanted,
    patience: Patience,
  ): Promise<(readonly number[] | undefined)[]> {
    const isTold = this.#told.has(wanted.model);
    const found = await this.#ask(texts, wanted, patience, isTold);
    const lengths = new Set(found.flatMap((numbers) => (numbers ? [numbers.length] : [])));
    if (lengths.size === 0 || lengths.has(wanted.dimension)) {
      return found.map((numbers) => (numbers?.length === wanted.dimension ? numbers : undefined));
    }
    if (!isTold) {
      this.#told.add(wanted.model);
      try {
        return await this.#request(texts, wanted, patience);
      } catch (error) {
        this.#told.delete(wanted.model);
        // Some do not know of dimensions: then what they gave before is what they have.
        if (!(error instanceof APIError)) throw error;
      }
    }
    throw new EndpointUnavailable(
      `${wanted.model} gives embeddings of ${[...lengths].join(', ')} numbers, but EMBEDDING_DIMENSION is ${wanted.dimension}.`,
    );
  }

  async #ask(
    texts: string[],
    { model, dimension }: Wanted,
    patience: Patience,
    tellDimension: boolean,
  ): Promise<(readonly number[] | undefined)[]> {
    await this.#turn();
    let answer: unknown;
    try {
      answer = await this.#client.embeddings.create(
        {
          model,
          input: texts,
          encoding_format: 'float',
          ...(tellDimension ? { dimensions: dimension } : {}),
        },
        {
          timeout: patience.timeoutMs ?? this.#settings.timeoutMs,
          maxRetries: patience.retries ?? 2,
        },
      );
    } catch (error) {
      throw this.#understood(error);
    }
    const data = (answer as { data?: unknown } | null | undefined)?.data;
    if (!isList(data)) throw new EndpointUnavailable('The endpoint gave an answer without data.');
    const found: (readonly number[] | undefined)[] = texts.map(() => undefined);
    for (const [position, item] of data.entries()) {
      const index = (item as { index?: unknown } | null)?.index ?? position;
      const numbers = numbersOf(item);
      // All zeros are near to nothing.
      if (Number.isInteger(index) && numbers?.some((number) => Math.fround(number) !== 0)) {
        if ((index as number) in found) found[index as number] = numbers;
      }
    }
    if (found.some((numbers) => numbers !== undefined)) {
      this.#worked.set(model, performance.now());
    }
    return found;
  }

  /** What says something about the text stays as it is; all else is that the endpoint does not work. */
  #understood(error: unknown): Error {
    if (isAboutText(error)) return error;
    if (isAnswered(error) && error.status !== undefined) {
      return new EndpointUnavailable(
        `The endpoint answered ${this.#clean(error.message)}`,
        retryAfterOf(error),
      );
    }
    const cause = error instanceof APIConnectionError ? (error.cause ?? error) : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new EndpointUnavailable(
      `The endpoint cannot be understood or reached: ${this.#clean(message)}`,
    );
  }

  /** Endpoints quote keys that they do not take. */
  #clean(message: string): string {
    const { key } = this.#settings;
    const text = key ? message.replaceAll(key, '[key]') : message;
    return storable(text, 500);
  }

  /** Waits for the next turn, so that there are not more requests in a minute than there may be. */
  async #turn(): Promise<void> {
    const { requestsPerMinute } = this.#settings;
    if (requestsPerMinute === 0) return;
    const now = performance.now();
    const at = Math.max(now, this.#nextRequestAt);
    this.#nextRequestAt = at + 60_000 / requestsPerMinute;
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
  }
}
