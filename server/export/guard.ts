/** What spreadsheets take for the beginning of a formula: also behind white space, and in their full width. */
const FORMULA = /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/**
 * A text that a spreadsheet shows and does not run: what would be taken for a formula gets an apostrophe before it. Numbers
 * are not texts: a minus is theirs.
 */
export const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
