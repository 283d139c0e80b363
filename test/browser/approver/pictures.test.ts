import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import QRCode from 'qrcode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawFrame, encodeFrames } from '@countersign/frames';
import { encodePng } from '@countersign/program';
import type { Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;
let one: readonly string[];
let two: readonly string[];

beforeAll(async () => {
  stage = await openStage();
  one = await picturesOf('one', 1);
  two = await picturesOf('two', 2);
  lab = await PageLab.open();
  visit = await lab.visit();
  await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  await visit.page.getByRole('heading', { name: 'Open a request' }).waitFor();
  expect(visit.offences).toEqual([]);
});

/** Exports a request as pictures whose names say which request it is. */
async function picturesOf(name: string, row: number): Promise<readonly string[]> {
  const id = await stage.request(`UPDATE customers SET tier = 'z' WHERE id = ${row}`, `${name}.csreq`);
  mkdirSync(stage.path(name));
  await stage.export(id, `${name}/code.png`);
  return readdirSync(stage.path(name)).map((file) => {
    const path = stage.path(`${name}-${file}`);
    copyFileSync(stage.path(name, file), path);
    return path;
  });
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(stage.path(name), bytes);
  return stage.path(name);
}

/** Returns what each box says, by the line that names files. */
async function filesNamed(): Promise<readonly (string | undefined)[]> {
  const alerts = await visit.page.getByRole('alert').allTextContents();
  return alerts.map((text) => /In ([^:]*?\.(?:png|csreq))\./u.exec(text)?.[1]);
}

describe('pictures of which nothing can be opened', { timeout: 60_000 }, () => {
  it('are all named where codes of several messages are missing', async () => {
    const paths = [one[0] ?? '', two[0] ?? ''];
    await visit.openRequest(...paths);
    expect(await visit.alert()).toMatch(/2 messages: 1 of \d codes, 1 of \d codes/u);
    expect(await filesNamed()).toEqual([paths.map((path) => basename(path)).join(', ')]);
  });

  it('are all named where there are several requests', async () => {
    const file = stage.path('two.csreq');
    await visit.openRequest(...one, file);
    expect(await visit.alert()).toContain('page/several-requests');
    const names = ['two.csreq', ...one.map((path) => basename(path))].join(', ');
    expect(names.split(', ').length).toBeLessThan(7);
    expect(await visit.alert()).toContain(`In ${names}.`);
  });

  it('are named one by one where they are none of ours, and what else was there is told', async () => {
    const blank = written('blank.png', encodePng({ size: 21, modules: new Uint8Array(441) }));
    const foreign = written('foreign.png', await QRCode.toBuffer('https://example.com/', { scale: 6 }));
    await visit.openRequest(one[0] ?? '', blank, foreign);
    expect(await filesNamed()).toEqual(['blank.png', 'foreign.png']);
    expect(await visit.page.locator('.notice.warning').textContent()).toMatch(
      /Of another message 1 of \d codes were there, in one-code-\d+\.png\./u,
    );
  });

  it('are named where what they make is no request', async () => {
    const frame = encodeFrames(new Uint8Array(9)).frame(0);
    const none = written('none.png', encodePng(drawFrame(frame)));
    await visit.openRequest(one[0] ?? '', none);
    expect(await filesNamed()).toEqual(['none.png']);
    expect(await visit.page.locator('.notice.warning').textContent()).toContain('Of another message 1 of');
  });
});
