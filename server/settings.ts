import path from 'node:path';
import { LIMITS } from '../plugins/limits/limits.ts';
import { MAIN_KEY, type TokenKey } from '../plugins/session/keys.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogSettings } from './log/log.ts';
import { documentSettingsOf, type DocumentSettings } from './settings/documents.ts';
import { embeddingsOf, type EmbeddingSettings } from './settings/embeddings.ts';
import { encryptionKeysOf } from './settings/encryption.ts';
import { developmentSecret, keysOf, secretOf } from './settings/keys.ts';
import { domainsOf, originsOf, proxiesOf, type CorsOrigins } from './settings/network.ts';
import { providersOf, type ProviderSettings } from './settings/providers.ts';
import {
  addressOf,
  choiceOf,
  integerOf,
  SettingsError,
  switchOf,
  textOf,
  type Environment,
} from './settings/values.ts';

export { SettingsError } from './settings/values.ts';

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
    'Folder for the files of the embedded engine and the development secrets.',
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
  optional(
    'JWT_KEYS',
    'none: JWT_SECRET alone',
    'Keys with names, name:secret,name:secret or a JSON object: the first signs, all verify.',
  ),
  optional('JWT_ISSUER', 'callboard', 'Who access tokens say they are from; others are refused.'),
  optional('JWT_AUDIENCE', 'callboard-api', 'Whom access tokens are for; others are refused.'),
  {
    name: 'ENCRYPTION_KEY',
    description:
      'Encrypts second factors and provider tokens: 32 bytes in base64. Several by commas: the first encrypts, all decrypt.',
    default: 'made once and kept in DATA_DIR',
    requiredInProduction: true,
  },
  optional(
    'OIDC_PROVIDERS',
    'none',
    'Providers to sign in with, such as google,studio; each has settings of its own, see below.',
  ),
  optional('ACCESS_TOKEN_MINUTES', '15', 'Minutes for which an access token serves.'),
  optional(
    'SESSION_DAYS',
    '90',
    'Days after which people sign in again, however often a session was refreshed; 1 to 3650. Idle ones end after 30.',
  ),
  optional(
    'PASSWORD_COST',
    '10',
    'The cost of bcrypt, 4 to 15; each step doubles the time. Passwords follow at the next sign-in.',
  ),
  optional(
    'APP_URL',
    'PUBLIC_URL',
    'Where the front end lives, for links in mails and ways back from providers. The explorer takes them where there is none.',
  ),
  optional(
    'SMTP_URL',
    'none: mails are shown at /dev/mail; in production they wait in the queue',
    'The mail server: smtp://login:password@host:port, or smtps: for TLS from the first byte.',
  ),
  optional('MAIL_FROM', 'Callboard <no-reply@host of APP_URL>', 'Whom mails are from.'),
  optional(
    'MAIL_SENDER_DOMAINS',
    'none: that of MAIL_FROM alone',
    'Domains that mails of organizations to leads may be from, by commas; * for any.',
  ),
  optional(
    'SMTP_CONNECTIONS',
    '10',
    'Connections to the mail server that a worker opens at most for mails to leads.',
  ),
  optional(
    'EMBEDDING_URL',
    'none: the built-in provider',
    'An endpoint that speaks the protocol of OpenAI and makes embeddings: https://host/v1.',
  ),
  optional('EMBEDDING_API_KEY', 'none', 'The key of that endpoint.'),
  optional(
    'EMBEDDING_MODEL',
    'text-embedding-3-small',
    'The model of that endpoint. Another one takes over when everything is embedded anew.',
  ),
  optional(
    'EMBEDDING_DIMENSION',
    '768; 1536 with an endpoint',
    'Numbers in an embedding, 8 to 4000, as the model gives them.',
  ),
  optional('EMBEDDING_BATCH', '64', 'Texts in a request to the endpoint at most.'),
  optional(
    'EMBEDDING_REQUESTS_PER_MINUTE',
    '0',
    'Requests that a process sends to the endpoint in a minute at most; 0 for no limit.',
  ),
  optional(
    'EMBEDDING_TIMEOUT_MS',
    '30000',
    'Milliseconds that the endpoint may take for a request.',
  ),
  optional(
    'EMBEDDING_CHUNK_CHARACTERS',
    '1200',
    'Longer texts are embedded in parts of at most so many characters.',
  ),
  optional(
    'CORS_ORIGINS',
    'none; in development any port of this machine',
    'Origins whose pages may call the API: https://a.example,https://b.example, or * for all.',
  ),
  optional(
    'TRUST_PROXY',
    'none',
    'How many proxies stand before the server, or their addresses and networks.',
  ),
  optional('MAX_REQUEST_BYTES', '1000000', 'The largest request, over HTTP or a web socket.'),
  optional(
    'RATE_LIMIT_PER_MINUTE',
    '1200',
    'Operations that a user or an API key may run in a minute; 0 for no limit.',
  ),
  optional(
    'RATE_LIMIT_ANONYMOUS_PER_MINUTE',
    '300',
    'Operations that may come from an address in a minute without a valid token; 0 for no limit.',
  ),
  optional(
    'RATE_LIMIT_SIGN_IN_PER_MINUTE',
    '60',
    'Attempts of each kind to get into an account, from an address in a minute; 0 for no limit.',
  ),
  optional(
    'RATE_LIMIT_MAIL_PER_MINUTE',
    '600',
    'Opens and clicks of mails written down, and reports about mails taken, from an address in a minute; 0 for no limit.',
  ),
  optional(
    'EXPORTS_AT_ONCE',
    '2',
    'CSV exports that a process streams at the same time; each holds a connection of the pool.',
  ),
  optional('EXPORT_MINUTES', '30', 'Minutes after which a CSV export is broken off.'),
  optional(
    'SERVER_PROCESSES',
    '1',
    'Processes that serve on the port together; more than one needs a Postgres server.',
  ),
  optional('WORKER_CONCURRENCY', '4', 'Jobs that a worker runs at the same time.'),
  optional(
    'WORKER_POLL_MS',
    '1000',
    'Milliseconds between two looks into the queue, for jobs whose time has come.',
  ),
  optional(
    'WORKER_STOP_SECONDS',
    '20',
    'Seconds that running jobs have to finish when the worker stops; the rest is given back.',
  ),
  optional(
    'WORKER_PORT',
    'none',
    'The port on which `npm run worker` answers /metrics and /healthz; 0 takes any that is free.',
  ),
  optional(
    'METRICS_TOKEN',
    'none: /metrics is open in development, and not there in production',
    'What whoever reads /metrics shows as Authorization: Bearer …; at least 16 characters.',
  ),
  optional('LOG_LEVEL', 'info', 'The least serious lines of the log: fatal, error, warn, info, …'),
  optional('LOG_FORMAT', 'plain; json in production', 'json: an object a line; plain: for people.'),
  optional('DEMO', 'on; off in production', 'Whether `npm start` loads demo data: on or off.'),
  optional(
    'INTROSPECTION',
    'on; off in production',
    'Whether clients may ask for the schema, and errors suggest names from it: on or off.',
  ),
  optional(
    'TRUSTED_DOCUMENTS',
    'off',
    'Registered documents, which clients name by id: off, also, or only (nothing else runs).',
  ),
  optional(
    'TRUSTED_DOCUMENTS_FILE',
    'documents.json',
    'The file that `npm run documents` writes and the server reads.',
  ),
  ...Object.values(LIMITS).map((limit) =>
    optional(limit.setting, String(limit.default), limit.description),
  ),
];

