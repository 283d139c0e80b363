import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeGif, FrameAssembler, greyOf, type CodeReader, type GreyPicture } from '@countersign/frames';
import { decodePng, openCodeReader } from '@countersign/program';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messageOfTest } from '../../../packages/camera/test/test-codes.ts';
import { writeY4m } from '../y4m.ts';
import { expectNoOverflow, expectNothingSerious } from './accessible.ts';
import { darkness, filmOf, mirrored } from './film.ts';
import { PageLab, type Visit } from './page-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-camera-'));
const rate = 10;
const darkSeconds = 3;

let lab: PageLab;
let visit: Visit;
let reader: CodeReader;

/** A room in which the light goes on, and a mirror that then shows the codes of this machine's own screen. */
function* filmOfMirror(): Generator<GreyPicture> {
  yield* darkness(darkSeconds * rate);
  yield* mirrored(filmOf(messageOfTest()));
}

beforeAll(async () => {
  writeY4m(join(folder, 'mirror.y4m'), rate, filmOfMirror());
  reader = await openCodeReader();
  lab = await PageLab.open(join(folder, 'mirror.y4m'));
}, 120_000);

afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

afterEach(async () => {
  const { offences, page } = visit;
  await page.context().close();
  expect(offences).toEqual([]);
});

/** What every test of a camera begins with. */
async function openTest(script?: string): Promise<void> {
  visit = await lab.visit({ reducedMotion: 'reduce' }, async (page) => {
    if (script !== undefined) await page.addInitScript(script);
  });
  await visit.page.getByRole('button', { name: 'Test the camera' }).click();
  await visit.page.getByRole('heading', { name: 'Camera test' }).waitFor();
}

/** Takes a picture after the other until the message of their codes is whole. */
async function messageOf(pictures: AsyncIterable<GreyPicture> | Iterable<GreyPicture>): Promise<Uint8Array> {
  const assembler = new FrameAssembler();
  for await (const picture of pictures) {
    for (const { content } of reader.read(picture, 'still')) {
      if (content === undefined) continue;
      const { kind, messageId } = assembler.add(content);
      if (kind === 'complete') return assembler.message(messageId) ?? new Uint8Array();
    }
  }
  throw new Error('the pictures end before the message is whole');
}

