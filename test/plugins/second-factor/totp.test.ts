import { describe, expect, test } from '@jest/globals';
import { Secret } from 'otpauth';
import { newEnrollment, readCode, stepOf } from '../../../plugins/second-factor/totp.ts';

/** The secret and the codes of RFC 6238, appendix B, cut to six digits. */
const RFC_SECRET = Secret.fromLatin1('12345678901234567890').base32;
const at = (seconds: number) => new Date(seconds * 1000);

describe('codes of an authenticator', () => {
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i seconds are those of RFC 6238', (seconds, digits) => {
    expect(stepOf(RFC_SECRET, digits, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  test('serve one span of 30 seconds earlier and later, and no further', () => {
    const step = Math.floor(1_111_111_111 / 30);
    const middle = step * 30 + 15;
    expect(stepOf(RFC_SECRET, '050471', at(middle - 30))).toBe(step);
    expect(stepOf(RFC_SECRET, '050471', at(middle + 30))).toBe(step);
    expect(stepOf(RFC_SECRET, '050471', at(middle - 60))).toBeNull();
    expect(stepOf(RFC_SECRET, '050471', at(middle + 60))).toBeNull();
    expect(stepOf(RFC_SECRET, '050472', at(middle))).toBeNull();
  });

  test('are typed in groups or not', () => {
    expect(readCode(' 050 471 ')).toEqual({ kind: 'totp', digits: '050471' });
    expect(readCode('050-471')).toEqual({ kind: 'totp', digits: '050471' });
    for (const other of ['05047', '0504711', '', 'abcd-efgh', '٠٥٠٤٧١']) {
      expect(readCode(other)).toEqual({ kind: 'recovery', code: other });
    }
  });

  test('come from a secret of 160 bits, in an address that apps read', () => {
    const { secret, uri } = newEnrollment('ada+test@lumen.test');
    expect(Secret.fromBase32(secret).bytes).toHaveLength(20);
    expect(newEnrollment('a').secret).not.toBe(secret);
    const url = new URL(uri);
    expect([url.protocol, url.host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(url.pathname)).toBe('/Callboard:ada+test@lumen.test');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Callboard',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
