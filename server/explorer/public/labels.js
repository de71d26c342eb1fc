// Labels that are longer than the room for them.

/** What is left of a text when its middle is taken out: names mostly differ at one of their ends. */
function shortened(text, width, measure) {
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept -= 1) {
    const head = characters
      .slice(0, Math.ceil(kept / 2))
      .join('')
      .trimEnd();
    const tail = characters
      .slice(-Math.floor(kept / 2))
      .join('')
      .trimStart();
    const left = `${head}…${tail}`;
    if (measure(left) <= width) return left;
  }
  return '…';
}

/**
 * A text in one line, or in two where there is room for them, the rest of it shortened in the middle.
 *
 * @param width of a line
 * @param lines 1 or 2
 * @param measure how wide a text is
 */
export function fitted(text, { width, lines }, measure) {
  if (measure(text) <= width) return text;
  if (lines === 1) return shortened(text, width, measure);
  const words = text.split(/\s+/);
  let first = words.shift();
  while (words.length > 0 && measure(`${first} ${words[0]}`) <= width) first += ` ${words.shift()}`;
  return [first, words.join(' ')]
    .filter(Boolean)
    .map((line) => (measure(line) <= width ? line : shortened(line, width, measure)))
    .join('\n');
}
