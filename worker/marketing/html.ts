import { escapeHtml } from '../mail/render.ts';

const UNESCAPED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
  '&apos;': "'",
};

const unescapeHtml = (text: string) =>
  text.replace(/&(?:amp|lt|gt|quot|apos|#34|#39);/g, (entity) => UNESCAPED[entity] ?? entity);

/** Where an `a` or `area` element with attributes begins. */
const LINK = /<a(?:rea)?(?=[\s/])/gi;
/** The next attribute of an element: its name, and its value in quotes or without. */
const ATTRIBUTE = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>][^\s>]*))?/y;

const withoutQuotes = (value: string) => (/^["']/.test(value) ? value.slice(1, -1) : value);

/**
 * Rewrites links of rendered HTML that lead to pages. Others (`mailto:`, `tel:`, places in the mail itself) stay as they are.
 * Goes through attributes as browsers do, and over no character more than a few times, whatever the HTML is.
 *
 * @param rewrite the new address, or undefined to leave it
 */
export function rewriteLinks(html: string, rewrite: (url: string) => string | undefined): string {
  const link = new RegExp(LINK);
  const attribute = new RegExp(ATTRIBUTE);
  const parts: string[] = [];
  let copied = 0;
  while (link.test(html)) {
    attribute.lastIndex = link.lastIndex;
    let isDone = false;
    for (let found = attribute.exec(html); found; found = attribute.exec(html)) {
      link.lastIndex = attribute.lastIndex;
      const [, name = '', value] = found;
      // Of two with the same name the first counts.
      if (isDone || value === undefined || name.toLowerCase() !== 'href') continue;
      isDone = true;
      const url = unescapeHtml(withoutQuotes(value)).trim();
      if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) continue;
      const rewritten = rewrite(url);
      if (rewritten === undefined) continue;
      parts.push(
        html.slice(copied, attribute.lastIndex - value.length),
        `"${escapeHtml(rewritten)}"`,
      );
      copied = attribute.lastIndex;
    }
  }
  parts.push(html.slice(copied));
  return parts.join('');
}

/** Puts something at the end of what is shown. */
export function appendToBody(html: string, addition: string): string {
  let end = -1;
  for (const { index } of html.matchAll(/<\/body/gi)) end = index;
  return end < 0 ? html + addition : html.slice(0, end) + addition + html.slice(end);
}