type SettingsOfParts = LogSettings & DocumentSettings;

/** The settings of a process, checked. */
export type Settings = SettingsOfParts & {
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
  /** Days that a session lasts at most. */
  readonly sessionDays: number;
  /** Of bcrypt. */
  readonly passwordCost: number;
  /** Undefined: where the server is. */
  readonly appUrl: string | undefined;
  /** Undefined: there is no mail server. */
  readonly smtpUrl: string | undefined;
  /** Undefined: an address at the host of the front end. */
  readonly mailFrom: string | undefined;
  /** Domains beside that of `mailFrom`; `*` is any. */
  readonly mailSenderDomains: readonly string[];
  readonly smtpConnections: number;
  readonly embeddings: EmbeddingSettings;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly corsOrigins: CorsOrigins;
  /** As Express understands `trust proxy`; undefined: the other end of the connection is the client. */
  readonly trustProxy: number | string | undefined;
  readonly maxRequestBytes: number;
  readonly rateLimits: RateLimitSettings;
  readonly exports: {
    /** Exports that a process streams at the same time. */
    readonly atOnce: number;
    /** After how many minutes one is broken off. */
    readonly minutes: number;
  };
  readonly serverProcesses: number;
  /** Jobs that a worker runs at the same time. */
  readonly workerConcurrency: number;
  readonly workerPollMs: number;
  readonly workerStopSeconds: number;
  /** Undefined: the worker listens nowhere. */
  readonly workerPort: number | undefined;
  /** Undefined: whoever reaches `/metrics` may read it, if it is there. */
  readonly metricsToken: string | undefined;
  readonly demo: boolean;
  readonly providers: readonly ProviderSettings[];
  /** For `Encryption`, the current key first. Asked for by who encrypts: reading it may write the development key. */
  encryptionKeys(): readonly Buffer[];
  /**
   * What access tokens are signed with, by the first, and verified with, by any. Asked for by servers only: reading it may
   * write the development secret.
   */
  jwtKeys(): readonly TokenKey[];
};

