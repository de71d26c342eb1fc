import type { Attachment } from '../../worker/mail/delivery.ts';
import { escapeHtml } from '../../worker/mail/render.ts';

/** A mail in the list. */
export type ListedMail = {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly subject: string;
  readonly createdAt: Date;
};

/** A mail, whole. */
export type StoredMail = ListedMail & {
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly Attachment[];
};

const when = (time: Date) => time.toISOString().replace('T', ' ').slice(0, 19);

const timeOf = ({ createdAt }: ListedMail) =>
  `<time datetime="${createdAt.toISOString()}">${when(createdAt)} UTC</time>`;

function page(base: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Callboard mail</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/mail.css">
</head>
<body>
<header><a class="brand" href="/">Callboard</a> <a href="${base}/">Mail</a> <span>not sent: there is no SMTP_URL</span></header>
<main>
${body}
</main>
</body>
</html>
`;
}

/** An address in a text, up to the bracket, quote or full stop that ends it. */
const ADDRESS = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/;

/** The addresses in a text, to click on. Found before anything is escaped: `&gt;` would seem to belong to them. */
const linked = (text: string) =>
  text
    .split(ADDRESS)
    .map(escapeHtml)
    .map((part, index) =>
      index % 2 === 1 ? `<a href="${part}" target="_blank" rel="noopener">${part}</a>` : part,
    )
    .join('');

/** The list of mails, newest first. */
export function listPage(base: string, mails: readonly ListedMail[]): string {
  const rows = mails.map(
    (mail) => `<tr>
<td><a href="${base}/${mail.id}">${escapeHtml(mail.subject)}</a><small>${escapeHtml(mail.template)}</small></td>
<td>${escapeHtml(mail.recipient)}</td>
<td>${timeOf(mail)}</td>
</tr>`,
  );
  const list =
    rows.length === 0
      ? '<p class="empty">No mail yet. Sign up, or ask for a new password, and it arrives here within a second.</p>'
      : `<table>
<thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Sent</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
  return page(base, 'All mails', `<h1>Mail</h1>\n${list}`);
}

/** The files of a mail, to download. */
const attachmentsOf = (base: string, { id, attachments }: StoredMail) =>
  attachments
    .map(
      ({ filename }, index) =>
        `\n<dt>File</dt><dd><a href="${base}/${id}/attachments/${index}">${escapeHtml(filename)}</a></dd>`,
    )
    .join('');

/** One mail, as it looks and as text. */
export function mailPage(base: string, mail: StoredMail): string {
  return page(
    base,
    mail.subject,
    `<h1>${escapeHtml(mail.subject)}</h1>
<dl>
<dt>To</dt><dd>${escapeHtml(mail.recipient)}</dd>
<dt>Template</dt><dd>${escapeHtml(mail.template)}</dd>
<dt>Sent</dt><dd>${timeOf(mail)}</dd>${attachmentsOf(base, mail)}
</dl>
<h2>HTML</h2>
<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" src="${base}/${mail.id}/html"></iframe>
<h2>Text</h2>
<pre>${linked(mail.text)}</pre>`,
  );
}
