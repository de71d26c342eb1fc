import type { Server } from 'node:http';

/** Milliseconds that requests have to finish when the server stops. */
const PATIENCE = 5_000;

/** Lets no more requests in, lets those that are there finish, and hangs up on those that take too long. */
export async function stopGently(server: Server): Promise<void> {
  // What comes over a kept connection in the meantime is its last.
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const patience = setTimeout(() => server.closeAllConnections(), PATIENCE);
  await closed;
  clearInterval(idle);
  clearTimeout(patience);
}
