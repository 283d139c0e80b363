import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parsePublicKeyFile, unlockKey } from '@countersign/keys';
import { FrameAssembler, frameBytesAt, greyOf, type GreyPicture } from '@countersign/frames';
import { decodePng, nodeScrypt, nodeSigner, openCodeReader } from '@countersign/program';
import { exampleKeys, passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;

beforeAll(async () => {
  stage = await openStage();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  lab = await PageLab.open();
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  const { offences, page } = visit;
  await page.context().close();
  expect(offences).toEqual([]);
});

describe('a key that the page makes', { timeout: 120_000 }, () => {
  it('is refused a weak passphrase, opens elsewhere, and is proved from the saved file', async () => {
    visit = await lab.visit();
    const { page } = visit;
    await page.getByRole('button', { name: 'Make a key' }).click();
    const fill = async (name: string, first: string, second: string): Promise<void> => {
      await page.getByLabel('Name of the key').fill(name);
      await page.getByLabel('Passphrase', { exact: true }).fill(first);
      await page.getByLabel('Passphrase once more').fill(second);
      await page.getByRole('button', { name: 'Make the key' }).click();
    };
    const good = 'lantern river oboe fig walrus';
    await fill('Zoë', good, good);
    expect(await visit.alert()).toContain('page/key-name');
    await fill('zoe', good, 'another one entirely');
    await page.getByText('page/passphrases-differ').waitFor();
    await fill('zoe', 'passwordpassword', 'passwordpassword');
    await page.getByText('passphrase/common').waitFor();
    await fill('zoe', good, good);
    await page.getByText('opened again with your passphrase').waitFor({ timeout: 60_000 });
    const locked = await visit.download('Save zoe.cskey');
    const line = await visit.download('Save zoe.cspub');
    const seed = await unlockKey(new Uint8Array(locked), { passphrase: () => good, scrypt: nodeScrypt });
    expect(parsePublicKeyFile(line.toString('utf8')).key).toEqual(nodeSigner(seed).publicKey);
    writeFileSync(stage.path('zoe.cskey'), locked);
    const proof = page.getByLabel(/^Now prove/);
    await proof.setInputFiles(join(exampleKeys, 'ada.cskey'));
    expect(await visit.alert()).toContain('page/proof-failed');
    await proof.setInputFiles(stage.path('zoe.cskey'));
    await page.getByText('Proof: the saved file is the key that was made.').waitFor();
  });
});

describe('the codes of a response on the screen', { timeout: 180_000 }, () => {
  it('are read back as what was signed, stand still where no motion is wanted, and are taken by the executor', async () => {
    visit = await lab.visit({ reducedMotion: 'reduce' });
    const { page } = visit;
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.openRequest(stage.path('update.csreq'));
    // Long and not to be packed away: more than a code of version 25 holds.
    await page.getByLabel('Note').fill(randomBytes(1000).toString('base64'));
    await visit.decide('Deny');
    const { response } = await visit.takeAway();
    const reader = await openCodeReader();
    const photograph = async (): Promise<GreyPicture> =>
      greyOf(decodePng(await page.locator('canvas.qr').screenshot()));
    const codesOf = (picture: GreyPicture): readonly Uint8Array[] =>
      reader.read(picture, 'still').flatMap(({ content }) => (content === undefined ? [] : [content]));
    const [one] = codesOf(await photograph());
    expect(one?.length).toBeGreaterThan(frameBytesAt(25));
    const whole = new FrameAssembler();
    expect(whole.add(one ?? new Uint8Array()).kind).toBe('complete');
    expect(whole.message()).toEqual(new Uint8Array(response));
    expect(await page.getByRole('button', { name: 'Go on' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Not read? Show smaller codes' }).click();
    await page.getByText(/^Code 1 of \d+, over and over; any \d+ of them are enough$/u).waitFor();
    const still = await photograph();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await photograph()).levels).toEqual(still.levels);
    await page.getByRole('button', { name: 'Go on' }).click();
    const cut = new FrameAssembler();
    for (let shots = 0; cut.message() === undefined && shots < 100; shots += 1)
      for (const code of codesOf(await photograph())) cut.add(code);
    writeFileSync(stage.path('photographed.csdec'), cut.message() ?? new Uint8Array());
    expect((await stage.online('import', stage.path('photographed.csdec'))).exitCode).toBe(5);
  });
});

describe('a folder that the browser opens', { timeout: 120_000 }, () => {
  it('keeps the journal, and the command line goes on with it', async () => {
    const home = stage.path('folder');
    mkdirSync(home, { mode: 0o700 });
    for (const name of ['root.pub', 'ada.cskey', 'ada.cspub'])
      copyFileSync(join(exampleKeys, name), join(home, name));
    writeFileSync(join(home, 'COUNTERSIGN-DEMO'), '');
    visit = await lab.visit({}, (page) => playFolder(page, home));
    const { page } = visit;
    await page.getByRole('button', { name: 'Open the folder' }).click();
    await page.getByLabel(/^I heard these words/).check();
    await page.getByRole('button', { name: 'Go on with these root keys' }).click();
    await visit.openRequest(stage.path('update.csreq'));
    await visit.decide('Approve');
    await page.getByText('Your journal is written to your folder.').waitFor({ timeout: 60_000 });
    expect(readdirSync(join(home, 'rosters'))).toEqual(['1.csroster']);
    const said = await stage.offline(['journal', 'verify'], { home: 'folder' });
    expect(said.stdout).toContain('1 decision, signed by ada');
    // A folder that is write-protected, or a stick that was pulled out: the journal is saved by hand before anything leaves.
    await page.getByRole('button', { name: 'Open another request' }).click();
    await page.evaluate('globalThis.folderIsFull = true');
    await visit.openRequest(stage.path('update.csreq'));
    await visit.decide('Deny');
    expect(await visit.alert()).toContain('page/folder-write');
    expect(await page.locator('canvas').count()).toBe(0);
    await visit.takeAway();
    expect(await page.locator('canvas').count()).toBe(1);
  });
});

describe('an open key', { timeout: 120_000 }, () => {
  /** Without its public half the key has to be opened to be known. */
  async function openRequestWithOpenKey(): Promise<void> {
    const own = ['root.pub', 'ben.cskey'].map((name) => join(exampleKeys, name));
    await visit.bring([...own, stage.path('COUNTERSIGN-DEMO')]);
    const { page } = visit;
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await page.getByRole('button', { name: 'Open the key' }).click();
    await page.getByText('Key ben is open').waitFor({ timeout: 60_000 });
    await visit.openRequest(stage.path('update.csreq'));
  }

  it('is locked by the first touch after a sleep of the machine, in which no timer ran', async () => {
    visit = await lab.visit();
    await openRequestWithOpenKey();
    const { page } = visit;
    // The clock jumps, and the timers of the page do not.
    await page.clock.setFixedTime(Date.now() + 6 * 60_000);
    await page.getByRole('radio', { name: 'Deny' }).check();
    await page.getByText('Key ben is locked').waitFor({ timeout: 5000 });
    expect(await page.getByLabel('Passphrase', { exact: true }).isVisible()).toBe(true);
    expect(await page.getByRole('button', { name: 'Sign the denial' }).isDisabled()).toBe(true);
  });

  it('is locked after five minutes without a touch, and asked for anew', async () => {
    visit = await lab.visit({}, (page) => page.clock.install());
    await openRequestWithOpenKey();
    const { page } = visit;
    const field = page.getByLabel('Passphrase', { exact: true });
    expect(await field.isVisible()).toBe(false);
    await page.clock.fastForward(5 * 60_000 + 1000);
    await page.getByText('Key ben is locked').waitFor();
    expect(await field.isVisible()).toBe(true);
  });
});

/**
 * Lets the page open a folder of this machine. The dialog of the browser cannot be driven, so what it would return is played: handles
 * whose every call reads and writes the real folder.
 */
async function playFolder(page: Page, home: string): Promise<void> {
  await page.exposeFunction('folderList', (path: string) =>
    readdirSync(join(home, path)).map((name) => [name, statSync(join(home, path, name)).isDirectory()]),
  );
  await page.exposeFunction('folderRead', (path: string) =>
    existsSync(join(home, path)) ? readFileSync(join(home, path)).toString('latin1') : null,
  );
  await page.exposeFunction('folderWrite', (path: string, content: string) => {
    mkdirSync(join(home, path, '..'), { recursive: true });
    writeFileSync(join(home, path), Buffer.from(content, 'latin1'), { mode: 0o600 });
  });
  await page.addInitScript(`
    const missing = () => new DOMException('not there', 'NotFoundError');
    const bytesOf = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    const fileAt = (path, name) => ({
      kind: 'file',
      name,
      getFile: async () => {
        const content = await folderRead(path + name);
        if (content === null) throw missing();
        return new File([bytesOf(content)], name);
      },
      createWritable: async () => {
        if (globalThis.folderIsFull) throw new DOMException('full', 'QuotaExceededError');
        let content = '';
        return {
          write: async (bytes) => { content += Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''); },
          close: async () => folderWrite(path + name, content),
        };
      },
    });
    const folderAt = (path, name) => ({
      kind: 'directory',
      name,
      async *values() {
        for (const [entry, isFolder] of await folderList(path))
          yield isFolder ? folderAt(path + entry + '/', entry) : fileAt(path, entry);
      },
      getFileHandle: async (entry, { create = false } = {}) => {
        if (!create && (await folderRead(path + entry)) === null) throw missing();
        return fileAt(path, entry);
      },
      getDirectoryHandle: async (entry) => folderAt(path + entry + '/', entry),
    });
    globalThis.showDirectoryPicker = async () => folderAt('', 'home');
  `);
}