describe('a test of the camera', { timeout: 120_000 }, () => {
  it('says that no request would come across, and why, until it brings one', async () => {
    await openTest();
    const { page } = visit;
    const verdict = page.locator('.verdict');
    await page.getByText('✗ As it is, no request would come across: no code was read.').waitFor();
    await page.getByText('Too dark: turn up the screen or the light.').first().waitFor();
    await page
      .getByText(/^✓ A request would come across: the test codes came whole and right, in/u)
      .waitFor();
    expect(await verdict.getAttribute('role')).toBe('status');
    const measured = (name: string): Promise<string | null> =>
      page
        .locator('.measures > div', { has: page.getByText(name, { exact: true }) })
        .locator('dd')
        .textContent();
    expect(await measured('Picture')).toBe('1280 × 720');
    expect(await measured('Pictures a second')).toMatch(
      /^\d+ looked at, of 10 that the camera says it gives$/u,
    );
    await page.locator('.measures', { hasText: '5.0 camera pixels for each square, 2.6 needed' }).waitFor();
    expect(await measured('Light')).toMatch(/^\d+ %/u);
    await expectNothingSerious(page);
    await page.getByRole('button', { name: 'Test again' }).click();
    await page.getByText('✗ As it is').waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('heading', { name: 'Your folder' }).waitFor();
  });

  it('shows the very codes that it knows, for a mirror or another screen, and saves them', async () => {
    await openTest();
    const { page } = visit;
    const canvas = page.locator('canvas');
    expect(await canvas.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Show the test codes' }).click();
    await expectNothingSerious(page);
    await expectNoOverflow(page);
    const shown = async function* (): AsyncGenerator<GreyPicture> {
      for (;;) yield greyOf(decodePng(await canvas.screenshot()));
    };
    expect(await messageOf(shown())).toEqual(messageOfTest());
    const saved = await visit.download('Save as a moving picture');
    expect(await messageOf(decodeGif(saved))).toEqual(messageOfTest());
    await page.getByRole('button', { name: 'Hide the test codes' }).click();
    expect(await canvas.isVisible()).toBe(false);
  });
});

/** The camera that a film feeds has no light: only what the browser says of it is played. */
const withLight = `
  globalThis.asked = [];
  globalThis.hasLight = true;
  const { getCapabilities } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.getCapabilities = function () {
    return { ...getCapabilities.call(this), ...(hasLight ? { torch: true } : {}) };
  };
  MediaStreamTrack.prototype.applyConstraints = async (wanted) => {
    asked.push(wanted.advanced[0].torch);
    if (asked.length > 2) throw new DOMException('no', 'OverconstrainedError');
  };
`;

describe('the light of a camera', { timeout: 120_000 }, () => {
  it('is switched where there is one, and says so where it does not obey', async () => {
    await openTest(withLight);
    const { page } = visit;
    const light = page.getByRole('button', { name: 'Light' });
    const states: (string | null)[] = [];
    for (const pressed of ['false', 'true', 'false']) {
      await page.locator(`button[aria-pressed=${pressed}]`, { hasText: /^Light$/u }).waitFor();
      states.push(await light.getAttribute('aria-pressed'));
      await light.click();
    }
    expect(states).toEqual(['false', 'true', 'false']);
    expect(await visit.alert()).toContain('camera/light');
    expect(await light.getAttribute('aria-pressed')).toBe('false');
    expect(await page.evaluate('asked')).toEqual([true, false, true]);
  });

  it('has no switch where there is none, nor when another camera without one is chosen', async () => {
    await openTest(withLight);
    const { page } = visit;
    const light = page.getByRole('button', { name: 'Light' });
    await light.waitFor();
    await page.evaluate('hasLight = false');
    await page.getByLabel('Camera', { exact: true }).dispatchEvent('change');
    await page.getByText('✗ As it is').waitFor();
    expect(await light.count()).toBe(0);
  });
});

/** Writes down what is asked of the camera, and plays a second one that is plugged in later. */
const watched = `
  globalThis.sizes = [];
  const devices = navigator.mediaDevices;
  const [open, list] = [devices.getUserMedia.bind(devices), devices.enumerateDevices.bind(devices)];
  devices.getUserMedia = (wanted) => {
    sizes.push(wanted.video.width.ideal + ' × ' + wanted.video.height.ideal);
    return open(wanted);
  };
  globalThis.later = [];
  devices.enumerateDevices = async () => [...(await list()), ...later];
`;

describe('the choice of a camera', { timeout: 120_000 }, () => {
  it('has a resolution, and a camera that is plugged in later', async () => {
    await openTest(watched);
    const { page } = visit;
    const cameras = page.getByLabel('Camera', { exact: true }).locator('option');
    await cameras.first().waitFor({ state: 'attached' });
    const count = await cameras.count();
    await page.getByLabel('Resolution').selectOption('1080p');
    await page.getByLabel('Resolution').selectOption('most');
    expect(await page.evaluate('sizes')).toEqual(['1280 × 720', '1920 × 1080', '7680 × 4320']);
    await page.evaluate(`later.push({ kind: 'videoinput', deviceId: 'b', label: 'Second camera' })`);
    await page.evaluate(`navigator.mediaDevices.dispatchEvent(new Event('devicechange'))`);
    await cameras.filter({ hasText: 'Second camera' }).waitFor({ state: 'attached' });
    expect(await cameras.count()).toBe(count + 1);
    await expectNothingSerious(page);
  });

  it('is none in a browser that is too old, and says so in a sentence of its own', async () => {
    await openTest('delete HTMLVideoElement.prototype.requestVideoFrameCallback');
    expect(await visit.alert()).toContain('This browser is too old to read codes with the camera.');
    expect(await visit.alert()).toContain('camera/old-browser');
  });
});
