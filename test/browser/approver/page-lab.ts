import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { executorMain } from '../../../apps/executor/src/command-line.ts';
import { exampleKeys, passphrase, Stage } from '../../../apps/approver/test/stage.ts';
import { startChromium } from '../chromium.ts';
import { builtPage, type BuiltPage } from './built-page.ts';

/** A stage whose executor runs in this process, in a folder that is marked as a demonstration. */
export async function openStage(): Promise<Stage> {
  const stage = await Stage.open(executorMain);
  writeFileSync(stage.path('COUNTERSIGN-DEMO'), '');
  return stage;
}

/** The built page in a real browser, opened as people open it: a local file. */
export class PageLab {
  readonly file: string;
  /** SHA-256 of the page's file in hex. */
  readonly sha256: string;
  readonly browser: Browser;

  private constructor({ file, sha256 }: BuiltPage, browser: Browser) {
    this.file = file;
    this.sha256 = sha256;
    this.browser = browser;
  }

  /** Starts the browser, with a camera that plays `film` where one is given. */
  static async open(film?: string): Promise<PageLab> {
    return new PageLab(await builtPage(), await startChromium(film));
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Opens the page in a browser profile of its own, after `prepare`. */
  async visit(
    options: BrowserContextOptions = {},
    prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Visit> {
    const context = await this.browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    const visit = new Visit(page);
    await prepare(page);
    await page.goto(pathToFileURL(this.file).href);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return visit;
  }
}

/** One opening of the page, and everything that it must never do. */
export class Visit {
  readonly page: Page;
  /** Addresses other than the page's own that were asked for, violations of the policy, errors. */
  readonly offences: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => {
      const url = request.url();
      if (!url.endsWith('/approver.html') && !url.startsWith('blob:')) this.offences.push(`request ${url}`);
    });
    page.on('websocket', (socket) => this.offences.push(`socket ${socket.url()}`));
    page.on('dialog', (dialog) => {
      this.offences.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => this.offences.push(`error ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.offences.push(`console ${message.text()}`);
    });
  }

  /** Goes back to the first screen, from wherever the page stands: opening it anew takes seconds. */
  async toStart(): Promise<void> {
    for (const name of ['Close without deciding', 'Back', 'Open another request', 'Use another folder']) {
      const way = this.page.getByRole('button', { name, exact: true });
      if (await way.isVisible()) await way.click();
    }
    await this.page.getByRole('heading', { name: 'Your folder' }).waitFor();
  }

  /** Brings along the files at these paths, and confirms the root keys where the page asks for it. */
  async bring(paths: readonly string[]): Promise<void> {
    await this.page.getByLabel('Choose its files').setInputFiles([...paths]);
    await this.page.getByRole('heading', { name: 'What is in it' }).waitFor();
    for (const box of await this.page.getByRole('checkbox').all()) await box.check();
  }

  /** Sits down with the key of an example approver. */
  async sitAs(name: string, more: readonly string[] = []): Promise<void> {
    const own = ['root.pub', `${name}.cskey`, `${name}.cspub`].map((file) => join(exampleKeys, file));
    await this.bring([...own, ...more]);
    await this.page.getByRole('button', { name: 'Go on with these root keys' }).click();
    await this.page.getByRole('heading', { name: 'Open a request' }).waitFor();
  }

  /** Opens a request that lies at a path, and waits until it is on the screen or refused. */
  async openRequest(...paths: readonly string[]): Promise<void> {
    await this.page.evaluate(`document.querySelector('h1').setAttribute('data-before', '')`);
    await this.page.getByLabel('Choose a file or pictures').setInputFiles([...paths]);
    await this.page.locator('h1:not([data-before])').waitFor();
    await this.page.locator('.review, [role=alert]').first().waitFor();
  }

  /** Chooses what is said, types what is asked for and signs. */
  async decide(choice: 'Approve' | 'Deny' | 'Amend', typed: string = passphrase): Promise<void> {
    await this.page.getByRole('radio', { name: choice }).check();
    if (choice === 'Approve') await this.reachEverything();
    const field = this.page.getByLabel('Passphrase', { exact: true });
    if (await field.isVisible()) await field.fill(typed);
    await this.page.getByRole('button', { name: /^Sign the/ }).click();
  }

  /** Has everything that changes on the screen, once an approval is chosen: by the way that the page offers, as long as it offers one. */
  async reachEverything(): Promise<void> {
    const goOn = this.page.getByRole('button', { name: /^Go to the first (?:row|line) not seen$/ });
    const reached = this.page
      .locator('.reach')
      .getByText('✓')
      .or(this.page.locator('.reach').getByText('No changed row'));
    for (let turn = 0; turn < 50 && !(await reached.first().isVisible()); turn += 1) {
      if (await goOn.isVisible()) await goOn.click();
      // What is in sight is reported with the next pictures of the screen.
      await this.page.evaluate('new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))');
    }
    await reached.first().waitFor();
  }

  /** Saves the journal and the response, and returns their bytes. */
  async takeAway(): Promise<{ readonly state: Buffer; readonly response: Buffer }> {
    await this.page.getByRole('heading', { name: /signed$/ }).waitFor({ timeout: 60_000 });
    const state = await this.download(/^Save .*\.csstate$/);
    const response = await this.download('Save the response');
    return { state, response };
  }

  /** Returns what is said about a refusal. */
  async alert(): Promise<string> {
    return (await this.page.getByRole('alert').first().textContent({ timeout: 60_000 })) ?? '';
  }

  /** Resolves when a request is on the screen and nothing was refused. */
  async isShown(): Promise<void> {
    await this.page.locator('.review').waitFor();
    expect(await this.page.getByRole('alert').count()).toBe(0);
  }

  /** Presses a button and returns the file that it saves. */
  async download(name: string | RegExp): Promise<Buffer> {
    const [saved] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('button', { name }).click(),
    ]);
    return readFile(await saved.path());
  }
}
