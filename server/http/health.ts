import { Router } from 'express';
import type { Database } from '../../db/connect.ts';
import { readinessOf } from '../readiness.ts';
import { onlyMethods } from './answers.ts';

/** `/healthz`: the process lives. `/readyz`: it can do its work. Each process answers for itself. */
export function health(database: Database): Router {
  const router = Router();
  const read = onlyMethods('GET', 'HEAD');
  router.all('/healthz', read, (_request, response) => {
    response.json({ status: 'alive' });
  });
  router.all('/readyz', read, async (_request, response) => {
    const readiness = await readinessOf(database);
    response.status(readiness.status === 'ready' ? 200 : 503).json(readiness);
  });
  return router;
}
