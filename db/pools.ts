import type { Pool } from 'pg';

/**
 * What every pool of Callboard has, on either engine: a lost connection is no reason to crash (the client says so at its
 * next query, the pool replaces it), and a client that is given back inside a transaction is rolled back before
 * anybody else gets it.
 *
 * Has to be called before other listeners of `release` are added.
 */
export function guardPool(pool: Pool): Pool {
  const ignore = () => undefined;
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  pool.on('release', (error, client) => {
    // A client released with an error is thrown away, and its transaction with it.
    if (error || client.getTransactionStatus() === 'I') return;
    client.query('rollback').catch(ignore);
  });
  return pool;
}
