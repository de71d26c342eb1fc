import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TokenKey } from '../../plugins/session/keys.ts';
import { partsOf, SettingsError, textOf, type Environment } from './values.ts';

/** As long as what HS256 makes of it. */
const SECRET_BYTES = 32;

/** A secret of a development machine, 32 bytes in hexadecimal: made at the first start, readable by its owner alone. */
export function developmentSecret(
  dataDir: string,
  name: 'jwt-secret' | 'encryption-key' = 'jwt-secret',
): string {
  const file = path.join(dataDir, name);
  mkdirSync(dataDir, { recursive: true });
  try {
    // Fails when it is there, so two processes that start together end up with the same one.
    writeFileSync(file, randomBytes(SECRET_BYTES).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}

/**
 * Keys with names, from the list or the JSON object.
 *
 * @throws {SettingsError} when a name is none or comes twice, or a secret is too short
 */
export function keysOf(environment: Environment, name: string): readonly TokenKey[] {
  const text = textOf(environment, name);
  if (text === undefined) return [];
  const entries = text.startsWith('{') ? jsonEntries(text) : partsOf(text).map(splitAtColon);
  const keys = entries.map(([kid, secret]) => ({ kid, secret }));
  const form = `${name} has to be name:secret,name:secret, or a JSON object of such`;
  // The secrets are not repeated.
  if (keys.length === 0 || keys.some(({ kid }) => !/^[\w.-]{1,64}$/.test(kid))) {
    throw new SettingsError(`${form}; names are of letters, digits, dots, dashes and underscores.`);
  }
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw new SettingsError(`${form}, each name once.`);
  }
  if (keys.some(({ secret }) => Buffer.byteLength(secret) < SECRET_BYTES)) {
    throw new SettingsError(`${form}; each secret has to have at least ${SECRET_BYTES} bytes.`);
  }
  return keys;
}

const splitAtColon = (text: string): [string, string] => {
  const colon = text.indexOf(':');
  return colon < 0 ? ['', text] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
};

function jsonEntries(text: string): [string, string][] {
  try {
    const entries = Object.entries(JSON.parse(text) as object);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return entries;
    }
  } catch {
    // Falls through to a name that is none.
  }
  return [['', '']];
}

/** @throws {SettingsError} when it is missing but required, or too short */
export function secretOf(
  environment: Environment,
  name: string,
  isRequired: boolean,
): string | undefined {
  const secret = textOf(environment, name);
  if (secret === undefined) {
    if (!isRequired) return undefined;
    throw new SettingsError(
      `${name} is missing: a production server needs one of at least ${SECRET_BYTES} bytes.`,
    );
  }
  if (Buffer.byteLength(secret) < SECRET_BYTES) {
    throw new SettingsError(`${name} is too short: it has to have at least ${SECRET_BYTES} bytes.`);
  }
  return secret;
}
