import WebSocket from 'ws';

type Message = { type: string; payload?: unknown };

/** A GraphQL operation over a web socket (protocol graphql-transport-ws). */
export class Subscription {
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #wake: () => void = () => undefined;
  #closed = false;
  #operations = 0;
  readonly #query: string;

  /**
   * @param url of the server
   * @param connectionParams what the connection begins with, such as `{ authorization }`
   */
  constructor(url: string, connectionParams: object, query: string) {
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
    this.#query = query;
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
  ask(query: string): void {
    this.#operations += 1;
    this.#send({ id: String(this.#operations), type: 'subscribe', payload: { query } });
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: Message): void {
    if (message.type === 'connection_ack') {
      this.ask(this.#query);
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
