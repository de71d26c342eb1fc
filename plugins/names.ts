/** The column that is in every key of a tenant's rows and in no name. */
export const TENANT_COLUMN = 'organization_id';

/** The column that says since when a row is archived. */
export const ARCHIVED_COLUMN = 'deleted_at';

/**
 * A column, in words that a GraphQL name is made of: `id` is `row_id` (`id` is the global one), and who did something is
 * `reviewed_by_id`, so that `reviewed_by` is free for the user.
 */
export function attributeWords(column: string): string {
  if (column === 'id') return 'row_id';
  return column.endsWith('_by') ? `${column}_id` : column;
}

function camelCase(column: string): string {
  return attributeWords(column).replace(/_+([a-z0-9])/g, (_match, letter: string) =>
    letter.toUpperCase(),
  );
}

/**
 * The GraphQL field of a column or an argument: what a client calls it. Also of a path such as `lines.0.unit_cost`. The
 * keys inside of `custom_fields` are the organization's own and stay as they are.
 */
export function fieldOf(column: string): string {
  const [first = '', ...rest] = column.split('.');
  const inside = first === 'custom_fields' ? rest : rest.map(camelCase);
  return [camelCase(first), ...inside].join('.');
}

/**
 * The columns by which a key reads: without the tenant, and of a key such as (project, phase) only the last, since those
 * before it are what that belongs to.
 */
export function namingColumns(columns: readonly string[]): string[] {
  const own = columns.filter((column) => column !== TENANT_COLUMN);
  return own.slice(-1);
}
