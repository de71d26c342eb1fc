import { escapeHtml } from '../mail/render.ts';
import { appendToBody, rewriteLinks } from './html.ts';
import type { MailLinks } from './links.ts';
import { TemplateError } from './liquid.ts';
import { messageHostOf, type FromRules, type SenderAddresses } from './sender-address.ts';
import type { CompiledTemplate } from './template.ts';
import { rewriteTextLinks } from './text-links.ts';

/** A mail of a batch, as `marketing.claim_emails` returns it. */
export type ClaimedMail = {
  readonly id: string;
  readonly email: string;
  readonly template_id: string;
  readonly version: number;
  readonly purpose: 'marketing' | 'transactional';
  readonly context: Readonly<Record<string, unknown>>;
};

/** The organization's settings, section marketing. */
export type MailRules = FromRules & {
  readonly footer?: string | undefined;
  readonly trackOpens: boolean;
  readonly trackClicks: boolean;
  /** `name@host`, of which each mail gets an address of its own for notices about it. */
  readonly returnPath?: string | undefined;
};

/** A mail as it is handed to a mail server. */
export type ComposedMail = {
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  readonly to: string;
  /** Where notices about this mail come back to; undefined: to whom it is from. */
  readonly returnPath: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  /** The same whenever the same mail is sent: whoever gets it twice can tell. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Composer = {
  readonly links: MailLinks;
  readonly addresses: SenderAddresses;
};

/** Links of a part that are signed, to lead through the server. More lead where they were written to. */
const MOST_LINKS = 1_000;

const organizationNameOf = ({ organization }: ClaimedMail['context']) =>
  typeof organization === 'object' && organization !== null && 'name' in organization
    ? String(organization.name)
    : 'Callboard';

const FOOT = 'margin:24px 0 0;font:13px/1.5 sans-serif;color:#59636e';

function footOf(footer: string | undefined, unsubscribeUrl: string | undefined) {
  const lines = footer === undefined ? [] : footer.split('\n');
  const link =
    unsubscribeUrl &&
    `<a href="${escapeHtml(unsubscribeUrl)}" style="color:#59636e">Unsubscribe</a>`;
  const html = [...lines.map(escapeHtml), ...(link ? [link] : [])].join('<br>');
  const text = [...lines, ...(unsubscribeUrl ? [`Unsubscribe: ${unsubscribeUrl}`] : [])].join('\n');
  return { html: html && `<p style="${FOOT}">${html}</p>`, text: text && `\n\n-- \n${text}\n` };
}

/**
 * Makes the mail: renders the template, says how to unsubscribe (in marketing mails, RFC 8058), and signs links and the
 * picture that tell what became of it.
 *
 * @throws {TemplateError} when the template does not render, or naming a variable that is missing
 */
export function composeMail(
  mail: ClaimedMail,
  compiled: CompiledTemplate,
  organizationId: string,
  rules: MailRules,
  { links, addresses }: Composer,
): ComposedMail {
  const [missing] = compiled.missing(mail.context);
  if (missing !== undefined) {
    throw new TemplateError('variables', `The variable ${missing} is missing.`, {
      variable: missing,
    });
  }
  const ref = { organizationId, id: mail.id };
  const unsubscribeUrl = links.unsubscribe(ref);
  const isMarketing = mail.purpose === 'marketing';
  const rendered = compiled.render({ ...mail.context, unsubscribe_url: unsubscribeUrl });
  const foot = isMarketing
    ? footOf(rules.footer, compiled.hasUnsubscribeLink ? undefined : unsubscribeUrl)
    : footOf(undefined, undefined);

  const tracked = () => {
    let left = MOST_LINKS;
    return (url: string) => {
      if (url === unsubscribeUrl || left === 0) return undefined;
      left -= 1;
      return links.click(ref, url);
    };
  };

  let html = rendered.html;
  if (html !== undefined) {
    if (foot.html) html = appendToBody(html, foot.html);
    if (rules.trackClicks) html = rewriteLinks(html, tracked());
    if (rules.trackOpens) {
      html = appendToBody(html, `<img src="${links.open(ref)}" width="1" height="1" alt="">`);
    }
  }
  let text = rendered.text + foot.text;
  if (rules.trackClicks) text = rewriteTextLinks(text, tracked());
  const { from, replyTo } = addresses.of(rules, organizationNameOf(mail.context));
  return {
    from,
    replyTo,
    to: mail.email,
    returnPath:
      rules.returnPath !== undefined && addresses.allows(rules.returnPath)
        ? links.returnPath(ref, rules.returnPath)
        : undefined,
    subject: rendered.subject,
    text,
    html,
    messageId: `<${mail.id}@${messageHostOf(from.address)}>`,
    headers: isMarketing
      ? {
          'List-Unsubscribe': `<${unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }
      : { 'Auto-Submitted': 'auto-generated' },
  };
}
