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

/** The address of a link in an `a` or `area` element, in quotes or without. */
const LINK = /(<a(?:rea)?\b[^>]*?\shref\s*=\s*)("([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/**
 * Rewrites links of rendered HTML that lead to pages. Others (`mailto:`, `tel:`, places in the mail itself) stay as they are.
 *
 * @param rewrite the new address, or undefined to leave it
 */
export function rewriteLinks(html: string, rewrite: (url: string) => string | undefined): string {
  return html.replace(
    LINK,
    (whole, before: string, _value: string, double?: string, single?: string, bare?: string) => {
      const url = unescapeHtml(double ?? single ?? bare ?? '').trim();
      if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return whole;
      const rewritten = rewrite(url);
      return rewritten === undefined ? whole : `${before}"${escapeHtml(rewritten)}"`;
    },
  );
}

/** Puts something at the end of what is shown. */
export function appendToBody(html: string, addition: string): string {
  const end = html.toLowerCase().lastIndexOf('</body');
  return end < 0 ? html + addition : html.slice(0, end) + addition + html.slice(end);
}
