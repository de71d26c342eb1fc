import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { Database } from '../../db/connect.ts';
import type { LinkKind, MailLinks, MailRef } from '../../worker/marketing/links.ts';
import { refuse } from '../http/answers.ts';
import { pagePolicy, storeNothing } from '../http/headers.ts';
import { isMachine } from './machine.ts';
import { askPage, donePage, unknownPage } from './pages.ts';
import { ReportError } from './report-error.ts';
import { reportsInJson } from './report-events.ts';
import { reportsInMail, type MailReport } from './report-mail.ts';
import { isSigned, SIGNATURE_HEADER } from './signature.ts';

export type MailRoutesOptions = {
  readonly database: Database;
  /** Asked for at the first request. */
  readonly links: () => MailLinks;
  /** The largest list of reports. */
  readonly maxRequestBytes: number;
  /** Whether what a reader does is written down, rather than too much of one address. */
  readonly isNoted: (request: Request) => Promise<boolean>;
  /** Refuses reports that are too many of one address. */
  readonly countReports: RequestHandler;
  readonly report: (error: unknown) => void;
};

/** The largest mail that may come back: with what it is about. */
const LARGEST_MAIL = 5_000_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One transparent point. */
const POINT = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

type Unsubscription = { readonly organization_name: string; readonly is_unsubscribed: boolean };

/**
 * What mails lead to, below `/mail`: `GET /open/<token>.gif`, `GET /click/<token>?to=`, `GET` and `POST /unsubscribe/<token>`;
 * and reports about mails: `POST /events/<organization>` (JSON) and `POST /inbound/<organization>` (a mail as it came). Links
 * are signed by this server, reports with the secret of the organization.
 */
export function mailRoutes({
  database,
  links,
  maxRequestBytes,
  isNoted,
  countReports,
  report,
}: MailRoutesOptions): Router {
  const router = express.Router();
  const pool = () => database.pool('callboard_authenticator');

  const note = (mail: MailRef, kind: string, source: string, machine = false, url?: string) =>
    pool().query('select marketing.note_visit($1, $2, $3, $4, $5, $6)', [
      mail.organizationId,
      mail.id,
      kind,
      source,
      machine,
      url ?? null,
    ]);

  /** Readers get what they asked for in any case: they are not to see that something went wrong here, or was too much. */
  const noteVisit = async (
    request: Request,
    mail: MailRef,
    kind: 'opened' | 'clicked',
    url?: string,
  ) => {
    if (request.method !== 'GET' || !(await isNoted(request))) return;
    const source = kind === 'opened' ? 'pixel' : 'link';
    await note(mail, kind, source, isMachine(request), url).catch(report);
  };

  const mailOf = (kind: LinkKind, request: Request, target?: string) =>
    links().read(kind, String(request.params['token']), target);

  function sendPage(response: Response, status: number, html: string): void {
    // The token is in the address: it is not for whatever the reader goes to next.
    response
      .status(status)
      .set('content-security-policy', pagePolicy(html))
      .set('referrer-policy', 'no-referrer')
      .type('html')
      .send(html);
  }

  router.use(storeNothing);

  router.get('/open/:token.gif', async (request, response) => {
    const mail = mailOf('open', request);
    if (!mail) {
      sendPage(response, 404, unknownPage());
      return;
    }
    await noteVisit(request, mail, 'opened');
    response.set('cross-origin-resource-policy', 'cross-origin').type('gif').send(POINT);
  });

  router.get('/click/:token', async (request, response) => {
    const { to } = request.query;
    const target = typeof to === 'string' ? to : '';
    const mail = mailOf('click', request, target);
    // Only what was signed with the link, and only pages.
    if (!mail || !/^https?:\/\//i.test(target) || !URL.canParse(target)) {
      sendPage(response, 404, unknownPage());
      return;
    }
    await noteVisit(request, mail, 'clicked', target.slice(0, 4_000));
    response.set('referrer-policy', 'no-referrer').redirect(302, target);
  });

  router.get('/unsubscribe/:token', async (request, response) => {
    const mail = mailOf('unsubscribe', request);
    const found = mail && (await unsubscriptionOf(mail));
    if (!found) sendPage(response, 404, unknownPage());
    else if (found.is_unsubscribed) sendPage(response, 200, donePage(found.organization_name));
    else sendPage(response, 200, askPage(found.organization_name));
  });

  // By the button of the page, or by the mail program itself (RFC 8058). Who has the link may; there is nothing to sign in to.
  router.post(
    '/unsubscribe/:token',
    express.raw({ type: () => true, limit: 10_000 }),
    async (request, response) => {
      const mail = mailOf('unsubscribe', request);
      const found = mail && (await unsubscriptionOf(mail));
      if (!found) {
        sendPage(response, 404, unknownPage());
        return;
      }
      const body: unknown = request.body;
      const isOneClick =
        Buffer.isBuffer(body) && /List-Unsubscribe=One-Click/i.test(body.toString());
      // Never too much for whoever still gets mails; once more changes nothing.
      if (!found.is_unsubscribed || (await isNoted(request))) {
        await note(mail, 'unsubscribed', isOneClick ? 'one_click' : 'page');
      }
      sendPage(response, 200, donePage(found.organization_name));
    },
  );

  async function unsubscriptionOf(mail: MailRef): Promise<Unsubscription | undefined> {
    const { rows } = await pool().query<Unsubscription>(
      'select organization_name, is_unsubscribed from marketing.read_unsubscription($1, $2)',
      [mail.organizationId, mail.id],
    );
    return rows[0];
  }

  async function take(
    request: Request,
    response: Response,
    reportsIn: (body: Buffer, organizationId: string) => Promise<MailReport[]>,
  ): Promise<void> {
    const organizationId = String(request.params['organization']);
    const body: unknown = request.body;
    const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    if (!(await isFromOrganization(organizationId, request, raw))) {
      refuse(
        response,
        401,
        'The report is not signed with the secret of this organization, or not lately.',
      );
      return;
    }
    let reports: MailReport[];
    try {
      reports = await reportsIn(raw, organizationId);
    } catch (error) {
      if (!(error instanceof ReportError)) throw error;
      refuse(response, 400, error.message, { code: 'INVALID_INPUT' });
      return;
    }
    const { rows } = await pool().query<{ answer: { taken: number } }>(
      'select marketing.take_mail_reports($1, $2) as answer',
      [organizationId, JSON.stringify(reports)],
    );
    response.json({ received: reports.length, taken: rows[0]?.answer.taken ?? 0 });
  }

  async function isFromOrganization(id: string, request: Request, body: Buffer): Promise<boolean> {
    const header = request.get(SIGNATURE_HEADER);
    if (!UUID.test(id) || header === undefined) return false;
    const { rows } = await pool().query<{ versions: number[] | null }>(
      'select marketing.webhook_versions($1) as versions',
      [id],
    );
    const versions = rows[0]?.versions ?? [];
    const secrets = versions.flatMap((version) =>
      links().webhookSecrets(id.toLowerCase(), version),
    );
    return isSigned(header, body, secrets);
  }

  router.post(
    '/events/:organization',
    countReports,
    express.raw({ type: () => true, limit: maxRequestBytes, inflate: false }),
    (request, response) =>
      take(request, response, (body) => Promise.resolve(reportsInJson(body.toString()))),
  );
  router.post(
    '/inbound/:organization',
    countReports,
    express.raw({ type: () => true, limit: LARGEST_MAIL, inflate: false }),
    (request, response) =>
      take(request, response, (body, organizationId) =>
        reportsInMail(body, (address) => links().readReturnPath(organizationId, address)),
      ),
  );
  return router;
}
