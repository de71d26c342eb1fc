import { SMTPServer } from 'smtp-server';

/** A mail server in a process of its own, which takes everything and tells how much, and when, by messages to its parent. */
let taken = 0;
let first = 0;
let last = 0;
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  maxClients: 1_000,
  onData(stream, _session, done) {
    stream.resume();
    stream.on('end', () => {
      taken += 1;
      last = performance.now();
      if (taken === 1) first = last;
      done();
    });
  },
});
server.on('error', () => undefined);
const listener = server.listen(0, '127.0.0.1', () => {
  const address = listener.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});
process.on('message', (message) => {
  if (message === 'reset') taken = 0;
  process.send?.({ taken, milliseconds: last - first });
});
