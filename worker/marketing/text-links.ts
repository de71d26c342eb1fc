/** An address in plain text: between angle brackets whole (RFC 3986, appendix C), else up to a space or a quotation mark. */
const ADDRESS = /<(https?:\/\/[^\s<>]+)>|https?:\/\/[^\s<>"“”„«»]+/gi;

/** What ends a sentence rather than an address. */
const MARKS = new Set(['.', ',', ';', ':', '!', '?', "'", '’', '‘', '…']);
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** The address at the beginning of what looks like one: without the marks of the sentence that it stands in. */
function withoutMarks(found: string): string {
  const surplus: Record<string, number> = {};
  for (const [closing, opening] of Object.entries(OPENING)) {
    surplus[closing] = count(found, closing) - count(found, opening);
  }
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found.charAt(end - 1);
    if (MARKS.has(last)) continue;
    // A bracket that was opened in the address belongs to it.
    const more = surplus[last] ?? 0;
    if (more <= 0) break;
    surplus[last] = more - 1;
  }
  return found.slice(0, end);
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}

/**
 * Rewrites addresses of pages in plain text, as mail programs make links of them.
 *
 * @param rewrite the new address, or undefined to leave it
 */
export function rewriteTextLinks(
  text: string,
  rewrite: (url: string) => string | undefined,
): string {
  const rewritten = (url: string) => (URL.canParse(url) ? rewrite(url) : undefined);
  return text.replace(ADDRESS, (whole, bracketed: string | undefined) => {
    const url = bracketed ?? withoutMarks(whole);
    const address = rewritten(url);
    if (address === undefined) return whole;
    return bracketed === undefined ? address + whole.slice(url.length) : `<${address}>`;
  });
}
