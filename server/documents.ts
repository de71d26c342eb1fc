import { readFileSync } from 'node:fs';
import { DEFAULT_LIMITS, type Limits } from '../plugins/limits/limits.ts';
import { limitsPlugin } from '../plugins/limits/plugin.ts';
import { pageSizes } from '../plugins/limits/rows.ts';
import { pageSizePlugin } from '../plugins/page-size.ts';
import { requestsPlugin, type RequestsOptions } from '../plugins/requests/plugin.ts';
import { ManifestError, parseManifest, TrustedDocuments } from '../plugins/trusted/manifest.ts';
import { trustedDocumentsPlugin, type TrustedDocumentsOptions } from '../plugins/trusted/plugin.ts';
import { callerKeyOf, type Caller } from './caller.ts';
import type { DocumentSettings } from './settings/documents.ts';
import { SettingsError } from './settings/values.ts';

/** What clients may send. */
export type DocumentOptions = {
  /** Absent: those that servers have by themselves. */
  readonly limits?: Limits;
  /** Whether clients may ask for the schema, and errors suggest names from it; they may when nothing is said. */
  readonly introspection?: boolean;
  /** Registered documents; absent: there are none. */
  readonly trusted?: TrustedDocumentsOptions | undefined;
  /** Whether answers say what they cost. */
  readonly tellsCost?: boolean;
};

/** The plugins that look at requests and documents before anything runs. They go before what gives errors their codes. */
export function documentPlugins(
  { limits = DEFAULT_LIMITS, introspection = true, trusted, tellsCost = false }: DocumentOptions,
  callerOf: (request: Partial<Grafast.RequestContext>) => Caller,
  admitMore?: RequestsOptions['admitMore'],
): GraphileConfig.Plugin[] {
  return [
    pageSizePlugin(pageSizes(limits)),
    requestsPlugin({ maximum: limits.batch, admitMore }),
    trustedDocumentsPlugin(trusted),
    limitsPlugin({
      limits,
      introspection,
      tellsCost,
      isTrusted: trusted?.documents.isTrusted ?? (() => false),
      callerOf: (request) => callerKeyOf(callerOf(request)),
    }),
  ];
}

/** @throws {SettingsError} when the file is missing or wrong */
function readManifest(file: string): TrustedDocuments {
  try {
    return new TrustedDocuments(parseManifest(readFileSync(file, 'utf8')));
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (!(error instanceof ManifestError) && code === undefined) throw error;
    const reason = error instanceof ManifestError ? message : 'It cannot be read.';
    throw new SettingsError(`TRUSTED_DOCUMENTS_FILE is ${file}: ${reason}`, { cause: error });
  }
}

/**
 * What the settings let clients send.
 *
 * @throws {SettingsError} when there is no file of registered documents, where there has to be one
 */
export function documentOptionsOf({
  limits,
  introspection,
  trustedDocuments: mode,
  trustedDocumentsFile,
  production,
}: DocumentSettings & { readonly production: boolean }): DocumentOptions {
  const trusted =
    mode === 'off'
      ? undefined
      : { documents: readManifest(trustedDocumentsFile), only: mode === 'only' };
  return { limits, introspection, trusted, tellsCost: !production };
}
