import { isIP } from 'node:net';
import { partsOf, SettingsError, textOf, type Environment } from './values.ts';

/** Whose pages may call the API: anybody's, those of this machine (any port), or those of exactly these origins. */
export type CorsOrigins = '*' | 'localhost' | readonly string[];

/** Whether a text is an origin as browsers send it: scheme, host, and a port that is not the scheme's own. */
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** @throws {SettingsError} when it is no list of origins */
export function originsOf(
  environment: Environment,
  name: string,
  production: boolean,
): CorsOrigins {
  const text = textOf(environment, name);
  if (text === undefined) return production ? [] : 'localhost';
  const origins = partsOf(text);
  if (origins.length === 1 && origins[0] === '*') return '*';
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong === undefined) return origins;
  throw new SettingsError(
    `${name} has "${wrong}", which is no origin: https://host, with a port if need be, and no slash at the end; or * alone.`,
  );
}

/** @throws {SettingsError} when one is no domain */
export function domainsOf(environment: Environment, name: string): readonly string[] {
  const domains = partsOf(textOf(environment, name) ?? '');
  const wrong = domains.find((each) => each !== '*' && !/^([a-z0-9-]+\.)+[a-z0-9-]+$/i.test(each));
  if (wrong === undefined) return domains;
  throw new SettingsError(
    `${name} has "${wrong}", which is no domain such as mail.example; or * alone.`,
  );
}

const PROXY_NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  return (
    version > 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}

/**
 * The proxies before the server, as Express understands `trust proxy`.
 *
 * @throws {SettingsError} when it says neither how many there are nor where
 */
export function proxiesOf(environment: Environment, name: string): number | string | undefined {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  if (/^\d{1,2}$/.test(text)) return Number(text) || undefined;
  const parts = partsOf(text);
  if (parts.length > 0 && parts.every((part) => PROXY_NETWORKS.has(part) || isNetwork(part))) {
    return parts.join(',');
  }
  // To trust everybody, as Express would for `true`, is to let every client choose its own address.
  throw new SettingsError(
    `${name} is "${text}", but has to be how many proxies there are, or their addresses and networks, or loopback, linklocal, uniquelocal.`,
  );
}
