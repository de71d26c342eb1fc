import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type Router } from 'express';
import { ruruHTML } from 'ruru/server';
import { serveStatic } from 'ruru/static';
import { pagePolicy } from '../http/headers.ts';
import type { Settings } from '../settings.ts';
import { readShelf } from './shelf.ts';

/** An account that people may try, as the sign-in offers it. */
export type ExplorerAccount = {
  readonly email: string;
  readonly role: string;
  readonly organization: string;
  readonly what: string;
};

export type ExplorerOptions = {
  /** Accounts to offer, with the password of all of them; absent where there is no demo data. */
  readonly demo?: { readonly accounts: readonly ExplorerAccount[]; readonly password: string };
  /** Whether `/dev/mail` is there to link to. */
  readonly devMail?: boolean;
};

const FOLDER = import.meta.dirname;
const RURU_PATH = '/explorer/ruru/';
/** Where links in mails lead, as public/links.js knows them. */
const MAIL_LINKS = ['/verify-email', '/reset-password', '/forgot-password', '/invitation'];
/** The GraphQL API, for requests and for web sockets. */
const ENDPOINT = '/graphql';

/** `</script>` inside JSON would end the element that the JSON is in. */
const asScript = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

const ICON = `<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%23b3261e'/%3E%3Cpath d='M4 5h8M4 8h8M4 11h5' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E" />`;

/** A file of `public`, with the dialogs that people sign in with and edit widgets where it says so. */
function readPublic(name: string): string {
  const read = (file: string) => readFileSync(path.join(FOLDER, 'public', file), 'utf8');
  return read(name)
    .replace('<!-- sign in -->', () => read('sign-in.html'))
    .replace('<!-- editor -->', () => read('editor.html'));
}

/** The page that draws dashboards. */
function dashboardsPage({ demo, devMail }: ExplorerOptions): string {
  const config = { endpoint: ENDPOINT, demo: demo ?? null, devMail: devMail ?? false };
  const scripts = `<script type="application/json" id="explorer-config">${asScript(config)}</script>
    <script type="importmap">${asScript({ imports: { echarts: '/explorer/echarts/echarts.esm.min.js' } })}</script>
    <script type="module" src="/explorer/dashboards.js"></script>`;
  return readPublic('dashboards.html')
    .replace('<!-- icon -->', () => ICON)
    .replace('<!-- scripts -->', () => scripts);
}

function page(options: ExplorerOptions): string {
  const body = readPublic('body.html');
  const config = {
    endpoint: ENDPOINT,
    demo: options.demo ?? null,
    shelf: readShelf(),
    devMail: options.devMail ?? false,
  };
  return ruruHTML({
    staticPath: RURU_PATH,
    endpoint: ENDPOINT,
    htmlParts: {
      titleTag: '<title>Callboard</title>',
      metaTags: (original) =>
        `${original}\n<meta name="viewport" content="width=device-width, initial-scale=1" />
${ICON}`,
      styleTags: (original) =>
        `${original}\n<link rel="stylesheet" href="/explorer/explorer.css" />`,
      bodyContent: (original) => body.replace('<!-- ruru -->', () => original),
      bodyInitScript: `<script type="application/json" id="explorer-config">${asScript(config)}</script>
<script type="importmap">${asScript({
        imports: { ruru: `${RURU_PATH}ruru.js`, 'graphql-ws': '/explorer/graphql-ws/client.js' },
      })}</script>
<script type="module" src="/explorer/explorer.js"></script>`,
    },
  });
}

/** Whether the explorer is of use: it asks for the schema, and runs what people write. */
export const isExplorable = ({
  introspection,
  trustedDocuments,
}: Pick<Settings, 'introspection' | 'trustedDocuments'>): boolean =>
  introspection && trustedDocuments !== 'only';

/**
 * The GraphiQL explorer (Ruru) at `/`, with a sign-in, the caller's organizations and a shelf of ready queries, and the
 * organization's dashboards, drawn, at `/dashboards`. All that
 * the page needs is served from here: it works without a network.
 */
export function explorer(options: ExplorerOptions): Router {
  const router = express.Router();
  const html = page(options);
  const policy = pagePolicy(html);
  const dashboards = dashboardsPage(options);
  const dashboardsPolicy = pagePolicy(dashboards);
  const echarts = path.dirname(
    createRequire(import.meta.url).resolve('echarts/dist/echarts.esm.min.js'),
  );
  const graphqlWs = path.dirname(createRequire(import.meta.url).resolve('graphql-ws'));
  // Scripts too: what a worker may do is said by the answer that its script came with.
  router.use((_request, response, next) => {
    response.setHeader('content-security-policy', policy);
    next();
  });
  // Links in mails lead here where there is no front end: the page shows what to do with them.
  router.get(['/', ...MAIL_LINKS], (_request, response) => {
    response.type('html').set('cache-control', 'no-cache').send(html);
  });
  router.get('/dashboards', (_request, response) => {
    response
      .type('html')
      .set('cache-control', 'no-cache')
      .set('content-security-policy', dashboardsPolicy)
      .send(dashboards);
  });
  router.use((request, response, next) => {
    if (!request.url.startsWith(RURU_PATH)) next();
    else serveRuru(request, response, next);
  });
  router.use('/explorer/echarts', express.static(echarts, { index: false, maxAge: '1h' }));
  router.use('/explorer/graphql-ws', express.static(graphqlWs, { index: false, maxAge: '1h' }));
  router.use(
    '/explorer',
    express.static(path.join(FOLDER, 'public'), { index: false, cacheControl: false }),
  );
  return router;
}

const serveRuru = serveStatic(RURU_PATH);
