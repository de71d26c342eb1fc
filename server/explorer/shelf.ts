import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A query that the explorer offers. */
export type ShelfQuery = {
  /** The shelf that it stands on: a module, such as Projects. */
  readonly module: string;
  readonly title: string;
  /** GraphQL, with the explanation as its first comment. */
  readonly query: string;
};

const FOLDER = path.join(import.meta.dirname, 'shelf');

/**
 * Reads the shelf: one file per query, `NN_module_what.graphql`, whose first line is `# Module: title`.
 *
 * @throws Error naming a file without that line
 */
export function readShelf(): ShelfQuery[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => {
      const text = readFileSync(path.join(FOLDER, name), 'utf8');
      const [, module, title, query] = /^# ([^:\n]+): ([^\n]+)\n([\s\S]+)$/.exec(text) ?? [];
      if (!module || !title || !query) {
        throw new Error(`server/explorer/shelf/${name} does not begin with "# Module: title".`);
      }
      return { module, title, query: `# ${title}\n${query}` };
    });
}
