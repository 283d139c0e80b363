import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BidiSession } from './bidi-session.ts';

const executablePath = '/usr/bin/firefox-esr';
const waitMs = 60_000;
/** What the browser would do for itself: nothing of that is the page's. */
const preferences = {
  'app.update.auto': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

interface Node {
  readonly sharedId: string;
}

/** What is looked for: by the role and the name that a screen reader says, or by a CSS selector. */
export type Place = string | { readonly role: string; readonly name: string };

/** One page in a real Firefox with a profile of its own, driven as a person drives it. */
export class Firefox {
  /** Addresses that the page asked for, errors, warnings and dialogs. */
  readonly offences: string[] = [];
  readonly #child: ChildProcess;
  readonly #session: BidiSession;
  readonly #context: string;
  readonly #folder: string;
  readonly #saved: string[] = [];

  private constructor(child: ChildProcess, session: BidiSession, context: string, folder: string) {
    this.#child = child;
    this.#session = session;
    this.#context = context;
    this.#folder = folder;
  }

  /** Starts the browser and opens a local file, as people open it. */
  static async open(file: string): Promise<Firefox> {
    if (!existsSync(executablePath)) {
      throw new Error(
        `no Firefox at ${executablePath}: install the package "firefox-esr" to run the browser tests`,
      );
    }
    const folder = mkdtempSync(join(tmpdir(), 'countersign-firefox-'));
    const profile = join(folder, 'profile');
    const lines = Object.entries(preferences).map(([name, value]) => {
      return `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`;
    });
    mkdirSync(profile);
    writeFileSync(join(profile, 'user.js'), lines.join(''));
    const child = spawn(
      executablePath,
      ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
      {
        env: { ...process.env, HOME: folder, MOZ_CRASHREPORTER_DISABLE: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const session = await BidiSession.open(`${await addressOf(child)}/session`);
    const [{ context }] = (
      await session.ask<{ readonly contexts: readonly [{ readonly context: string }] }>(
        'browsingContext.getTree',
        {},
      )
    ).contexts;
    const firefox = new Firefox(child, session, context, folder);
    await firefox.#listen();
    await session.ask('browsingContext.navigate', {
      context,
      url: pathToFileURL(file).href,
      wait: 'complete',
    });
    return firefox;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.#session.ask('browser.close', {});
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listen(): Promise<void> {
    const destinationFolder = join(this.#folder, 'saved');
    mkdirSync(destinationFolder);
    const events = [
      'browsingContext.downloadEnd',
      'browsingContext.userPromptOpened',
      'log.entryAdded',
      'network.beforeRequestSent',
    ];
    await this.#session.ask('session.subscribe', { events, contexts: [this.#context] });
    await this.#session.ask('browser.setDownloadBehavior', {
      downloadBehavior: { type: 'allowed', destinationFolder },
    });
    this.#session.on('browsingContext.downloadEnd', ({ filepath }) => this.#saved.push(String(filepath)));
    this.#session.on('browsingContext.userPromptOpened', ({ message }) =>
      this.offences.push(`dialog ${String(message)}`),
    );
    this.#session.on('log.entryAdded', ({ level, text }) => {
      if (level === 'error' || level === 'warn') this.offences.push(`${level} ${String(text)}`);
    });
    this.#session.on('network.beforeRequestSent', ({ request }) => {
      const { url } = request as { readonly url: string };
      // What Firefox draws passwords with is a font at such an address: it leads nowhere.
      if (url.startsWith('data:') || url.startsWith('blob:') || url.endsWith('/approver.html')) return;
      this.offences.push(`request ${url}`);
    });
  }

  /** Returns what an expression, or the promise it is, comes to. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#session.ask<{
      readonly result: { readonly value: string };
      readonly exceptionDetails?: { readonly text: string };
    }>('script.evaluate', {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    });
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text);
    return JSON.parse(answer.result.value) as T;
  }

  /** Resolves when it is there. */
  async see(place: Place): Promise<void> {
    await this.#find(place);
  }

  /** Presses it with the pointer. */
  async press(place: Place): Promise<void> {
    const node = await this.#find(place);
    await this.#session.ask('script.callFunction', {
      functionDeclaration: '(element) => element.scrollIntoView({ block: "center" })',
      arguments: [node],
      target: { context: this.#context },
      awaitPromise: false,
    });
    const origin = { type: 'element', element: node };
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#act({ type: 'pointer', id: 'pointer', actions });
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    const actions = Array.from(text).flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#act({ type: 'key', id: 'keys', actions });
  }

  /** Chooses files at a field for them. */
  async choose(place: Place, files: readonly string[]): Promise<void> {
    const element = await this.#find(place);
    await this.#session.ask('input.setFiles', { context: this.#context, element, files });
  }

  /** Presses what saves a file, and returns the file. */
  async save(place: Place): Promise<Buffer> {
    const before = this.#saved.length;
    await this.press(place);
    await until(
      () => Promise.resolve(this.#saved.length > before),
      `nothing was saved by ${JSON.stringify(place)}`,
    );
    return readFileSync(this.#saved.at(-1) ?? '');
  }

  async #act(source: object): Promise<void> {
    await this.#session.ask('input.performActions', { context: this.#context, actions: [source] });
  }

  async #find(place: Place): Promise<Node> {
    const type = typeof place === 'string' ? 'css' : 'accessibility';
    let found: Node | undefined;
    await until(
      async () => {
        const { nodes } = await this.#session.ask<{ readonly nodes: readonly Node[] }>(
          'browsingContext.locateNodes',
          { context: this.#context, locator: { type, value: place }, maxNodeCount: 1 },
        );
        [found] = nodes;
        return found !== undefined;
      },
      `not on the page: ${JSON.stringify(place)}`,
    );
    if (found === undefined) throw new Error('nothing was found');
    return { sharedId: found.sharedId };
  }
}

/** Asks until the answer is yes. @throws Error with `otherwise` after a minute */
async function until(ask: () => Promise<boolean>, otherwise: string): Promise<void> {
  const end = Date.now() + waitMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The browser says on its standard error where it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /WebDriver BiDi listening on (ws:\/\/\S+)/u.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`Firefox ended with ${String(code)}: ${said}`)));
  });
}
