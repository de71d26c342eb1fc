import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
/** Bytes of a key. */
export const KEY_BYTES = 32;
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + NONCE_BYTES + TAG_BYTES;

/** Something encrypted cannot be read: its key is not among ours, or it is not what was written. Says nothing of it. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}

type Key = { readonly id: Buffer; readonly bytes: Buffer };

/** A key's name is made of the key, so that nobody has to give it one: four bytes of a digest tell nothing of 32. */
const keyOf = (bytes: Buffer): Key => ({
  id: createHash('sha256').update('callboard key id').update(bytes).digest().subarray(0, ID_BYTES),
  bytes,
});

/**
 * Reads one key as settings have it: 32 bytes in base64 or hexadecimal.
 *
 * @returns undefined when it is none
 */
export function parseKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

/**
 * Encrypts what the database keeps but must not be able to read (AES-256-GCM). The keys are a setting: the first encrypts,
 * all decrypt, so that a new one is put in front and an old one goes once nothing uses it any more.
 *
 * What is encrypted is bound to its place (`place`, such as `second_factors:<user>`): copied to another row, it cannot be
 * read there.
 */
export class Encryption {
  readonly #current: Key;
  readonly #keys: readonly Key[];

  /** @param keys of 32 bytes each, the current one first */
  constructor(keys: readonly Buffer[]) {
    const [current] = keys;
    if (!current || keys.some((key) => key.length !== KEY_BYTES)) {
      throw new Error(`Encryption takes keys of ${KEY_BYTES} bytes.`);
    }
    this.#keys = keys.map(keyOf);
    this.#current = keyOf(current);
  }

  /** @returns version, key id, nonce, tag and cipher text in one */
  encrypt(text: string, place: string): Buffer {
    const { id, bytes } = this.#current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, bytes, nonce).setAAD(Buffer.from(place));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), id, nonce, cipher.getAuthTag(), encrypted]);
  }

  /** @throws {DecryptionError} */
  decrypt(encrypted: Uint8Array, place: string): string {
    const bytes = Buffer.from(encrypted);
    const key = this.#keyOf(bytes);
    const nonce = bytes.subarray(1 + ID_BYTES, 1 + ID_BYTES + NONCE_BYTES);
    const tag = bytes.subarray(HEADER_BYTES - TAG_BYTES, HEADER_BYTES);
    try {
      const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(place))
        .setAuthTag(tag);
      const parts = [decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()];
      return Buffer.concat(parts).toString('utf8');
    } catch {
      throw new DecryptionError('Something encrypted is not what was written there.');
    }
  }

  /** Whether it was encrypted with the current key. What was not is encrypted anew when there is an occasion. */
  isCurrent(encrypted: Uint8Array): boolean {
    return this.#current.id.equals(Buffer.from(encrypted).subarray(1, 1 + ID_BYTES));
  }

  #keyOf(bytes: Buffer): Key {
    if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) {
      throw new DecryptionError('Something encrypted has no form that this release knows.');
    }
    const id = bytes.subarray(1, 1 + ID_BYTES);
    const key = this.#keys.find((each) => each.id.equals(id));
    if (key) return key;
    throw new DecryptionError(
      `Something was encrypted with key ${id.toString('hex')}, which is not in ENCRYPTION_KEY.`,
    );
  }
}

/** The encryption of a process: its keys are read when something is first encrypted or decrypted. */
export function encryptionOf(settings: { encryptionKeys(): readonly Buffer[] }): () => Encryption {
  let encryption: Encryption | undefined;
  return () => (encryption ??= new Encryption(settings.encryptionKeys()));
}
