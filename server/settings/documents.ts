import path from 'node:path';
import { LIMITS, type LimitDescription, type Limits } from '../../plugins/limits/limits.ts';
import { choiceOf, integerOf, switchOf, textOf, type Environment } from './values.ts';

/** Whether registered documents run: not at all, beside any others, or nothing else. */
const TRUSTED_DOCUMENTS_MODES = ['off', 'also', 'only'] as const;

/** What clients may send. */
export type DocumentSettings = {
  /** Whether clients may ask for the schema, and errors suggest names from it. */
  readonly introspection: boolean;
  readonly trustedDocuments: (typeof TRUSTED_DOCUMENTS_MODES)[number];
  /** Absolute. */
  readonly trustedDocumentsFile: string;
  readonly limits: Limits;
};

const limitOf = (
  environment: Environment,
  { setting, minimum, maximum, default: standard }: LimitDescription,
): number => integerOf(environment, setting, minimum, maximum) ?? standard;

/** @throws {SettingsError} naming the first that is wrong */
export function documentSettingsOf(
  environment: Environment,
  production: boolean,
): DocumentSettings {
  const file = textOf(environment, 'TRUSTED_DOCUMENTS_FILE') ?? 'documents.json';
  const limits = Object.entries(LIMITS).map(([measure, limit]) => [
    measure,
    limitOf(environment, limit),
  ]);
  return {
    introspection: switchOf(environment, 'INTROSPECTION', !production),
    trustedDocuments: choiceOf(environment, 'TRUSTED_DOCUMENTS', TRUSTED_DOCUMENTS_MODES, 'off'),
    trustedDocumentsFile: path.resolve(file),
    limits: Object.fromEntries(limits) as Limits,
  };
}
