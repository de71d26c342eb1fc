import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSettings, SETTINGS } from '../server/settings.ts';

const ROOT = path.join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

type Service = {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  depends_on?: Record<string, { condition: string }>;
};
type Compose = {
  services: Record<'db' | 'migrate' | 'server' | 'worker' | 'mail', Service>;
  configs: Record<string, { content: string }>;
  volumes: Record<string, null>;
};

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const dockerfile = read('Dockerfile');
const own = (['migrate', 'server', 'worker'] as const).map((name) => ({
  name,
  ...compose.services[name],
}));

/** The migration has this one beside that of the owner. */
const LOGINS = {
  migrate: 'callboard_authenticator',
  server: 'callboard_authenticator',
  worker: 'callboard_service',
};

/** What an operator has to give, and what compose makes of the variables with it. */
const GIVEN: Record<string, string> = {
  POSTGRES_PASSWORD: 'ownerpassword',
  SERVER_PASSWORD: 'serverpassword',
  WORKER_PASSWORD: 'workerpassword',
  JWT_SECRET: '0123456789abcdef0123456789abcdef',
  ENCRYPTION_KEY: 'ab'.repeat(32),
};

function filled(text: string): string {
  return text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_, name: string, kind, rest: string) => {
    const value = GIVEN[name] ?? (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name} is neither given nor has it a default.`);
    return value;
  });
}

const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, filled(text)]));

const portOf = (port: string) => port.split(':').map(Number).at(-1);

describe('docker-compose.yml', () => {
  test('the variables are settings that the code reads', () => {
    const known = SETTINGS.map((setting) => setting.name);
    for (const service of own) {
      const unknown = Object.keys(service.environment ?? {}).filter(
        (name) => !known.includes(name),
      );
      expect([service.name, unknown]).toEqual([service.name, []]);
    }
  });

  test('what production needs is there, and no secret is written down', () => {
    const required = SETTINGS.filter((setting) => setting.requiredInProduction);
    expect(required.map((setting) => setting.name)).toContain('JWT_SECRET');
    for (const { environment = {} } of own) {
      expect(environment['NODE_ENV']).toBe('production');
      expect(environment['DATABASE_URL']).toBeDefined();
      for (const { name } of required) expect(environment[name]).toMatch(/^\$\{\w+:\?.+\}$/);
    }
    expect(compose.services.db.environment?.['POSTGRES_PASSWORD']).toMatch(/^\$\{\w+:\?.+\}$/);
  });

  test.each(own)('the settings of $name are accepted', (service) => {
    const settings = readSettings(environmentOf(service));
    const url = new URL(settings.databaseUrl ?? '');
    expect(url.host).toBe('db:5432');
    expect(url.username).toBe(LOGINS[service.name]);
    expect(url.pathname).toBe(`/${compose.services.db.environment?.['POSTGRES_DB']}`);
    expect(settings.demo).toBe(false);
  });

  test('only the migration has the login that owns the database', () => {
    const owners = own.filter((service) => service.environment?.['DATABASE_OWNER_URL']);
    expect(owners.map((service) => service.name)).toEqual(['migrate']);
    const url = new URL(
      readSettings(environmentOf(compose.services.migrate)).databaseOwnerUrl ?? '',
    );
    expect(url.password).toBe(GIVEN['POSTGRES_PASSWORD']);
  });

  test('the database makes the logins that server and worker use', () => {
    const config = compose.services.db.configs?.[0];
    expect(config?.target).toMatch(/^\/docker-entrypoint-initdb\.d\/\w+\.sql$/);
    const made = filled(compose.configs[config?.source ?? '']?.content ?? '');
    for (const service of [compose.services.server, compose.services.worker]) {
      const { username, password } = new URL(environmentOf(service)['DATABASE_URL'] ?? '');
      expect(made).toContain(`create role ${username} login noinherit password '${password}';`);
      // Otherwise the migration would make them, without a password.
      expect(read('db/bootstrap.sql')).toContain(`('${username}', 'login noinherit')`);
    }
  });

  test('the commands are files that are there', () => {
    for (const { name, command } of own) {
      expect([name, command?.[0]]).toEqual([name, 'node']);
      expect([name, existsSync(path.join(ROOT, command?.[1] ?? ''))]).toEqual([name, true]);
    }
  });

  test('the server is reached on the port that it listens on', () => {
    const { port, production, host } = readSettings(environmentOf(compose.services.server));
    expect({ production, host }).toEqual({ production: true, host: '0.0.0.0' });
    expect(compose.services.server.ports?.map(portOf)).toEqual([port]);
  });

  test('the database is a Postgres of at least 15 with pgvector, and keeps its data', () => {
    const { image, volumes } = compose.services.db;
    const [, major] = /^pgvector\/pgvector:pg(\d+)$/.exec(image) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(15);
    // From 18 on the image wants the parent folder.
    const folder = Number(major) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
    expect(volumes).toEqual([`database:${folder}`]);
    expect(Object.keys(compose.volumes)).toEqual(['database']);
  });

  test('nothing works on a database that is not migrated', () => {
    expect(compose.services.migrate.depends_on).toEqual({ db: { condition: 'service_healthy' } });
    const migrated = { migrate: { condition: 'service_completed_successfully' } };
    expect(compose.services.server.depends_on).toEqual(migrated);
    expect(compose.services.worker.depends_on).toEqual(migrated);
  });
});

describe('Dockerfile', () => {
  let port: number;
  beforeAll(() => {
    ({ port } = readSettings({}));
  });

  test('the image takes along what it runs', () => {
    const copied = [...dockerfile.matchAll(/^COPY (\w+) \1$/gm)].map((match) => match[1]);
    const commands = [/^CMD \["node", "([^"]+)"\]$/m.exec(dockerfile)?.[1]].concat(
      own.map((service) => service.command?.[1]),
    );
    for (const command of commands) {
      expect(copied).toContain(command?.split('/')[0]);
      expect([command, existsSync(path.join(ROOT, command ?? ''))]).toEqual([command, true]);
    }
    const ignored = read('.dockerignore').split('\n');
    for (const folder of copied) expect(ignored).toContain(`!${folder}`);
  });

  test('its variables are settings, its port and its Node those of the code', () => {
    const names = [...dockerfile.matchAll(/^ENV (\w+)=/gm)].map((match) => match[1]);
    expect(names).not.toHaveLength(0);
    const known = SETTINGS.map((setting) => setting.name);
    for (const name of names) expect(known).toContain(name);
    expect(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]).toBe(String(port));
    expect(dockerfile).toContain(`process.env.PORT || ${port}`);
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
    };
    const [, major] = /^FROM node:(\d+)-slim$/m.exec(dockerfile) ?? [];
    expect(dependencies['node']).toMatch(new RegExp(`^\\^?${major}\\.`));
  });

  test('does not run as root', () => {
    expect(/^USER (\w+)$/m.exec(dockerfile)?.[1]).toBe('node');
  });
});
