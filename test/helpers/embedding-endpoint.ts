import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the endpoint got it. */
export type Asked = {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number;
  readonly authorization: string | undefined;
};

/** Answers one request in another way than usual; returns whether it did. */
export type Misbehaviour = (
  asked: Asked,
  response: ServerResponse,
  request: IncomingMessage,
) => boolean | Promise<boolean>;

/** The embedding of a text: a direction that depends on its letters alone. */
export const embeddingOf = (text: string, dimension: number): number[] => {
  const numbers = Array.from({ length: dimension }, () => 0.001);
  for (const letter of text.toLowerCase()) {
    const place = (letter.codePointAt(0) ?? 0) % dimension;
    numbers[place] = (numbers[place] ?? 0) + 1;
  }
  return numbers;
};

/** A local server that speaks OpenAI's protocol for embeddings, and misbehaves when it is told to. */
export class EmbeddingServer {
  readonly asked: Asked[] = [];
  /** What it does next instead of answering, one after the other. */
  misbehaviours: Misbehaviour[] = [];
  /** What it does each time, before those. */
  always: Misbehaviour | undefined;
  dimension = 16;
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`);
      });
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  forget(): void {
    this.asked.length = 0;
    this.misbehaviours = [];
    this.always = undefined;
    this.dimension = 16;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Omit<Asked, 'authorization'>;
    const asked = { ...body, authorization: request.headers.authorization };
    this.asked.push(asked);
    if (request.url !== '/v1/embeddings') {
      void json(404, { error: { message: 'No such path.' } })(asked, response, request);
      return;
    }
    if (await this.always?.(asked, response, request)) return;
    if (await this.misbehaviours.shift()?.(asked, response, request)) return;
    void answering(this.dimension)(asked, response, request);
  }
}

/** An answer with this status and body. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Misbehaviour =>
  (_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return true;
  };

/** The usual answer, or what `change` makes of its items. */
export const answering =
  (dimension: number, change: (items: object[]) => object[] = (items) => items): Misbehaviour =>
  (asked, response, request) => {
    const items = asked.input.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: embeddingOf(text, asked.dimensions ?? dimension),
    }));
    const usage = { prompt_tokens: 1, total_tokens: 1 };
    return json(200, { object: 'list', data: change(items), model: asked.model, usage })(
      asked,
      response,
      request,
    );
  };
