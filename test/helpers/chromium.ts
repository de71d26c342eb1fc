import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Database } from '../../db/connect.ts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD, loadDemo } from '../../db/demo/load.ts';
import { explorer } from '../../server/explorer/explorer.ts';
import { startServer, type RunningServer } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { describeIf } from './database.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** `describe` for what needs a browser. */
export const inBrowser = describeIf(existsSync(CHROMIUM), 'needs Chromium: set CHROMIUM_PATH');

export type OpenBrowser = {
  readonly browser: Browser;
  readonly page: Page;
  /** What the page has complained about: errors on its console, and those that nothing caught. */
  readonly problems: string[];
  /** For whoever wants to see it: set SCREENSHOTS to a folder. */
  readonly screenshot: (name: string) => Promise<void>;
};

/** Chromium with an empty page, which asks nobody on the network by itself. */
export async function openBrowser(size: {
  readonly width: number;
  readonly height: number;
}): Promise<OpenBrowser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  const page = await browser.newPage({ viewport: size });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return {
    browser,
    page,
    problems,
    screenshot: async (name) => {
      const { SCREENSHOTS: folder } = process.env;
      if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
    },
  };
}

/** Loads the demo, and serves it with the explorer and its accounts, from a folder of its own. */
export async function startDemo(database: Database): Promise<RunningServer> {
  await loadDemo(database);
  const folder = mkdtempSync(path.join(tmpdir(), 'callboard-browser-'));
  const server = await startServer({
    database,
    settings: readSettings({ NODE_ENV: 'test', PORT: '0', DATA_DIR: folder }),
    mount: (app) =>
      app.use(explorer({ demo: { accounts: DEMO_ACCOUNTS, password: DEMO_PASSWORD } })),
  });
  return {
    ...server,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
