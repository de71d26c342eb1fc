import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, LIMITS } from '../../plugins/limits/limits.ts';
import { readSettings, SETTINGS, SettingsError } from '../../server/settings.ts';

const SECRET = 'x'.repeat(32);
const KEY = 'ab'.repeat(32);

describe('settings', () => {
  test('have defaults for development', () => {
    expect(readSettings({})).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 5678,
      databaseUrl: undefined,
      dataDir: path.resolve('.data'),
      statementTimeoutMs: 30_000,
      accessTokenMinutes: 15,
      introspection: true,
      trustedDocuments: 'off',
      limits: DEFAULT_LIMITS,
      demo: true,
    });
  });

  test('are others for a production server', () => {
    const settings = readSettings({
      NODE_ENV: 'production',
      JWT_SECRET: SECRET,
      ENCRYPTION_KEY: KEY,
      DATABASE_URL: 'postgres://login@host/name',
      PUBLIC_URL: 'https://callboard.test/',
    });
    expect(settings).toMatchObject({
      production: true,
      host: '0.0.0.0',
      introspection: false,
      demo: false,
      publicUrl: 'https://callboard.test',
    });
    expect(settings.jwtKeys()).toEqual([{ kid: 'main', secret: SECRET }]);
  });

  test('let mails lead to the front end, or to the server where there is none', () => {
    const PUBLIC_URL = 'https://api.callboard.test';
    expect(readSettings({ PUBLIC_URL }).appUrl).toBe(PUBLIC_URL);
    expect(readSettings({ PUBLIC_URL, APP_URL: 'https://callboard.test/app/' }).appUrl).toBe(
      'https://callboard.test/app',
    );
    expect(readSettings({}).appUrl).toBeUndefined();
  });

  test.each([
    ['PORT', { PORT: 'abc' }],
    ['PORT', { PORT: '70000' }],
    ['PORT', { PORT: '-1' }],
    ['PORT', { PORT: '1e3' }],
    ['NODE_ENV', { NODE_ENV: 'prod' }],
    ['DATABASE_URL', { DATABASE_URL: 'localhost' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/x' }],
    ['DATABASE_OWNER_URL', { DATABASE_OWNER_URL: 'postgres://localhost/x' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'callboard.test' }],
    ['STATEMENT_TIMEOUT_MS', { STATEMENT_TIMEOUT_MS: '0' }],
    ['ACCESS_TOKEN_MINUTES', { ACCESS_TOKEN_MINUTES: '1.5' }],
    ['POOL_SIZE', { POOL_SIZE: '0' }],
    ['DEMO', { DEMO: 'maybe' }],
    ['PASSWORD_COST', { PASSWORD_COST: '3' }],
    ['PASSWORD_COST', { PASSWORD_COST: '31' }],
    ['APP_URL', { APP_URL: 'app.callboard.test' }],
    ['SMTP_URL', { SMTP_URL: 'mail.callboard.test:25' }],
    ['MAIL_FROM', { MAIL_FROM: 'Callboard' }],
    ['MAIL_FROM', { MAIL_FROM: 'Callboard <post@callboard.test>\nBcc: everybody@callboard.test' }],
    ['JWT_SECRET', { NODE_ENV: 'production' }],
    ['ENCRYPTION_KEY', { NODE_ENV: 'production', JWT_SECRET: SECRET }],
    ['ENCRYPTION_KEY', { ENCRYPTION_KEY: 'password' }],
    ['ENCRYPTION_KEY', { ENCRYPTION_KEY: `${KEY},password` }],
    ['APP_URL', { APP_URL: 'javascript:alert(1)' }],
    ['EMBEDDING_URL', { EMBEDDING_URL: 'models.test' }],
    ['EMBEDDING_API_KEY', { EMBEDDING_API_KEY: 'sk-1' }],
    ['EMBEDDING_MODEL', { EMBEDDING_MODEL: 'letters' }],
    ['EMBEDDING_DIMENSION', { EMBEDDING_DIMENSION: '4001' }],
    ['EMBEDDING_BATCH', { EMBEDDING_URL: 'https://models.test/v1', EMBEDDING_BATCH: '0' }],
    ['JWT_SECRET', { JWT_SECRET: 'x'.repeat(31) }],
    ['JWT_KEYS', { JWT_KEYS: SECRET }],
    ['JWT_KEYS', { JWT_KEYS: `new:${'x'.repeat(31)}` }],
    ['JWT_KEYS', { JWT_KEYS: `../new:${SECRET}` }],
    ['JWT_KEYS', { JWT_KEYS: `new:${SECRET},new:${SECRET}` }],
    ['JWT_KEYS', { JWT_KEYS: '{"new": 1}' }],
    ['JWT_KEYS', { JWT_KEYS: '{"new"' }],
    ['JWT_KEYS', { JWT_KEYS: '{}' }],
    ['JWT_KEYS', { JWT_KEYS: `main:${SECRET}`, JWT_SECRET: SECRET }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.test/' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'app.test' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.test,*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'null' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'true' }],
    ['TRUST_PROXY', { TRUST_PROXY: '10.0.0.0/33' }],
    ['TRUST_PROXY', { TRUST_PROXY: '-1' }],
    ['MAX_REQUEST_BYTES', { MAX_REQUEST_BYTES: '1' }],
    ['SERVER_PROCESSES', { SERVER_PROCESSES: '0' }],
    ['SERVER_PROCESSES', { SERVER_PROCESSES: '2' }],
    ['RATE_LIMIT_PER_MINUTE', { RATE_LIMIT_PER_MINUTE: '-1' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['LOG_FORMAT', { LOG_FORMAT: 'xml' }],
    ['INTROSPECTION', { INTROSPECTION: 'maybe' }],
    ['TRUSTED_DOCUMENTS', { TRUSTED_DOCUMENTS: 'on' }],
    ...Object.values(LIMITS).flatMap(({ setting, minimum, maximum }) => [
      [setting, { [setting]: String(minimum - 1) }] as const,
      [setting, { [setting]: String(maximum + 1) }] as const,
      [setting, { [setting]: 'many' }] as const,
    ]),
  ])('refuse a wrong %s in one line that names it', (name, environment) => {
    const read = () => readSettings(environment);
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(new RegExp(`^${name}[^\\n]*$`));
  });

  test('take keys with names, as a list or as JSON, and the nameless one for verifying', () => {
    const keys = (environment: Record<string, string>) => readSettings(environment).jwtKeys();
    const other = 'y,'.repeat(16);
    expect(keys({ JWT_KEYS: `new:${SECRET}, old : ${SECRET}`, JWT_SECRET: SECRET })).toEqual([
      { kid: 'new', secret: SECRET },
      { kid: 'old', secret: SECRET },
      { kid: 'main', secret: SECRET },
    ]);
    const NODE_ENV = 'production';
    expect(
      keys({ NODE_ENV, ENCRYPTION_KEY: KEY, JWT_KEYS: JSON.stringify({ '2026-11': other }) }),
    ).toEqual([{ kid: '2026-11', secret: other }]);
  });

  test('never repeat a key that is wrong', () => {
    expect(() => readSettings({ JWT_KEYS: 'hunter2' })).not.toThrow(/hunter2/);
    expect(() => readSettings({ JWT_KEYS: '{"a": "hunter2"}' })).not.toThrow(/hunter2/);
  });

  test('allow no other origins in production, and those of this machine in development', () => {
    const production = { NODE_ENV: 'production', JWT_SECRET: SECRET, ENCRYPTION_KEY: KEY };
    expect(readSettings(production).corsOrigins).toEqual([]);
    expect(readSettings({}).corsOrigins).toBe('localhost');
    expect(readSettings({ ...production, CORS_ORIGINS: '*' }).corsOrigins).toBe('*');
    expect(
      readSettings({ CORS_ORIGINS: 'https://a.test, http://b.test:3000' }).corsOrigins,
    ).toEqual(['https://a.test', 'http://b.test:3000']);
  });

  test.each([
    ['2', 2],
    ['0', undefined],
    ['loopback, 10.0.0.0/8, fd00::/8', 'loopback,10.0.0.0/8,fd00::/8'],
  ])('say that the proxies are %s', (TRUST_PROXY, proxies) => {
    expect(readSettings({ TRUST_PROXY }).trustProxy).toBe(proxies);
  });

  test('change each limit by itself', () => {
    for (const [measure, { setting, minimum }] of Object.entries(LIMITS)) {
      const { limits } = readSettings({ [setting]: String(minimum) });
      expect(limits).toEqual({ ...DEFAULT_LIMITS, [measure]: minimum });
    }
  });

  test('never repeat a database address, which has a password in it', () => {
    expect(() => readSettings({ DATABASE_URL: 'mysql://me:hunter2@host/x' })).not.toThrow(
      /hunter2/,
    );
  });

  test('are all described', () => {
    const folder = path.join(import.meta.dirname, '../../server');
    const files = [
      'settings.ts',
      ...readdirSync(path.join(folder, 'settings')).map((name) => `settings/${name}`),
    ];
    const source = files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
    const read = [...source.matchAll(/Of\(environment, '(\w+)'|textOf\(environment, '(\w+)'/g)];
    const names = new Set(read.flatMap(([, a, b]) => a ?? b ?? []));
    for (const { setting } of Object.values(LIMITS)) names.add(setting);
    expect([...names].sort()).toEqual(SETTINGS.map((setting) => setting.name).sort());
  });

  describe('the development secret', () => {
    let dataDir: string;
    beforeAll(() => {
      dataDir = mkdtempSync(path.join(tmpdir(), 'callboard-settings-'));
    });
    afterAll(() => rmSync(dataDir, { recursive: true }));

    test('is made once, long enough, and readable by its owner alone', () => {
      const secretOf = () => readSettings({ DATA_DIR: dataDir }).jwtKeys()[0]?.secret ?? '';
      const secret = secretOf();
      expect(Buffer.byteLength(secret)).toBeGreaterThanOrEqual(32);
      expect(secretOf()).toBe(secret);
      expect(statSync(path.join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
    });
  });
});
