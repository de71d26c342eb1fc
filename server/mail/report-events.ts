import { ReportError } from './report-error.ts';
import { mailIdIn, type MailReport } from './report-mail.ts';

/** Reports that may come in one request. */
const MOST = 1_000;
const KINDS = ['delivered', 'bounced', 'complained', 'replied', 'unsubscribed'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textIn(
  event: Readonly<Record<string, unknown>>,
  name: string,
  place: string,
  longest: number,
) {
  const value = event[name];
  if (value == null) return undefined;
  if (
    typeof value !== 'string' ||
    value.length > longest ||
    value.includes('\0') ||
    !value.isWellFormed()
  ) {
    throw new ReportError(`${place}.${name} has to be a text of up to ${longest} characters.`);
  }
  return value;
}

function reportOf(event: unknown, place: string): MailReport {
  if (!isObject(event)) throw new ReportError(`${place} has to be an object.`);
  const kind = KINDS.find((each) => each === event['type']);
  if (!kind) throw new ReportError(`${place}.type has to be one of ${KINDS.join(', ')}.`);
  const id = textIn(event, 'id', place, 200);
  if (!id) throw new ReportError(`${place}.id is missing: it tells whether a report came before.`);
  const messageId = textIn(event, 'messageId', place, 998);
  const mailId = textIn(event, 'mailId', place, 36);
  if (mailId !== undefined && !UUID.test(mailId))
    throw new ReportError(`${place}.mailId is no id.`);
  const email = textIn(event, 'email', place, 254);
  if (email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(email)) {
    throw new ReportError(`${place}.email is no e-mail address.`);
  }
  const about =
    mailId?.toLowerCase() ??
    (messageId === undefined ? undefined : mailIdIn(`<${messageId.replace(/^<|>$/g, '')}>`));
  if (about === undefined && email === undefined) {
    throw new ReportError(`${place} names neither mailId, nor a messageId of ours, nor an email.`);
  }
  const occurredAt = textIn(event, 'occurredAt', place, 40);
  if (occurredAt !== undefined && Number.isNaN(Date.parse(occurredAt))) {
    throw new ReportError(`${place}.occurredAt is no time.`);
  }
  const bounce = event['bounce'];
  if (kind === 'bounced' && bounce !== 'hard' && bounce !== 'soft') {
    throw new ReportError(`${place}.bounce has to be hard or soft.`);
  }
  const reason = textIn(event, 'reason', place, 1_000);
  return {
    kind,
    source: 'webhook',
    external_id: `webhook:${id}`,
    ...(about === undefined ? {} : { id: about }),
    ...(email === undefined ? {} : { email }),
    ...(kind === 'bounced' ? { is_hard: bounce === 'hard' } : {}),
    ...(occurredAt === undefined ? {} : { occurred_at: new Date(occurredAt).toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/**
 * The reports in a request: `{"events": [{"id", "type", "mailId" | "messageId" | "email", "bounce", "reason", "occurredAt"}]}`.
 *
 * @throws {ReportError} naming what is wrong
 */
export function reportsInJson(text: string): MailReport[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ReportError('The body is no JSON.');
  }
  const events = isObject(body) ? body['events'] : undefined;
  if (!Array.isArray(events)) throw new ReportError('events has to be a list.');
  if (events.length > MOST) throw new ReportError(`events has more than ${MOST} entries.`);
  return events.map((event, index) => reportOf(event, `events[${index}]`));
}
