// What a refused mutation tried to do: enough of it to ask why.

const REFUSED = new Set(['FORBIDDEN', 'NOT_FOUND_OR_FORBIDDEN']);
const VERBS = { create: 'INSERT', update: 'UPDATE', delete: 'DELETE', restore: 'RESTORE' };
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** The text between the brackets that follow `start`. */
function bracketed(text, start) {
  const open = text.indexOf('(', start);
  if (open < 0 || /\S/.test(text.slice(start, open))) return '';
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth === 0) return text.slice(open + 1, index);
  }
  return text.slice(open + 1);
}

/** The field that an error's path begins with, which an alias may hide, and its arguments. */
function fieldOf(query, key) {
  const aliased = new RegExp(`\\b${key}\\s*:\\s*(\\w+)\\s*(?=\\()`).exec(query);
  const found = aliased ?? new RegExp(`\\b(${key})\\s*(?=\\()`).exec(query);
  if (!found) return { name: key, given: '' };
  return { name: found[1], given: bracketed(query, found.index + found[0].length) };
}

/** The id of the row: written out, or in a variable, or inside of one. */
function rowIdOf(given, variables) {
  const [, literal, variable] = /\browId\s*:\s*(?:"([^"]*)"|\$(\w+))/.exec(given) ?? [];
  if (literal) return literal;
  if (variable) return variables[variable] ?? null;
  const [, input] = /\binput\s*:\s*\$(\w+)/.exec(given) ?? [];
  return (input && variables[input]?.rowId) ?? null;
}

/**
 * The refusals of an answer that `explainAccess` can say more about.
 *
 * @param parameters of the operation: query and variables
 * @param errors of the answer
 */
export function refusalsOf({ query, variables }, errors) {
  const refusals = [];
  for (const { message, path, extensions } of errors ?? []) {
    if (!REFUSED.has(extensions?.code) || !path?.length) continue;
    const { name, given } = fieldOf(query, path[0]);
    const [, verb, type] = /^(create|update|delete|restore|save)([A-Z]\w*)$/.exec(name) ?? [];
    if (!type) continue;
    const found = rowIdOf(given, variables ?? {});
    const rowId = UUID.test(found ?? '') ? found : null;
    const action = VERBS[verb] ?? (rowId ? 'UPDATE' : 'INSERT');
    refusals.push({
      message,
      detail: extensions.detail ?? null,
      field: name,
      type,
      action,
      rowId: action === 'INSERT' ? null : rowId,
    });
  }
  return refusals;
}
