import WebSocket from 'ws';

type Message = { type: string; payload?: unknown };

/** A GraphQL operation over a web socket (protocol graphql-transport-ws). */
export class Subscription {
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #wake: () => void = () => undefined;
  #closed = false;
  #operations = 0;
  readonly #operation: string | object;

  /**
   * @param url of the server
   * @param connectionParams what the connection begins with, such as `{ authorization }`
   * @param operation a query, or all that a message may have: `{ query, variables, … }`
   */
  constructor(url: string, connectionParams: object, operation: string | object) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    this.#socket.on('open', () =>
      this.#send({ type: 'connection_init', payload: connectionParams }),
    );
    this.#socket.on('message', (data: Buffer) =>
      this.#take(JSON.parse(data.toString()) as Message),
    );
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    this.#operation = operation;
  }

  /** The next message about the operation: `next`, `error` or `complete`; undefined when the connection is closed. */
  async next(): Promise<Message | undefined> {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }

  /** Whether a message waits to be taken. */
  get hasNext(): boolean {
    return this.#messages.length > 0;
  }

  /** Runs another operation over the same connection. */
  ask(operation: string | object): void {
    const payload = typeof operation === 'string' ? { query: operation } : operation;
    this.#operations += 1;
    this.#send({ id: String(this.#operations), type: 'subscribe', payload });
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: Message): void {
    if (message.type === 'connection_ack') {
      this.ask(this.#operation);
      return;
    }
    if (message.type === 'ping') {
      this.#send({ type: 'pong' });
      return;
    }
    this.#messages.push(message);
    this.#wake();
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}
