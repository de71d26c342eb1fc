import { createHash } from 'node:crypto';
import PostalMime, { type Attachment, type Email } from 'postal-mime';
import { isDeadAddress } from '../../worker/marketing/outcome.ts';
import { storable } from '../../worker/storable.ts';
import { ReportError } from './report-error.ts';

/** A report about a mail, as `marketing.take_mail_reports` takes it. */
export type MailReport = {
  /** Of our mail, if the report names it. */
  readonly id?: string;
  readonly email?: string;
  readonly kind: 'delivered' | 'bounced' | 'complained' | 'replied' | 'unsubscribed';
  readonly is_hard?: boolean;
  readonly occurred_at?: string;
  readonly reason?: string;
  readonly source: 'webhook' | 'message';
  /** What came before under the same id counts no second time. */
  readonly external_id?: string;
};

const MESSAGE_ID = /<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>/i;

/** The id of our mail in a text with its message id. */
export const mailIdIn = (text: string): string | undefined =>
  MESSAGE_ID.exec(text)?.[1]?.toLowerCase();

const contentOf = ({ content }: Attachment): string =>
  typeof content === 'string' ? content : new TextDecoder().decode(content);

/** Fields of a report: blocks set apart by empty lines, with lines that go on (RFC 3464, RFC 5965). */
function blocksOf(text: string): Map<string, string>[] {
  return text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((block) => {
      const fields = new Map<string, string>();
      for (const line of block.replace(/\n[ \t]+/g, ' ').split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0)
          fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
      return fields;
    })
    .filter((fields) => fields.size > 0);
}

/** Characters that an address has at most. */
const LONGEST_ADDRESS = 254;
/** Units that are kept of why a mail came back. */
const LONGEST_REASON = 1_000;

/** Readers whom a notice is about: a mail of ours has one. */
const MOST_REPORTS = 100;

/** `rfc822; ada@leads.test` */
function addressOf(field: string | undefined): string | undefined {
  const address = /^(?:[\w-]+\s*;\s*)?<?([^<>\s@\0]+@[^<>\s@\0]+)>?$/
    .exec(field ?? '')?.[1]
    ?.toLowerCase();
  return address !== undefined && address.length <= LONGEST_ADDRESS ? address : undefined;
}

const reasonOf = (text: string): string => storable(text, LONGEST_REASON);

function bouncesIn(status: string, id: string | undefined): Omit<MailReport, 'source'>[] {
  return blocksOf(status).flatMap((fields): Omit<MailReport, 'source'>[] => {
    const action = fields.get('action')?.toLowerCase();
    const email =
      addressOf(fields.get('final-recipient')) ?? addressOf(fields.get('original-recipient'));
    const about = { ...(id ? { id } : {}), ...(email ? { email } : {}) };
    if (action === 'delivered') return [{ ...about, kind: 'delivered' }];
    // What is delayed is tried again; what is relayed or expanded, nobody knows.
    if (action !== 'failed') return [];
    const code = fields.get('status')?.split(/\s/)[0] ?? '';
    const reason = fields.get('diagnostic-code') ?? code;
    return [{ ...about, kind: 'bounced', is_hard: isDeadAddress(code), reason: reasonOf(reason) }];
  });
}

/** A machine answered, not the person. */
function isAutomatic(email: Email): boolean {
  const header = (name: string) =>
    email.headers
      .find(({ key }) => key === name)
      ?.value.trim()
      .toLowerCase();
  const submitted = header('auto-submitted');
  return (
    (submitted !== undefined && submitted !== 'no') ||
    header('x-autoreply') !== undefined ||
    header('x-autorespond') !== undefined ||
    /^(auto_reply|bulk|junk)$/.test(header('precedence') ?? '')
  );
}

/** Headers in which the address stands that a mail came to. */
const RECIPIENT = /^(to|delivered-to|x-original-to|envelope-to|x-envelope-to)$/;
/** Addresses that are looked at: each may cost a signature. */
const MOST_RECIPIENTS = 1_000;

