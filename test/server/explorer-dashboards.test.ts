import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { RunningServer } from '../../server/http.ts';
import { inBrowser, openBrowser, startDemo, type OpenBrowser } from '../helpers/chromium.ts';
import { testDatabase } from '../helpers/database.ts';

inBrowser('dashboards in Chromium', () => {
  const database = testDatabase();
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let screenshot: OpenBrowser['screenshot'];

  beforeAll(async () => {
    server = await startDemo(database);
    ({ browser, page, problems, screenshot } = await openBrowser({ width: 1400, height: 1100 }));
    page.on('request', (request) => {
      // All that the page needs comes from here.
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) {
        problems.push(`asked elsewhere: ${request.url()}`);
      }
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const widget = (title: string) => page.getByRole('region', { name: title, exact: true });
  const signInAs = (email: string) => page.getByRole('button', { name: new RegExp(email) }).click();

  /** Waits until something has come true. */
  async function expectSoon(isTrue: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (await isTrue()) return;
      await page.waitForTimeout(50);
    }
    throw new Error('It has not come true.');
  }

  /** Nothing stands upon another: a place each, inside of the page. */
  async function expectApart(): Promise<void> {
    const boxes = await page.locator('.widget').evaluateAll((all) =>
      all.map((each) => {
        const { left, top, right, bottom } = (
          each as unknown as { getBoundingClientRect(): Record<string, number> }
        ).getBoundingClientRect();
        return { left: left ?? 0, top: top ?? 0, right: right ?? 0, bottom: bottom ?? 0 };
      }),
    );
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        const overlap =
          one.left < other.right - 1 &&
          other.left < one.right - 1 &&
          one.top < other.bottom - 1 &&
          other.top < one.bottom - 1;
        expect(overlap).toBe(false);
      }
    }
  }

  test('come up with the default one, drawn', async () => {
    await page.goto(`${server.url}/dashboards`);
    await signInAs('owner@lumen\\.test');
    await page.getByRole('heading', { name: 'Productions', level: 1 }).waitFor();
    await widget('Tasks due, week by week').locator('.drawing svg').waitFor();
    expect(await page.locator('.widget').count()).toBe(12);
    expect(await page.locator('.widget[data-refusal]').count()).toBe(0);
    expect(await widget('Open projects').locator('.value').textContent()).toMatch(/^\d+$/);
    expect(await widget('Profit').locator('.value').textContent()).toMatch(/^-?\$[\d,]+$/);
    await expectApart();
    await screenshot('dashboard-light');
    expect(problems).toEqual([]);
  }, 120_000);

  test('say the same as a table, and as a file', async () => {
    const status = widget('Tasks by status');
    expect(await status.locator('.drawing').getAttribute('aria-label')).toMatch(
      /^Tasks by status\. In total/,
    );
    await status.getByRole('button', { name: 'Table of Tasks by status' }).click();
    await status.getByRole('rowheader', { name: 'Done' }).waitFor();
    expect(await status.locator('.drawing').isVisible()).toBe(false);
    await status.getByRole('button', { name: 'Table of Tasks by status' }).click();
    expect(await status.locator('.drawing').isVisible()).toBe(true);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      status.getByRole('button', { name: 'Tasks by status as a CSV file' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('tasks-by-status.csv');
    expect(problems).toEqual([]);
  }, 60_000);

  test('say what the parts of a ring are in full, also where it is narrow', async () => {
    const ring = widget('Tasks by status').locator('.drawing');
    const said = async () => (await ring.locator('svg text').allTextContents()).join('|');
    for (const width of [420, 1280, 1900]) {
      await page.setViewportSize({ width, height: 1100 });
      await expectSoon(async () => {
        const text = await said();
        return /In Progress/.test(text) && /Cancelled/.test(text) && /\d\u202f%/.test(text);
      });
      expect(await said()).not.toMatch(/…|\.\.\./);
    }
    await page.setViewportSize({ width: 1400, height: 1100 });
    expect(problems).toEqual([]);
  }, 60_000);

  test('name what bars stand for so that one can tell them apart, in the room that there is', async () => {
    const health = widget('Health of active projects');
    const said = async () => {
      const texts = await health.locator('.drawing svg text').allTextContents();
      return texts.filter((text) => /\p{L}/u.test(text));
    };
    const names = (
      await health.getByRole('rowheader', { includeHidden: true }).allTextContents()
    ).map((name) => name.replace(/\s+/g, ''));
    expect(names.length).toBeGreaterThan(3);
    await expectSoon(async () => (await said()).join('').replace(/\s+/g, '') === names.join(''));
    const wide = (await said()).join('|');
    await page.setViewportSize({ width: 420, height: 1100 });
    await expectSoon(async () => (await said()).length > 0 && (await said()).join('|') !== wide);
    const lines = await said();
    // Both ends of each: a name may take two lines.
    let at = 0;
    for (const name of names) {
      const label = [lines[at] ?? '', lines[at + 1] ?? ''];
      const isWhole = name === label[0]?.replace(/\s+/g, '');
      const text = (isWhole ? label.slice(0, 1) : label).join('').replace(/\s+/g, '');
      expect(name.startsWith(text.slice(0, 8))).toBe(true);
      expect(name.endsWith(text.slice(-4))).toBe(true);
      at += isWhole ? 1 : 2;
    }
    expect(at).toBe(lines.length);
    await page.setViewportSize({ width: 1400, height: 1100 });
    await expectSoon(async () => (await said()).join('').replace(/\s+/g, '') === names.join(''));
    expect(problems).toEqual([]);
  }, 60_000);

  test('are changed by those who may, one widget at a time, and say what is wrong where it is wrong', async () => {
    const dialog = page.getByRole('dialog', { name: /a widget/ });
    const field = (label: string) => dialog.getByLabel(label, { exact: true });
    const saved = async () => {
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'hidden' });
    };
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: 'Add a widget' }).click();
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').getByText('A widget has a title.').waitFor();
    expect(await dialog.locator('[aria-invalid]').getAttribute('name')).toBe('title');
    await field('Title').fill('Users by event');
    await field('Metric').selectOption('nps');
    await field('Dimension').selectOption('event');
    await field('Limit').fill('21');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expectSoon(
      async () =>
        (await dialog.locator('[aria-invalid]').getAttribute('name')) === 'parameter-limit',
    );
    await field('Limit').fill('3');
    await field('Metric').selectOption('active_users');
    // Upon others, which make room.
    await field('Column').fill('2');
    await field('Row').fill('1');
    await saved();
    await widget('Users by event').locator('.drawing svg').waitFor();
    expect(await page.locator('.widget').count()).toBe(13);
    await expectApart();
    await screenshot('dashboard-edited');

    await page.getByRole('button', { name: 'Change Users by event' }).click();
    await dialog.waitFor();
    expect(await field('Dimension').inputValue()).toBe('event');
    expect(await field('Row').inputValue()).toBe('1');
    await field('What it shows').selectOption('projects.by_status');
    await field('How').selectOption('pie');
    await field('Title').fill('Projects by status');
    await saved();
    await widget('Projects by status').locator('.drawing svg').waitFor();
    expect(
      (
        await database
          .pool()
          .query(
            "select kind, source_key, parameters from analytics.dashboard_widgets where title = 'Projects by status' and deleted_at is null",
          )
      ).rows,
    ).toEqual([{ kind: 'pie', source_key: 'projects.by_status', parameters: {} }]);

    await page.getByRole('button', { name: 'Change Projects by status' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await expectSoon(async () => (await page.locator('.widget').count()) === 12);
    await expectApart();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    expect(await page.getByRole('button', { name: /^Change/ }).count()).toBe(0);
    expect(problems).toEqual([]);
  }, 60_000);

  test('follow the days, the dashboard, the organization, the screen and its light', async () => {
    const asked = () =>
      page.waitForResponse((each) =>
        (each.request().postData() ?? '').includes('query Dashboard('),
      );
    const days = () => widget('Tasks completed').locator('h2').getAttribute('title');
    const before = await days();
    await Promise.all([asked(), page.locator('#range').selectOption('last_7_days')]);
    await expectSoon(async () => (await days()) !== before);
    await Promise.all([
      asked(),
      page.locator('#dashboard').selectOption({ label: 'Sales and marketing' }),
    ]);
    await page.getByRole('heading', { name: 'Sales and marketing', level: 1 }).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectSoon(
      async () => (await page.locator('body').getAttribute('data-theme')) === 'dark',
    );
    await screenshot('dashboard-dark');
    await page.locator('#dashboard').selectOption({ label: 'Productions' });
    await page.getByRole('heading', { name: 'Productions', level: 1 }).waitFor();
    await Promise.all([asked(), page.setViewportSize({ width: 420, height: 1000 })]);
    const columns = () =>
      page
        .locator('#widgets')
        .getAttribute('style')
        .then((style) => /--columns: *(\d+)/.exec(style ?? '')?.[1]);
    await expectSoon(async () => (await columns()) === '4');
    for (const box of await page.locator('.widget').all()) {
      const { x = 0, width = 0 } = (await box.boundingBox()) ?? {};
      expect(x + width).toBeLessThanOrEqual(420);
      // Nor does anything stick out of one.
      expect(
        await box.evaluate((each) => {
          const { scrollWidth, clientWidth } = each as unknown as Record<string, number>;
          return (scrollWidth ?? 0) - (clientWidth ?? 0);
        }),
      ).toBeLessThanOrEqual(0);
    }
    await screenshot('dashboard-small');
    await Promise.all([asked(), page.setViewportSize({ width: 1400, height: 1100 })]);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(problems).toEqual([]);
  }, 60_000);

  test('draw for a member what members may see, and say of the rest why not', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#message').getByText('Sign in to see dashboards.').waitFor();
    // Nothing is left of what was shown.
    expect(await page.locator('#board-name').textContent()).toBe('Dashboards');
    expect(await page.locator('#board-description').textContent()).toBe('');
    expect(await page.title()).toBe('Dashboards – Callboard');
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await signInAs('crew@lumen\\.test');
    await page.getByRole('heading', { name: 'Productions', level: 1 }).waitFor();
    const refused = page.locator('.widget[data-refusal=FORBIDDEN]');
    await refused.first().waitFor();
    const titles = await refused.locator('h2').allTextContents();
    expect(titles.sort()).toEqual(['Budgets', 'Expense by category', 'Profit', 'Revenue']);
    await widget('Tasks by status').locator('.drawing svg').waitFor();
    await screenshot('dashboard-member');
    // A client may not see dashboards at all.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await signInAs('client@lumen\\.test');
    await page.locator('#who').getByText('guest').waitFor();
    await page.locator('#message').getByText(/./).waitFor();
    expect(await page.locator('.widget').count()).toBe(0);
    expect(await page.locator('#editing').isVisible()).toBe(false);
    expect(problems).toEqual([]);
  }, 60_000);
});
