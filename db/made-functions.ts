import type { MigrationFile } from './migrate.ts';

/** What the database knows of a file that ran. */
export type Recorded = {
  readonly path: string;
  readonly hash: string;
  /** The functions that it made, as `schema.name(types)`. */
  readonly objects: readonly string[];
};

/** The files of this code, and those that the database has run; the latter grow while files run. */
export type Standing = {
  readonly files: readonly MigrationFile[];
  readonly recorded: ReadonlyMap<string, Recorded>;
};

const unquoted = (name: string) => name.replaceAll('"', '');
const nameOf = (signature: string) => unquoted(signature.slice(0, signature.indexOf('(')));

/** Names, without arguments, of the functions that a file's text makes. */
function namesIn(file: MigrationFile): Set<string> {
  const made = file.sql.matchAll(
    /^\s*create (?:or replace )?(?:function|procedure|aggregate)\s+([\w."]+)\s*\(/gim,
  );
  return new Set([...made].map(([, name = '']) => unquoted(name)));
}

const hasRun = ({ recorded }: Standing, file: MigrationFile) =>
  recorded.get(file.path)?.hash === file.hash;

/**
 * The functions that are there from before and may have to make room for a file: those that it made the last time, and those
 * of its names that files made which are gone or have yet to run again.
 */
export function madeBefore(file: MigrationFile, standing: Standing): string[] {
  const { files, recorded } = standing;
  const settled = new Set(
    files.filter((other) => hasRun(standing, other)).map((other) => other.path),
  );
  const names = namesIn(file);
  const found = [...recorded.values()]
    .filter((known) => !settled.has(known.path))
    .flatMap((known) =>
      known.path === file.path
        ? known.objects
        : known.objects.filter((signature) => names.has(nameOf(signature))),
    );
  return [...new Set(found)];
}

/** Whether a file's text makes functions of this name. */
export function makes(file: MigrationFile, signature: string): boolean {
  return namesIn(file).has(nameOf(signature));
}

/**
 * Whose a function is that a file does not make, or no longer: of another file that has run (`made`), of one that will run
 * yet and makes functions of this name (`awaited`), or of nobody.
 */
export function ownerElsewhere(
  signature: string,
  file: MigrationFile,
  standing: Standing,
): 'made' | 'awaited' | 'nobody' {
  const others = standing.files.filter(
    (other) => other.path !== file.path && other.stage === 'functions',
  );
  const isMade = others.some(
    (other) =>
      hasRun(standing, other) && standing.recorded.get(other.path)?.objects.includes(signature),
  );
  if (isMade) return 'made';
  return others.some((other) => !hasRun(standing, other) && makes(other, signature))
    ? 'awaited'
    : 'nobody';
}

/** Files that the database has run and that are gone, and those of their functions that no file that is here has made. */
export function withoutFile({ files, recorded }: Standing): { paths: string[]; objects: string[] } {
  const present = new Set(files.map((file) => file.path));
  const known = [...recorded.values()];
  const here = known.filter((each) => present.has(each.path));
  const gone = known.filter((each) => !present.has(each.path));
  const owned = new Set(here.flatMap((each) => each.objects));
  const objects = new Set(gone.flatMap((each) => each.objects));
  return {
    paths: gone.map((each) => each.path),
    objects: [...objects].filter((signature) => !owned.has(signature)),
  };
}