/** Whatever may be an address in a header. Split, since looking for an @ from each character on takes the square of a long word. */
const addressesIn = (value: string): string[] =>
  value.split(/[\s<>,;"]+/).filter((word) => word.includes('@'));

/** The mail that a notice is about by the address that it came to. */
function mailByRecipient(
  email: Email,
  mailOf: (address: string) => string | undefined,
): string | undefined {
  const addresses = email.headers
    .filter(({ key }) => RECIPIENT.test(key))
    .flatMap(({ value }) => addressesIn(value));
  for (const address of addresses.slice(0, MOST_RECIPIENTS)) {
    const id = mailOf(address);
    if (id !== undefined) return id;
  }
  return undefined;
}

/**
 * A notice of a mail server that does not write them as RFC 3464 says, but in words. It counts when a mail server wrote it
 * and it has the status of a failure (RFC 3463) in it; with the code of a reply alone, nobody knows whether for good.
 */
function bounceInWords(email: Email, id: string): Omit<MailReport, 'source'>[] {
  const from = email.from?.address ?? '';
  const path = email.headers.find(({ key }) => key === 'return-path')?.value.trim();
  if (path !== '<>' && !/^(mailer-daemon|postmaster)@/i.test(from)) return [];
  const text = email.text ?? email.html?.replace(/<[^<>]*>/g, ' ') ?? '';
  const status = /(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/.exec(text)?.[0];
  const line = /^.*(?<![\d.])5\d\d[ -].*$/m.exec(text)?.[0].trim();
  if (status === undefined && line === undefined) return [];
  return [
    {
      id,
      kind: 'bounced',
      is_hard: status !== undefined && isDeadAddress(status),
      reason: reasonOf(line ?? status ?? ''),
    },
  ];
}

/** Lines of a mail that are read, each of which takes its time: what a notice says stands at its beginning. */
const MOST_LINES = 10_000;
/** Bytes that the headers of a mail may have together. */
const LONGEST_HEADERS = 200_000;

function beginningOf(raw: Buffer): Buffer {
  let end = -1;
  for (let line = 0; line < MOST_LINES; line += 1) {
    end = raw.indexOf('\n', end + 1);
    if (end < 0) return raw;
  }
  return raw.subarray(0, end + 1);
}

async function read(raw: Buffer): Promise<Email> {
  try {
    return await PostalMime.parse(beginningOf(raw), {
      maxHeadersSize: LONGEST_HEADERS,
      // What came back is evidence, and none of what the notice says.
      forceRfc822Attachments: true,
    });
  } catch (error) {
    throw new ReportError(`The mail cannot be read: ${(error as Error).message}.`);
  }
}

/**
 * What a mail says that came back: a notice of delivery (RFC 3464), a complaint (RFC 5965), or an answer to one of ours.
 * Empty when it is none of them.
 *
 * @param mailOf the mail that an address was made for (`returnPath` of the settings), by which notices are known that do not say
 * @throws {ReportError} when its headers are too long or its parts nested too deeply
 */
export async function reportsInMail(
  raw: Buffer,
  mailOf: (address: string) => string | undefined = () => undefined,
): Promise<MailReport[]> {
  const email = await read(raw);
  const part = (...types: string[]) =>
    email.attachments.find(({ mimeType }) => types.includes(mimeType));
  const original = part('message/rfc822', 'text/rfc822-headers', 'message/global-headers');
  const returned = mailByRecipient(email, mailOf);
  const id = (original ? mailIdIn(headersOf(contentOf(original))) : undefined) ?? returned;
  const status = part('message/delivery-status', 'message/global-delivery-status');
  const feedback = part('message/feedback-report');
  const found: Omit<MailReport, 'source'>[] = [];
  if (status) {
    found.push(...bouncesIn(contentOf(status), id).slice(0, MOST_REPORTS));
  } else if (feedback) {
    const [fields] = blocksOf(contentOf(feedback));
    const type = fields?.get('feedback-type')?.toLowerCase() ?? '';
    const address = addressOf(fields?.get('original-rcpt-to'));
    if (type !== 'not-spam') {
      found.push({
        ...(id ? { id } : {}),
        ...(address ? { email: address } : {}),
        kind: 'complained',
        reason: reasonOf(type),
      });
    }
  } else if (returned !== undefined) {
    // Nobody answers to this address but machines: a mail server in words of its own, or whoever is away.
    found.push(...bounceInWords(email, returned));
  } else if (!isAutomatic(email)) {
    const answered = mailIdIn(`${email.inReplyTo ?? ''} ${email.references ?? ''}`);
    if (answered) found.push({ id: answered, kind: 'replied' });
  }
  const digest = createHash('sha256').update(raw).digest('hex');
  return found.map((report, index) => ({
    ...report,
    source: 'message',
    external_id: `message:${digest}:${index}`,
  }));
}

const headersOf = (message: string) => message.replaceAll('\r\n', '\n').split('\n\n', 1)[0] ?? '';
