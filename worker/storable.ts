/**
 * A text of others as the database takes it, in JSON too: without NUL, and without halves of characters, such as are left
 * when a text is cut.
 *
 * @param longest UTF-16 units that it has at most
 */
export const storable = (text: string, longest = Infinity): string =>
  text.replaceAll('\0', '').slice(0, longest).toWellFormed();
