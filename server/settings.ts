import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A setting is wrong or missing. The message is one line: which one, and what is expected. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** One setting, as the documentation lists it. */
export type SettingDescription = {
  readonly name: string;
  readonly description: string;
  /** What it is when nothing is set, in words. */
  readonly default: string;
  /** Whether a production server does not start without it. */
  readonly requiredInProduction: boolean;
};

const optional = (name: string, fallback: string, description: string): SettingDescription => ({
  name,
  description,
  default: fallback,
  requiredInProduction: false,
});

/** Every setting there is, read from the environment. */
export const SETTINGS: readonly SettingDescription[] = [
  optional(
    'NODE_ENV',
    'development',
    '"production" on a server, otherwise "development" or "test".',
  ),
  optional('HOST', '127.0.0.1; 0.0.0.0 in production', 'The address to listen on.'),
  optional('PORT', '5678', 'The port to listen on; 0 takes any that is free.'),
  optional(
    'PUBLIC_URL',
    'http://HOST:PORT',
    'Where people reach the server, without a slash at the end.',
  ),
  optional(
    'DATABASE_URL',
    'none: the embedded engine',
    'A Postgres server: postgres://login:password@host:port/database.',
  ),
  optional(
    'DATABASE_OWNER_URL',
    'DATABASE_URL',
    'The login that migrates, when DATABASE_URL is one without such rights.',
  ),
  optional(
    'DATA_DIR',
    '.data',
    'Folder for the files of the embedded engine and the development secret.',
  ),
  optional('POOL_SIZE', '10', 'Connections that each pool opens to a Postgres server at most.'),
  optional(
    'STATEMENT_TIMEOUT_MS',
    '30000',
    'Milliseconds after which a statement of a request is cancelled.',
  ),
  {
    name: 'JWT_SECRET',
    description: 'Signs access tokens: at least 32 bytes, the same on all servers.',
    default: 'made once and kept in DATA_DIR',
    requiredInProduction: true,
  },
  optional('ACCESS_TOKEN_MINUTES', '15', 'Minutes for which an access token serves.'),
  optional(
    'PASSWORD_COST',
    '10',
    'The cost of bcrypt, 4 to 15; each step doubles the time. Passwords follow at the next sign-in.',
  ),
  optional(
    'APP_URL',
    'PUBLIC_URL',
    'Where the front end lives, for links in mails. The explorer takes them where there is none.',
  ),
  optional(
    'SMTP_URL',
    'none: mails are shown at /dev/mail; in production they wait in the queue',
    'The mail server: smtp://login:password@host:port, or smtps: for TLS from the first byte.',
  ),
  optional('MAIL_FROM', 'Callboard <no-reply@host of APP_URL>', 'Whom mails are from.'),
  optional('DEMO', 'on; off in production', 'Whether `npm start` loads demo data: on or off.'),
];

/** The settings of a process, checked. */
export type Settings = {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Undefined: the address that the server listens on. */
  readonly publicUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly databaseOwnerUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly poolSize: number | undefined;
  readonly statementTimeoutMs: number;
  readonly accessTokenMinutes: number;
  /** Of bcrypt. */
  readonly passwordCost: number;
  /** Undefined: where the server is. */
  readonly appUrl: string | undefined;
  /** Undefined: there is no mail server. */
  readonly smtpUrl: string | undefined;
  /** Undefined: an address at the host of the front end. */
  readonly mailFrom: string | undefined;
  readonly demo: boolean;
  /** What access tokens are signed with. Asked for by servers only: reading it may write the development secret. */
  jwtSecret(): string;
};

const SECRET_BYTES = 32;

function textOf(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

function integerOf(
  environment: Environment,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new SettingsError(
      `${name} is "${text}", but has to be a whole number from ${minimum} to ${maximum}.`,
    );
  }
  return value;
}

function addressOf(
  environment: Environment,
  name: string,
  protocols: readonly string[],
  example: string,
) {
  const text = textOf(environment, name);
  if (text === undefined) return undefined;
  // What is wrong is not repeated: a database address has a password in it.
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
    throw new SettingsError(`${name} is no address of the form ${example}.`);
  }
  return text;
}

