import type { Block, MailContent } from './compose.ts';

/** A mail as it is sent. */
export type RenderedMail = {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML, in elements and in attributes. */
export const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** A line break in a name would begin a new header, or a paragraph that only looks like ours. */
export const onOneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

function textOf(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'note':
      return onOneLine(block.text);
    case 'button':
      return `${onOneLine(block.label)}:\n${block.url}`;
  }
}

const INK = '#1f2328';
export const FAINT = '#59636e';
export const ACCENT = '#b3261e';

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p style="margin:0 0 16px">${escapeHtml(onOneLine(block.text))}</p>`;
    case 'note':
      return `<p style="margin:0 0 16px;font-size:13px;color:${FAINT}">${escapeHtml(onOneLine(block.text))}</p>`;
    case 'button': {
      const url = escapeHtml(block.url);
      return `<p style="margin:24px 0"><a href="${url}" style="display:inline-block;padding:11px 20px;border-radius:6px;background:${ACCENT};color:#ffffff;font-weight:600;text-decoration:none">${escapeHtml(onOneLine(block.label))}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:${FAINT}">Or open this address:<br><a href="${url}" style="color:${FAINT};word-break:break-all">${url}</a></p>`;
    }
  }
}

/** The HTML of a mail: Callboard's page around what is in it, which has to be escaped already. */
export const pageOf = (title: string, body: string, width = 520): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px;background:#f4f4f2;color:${INK};font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:${width}px;margin:0 auto;padding:32px;background:#ffffff;border-radius:10px">
<p style="margin:0 0 24px;font-weight:700;color:${ACCENT}">Callboard</p>
${body}
</div>
</body>
</html>
`;

/** Makes text and HTML of what a mail says. Everything in it is escaped: it has been written by whoever signed up. */
export function renderMail({ subject, blocks }: MailContent): RenderedMail {
  const title = onOneLine(subject);
  return {
    subject: title,
    text: `${blocks.map(textOf).join('\n\n')}\n\n-- \nCallboard\n`,
    html: pageOf(title, blocks.map(htmlOf).join('\n')),
  };
}