/** How much may be asked for in a minute; 0 is no limit. */
export type RateLimitSettings = {
  /** Operations of a user, or of an API key. */
  readonly perMinute: number;
  /** Operations from an address, without a valid token. */
  readonly anonymousPerMinute: number;
  /** Attempts of each kind to get into an account, from an address. */
  readonly signInPerMinute: number;
  /** What readers do with mails, and apart from that requests with reports about mails, from an address. */
  readonly mailPerMinute: number;
};

/** The highest limit that can be set. */
const MOST = 1_000_000;

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

/** Short enough to be typed is short enough to be guessed. */
function metricsTokenOf(environment: Environment): string | undefined {
  const token = textOf(environment, 'METRICS_TOKEN');
  if (token === undefined || /^[\x21-\x7e]{16,}$/.test(token)) return token;
  throw new SettingsError(
    'METRICS_TOKEN has to be at least 16 characters of ASCII, without spaces.',
  );
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
  const serverProcesses = integerOf(environment, 'SERVER_PROCESSES', 1, 256) ?? 1;
  if (serverProcesses > 1 && databaseUrl === undefined) {
    throw new SettingsError(
      `SERVER_PROCESSES is ${serverProcesses}, but the embedded engine lives in one process: set DATABASE_URL, or leave it out.`,
    );
  }
  // Tests ask a lot, all from one address; those about limits set them.
  const perMinute = (set: number | undefined, usual: number) =>
    set ?? (mode === 'test' ? 0 : usual);
  const dataDir = path.resolve(textOf(environment, 'DATA_DIR') ?? '.data');
  const named = keysOf(environment, 'JWT_KEYS');
  const secret = secretOf(environment, 'JWT_SECRET', production && named.length === 0);
  if (secret !== undefined && named.some(({ kid }) => kid === MAIN_KEY)) {
    throw new SettingsError(
      `JWT_KEYS has a key "${MAIN_KEY}", but that is the name of JWT_SECRET: choose another.`,
    );
  }
  return {
    production,
    host: textOf(environment, 'HOST') ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: integerOf(environment, 'PORT', 0, 65_535) ?? 5678,
    publicUrl: siteOf(environment, 'PUBLIC_URL'),
    appUrl: siteOf(environment, 'APP_URL') ?? siteOf(environment, 'PUBLIC_URL'),
    smtpUrl: addressOf(environment, 'SMTP_URL', mailServer, 'smtp://login:password@host:port'),
    mailFrom: senderOf(environment),
    mailSenderDomains: domainsOf(environment, 'MAIL_SENDER_DOMAINS'),
    smtpConnections: integerOf(environment, 'SMTP_CONNECTIONS', 1, 100) ?? 10,
    passwordCost: integerOf(environment, 'PASSWORD_COST', 4, 15) ?? 10,
    embeddings: embeddingsOf(environment),
    databaseUrl,
    databaseOwnerUrl,
    dataDir,
    poolSize: integerOf(environment, 'POOL_SIZE', 1, 1_000),
    statementTimeoutMs: integerOf(environment, 'STATEMENT_TIMEOUT_MS', 1, 3_600_000) ?? 30_000,
    accessTokenMinutes: integerOf(environment, 'ACCESS_TOKEN_MINUTES', 1, 1_440) ?? 15,
    sessionDays: integerOf(environment, 'SESSION_DAYS', 1, 3_650) ?? 90,
    demo: switchOf(environment, 'DEMO', !production),
    ...documentSettingsOf(environment, production),
    providers: providersOf(environment, 'OIDC_PROVIDERS'),
    encryptionKeys: encryptionKeysOf(environment, 'ENCRYPTION_KEY', production, dataDir),
    jwtIssuer: textOf(environment, 'JWT_ISSUER') ?? 'callboard',
    jwtAudience: textOf(environment, 'JWT_AUDIENCE') ?? 'callboard-api',
    corsOrigins: originsOf(environment, 'CORS_ORIGINS', production),
    trustProxy: proxiesOf(environment, 'TRUST_PROXY'),
    maxRequestBytes: integerOf(environment, 'MAX_REQUEST_BYTES', 1_000, 100_000_000) ?? 1_000_000,
    rateLimits: {
      perMinute: perMinute(integerOf(environment, 'RATE_LIMIT_PER_MINUTE', 0, MOST), 1_200),
      anonymousPerMinute: perMinute(
        integerOf(environment, 'RATE_LIMIT_ANONYMOUS_PER_MINUTE', 0, MOST),
        300,
      ),
      signInPerMinute: perMinute(
        integerOf(environment, 'RATE_LIMIT_SIGN_IN_PER_MINUTE', 0, MOST),
        60,
      ),
      mailPerMinute: perMinute(integerOf(environment, 'RATE_LIMIT_MAIL_PER_MINUTE', 0, MOST), 600),
    },
    exports: {
      atOnce: integerOf(environment, 'EXPORTS_AT_ONCE', 1, 100) ?? 2,
      minutes: integerOf(environment, 'EXPORT_MINUTES', 1, 1_440) ?? 30,
    },
    serverProcesses,
    workerConcurrency: integerOf(environment, 'WORKER_CONCURRENCY', 1, 500) ?? 4,
    workerPollMs: integerOf(environment, 'WORKER_POLL_MS', 50, 30_000) ?? 1_000,
    workerStopSeconds: integerOf(environment, 'WORKER_STOP_SECONDS', 0, 3_600) ?? 20,
    workerPort: integerOf(environment, 'WORKER_PORT', 0, 65_535),
    metricsToken: metricsTokenOf(environment),
    logLevel: choiceOf(environment, 'LOG_LEVEL', LOG_LEVELS, mode === 'test' ? 'error' : 'info'),
    logFormat: choiceOf(environment, 'LOG_FORMAT', LOG_FORMATS, production ? 'json' : 'plain'),
    jwtKeys() {
      if (named.length === 0)
        return [{ kid: MAIN_KEY, secret: secret ?? developmentSecret(dataDir) }];
      return secret === undefined ? named : [...named, { kid: MAIN_KEY, secret }];
    },
  };
}
