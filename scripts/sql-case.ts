// What may have capitals: comments, strings, quoted names, placeholders of format() and tags of dollar quotes. The inside
// of a dollar quote is code like any other, unless it is what a `comment on` says.
const MAY_HAVE_CAPITALS = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`/\*[\s\S]*?\*/`,
    String.raw`\b[eE]'(?:[^'\\]|''|\\[\s\S])*'`,
    String.raw`'(?:[^']|'')*'`,
    String.raw`"(?:[^"]|"")*"`,
    String.raw`\bis\s+(\$\w*\$)[\s\S]*?\1`,
    String.raw`\$\w*\$`,
    String.raw`%(?:\d+\$)?[IL]\b`,
  ].join('|'),
  'g',
);

/** A word with capitals in it. */
export type Capital = {
  readonly word: string;
  /** Counted from 1. */
  readonly line: number;
};

/** Words with capitals in the code of an SQL file: everything is written in lower case there, names too. */
export function capitalsIn(sql: string): Capital[] {
  const code = sql.replace(MAY_HAVE_CAPITALS, (text) => text.replace(/[^\n]/g, ' '));
  return Array.from(code.matchAll(/\w*[A-Z]\w*/g), (match) => ({
    word: match[0],
    line: code.slice(0, match.index).split('\n').length,
  }));
}
