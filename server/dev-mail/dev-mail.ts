import path from 'node:path';
import express, { type Response, type Router } from 'express';
import type { Database } from '../../db/connect.ts';
import { listPage, mailPage, type ListedMail, type StoredMail } from './pages.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The page around a mail: its own style, the mail in a frame, nothing else. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; img-src data:";
/**
 * A mail: styles in its elements, no scripts, and links that open outside of the frame. Its pictures may come from this
 * server, which sees by one that the mail was opened; in a sandbox that is nobody's `'self'`.
 */
const mailPolicy = (origin: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; img-src data: https: ${origin}; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`;

function send(response: Response, policy: string, html: string, status = 200): void {
  // The policy says who may frame what.
  response.removeHeader('x-frame-options');
  response
    .status(status)
    .type('html')
    .set('content-security-policy', policy)
    .set('cache-control', 'no-store')
    .set('referrer-policy', 'no-referrer')
    .send(html);
}

/**
 * Shows the mails that would have gone out, for development: a list, and each as text and as HTML. Never mounted in
 * production, where there are none.
 *
 * @param url where people reach this server, asked for when it listens
 */
export function devMail(database: Database, url: () => string): Router {
  const router = express.Router();
  const pool = () => database.pool('callboard_service');

  const mailOf = async (id: string | undefined): Promise<StoredMail | undefined> => {
    if (id === undefined || !UUID.test(id)) return undefined;
    const { rows } = await pool().query<StoredMail>(
      `select id, template, recipient, subject, text_body as "text", html_body as "html", attachments,
              created_at as "createdAt"
         from platform.outbox_mails where id = $1`,
      [id],
    );
    return rows[0];
  };

  router.get('/', async (request, response) => {
    // Links have to be below the page, whatever it is mounted at.
    const { rows } = await pool().query<ListedMail>(
      `select id, template, recipient, subject, created_at as "createdAt"
         from platform.outbox_mails order by id desc limit 200`,
    );
    send(response, PAGE_POLICY, listPage(request.baseUrl, rows));
  });
  router.get('/mail.css', (_request, response) => {
    response.sendFile(path.join(import.meta.dirname, 'mail.css'));
  });
  router.get('/:id', async (request, response, next) => {
    const mail = await mailOf(request.params['id']);
    if (!mail) next();
    else send(response, PAGE_POLICY, mailPage(request.baseUrl, mail));
  });
  router.get('/:id/html', async (request, response, next) => {
    const mail = await mailOf(request.params['id']);
    if (!mail) next();
    // A link followed inside of the frame would be refused by most pages.
    else {
      const html = mail.html.replace('<head>', '<head>\n<base target="_blank">');
      send(response, mailPolicy(new URL(url()).origin), html);
    }
  });
  router.get('/:id/attachments/:number', async (request, response, next) => {
    const mail = await mailOf(request.params['id']);
    const file = mail?.attachments[Number(request.params['number'])];
    if (!file) next();
    else {
      response
        .type(file.contentType)
        .attachment(file.filename)
        .set('cache-control', 'no-store')
        .send(file.content);
    }
  });
  return router;
}