/** The address of a site, without a slash at the end. */
const siteOf = (environment: Environment, name: string): string | undefined =>
  addressOf(environment, name, ['http:', 'https:'], 'https://host')?.replace(/\/+$/, '');

/** `name@host` or `Name <name@host>`. */
function senderOf(environment: Environment): string | undefined {
  const text = textOf(environment, 'MAIL_FROM');
  if (text === undefined || /^([^<>\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/.test(text))
    return text;
  throw new SettingsError('MAIL_FROM is not of the form Name <name@host>.');
}

function switchOf(environment: Environment, name: string, fallback: boolean): boolean {
  const text = textOf(environment, name)?.toLowerCase();
  if (text === undefined) return fallback;
  if (['on', 'true', '1', 'yes'].includes(text)) return true;
  if (['off', 'false', '0', 'no'].includes(text)) return false;
  throw new SettingsError(`${name} is "${text}", but has to be on or off.`);
}

/** The secret of a development machine: made at the first start, readable by its owner alone. */
function developmentSecret(dataDir: string): string {
  const file = path.join(dataDir, 'jwt-secret');
  mkdirSync(dataDir, { recursive: true });
  try {
    // Fails when it is there, so two processes that start together end up with the same one.
    writeFileSync(file, randomBytes(SECRET_BYTES).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}

function secretOf(environment: Environment, production: boolean): string | undefined {
  const secret = textOf(environment, 'JWT_SECRET');
  if (secret === undefined) {
    if (!production) return undefined;
    throw new SettingsError(
      `JWT_SECRET is missing: a production server needs one of at least ${SECRET_BYTES} bytes.`,
    );
  }
  if (Buffer.byteLength(secret) < SECRET_BYTES) {
    throw new SettingsError(
      `JWT_SECRET is too short: it has to have at least ${SECRET_BYTES} bytes.`,
    );
  }
  return secret;
}

/**
 * Reads and checks all settings.
 *
 * @throws {SettingsError} naming the first setting that is wrong
 */
export function readSettings(environment: Environment = process.env): Settings {
  const mode = textOf(environment, 'NODE_ENV') ?? 'development';
  if (!['production', 'development', 'test'].includes(mode)) {
    throw new SettingsError(
      `NODE_ENV is "${mode}", but has to be production, development or test.`,
    );
  }
  const production = mode === 'production';
  const database = ['postgres:', 'postgresql:'];
  const mailServer = ['smtp:', 'smtps:'];
  const form = 'postgres://login:password@host:port/database';
  const databaseUrl = addressOf(environment, 'DATABASE_URL', database, form);
  const databaseOwnerUrl = addressOf(environment, 'DATABASE_OWNER_URL', database, form);
  if (databaseOwnerUrl !== undefined && databaseUrl === undefined) {
    throw new SettingsError(
      'DATABASE_OWNER_URL is set without DATABASE_URL: set both, or none for the embedded engine.',
    );
  }
  const dataDir = path.resolve(textOf(environment, 'DATA_DIR') ?? '.data');
  const secret = secretOf(environment, production);
  return {
    production,
    host: textOf(environment, 'HOST') ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: integerOf(environment, 'PORT', 0, 65_535) ?? 5678,
    publicUrl: siteOf(environment, 'PUBLIC_URL'),
    appUrl: siteOf(environment, 'APP_URL') ?? siteOf(environment, 'PUBLIC_URL'),
    smtpUrl: addressOf(environment, 'SMTP_URL', mailServer, 'smtp://login:password@host:port'),
    mailFrom: senderOf(environment),
    passwordCost: integerOf(environment, 'PASSWORD_COST', 4, 15) ?? 10,
    databaseUrl,
    databaseOwnerUrl,
    dataDir,
    poolSize: integerOf(environment, 'POOL_SIZE', 1, 1_000),
    statementTimeoutMs: integerOf(environment, 'STATEMENT_TIMEOUT_MS', 1, 3_600_000) ?? 30_000,
    accessTokenMinutes: integerOf(environment, 'ACCESS_TOKEN_MINUTES', 1, 1_440) ?? 15,
    demo: switchOf(environment, 'DEMO', !production),
    jwtSecret: () => secret ?? developmentSecret(dataDir),
  };
}
