import { randomBytes } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { sendBatches, type BatchOptions } from '../../worker/marketing/batches.ts';
import { MailLinks } from '../../worker/marketing/links.ts';
import { smtpSender, type MailSender } from '../../worker/marketing/sender.ts';
import { SenderAddresses } from '../../worker/marketing/sender-address.ts';
import { TemplateCache } from '../../worker/marketing/templates.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';

/** The key that links are signed with in tests. */
export const KEY = randomBytes(32);
export const PUBLIC_URL = 'https://mail.callboard.test';
export const links = new MailLinks([KEY], PUBLIC_URL);

export type MailRow = {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly reply_code: string | null;
  readonly attempts: number;
  readonly send_after: Date;
  readonly email: string | null;
  readonly sent_at: Date | null;
  readonly opened_at: Date | null;
  readonly bounced_at: Date | null;
};

type LeadOptions = {
  readonly consent?: 'unknown' | 'granted' | 'withdrawn';
  readonly timeZone?: string;
  readonly firstName?: string;
};

type MailOptions = {
  readonly sendAfter?: string;
  readonly variables?: object;
  readonly purpose?: 'marketing' | 'transactional';
  readonly templateId?: string;
};

/** An organization that sends mails: written by the back office, so that a test says only what it is about. */
export class Mailing {
  readonly cast: Cast;
  readonly organizationId: string;
  templateId = '';
  readonly #database: Database;

  private constructor(database: Database, cast: Cast) {
    this.#database = database;
    this.cast = cast;
    this.organizationId = cast.organizationId;
  }

  static async make(database: Database, name: string): Promise<Mailing> {
    return Mailing.of(database, await makeCast(database, name));
  }

  /** For an organization that is there already. */
  static async of(database: Database, cast: Cast): Promise<Mailing> {
    const mailing = new Mailing(database, cast);
    mailing.templateId = await mailing.template({});
    return mailing;
  }

  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#database.pool('callboard_service').query<Row>(text, values);
    return rows;
  }

  async template({
    name = randomBytes(6).toString('hex'),
    subject = 'Hello {{ lead.first_name | default: "you" }}',
    html = '<p>Hello {{ lead.first_name }}, see <a href="https://lumen.test/?a=1&amp;b=2">us</a>.</p>' as
      string | null,
    text = null as string | null,
    variables = [] as readonly object[],
  }): Promise<string> {
    const [row] = await this.query<{ id: string }>(
      `with made as (
         insert into marketing.email_templates (organization_id, name, subject, html_source, text_source, variables)
         values ($1, $2, $3, $4, $5, $6)
         returning *
       ),
       versions as (
         insert into marketing.email_template_versions
           (organization_id, template_id, version, subject, html_source, text_source, variables)
         select organization_id, id, version, subject, html_source, text_source, variables from made
       )
       select id from made`,
      [this.organizationId, name, subject, html, text, JSON.stringify(variables)],
    );
    return row?.id ?? '';
  }

  async lead(email: string, options: LeadOptions = {}): Promise<string> {
    const { consent = 'granted', timeZone = null, firstName = null } = options;
    const [row] = await this.query<{ id: string }>(
      `insert into crm.leads (organization_id, email, email_consent, time_zone, first_name)
       values ($1, $2, $3, $4, $5) returning id`,
      [this.organizationId, email, consent, timeZone, firstName],
    );
    return row?.id ?? '';
  }

  async mail(leadId: string, options: MailOptions = {}): Promise<string> {
    const { sendAfter = null, variables = {}, purpose = 'marketing' } = options;
    const [row] = await this.query<{ id: string }>(
      'select marketing.queue_email($1, $2, $3, $4, $5, $6) as id',
      [
        this.organizationId,
        leadId,
        options.templateId ?? this.templateId,
        sendAfter,
        JSON.stringify(variables),
        purpose,
      ],
    );
    return row?.id ?? '';
  }

  /** A lead with a mail. */
  async mailTo(email: string, options: LeadOptions & MailOptions = {}): Promise<string> {
    return this.mail(await this.lead(email, options), options);
  }

  async row(id: string): Promise<MailRow> {
    const [row] = await this.query<MailRow>(
      'select * from marketing.email_queue where organization_id = $1 and id = $2',
      [this.organizationId, id],
    );
    if (!row) throw new Error('There is no such mail.');
    return row;
  }

  async set(settings: object): Promise<void> {
    await this.query(
      `insert into tenancy.organization_settings (organization_id, section, value) values ($1, 'marketing', $2)
       on conflict (organization_id, section) do update set value = excluded.value`,
      [this.organizationId, JSON.stringify(settings)],
    );
  }

  /** Sends what is due, as a job does. */
  async send(sender: MailSender, more: Partial<BatchOptions> = {}) {
    return sendBatches({
      query: (text, values) =>
        this.#database.pool('callboard_service').query(text, values) as never,
      organizationId: this.organizationId,
      sender,
      links,
      addresses: new SenderAddresses('Callboard <post@callboard.test>', []),
      templates: new TemplateCache(),
      signal: new AbortController().signal,
      until: Infinity,
      report: () => undefined,
      ...more,
    });
  }
}

/** A sender for one test file, closed by `close`. */
export const senderOf = (url: string): MailSender => smtpSender(url, 5);
