import type { IncomingMessage } from 'node:http';
import cors from 'cors';
import type { RequestHandler } from 'express';
import type { CorsOrigins } from '../settings/network.ts';

/** Seconds for which a browser need not ask again. Two hours is the most that any of them grants. */
const PREFLIGHT_SECONDS = 7_200;

/** Headers of answers that pages of other origins may read. */
const EXPOSED = [
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Content-Disposition',
];

const THIS_MACHINE = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Whether pages of an origin may call the API. */
function isAllowed(origins: CorsOrigins, origin: string): boolean {
  if (origins === '*') return true;
  return origins === 'localhost' ? THIS_MACHINE.test(origin) : origins.includes(origin);
}

/**
 * CORS: which other origins' pages may call. Without credentials, because there are none that a browser would add by itself:
 * tokens are in a header that a page has to set.
 */
export function allowOrigins(origins: CorsOrigins): RequestHandler {
  return cors({
    origin:
      origins === '*'
        ? '*'
        : (origin, answer) => answer(null, origin !== undefined && isAllowed(origins, origin)),
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
    optionsSuccessStatus: 204,
  });
}

/**
 * Whether a web socket may be opened: by pages of the server's own origin and of those that may call, and by whatever is no
 * browser and names no origin. Browsers do not apply CORS to web sockets: the server has to.
 */
export function mayOpenSocket(
  { headers }: IncomingMessage,
  origins: CorsOrigins,
  publicUrl: string | undefined,
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || isAllowed(origins, origin)) return true;
  if (publicUrl !== undefined && new URL(publicUrl).origin === origin) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}
