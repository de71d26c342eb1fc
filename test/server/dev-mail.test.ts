import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devMail } from '../../server/dev-mail/dev-mail.ts';
import { outboxDelivery } from '../../worker/mail/delivery.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();
const NASTY = '<script>alert(1)</script>';

describe('the development outbox', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    const app = express();
    app.use(
      '/dev/mail',
      devMail(database, () => 'http://callboard.test:5678/base'),
    );
    await new Promise<void>((resolve) => {
      server = app.listen(0, '127.0.0.1', () => resolve());
    });
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev/mail`;
  });
  afterEach(() => database.pool().query('delete from platform.outbox_mails'));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const deliver = (subject: string) =>
    outboxDelivery(database.pool('callboard_service'))({
      id: 'job-1',
      template: 'verify_email',
      to: `${NASTY}@mail.test`,
      subject,
      text: `${NASTY} https://app.test/verify-email?token=abc
Look here <https://app.test/seats?a=1&b=2>, or at "https://app.test/quoted". (https://app.test/last).`,
      html: `<!doctype html><html><head><title>T</title></head><body><a href="https://app.test/">Go</a></body></html>`,
    });
  const get = async (path: string) => {
    const response = await fetch(`${base}${path}`);
    return { response, html: await response.text() };
  };

  test('says what to do when it is empty', async () => {
    const { response, html } = await get('/');
    expect(response.status).toBe(200);
    expect(html).toContain('No mail yet');
  });

  test('lists mails, newest first, and shows each as text and in a frame without scripts', async () => {
    await deliver('First');
    await deliver(`Second ${NASTY}`);
    const { html } = await get('/');
    const ids = [...html.matchAll(/href="\/dev\/mail\/([0-9a-f-]{36})">(\w+)/g)];
    expect(ids.map(([, , subject]) => subject)).toEqual(['Second', 'First']);
    const mail = await get(`/${ids[0]?.[1]}`);
    for (const page of [html, mail.html]) expect(page).not.toContain(NASTY);
    // Up to what ends them, and no further.
    expect(
      [...mail.html.matchAll(/<a href="(https:[^"]*)" target="_blank"/g)].map(([, to]) => to),
    ).toEqual([
      'https://app.test/verify-email?token=abc',
      'https://app.test/seats?a=1&amp;b=2',
      'https://app.test/quoted',
      'https://app.test/last',
    ]);
    expect(mail.html).toContain('b=2</a>&gt;, or at &quot;<a');
    expect(mail.html).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"');
    expect(mail.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const frame = await get(`/${ids[0]?.[1]}/html`);
    expect(frame.html).toContain('<base target="_blank">');
    expect(frame.response.headers.get('content-security-policy')).toMatch(/sandbox allow-popups/);
    expect(frame.response.headers.get('content-security-policy')).not.toMatch(/allow-scripts/);
    // Pictures of this server too, by which it sees that a mail was opened.
    expect(frame.response.headers.get('content-security-policy')).toMatch(
      /img-src data: https: http:\/\/callboard\.test:5678;/,
    );
  });

  test.each(['/01a1fdc1-fd58-7fff-bc0b-d7021e5e35a1', '/nonsense', '/nonsense/html'])(
    'has nothing at %s',
    async (path) => {
      expect((await get(path)).response.status).toBe(404);
    },
  );

  test('keeps the newest two hundred', async () => {
    await database.pool().query(
      `insert into platform.outbox_mails (template, recipient, subject, text_body, html_body)
       select 'verify_email', 'a@mail.test', 'Old', '', '' from generate_series(1, 200)`,
    );
    await deliver('Newest');
    const { rows } = await database
      .pool()
      .query(
        "select count(*)::int as n, count(*) filter (where subject = 'Newest')::int as newest from platform.outbox_mails",
      );
    expect(rows).toEqual([{ n: 200, newest: 1 }]);
  });
});
