import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { refuse } from './answers.ts';

/** Charsets that are UTF-8 whatever a text has in it. */
const UTF8 = /^"?(utf-?8|us-ascii)"?$/i;

const charsetOf = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*("[^"]*"|[^;\s]+)/i.exec(contentType)?.[1];

/**
 * Reads the body of a request, whole or not at all: no more than so many bytes, not compressed (a small body could become a
 * huge one), UTF-8 as its type says and as it is.
 */
export function readBody(maxBytes: number): readonly RequestHandler[] {
  return [
    (request, response, next) => {
      const charset = charsetOf(request.headers['content-type'] ?? '');
      if (charset === undefined || UTF8.test(charset)) {
        next();
        return;
      }
      refuse(response, 415, 'Send JSON as UTF-8, not compressed.');
    },
    express.raw({ type: () => true, limit: maxBytes, inflate: false }),
    (request, response, next) => {
      const body: unknown = request.body;
      if (!Buffer.isBuffer(body) || isUtf8(body)) next();
      else refuse(response, 400, 'The request is not UTF-8.');
    },
  ];
}
