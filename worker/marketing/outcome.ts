import { storable } from '../storable.ts';

/** What became of a mail, as `marketing.record_emails` takes it. */
export type Outcome = {
  readonly outcome: 'sent' | 'retry' | 'returned' | 'failed' | 'bounced' | 'uncertain';
  readonly reason?: string;
  readonly code?: string;
  /** Whether the mail server itself could not be reached or used, so that the next mail would fare no better. */
  readonly isServerDown?: boolean;
};

type SmtpError = Error & {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
};

/** Units that are kept of what a mail server or an error says. */
const LONGEST_REASON = 500;

/** What an error, or a mail server, says of a mail. */
export const reasonOf = (text: string): string => storable(text, LONGEST_REASON);

/** Steps before a mail is spoken of: what fails there says nothing about the mail. */
const BEFORE_MAIL = new Set(['CONN', 'EHLO', 'HELO', 'LHLO', 'STARTTLS', 'API']);
/** The server wants a login that it does not get. */
const NO_LOGIN = new Set([530, 534, 535, 538]);

/** The enhanced code (RFC 3463) of a reply, such as 5.1.1. */
const enhancedCodeOf = (response: string) =>
  /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];

/**
 * Whether a status (RFC 3463) says that an address will never work: not when the box is full, or the other side does not like
 * the sender (x.1.7, x.1.8), the network or the mail.
 */
export const isDeadAddress = (status: string): boolean =>
  /^5\.(0\.0|1\.(?![78]$)\d+|2\.[01])$/.test(status);

/**
 * What a failure means for the mail.
 *
 * @param isHandedOver whether the last byte of the mail had gone to the server: from then on it may have it
 */
export function outcomeOf(error: unknown, isHandedOver: boolean): Outcome {
  const { message, code, command, responseCode, response } = error as SmtpError;
  const step = typeof command === 'string' ? command : '';
  const isBeforeMail = BEFORE_MAIL.has(step) || step.startsWith('AUTH') || code === 'EAUTH';
  if (typeof responseCode === 'number') {
    const text = typeof response === 'string' ? response : message;
    const enhanced = enhancedCodeOf(text);
    const said = { reason: reasonOf(text), code: enhanced ?? String(responseCode) };
    if (isBeforeMail || NO_LOGIN.has(responseCode)) {
      // A farewell after the last byte is no answer to the mail.
      return isHandedOver
        ? { outcome: 'uncertain', ...said }
        : { outcome: 'retry', isServerDown: true, ...said };
    }
    if (responseCode < 500) return { outcome: 'retry', ...said };
    // Without a status, the refusal of a recipient is taken for what it looks like.
    if (step === 'RCPT TO' && (enhanced === undefined || isDeadAddress(enhanced))) {
      return { outcome: 'bounced', ...said };
    }
    return { outcome: 'failed', ...said };
  }
  const reason = reasonOf(message);
  if (isHandedOver) return { outcome: 'uncertain', reason };
  return { outcome: 'retry', reason, ...(isBeforeMail ? { isServerDown: true } : {}) };
}
