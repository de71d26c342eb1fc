import { SettingsError, textOf, type Environment } from './values.ts';

/** A provider that people sign in with, as the settings describe it. */
export type ProviderSettings = {
  /** Its name in addresses: lower case, such as `google`. */
  readonly key: string;
  /** Its name on the button. */
  readonly name: string;
  /** OpenID Connect: whoever the ID tokens come from. Plain OAuth 2: a name for them, the address of the provider. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** More parameters of the authorization request, such as `access_type=offline`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether e-mail addresses count as verified even when the provider does not say so. */
  readonly trustsEmail: boolean;
  /** Where a provider of plain OAuth 2, which cannot be discovered, is asked. */
  readonly endpoints:
    | { readonly authorization: string; readonly token: string; readonly userinfo: string }
    | undefined;
};

/** Never repeats values, of which some are secret. */
function refuse(message: string): never {
  throw new SettingsError(message);
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The parameters that the sign-in itself decides. */
const OWN_PARAMETERS = new Set([
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri'],
]);

/** Whether an address is safe to send secrets to: HTTPS, or this very machine. */
function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

function readProvider(key: string, environment: Environment): ProviderSettings {
  const prefix = `OIDC_${key.toUpperCase()}_`;
  const valueOf = (name: string) => textOf(environment, prefix + name);
  const required = (name: string) =>
    valueOf(name) ?? refuse(`${prefix}${name} is missing: OIDC_PROVIDERS names "${key}".`);
  const address = (name: string) => {
    const text = required(name);
    if (isSafeAddress(text)) return text;
    return refuse(`${prefix}${name} has to be an address that begins with https://.`);
  };
  const isPlain = ['AUTHORIZATION_URL', 'TOKEN_URL', 'USERINFO_URL'].some((name) => valueOf(name));
  const parameters = Object.fromEntries(new URLSearchParams(valueOf('PARAMETERS') ?? ''));
  const own = Object.keys(parameters).find((name) => OWN_PARAMETERS.has(name));
  if (own) refuse(`${prefix}PARAMETERS must not set ${own}.`);
  const trust = (valueOf('TRUST_EMAIL') ?? 'off').toLowerCase();
  if (trust !== 'on' && trust !== 'off') refuse(`${prefix}TRUST_EMAIL has to be on or off.`);
  const scopes = (valueOf('SCOPES') ?? (isPlain ? '' : 'openid email profile'))
    .split(/[\s,]+/)
    .filter(Boolean);
  if (!isPlain && !scopes.includes('openid')) refuse(`${prefix}SCOPES has to contain openid.`);
  return {
    key,
    name: valueOf('NAME') ?? key.charAt(0).toUpperCase() + key.slice(1),
    issuer: address('ISSUER'),
    clientId: required('CLIENT_ID'),
    clientSecret: valueOf('CLIENT_SECRET'),
    scopes,
    parameters,
    trustsEmail: trust === 'on',
    endpoints: isPlain
      ? {
          authorization: address('AUTHORIZATION_URL'),
          token: address('TOKEN_URL'),
          userinfo: address('USERINFO_URL'),
        }
      : undefined,
  };
}

/**
 * Reads the providers that a setting names (`google,studio`), each from `OIDC_<NAME>_ISSUER`, `_CLIENT_ID`,
 * `_CLIENT_SECRET`, `_SCOPES`, `_NAME`, `_PARAMETERS`, `_TRUST_EMAIL`, and for plain OAuth 2 `_AUTHORIZATION_URL`,
 * `_TOKEN_URL` and `_USERINFO_URL`.
 *
 * @throws {SettingsError} naming the first that is wrong
 */
export function providersOf(environment: Environment, name: string): readonly ProviderSettings[] {
  const keys = (textOf(environment, name) ?? '').split(/[\s,]+/).filter(Boolean);
  const wrong = keys.find((key) => !/^[a-z][a-z0-9_]{0,30}$/.test(key));
  if (wrong !== undefined) {
    refuse(`${name} has "${wrong}", but names are of a-z, 0-9 and _, such as google.`);
  }
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) refuse(`${name} has "${twice}" twice.`);
  return keys.map((key) => readProvider(key, environment));
}
