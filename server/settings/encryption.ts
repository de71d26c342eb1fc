import { KEY_BYTES, parseKey } from '../encryption.ts';
import { developmentSecret } from './keys.ts';
import { partsOf, SettingsError, textOf, type Environment } from './values.ts';

const FORM = `${KEY_BYTES} bytes in base64, as "openssl rand -base64 ${KEY_BYTES}" prints them`;

/**
 * The keys of `Encryption`, the current one first.
 *
 * @param dataDir where a development machine keeps a key of its own, made when it is first asked for
 * @throws {SettingsError} when one is no key, or when there is none in production
 */
export function encryptionKeysOf(
  environment: Environment,
  name: string,
  production: boolean,
  dataDir: string,
): () => readonly Buffer[] {
  const text = textOf(environment, name);
  if (text === undefined) {
    if (production) {
      throw new SettingsError(`${name} is missing: a production server needs one of ${FORM}.`);
    }
    return () => [Buffer.from(developmentSecret(dataDir, 'encryption-key'), 'hex')];
  }
  const parts = partsOf(text);
  const keys = parts.map(parseKey).filter((key) => key !== undefined);
  if (keys.length === 0 || keys.length < parts.length) {
    // What is wrong is not repeated: it may be nearly right.
    throw new SettingsError(`${name} has to be ${FORM}; several are set apart by commas.`);
  }
  return () => keys;
}
