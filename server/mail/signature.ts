import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that says when a report was made, and that its sender has the secret: `t=<seconds>,v1=<hex>`. */
export const SIGNATURE_HEADER = 'callboard-signature';
/** Seconds for which a signed report counts, either way: clocks differ. */
const TOLERANCE = 300;

const macOf = (secret: string, time: string, body: Buffer) =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest();

/** What the header has to say. */
export const signatureOf = (secret: string, body: Buffer, seconds: number): string =>
  `t=${seconds},v1=${macOf(secret, String(seconds), body).toString('hex')}`;

/** Whether a report was signed lately with one of the secrets. */
export function isSigned(
  header: string | undefined,
  body: Buffer,
  secrets: readonly string[],
  now: number = Date.now() / 1000,
): boolean {
  const parts = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '');
  const [, time = '', mac = ''] = parts ?? [];
  if (!parts || Math.abs(now - Number(time)) > TOLERANCE) return false;
  const given = Buffer.from(mac, 'hex');
  return secrets.some((secret) => timingSafeEqual(given, macOf(secret, time, body)));
}
