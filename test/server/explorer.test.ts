import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';
import type { Browser, Page } from 'playwright-core';
import { readShelf } from '../../server/explorer/shelf.ts';
import type { RunningServer } from '../../server/http.ts';
import { buildSchema } from '../../server/schema.ts';
import { actAs } from '../helpers/callers.ts';
import { inBrowser, openBrowser, startDemo, type OpenBrowser } from '../helpers/chromium.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();

describe('the shelf', () => {
  test('holds queries that the API understands', async () => {
    const schema = await buildSchema(database);
    for (const { title, query } of readShelf()) {
      expect([title, validate(schema, parse(query))]).toEqual([title, []]);
    }
  });
});

inBrowser('the explorer in Chromium', () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let screenshot: OpenBrowser['screenshot'];

  beforeAll(async () => {
    server = await startDemo(database);
    ({ browser, page, problems, screenshot } = await openBrowser({ width: 1400, height: 900 }));
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** The names of projects in the answer, once it is there. */
  async function projectsIn(answerTo: () => Promise<unknown>): Promise<string[]> {
    const [response] = await Promise.all([
      page.waitForResponse(
        (each) =>
          each.url().endsWith('/graphql') &&
          (each.request().postData() ?? '').includes('query Projects'),
      ),
      answerTo(),
    ]);
    const { data } = (await response.json()) as {
      data: { projects: { nodes: { name: string }[] } };
    };
    const names = data.projects.nodes.map((node) => node.name);
    // What came over the wire is what the page shows.
    if (names[0]) await page.locator('.graphiql-response').getByText(names[0]).first().waitFor();
    return names;
  }

  const run = () => page.getByRole('button', { name: /execute query/i }).click();

  test('signs in, runs a query of the shelf, switches the organization and the account', async () => {
    await page.goto(server.url);
    await page.getByRole('button', { name: /owner@lumen\.test/ }).click();
    await page.locator('#organization').waitFor();
    expect(await page.locator('#who').textContent()).toMatch(/owner/);

    await page.locator('#shelf').getByRole('button', { name: 'Projects, by their start' }).click();
    await page.locator('.graphiql-query-editor').getByText('orderBy').first().waitFor();
    const lumen = await projectsIn(run);
    expect(lumen.length).toBeGreaterThan(0);

    await page.locator('#organization').selectOption({ label: 'Brightside Pictures' });
    await page.locator('#who').getByText('member').waitFor();
    const brightside = await projectsIn(run);
    expect(brightside.length).toBeGreaterThan(0);
    expect(brightside.filter((name) => lumen.includes(name))).toEqual([]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /client@lumen\.test/ }).click();
    await page.locator('#who').getByText('guest').waitFor();
    const clients = await projectsIn(run);
    expect(clients.length).toBeGreaterThan(0);
    expect(clients.length).toBeLessThan(lumen.length);
    expect(problems).toEqual([]);
  }, 120_000);

  test('opens queries in tabs beside the others, which keep their answers and come back', async () => {
    const opened = await (await browser.newContext()).newPage();
    let introspections = 0;
    opened.on('request', (request) => {
      if (/IntrospectionQuery/.test(request.postData() ?? '')) introspections += 1;
    });
    const shelf = (title: string) =>
      opened.locator('#shelf').getByRole('button', { name: title }).click();
    const tabs = () => opened.locator('.graphiql-tab-button').allTextContents();
    const active = opened.locator('.graphiql-tab-active .graphiql-tab-button');
    const execute = () => opened.getByRole('button', { name: /execute query/i }).click();
    const answer = opened.locator('.graphiql-response');
    try {
      await opened.goto(server.url);
      await opened.getByRole('button', { name: /owner@lumen\.test/ }).click();
      await opened.locator('#organization').waitFor();
      await execute();
      await answer.getByText('owner@lumen.test').waitFor();

      // At once, while the editor has not yet looked at what is in it.
      await shelf('Projects, by their start');
      await execute();
      await answer.getByText('totalCount').waitFor();
      await active.getByText('Projects', { exact: true }).waitFor();
      expect(await tabs()).toEqual(['WhoAmI', 'Projects']);
      await shelf('Who am I?');
      await active.getByText('WhoAmI').waitFor();
      await answer.getByText('owner@lumen.test').waitFor();

      // What runs ends with its tab: its answer would be shown in the next one.
      const late: (() => void)[] = [];
      await opened.route('**/graphql', async (route, request) => {
        if (/query WhoAmI/.test(request.postData() ?? ''))
          await new Promise<void>((resolve) => late.push(resolve));
        await route.continue();
      });
      await execute();
      await opened.getByRole('button', { name: /stop query/i }).waitFor();
      await shelf('Members and workspaces');
      await opened.getByRole('button', { name: /execute query/i }).waitFor();
      const [told] = await Promise.all([
        opened.waitForResponse((each) => /query WhoAmI/.test(each.request().postData() ?? '')),
        Promise.resolve(late.forEach((go) => go())),
      ]);
      await told.finished();
      await active.getByText('Members').waitFor();
      expect(await answer.getByText('owner@lumen.test').count()).toBe(0);
      await execute();
      await answer.getByText('organizationMembers').waitFor();
      expect(introspections).toBe(1);

      await opened.waitForFunction(() =>
        /query Members/.test(localStorage.getItem('graphiql:tabState') ?? ''),
      );
      await opened.reload();
      await active.getByText('Members').waitFor();
      expect(await tabs()).toEqual(['WhoAmI', 'Projects', 'Members']);
    } finally {
      await opened.context().close();
    }
  }, 60_000);

  test('fits a telephone, where the shelf makes way for the query that is taken from it', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const opened = await context.newPage();
    try {
      await opened.goto(server.url);
      await opened.getByRole('button', { name: /owner@lumen\.test/ }).click();
      await opened.locator('#organization').waitFor();
      // However wide what is in it would like to be.
      expect((await opened.locator('header.bar').boundingBox())?.width).toBe(390);
      const shelf = opened.locator('#shelf');
      expect(await shelf.isVisible()).toBe(false);
      await opened.getByRole('button', { name: 'Queries' }).click();
      expect((await shelf.boundingBox())?.width).toBe(390);
      await shelf.getByRole('button', { name: 'Projects, by their start' }).click();
      expect(await shelf.isVisible()).toBe(false);
      const editor = opened.locator('.graphiql-query-editor');
      await editor.getByText('orderBy').first().waitFor();
      expect((await editor.boundingBox())?.width).toBeGreaterThan(300);
    } finally {
      await context.close();
    }
  }, 60_000);

  test('shows live changes, over a web socket', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /crew@lumen\.test/ }).click();
    await page.locator('#who').getByText('member').waitFor();
    await page.locator('#shelf').getByRole('button', { name: 'Live changes' }).click();
    await page.locator('.graphiql-query-editor').getByText('subscription').first().waitFor();
    const socket = page.waitForEvent('websocket');
    await run();
    await socket;
    const { userId, organizationId } = await page.evaluate(() => {
      const { accessToken } = JSON.parse(localStorage.getItem('callboard:session') ?? '{}') as {
        accessToken: string;
      };
      const { sub, org } = JSON.parse(atob(accessToken.split('.')[1] ?? '')) as {
        sub: string;
        org: string;
      };
      return { userId: sub, organizationId: org };
    });
    const shown = page.locator('.graphiql-response').getByText('Told while it happened');
    // The subscription begins a moment after the socket opens: change something until it is told.
    for (let attempt = 0; attempt < 20 && !(await shown.isVisible()); attempt += 1) {
      await actAs(database, { userId, organizationId }, (client) =>
        client.query("insert into projects.projects (name) values ('Told while it happened')"),
      );
      await page.waitForTimeout(250);
    }
    expect(await shown.first().isVisible()).toBe(true);
    expect(problems).toEqual([]);
  }, 60_000);

  test('says why a mutation was refused, and who could change that', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /crew@lumen\.test/ }).click();
    await page.locator('#who').getByText('member').waitFor();
    expect(await page.locator('#refusal').isVisible()).toBe(false);
    await page
      .locator('#shelf')
      .getByRole('button', { name: 'Save a budget with its lines' })
      .click();
    await page.locator('.graphiql-query-editor').getByText('saveBudget').first().waitFor();
    await run();
    await page.locator('#refusal').getByText('saveBudget was refused.').waitFor();
    await page.getByRole('button', { name: 'Why?' }).click();
    const why = page.locator('#why-dialog');
    await why.getByText(/It takes finance\.write, which you do not have\./).waitFor();
    expect(await why.textContent()).toMatch(/Roles that have it: Owner and Admin\./);
    await why.getByRole('cell', { name: 'does not pass' }).first().waitFor();
    await screenshot('why');
    await why.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    expect(await page.locator('#refusal').isVisible()).toBe(false);
    expect(problems).toEqual([]);
  }, 60_000);

  test('says why a sign-in failed', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill('owner@lumen.test');
    await page.getByLabel('Password').fill('not the password');
    await page.locator('#sign-in-form').getByRole('button', { name: 'Sign in' }).click();
    const alert = page.locator('#sign-in-error');
    await alert.getByText(/./).waitFor();
    expect(await alert.textContent()).toBe('E-mail address and password do not match.');
  }, 60_000);

  test('shows what the links of mails stand for, and forgets their tokens', async () => {
    const opened = await browser.newPage();
    try {
      for (const [path, mutation, value] of [
        ['/verify-email?token=abc123', 'verifyEmail', 'abc123'],
        ['/reset-password?token=abc123', 'resetPassword', 'abc123'],
        ['/forgot-password', 'requestPasswordReset', 'email'],
        ['/invitation?token=abc123', 'acceptInvitation', 'abc123'],
      ] as const) {
        await opened.goto(`${server.url}${path}`);
        const query = opened.locator('.graphiql-query-editor');
        await query.getByText(mutation, { exact: false }).first().waitFor();
        const variables = opened.locator('.graphiql-editor-tool');
        await variables.getByText(value, { exact: false }).first().waitFor();
        expect(opened.url()).toBe(`${server.url}/`);
        expect(await opened.locator('#sign-in-dialog').isVisible()).toBe(false);
      }
    } finally {
      await opened.close();
    }
  }, 60_000);

  test('shows whoever was invited and has no account how to make one that is in the organization', async () => {
    const { rows } = await database.pool().query<{ organization_id: string; id: string }>(
      `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at)
         select m.organization_id, 'new@explorer.test', r.id, m.user_id, now() + interval '1 day'
           from tenancy.organization_members m
           join identity.users u on u.id = m.user_id and u.email = 'owner@lumen.test'
           join tenancy.roles r on r.organization_id = m.organization_id and r.key = 'member'
          where m.role_key = 'owner'
         returning organization_id, id`,
    );
    const { rows: issued } = await database
      .pool()
      .query<{ token: string }>('select token from tenancy.issue_invitation_token($1, $2)', [
        rows[0]?.organization_id,
        rows[0]?.id,
      ]);
    const opened = await (await browser.newContext()).newPage();
    try {
      await opened.goto(`${server.url}/invitation?token=${issued[0]?.token}`);
      const query = opened.locator('.graphiql-query-editor');
      await query.getByText('invites new@explorer.test', { exact: false }).first().waitFor();
      await query.getByText('signUp', { exact: false }).first().waitFor();
      expect(opened.url()).toBe(`${server.url}/`);
      // What somebody would type below.
      await opened.route('**/graphql', async (route, request) => {
        const body = request.postDataJSON() as { query: string; variables?: { input?: object } };
        if (!body.query.includes('signUp')) return route.continue();
        const input = {
          ...body.variables?.input,
          name: 'Newly Here',
          password: 'correct horse battery',
        };
        return route.continue({ postData: JSON.stringify({ ...body, variables: { input } }) });
      });
      await opened.getByRole('button', { name: /execute query/i }).click();
      await opened.locator('#who').getByText('Newly Here').waitFor();
      expect(await opened.locator('#who').textContent()).toMatch(/member/);
    } finally {
      await opened.context().close();
    }
  }, 60_000);
});
