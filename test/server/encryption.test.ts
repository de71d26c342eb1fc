import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DecryptionError, Encryption, parseKey } from '../../server/encryption.ts';

const key = randomBytes(32);
const encryption = new Encryption([key]);
const TEXT = 'JBSWY3DPEHPK3PXP ünï';

describe('encryption', () => {
  test('gives back what went in, and never writes the same twice', () => {
    const first = encryption.encrypt(TEXT, 'here');
    const second = encryption.encrypt(TEXT, 'here');
    expect(first.equals(second)).toBe(false);
    expect(first.includes('JBSWY3DP')).toBe(false);
    expect(encryption.decrypt(first, 'here')).toBe(TEXT);
    expect(encryption.decrypt(new Uint8Array(second), 'here')).toBe(TEXT);
    expect(encryption.decrypt(encryption.encrypt('', 'here'), 'here')).toBe('');
  });

  test('is bound to its place', () => {
    const encrypted = encryption.encrypt(TEXT, 'row 1');
    expect(() => encryption.decrypt(encrypted, 'row 2')).toThrow(DecryptionError);
  });

  test('notices every changed byte', () => {
    const encrypted = encryption.encrypt(TEXT, 'here');
    for (let at = 0; at < encrypted.length; at += 1) {
      const changed = Buffer.from(encrypted);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => encryption.decrypt(changed, 'here')).toThrow(DecryptionError);
    }
    for (const length of [0, 1, 20, 32, encrypted.length - 1]) {
      expect(() => encryption.decrypt(encrypted.subarray(0, length), 'here')).toThrow(
        DecryptionError,
      );
    }
  });

  test('reads with every key and writes with the first', () => {
    const old = encryption.encrypt(TEXT, 'here');
    const rotated = new Encryption([randomBytes(32), key]);
    expect(rotated.decrypt(old, 'here')).toBe(TEXT);
    expect(rotated.isCurrent(old)).toBe(false);
    const renewed = rotated.encrypt(TEXT, 'here');
    expect(rotated.isCurrent(renewed)).toBe(true);
    expect(() => encryption.decrypt(renewed, 'here')).toThrow(/key [0-9a-f]{8}, which is not in/);
  });

  test('takes keys of 32 bytes, in base64 or hexadecimal', () => {
    expect(parseKey(key.toString('base64'))?.equals(key)).toBe(true);
    expect(parseKey(key.toString('base64url'))?.equals(key)).toBe(true);
    expect(parseKey(key.toString('hex'))?.equals(key)).toBe(true);
    for (const wrong of ['', 'password', randomBytes(31).toString('base64'), 'x'.repeat(64)]) {
      expect(parseKey(wrong)).toBeUndefined();
    }
    expect(() => new Encryption([])).toThrow('32 bytes');
    expect(() => new Encryption([randomBytes(16)])).toThrow('32 bytes');
  });
});
