import { describe, expect, test } from '@jest/globals';
import { inLogScope, makeLog } from '../../../server/log/log.ts';
import { withoutSecrets } from '../../../server/log/secrets.ts';
import { LogLines } from '../../helpers/log-lines.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

describe('the log', () => {
  test('says when, how serious and by which process', () => {
    const lines = new LogLines();
    lines.log.info({ what: 1 }, 'Done.');
    expect(lines.lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        pid: process.pid,
        what: 1,
        msg: 'Done.',
      },
    ]);
  });

  test('leaves out what is not serious enough', () => {
    const lines = new LogLines('warn');
    lines.log.info('Not this.');
    lines.log.warn('This.');
    expect(lines.lines.map(({ msg }) => msg)).toEqual(['This.']);
  });

  test('says for which request, through everything that the request starts', async () => {
    const lines = new LogLines();
    await Promise.all(
      ['a', 'b'].map((requestId) =>
        inLogScope({ requestId }, async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          lines.log.info(`for ${requestId}`);
        }),
      ),
    );
    lines.log.info('for nobody');
    expect(lines.lines.map(({ requestId, msg }) => [requestId, msg])).toEqual([
      ['a', 'for a'],
      ['b', 'for b'],
      [undefined, 'for nobody'],
    ]);
  });

  test('says an error with what Postgres adds and what caused it', () => {
    const lines = new LogLines();
    const cause = Object.assign(new Error('relation "x" does not exist'), {
      code: '42P01',
      where: 'PL/pgSQL function f() line 3',
      client: { password: 'hunter2' },
    });
    lines.log.error({ err: new Error('It failed.', { cause }) }, 'Unexpected error.');
    expect(lines.lines[0]).toMatchObject({
      err: {
        message: 'It failed.',
        stack: expect.stringContaining('log.test.ts') as unknown,
        cause: { code: '42P01', where: 'PL/pgSQL function f() line 3' },
      },
    });
    expect(lines.text).not.toContain('hunter2');
  });

  test.each([
    ['headers', { headers: { Authorization: `Bearer ${TOKEN}`, cookie: 'session=hunter2' } }],
    ['variables', { variables: { input: { email: 'a@b.test', password: 'hunter2' } } }],
    ['a list', { inputs: [{ newPassword: 'hunter2' }, { refresh_token: 'hunter2' }] }],
    ['settings', { settings: { databaseUrl: 'hunter2', apiKey: 'hunter2', jwtSecret: 'hunter2' } }],
    ['an object of secrets', { secrets: { first: 'hunter2' } }],
  ])('blacks out secrets in %s', (_what, logged) => {
    const lines = new LogLines();
    lines.log.info(logged, 'Somebody logged too much.');
    expect(lines.text).not.toMatch(/hunter2|eyJ/);
    expect(lines.text).toContain('[redacted]');
  });

  test('does not change what it is given', () => {
    const given = { input: { password: 'hunter2' } };
    new LogLines().log.info(given, 'Logged.');
    expect(given).toEqual({ input: { password: 'hunter2' } });
  });

  test('blacks out secrets in the messages of errors', () => {
    const lines = new LogLines();
    const error = new Error(`postgres://me:hunter2@host/db refused Bearer ${TOKEN}`);
    lines.log.error({ err: error }, 'It failed.');
    expect(lines.text).not.toMatch(/hunter2|eyJ/);
    expect(lines.text).toContain('postgres://me:[redacted]@host/db');
    expect(withoutSecrets(`{"token":"${TOKEN}"}`)).toBe('{"token":"[redacted]"}');
  });

  test('survives what is thrown that is no error', () => {
    const lines = new LogLines();
    lines.log.error({ err: 'a text' }, 'Thrown.');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    lines.log.info({ circle }, 'Circular.');
    expect(lines.lines.map(({ msg }) => msg)).toEqual(['Thrown.', 'Circular.']);
  });

  test('is short lines for people in the format "plain"', () => {
    let text = '';
    const log = makeLog(
      { logLevel: 'info', logFormat: 'plain' },
      { write: (line) => void (text += line) },
    );
    log.info(
      {
        method: 'POST',
        path: '/graphql',
        status: 200,
        ms: 3.2,
        operation: 'query',
        operationName: 'Tasks',
      },
      'request',
    );
    log.warn({ left: 3 }, 'Nearly full.');
    expect(text.replaceAll(/^\S+ {2}/gm, '')).toBe(
      'POST /graphql 200 in 3 ms  query Tasks\nwarning: Nearly full.  left=3\n',
    );
  });
});
