import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildSchema, type GraphQLSchema } from 'graphql';
import type { Limits } from '../plugins/limits/limits.ts';
import { ManifestError, parseManifest, printManifest } from '../plugins/trusted/manifest.ts';
import {
  problemLine,
  registerFiles,
  registerManifest,
  type DocumentFile,
  type Problem,
  type RegisteredDocument,
} from '../plugins/trusted/register.ts';
import { runProgram } from '../server/process.ts';
import { documentSettingsOf } from '../server/settings/documents.ts';
import { writeOrCheck } from './drift.ts';

const USAGE = `Registers documents for servers with TRUSTED_DOCUMENTS=also or only.

  npm run documents -- <folder or manifest>… [--out <file>] [--keep] [--check] [--schema <file>]

  <folder>      all .graphql and .gql files in it; fragments may be in other files than what uses them
  <manifest>    a .json file that graphql-codegen, Relay or Apollo wrote; its ids are kept
  --out         where to write (default: TRUSTED_DOCUMENTS_FILE, or documents.json)
  --keep        keep what is registered already, for clients that have not been updated, as long as it is valid
  --check       write nothing; fail when the file is not what it would be
  --schema      the schema as SDL (default: schema.graphql of this folder)

The limits are those of the environment: MAX_DEPTH=20 npm run documents -- …`;

/** Files of a folder, with paths as they were given. */
const filesIn = (folder: string): DocumentFile[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(graphql|gql)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name))
    .map((file) => ({ path: file, text: readFileSync(file, 'utf8') }));

type Sources = { readonly files: DocumentFile[]; readonly manifests: string[] };

function sourcesOf(given: readonly string[]): Sources {
  const manifests = given.filter((each) => each.endsWith('.json'));
  const folders = given.filter((each) => !each.endsWith('.json'));
  return { files: folders.flatMap(filesIn), manifests };
}

function registered(
  { files, manifests }: Sources,
  schema: GraphQLSchema,
  limits: Limits,
): { documents: RegisteredDocument[]; problems: Problem[] } {
  const found = [registerFiles(files, schema, limits)];
  for (const file of manifests) {
    const entries = parseManifest(readFileSync(file, 'utf8'));
    found.push(registerManifest(file, entries, schema, limits));
  }
  const problems = found.flatMap((each) => each.problems);
  const byId = new Map<string, RegisteredDocument>();
  for (const document of found.flatMap((each) => each.documents)) {
    const { id, name, body } = document;
    const known = byId.get(id);
    if (known && known.body !== body) {
      const message = `"${name}" has the id of "${known.name}".`;
      problems.push({ path: id, line: 1, column: 1, message });
    }
    byId.set(id, document);
  }
  return { documents: [...byId.values()], problems };
}

/** What is in the file already and still valid, but for what is registered anew. */
function kept(
  file: string,
  documents: readonly RegisteredDocument[],
  schema: GraphQLSchema,
  limits: Limits,
): readonly RegisteredDocument[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const ids = new Set(documents.map(({ id }) => id));
  const entries = parseManifest(text).filter(({ id }) => !ids.has(id));
  const found = registerManifest(file, entries, schema, limits);
  for (const problem of found.problems) {
    console.warn(`${problemLine(problem)} It is not kept.`);
  }
  return found.documents;
}

await runProgram(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      schema: { type: 'string', default: 'schema.graphql' },
      keep: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return Promise.resolve();
  }
  const { limits, trustedDocumentsFile } = documentSettingsOf(process.env, false);
  const out = path.resolve(values.out ?? trustedDocumentsFile);
  try {
    const schema = buildSchema(readFileSync(values.schema, 'utf8'));
    const { documents, problems } = registered(sourcesOf(positionals), schema, limits);
    if (problems.length > 0) {
      for (const problem of problems) console.error(problemLine(problem));
      console.error(`Nothing is registered: ${problems.length} to mend.`);
      process.exitCode = 1;
      return Promise.resolve();
    }
    const before = values.keep ? kept(out, documents, schema, limits) : [];
    const all = [...documents, ...before];
    writeOrCheck(
      out,
      printManifest(all),
      `npm run documents -- ${process.argv.slice(2).join(' ')}`,
    );
    const costliest = all.toSorted((a, b) => b.cost - a.cost)[0];
    console.log(
      `${all.length} registered${costliest ? `, the costliest ${costliest.name} (${costliest.cost})` : ''}.`,
    );
  } catch (error) {
    // A wrong manifest, or a file that is not there.
    const isPlain = error instanceof ManifestError || (error instanceof Error && 'path' in error);
    if (!isPlain) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
  return Promise.resolve();
});
