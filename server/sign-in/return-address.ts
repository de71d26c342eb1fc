/** Where somebody goes back to in the front end; anywhere else would be an open redirect. */

const UNSAFE = /^\/[/\\]|[\\\u0000-\u001f\u007f]/;

/**
 * Reads the path that a front end asks for, such as `/projects?tab=1`.
 *
 * @returns the whole address, or undefined when it is not a path of the front end
 */
export function returnAddress(appUrl: string, wanted: unknown): string | undefined {
  if (wanted === undefined || wanted === '') return new URL(appUrl).href;
  if (typeof wanted !== 'string' || wanted.length > 2000) return undefined;
  if (!wanted.startsWith('/') || UNSAFE.test(wanted)) return undefined;
  const address = URL.canParse(wanted, appUrl) ? new URL(wanted, appUrl) : undefined;
  return address?.origin === new URL(appUrl).origin ? address.href : undefined;
}

/** The same address with one more parameter. */
export function withParameter(address: string, name: string, value: string): string {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return url.href;
}
