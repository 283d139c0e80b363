import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deflateRawSync } from 'node:zlib';
import QRCode from 'qrcode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '@countersign/codec';
import { drawFrame, encodeFrame, encodeFrames, frameBytesAt, type Drawing } from '@countersign/frames';
import type { Request } from '@countersign/messages';
import { encodePng } from '@countersign/program';
import { reforge } from '../../../apps/approver/test/reforge.ts';
import type { Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

const markup = '<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>';
/** What the executor lets into a text of a statement. */
const bidi = 'a\u202eb\u2066c\u200bd';
const hidden = 'a\u202eb\u2066c\u200bd\u00ade\u001b[31mf\u0007g\u2028h\ufeffi';

interface Found {
  readonly elements: readonly string[];
  readonly hidden: boolean;
}

/** Elements that the page has no use for, and characters that would not show themselves. */
const lookForWhatIsForbidden = String.raw`({
  elements: Array.from(
    document.querySelectorAll('script:not([type="text/plain"]), img, svg, iframe, object, embed, link, base, a[href]:not(.skip)'),
    (element) => element.tagName,
  ),
  hidden: /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u.test(
    document.querySelector('main').textContent,
  ),
})`;

/** By how many pixels a statement is wider than its box, and the document wider than its window. */
const measureOverflow = `[document.querySelector('.statement'), document.documentElement]
  .map((element) => element.scrollWidth - element.clientWidth)`;

let stage: Stage;
let lab: PageLab;
let visit: Visit;

beforeAll(async () => {
  stage = await openStage();
  const database = new DatabaseSync(stage.path('online', 'demo.db'));
  database.exec('CREATE TABLE "<b>x</b>" (id INTEGER PRIMARY KEY, "<i>y</i>" TEXT)');
  database.exec('CREATE TABLE many (id INTEGER PRIMARY KEY, who TEXT)');
  database.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<900) INSERT INTO many SELECT i, 'user ' || i FROM n",
  );
  database.exec("UPDATE many SET who = 'the one bad row' WHERE id = 613");
  const names = Array.from({ length: 12 }, (_, index) => `c${index} TEXT`).join(', ');
  database.exec(`CREATE TABLE broad (id INTEGER PRIMARY KEY, ${names}, note TEXT)`);
  database
    .prepare('INSERT INTO broad (id, note) VALUES (1, ?), (2, ?), (3, ?)')
    .run(...Array<string>(3).fill('x'.repeat(70)));
  const insert = database.prepare('INSERT INTO "<b>x</b>" VALUES (1, ?)');
  insert.run(`${markup}${hidden}`);
  database.close();
  lab = await PageLab.open();
  visit = await lab.visit();
  await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  const { offences, page } = visit;
  const found = await page.evaluate<Found>(lookForWhatIsForbidden);
  const close = page.getByRole('button', { name: 'Close without deciding' });
  if (await close.isVisible()) await close.click();
  expect(offences).toEqual([]);
  expect(found).toEqual({ elements: [], hidden: false });
});

/** Two codes beside each other on one square sheet. */
function onOneSheet(one: Drawing, other: Drawing): Drawing {
  const gap = 8;
  const size = one.size + gap + other.size;
  const modules = new Uint8Array(size * size);
  for (const [code, left] of [
    [one, 0],
    [other, one.size + gap],
  ] as const)
    for (let y = 0; y < code.size; y += 1)
      modules.set(code.modules.subarray(y * code.size, (y + 1) * code.size), y * size + left);
  return { size, modules };
}

async function submit(name: string, sql: string): Promise<string> {
  await stage.request(sql, name);
  return stage.path(name);
}

const text = (id: string): Promise<string | null> => visit.page.locator(`#section-${id}`).textContent();

describe('a request that deceives', { timeout: 120_000 }, () => {
  it('with markup, control and hidden characters, in the statement, the rows and the names', async () => {
    const sql = `UPDATE /* approve this now, it was read already */ "<b>x</b>" SET "<i>y</i>" = '${bidi}${markup}' WHERE id = 1`;
    await visit.openRequest(await submit('markup.csreq', sql));
    await visit.isShown();
    expect(await text('what')).toContain(markup);
    expect(await text('what')).toContain('⟨U+202E⟩');
    expect(await text('what')).toContain('Nothing in a comment is an instruction to you.');
    expect(await text('changes')).toContain('⟨U+200B⟩');
    expect(await text('changes')).toContain('⟨U+001B⟩[31m');
    expect(await text('changes')).toContain('<b>x</b>');
    expect(await visit.page.locator('.statement mark').count()).toBeGreaterThan(0);
  });

  it('with markup in everything that only the executor says', async () => {
    const bad = `${markup}${hidden}`;
    const lie = (one: Request): Request => ({
      ...one,
      target: { ...one.target, serverVersion: bad, session: [[bad, bad]], tags: [bad] },
      policy: { ...one.policy, reason: bad, rules: [bad], obligations: [[bad, bad]] },
    });
    const bytes = new Uint8Array(
      readFileSync(await submit('plain.csreq', "UPDATE customers SET tier = 'x' WHERE id = 1")),
    );
    writeFileSync(stage.path('executor.csreq'), reforge(bytes, lie));
    await visit.openRequest(stage.path('executor.csreq'));
    await visit.isShown();
    for (const id of ['where', 'policy']) expect(await text(id)).toContain('⟨U+202E⟩');
  });

  it('with names that look like others', async () => {
    await visit.openRequest(
      await submit('alike.csreq', "UPDATE customers SET tier = 'gоld' WHERE city = 'Lееds' OR id = 1"),
    );
    await visit.isShown();
    expect(await text('what')).toContain('There are words that can be read as other words.');
    expect(await text('what')).toContain('о=U+043E');
  });

  it('with a payload far to the right, or far below', async () => {
    const far = `UPDATE customers SET tier = 'x' ${' '.repeat(60_000)} WHERE id = 1 AND name <> 'far away'`;
    const below = `UPDATE customers SET tier = 'x' ${'\n'.repeat(9000)} WHERE id = 1 AND name <> 'far below'`;
    await visit.openRequest(await submit('far.csreq', far));
    await visit.isShown();
    expect(await text('what')).toContain('There is a very long line. Read it to its end.');
    await expectInSight('far away');
    await visit.page.getByRole('button', { name: 'Close without deciding' }).click();
    await visit.openRequest(await submit('below.csreq', below));
    await visit.isShown();
    expect(await text('what')).toContain('There are very many lines. Read them to their end.');
    await expectInSight('far below');
  });

  it('with the one bad row far down: found by search, and passed before anything is approved', async () => {
    await visit.openRequest(await submit('many.csreq', 'DELETE FROM many WHERE id > 0 AND id < 901'));
    await visit.isShown();
    const { page } = visit;
    await page.getByRole('radio', { name: 'Approve' }).check();
    const reach = page.locator('.reach');
    const grid = page.getByRole('grid');
    await grid.focus();
    await page.keyboard.press('End');
    await page
      .getByText('Rows 900', { exact: false })
      .or(page.getByText('to 900 of 900 rows'))
      .first()
      .waitFor();
    // The end was reached by a jump: what lies between was not on the screen.
    expect(await reach.textContent()).toContain('The whole of what changes must have been on the screen');
    await page.getByRole('button', { name: 'Go to the first row not seen' }).click();
    for (let turn = 0; turn < 120 && (await reach.textContent())?.includes('✓') !== true; turn += 1)
      await page.keyboard.press('PageDown');
    expect(await reach.textContent()).toContain('Every changed row was on the screen.');
    await page.getByRole('searchbox').fill('bad row');
    await page.getByText('Rows 1 to 1 of 1 row').waitFor();
    expect(await grid.textContent()).toContain('the one bad row');
  });

  it('with what matters in a column out of sight, or behind the end of a value that is cut', async () => {
    const set = Array.from({ length: 12 }, (_, index) => `c${index} = 'new value ${index}'`).join(', ');
    await visit.openRequest(
      await submit(
        'broad.csreq',
        `UPDATE broad SET ${set}, note = note || ' and pay the thief' WHERE id < 9`,
      ),
    );
    await visit.isShown();
    const { page } = visit;
    await page.getByRole('radio', { name: 'Approve' }).check();
    const reach = page.locator('.reach');
    const grid = page.getByRole('grid');
    await grid.focus();
    await page.keyboard.press('End');
    await page.getByText('Rows 1 to 3 of 3 rows').waitFor();
    expect(await reach.textContent()).toContain('Seen: 0 of 3 changed rows');
    // All of its width is passed, and the value that is cut still is.
    for (let left = 0; left <= 4000; left += 150) {
      await grid.evaluate((element: { scrollLeft: number }, to) => (element.scrollLeft = to), left);
      await page.evaluate('new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))');
    }
    expect(await reach.textContent()).toContain('Seen: 0 of 3 changed rows');
    await visit.reachEverything();
    expect(await page.getByLabel('Wrap long values').isChecked()).toBe(true);
    expect(await page.locator('.changes').textContent()).toContain('and pay the thief');
  });

  it('with a change of the schema below the edge of the window, or that is all there is', async () => {
    const columns = Array.from({ length: 60 }, (_, index) => `column_${index} TEXT`).join(',\n');
    await visit.openRequest(
      await submit('long.csreq', `CREATE TABLE long (id INTEGER PRIMARY KEY,\n${columns})`),
    );
    await visit.isShown();
    const { page } = visit;
    await page.getByRole('radio', { name: 'Approve' }).check();
    expect(await page.locator('.reach').textContent()).toMatch(/Seen: \d+ of 6\d lines about the schema/u);
    expect(await page.getByText('Go through all that changes.').count()).toBe(1);
    await visit.reachEverything();
    expect(await page.locator('.reach').textContent()).toContain(
      '✓ Every change of the schema was on the screen.',
    );
    expect(await page.getByText('Go through all that changes.').count()).toBe(0);
  });

  /** The text is in the document, takes room, and nothing of the statement lies outside its box. */
  async function expectInSight(part: string): Promise<void> {
    const line = visit.page.locator('.statement li', { hasText: part }).last();
    const box = await line.boundingBox();
    expect(box?.height).toBeGreaterThan(10);
    const overflow = await visit.page.evaluate<number[]>(measureOverflow);
    expect(Math.max(...overflow)).toBeLessThanOrEqual(0);
  }
});

describe('a medium that deceives', { timeout: 120_000 }, () => {
  const written = (name: string, bytes: Uint8Array): string => {
    const path = stage.path(name);
    writeFileSync(path, bytes);
    return path;
  };

  it('carries something that is no request, or a part of one, or one that was changed', async () => {
    const whole = new Uint8Array(
      readFileSync(await submit('whole.csreq', "UPDATE customers SET tier = 'y' WHERE id = 1")),
    );
    const changed = whole.slice();
    changed[700] = (changed[700] ?? 0) ^ 1;
    const newer = whole.slice();
    newer[2] = 2;
    await visit.openRequest(written('empty.csreq', new Uint8Array()));
    expect(await visit.alert()).toContain('bundle/malformed');
    for (const [name, bytes] of Object.entries({ cut: whole.slice(0, 900), changed, newer })) {
      await visit.openRequest(written(`${name}.csreq`, bytes));
      expect(await visit.alert()).toMatch(/(?:bundle|request|cbor|schema|cose|signature)\//u);
      expect(await visit.page.locator('.review').count()).toBe(0);
    }
  });

  it('has a name that hides what it is', async () => {
    await visit.openRequest(written('\u202egnp.csreq', new Uint8Array([1])));
    expect(await visit.alert()).toContain('⟨U+202E⟩gnp.csreq');
  });

  it('is larger than a request can be', async () => {
    execFileSync('truncate', ['--size', '40M', stage.path('huge.csreq')]);
    await visit.openRequest(stage.path('huge.csreq'));
    expect(await visit.alert()).toContain('page/file-too-large');
  });

  it('shows codes of others, of two requests, of a part, or of a bomb', async () => {
    const pictures = async (name: string, request: string): Promise<readonly string[]> => {
      mkdirSync(stage.path(name));
      await stage.export(request, `${name}/code.png`);
      return readdirSync(stage.path(name)).map((file) => join(stage.path(name), file));
    };
    const id = await stage.request("UPDATE customers SET tier = 'z' WHERE id = 1", 'one.csreq');
    const other = await stage.request("UPDATE customers SET tier = 'z' WHERE id = 2", 'two.csreq');
    const [one, two] = [await pictures('one', id), await pictures('two', other)];
    const foreign = await QRCode.toBuffer('https://example.com/approve?id=1', { scale: 6 });
    const blank = encodePng({ size: 21, modules: new Uint8Array(441) });
    await visit.openRequest(written('foreign.png', foreign));
    expect(await visit.alert()).toContain('frame/foreign');
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['picture/without-code', [written('blank.png', blank)]],
      ['picture/undecodable', [written('broken.png', blank.subarray(0, 40))]],
      ['page/codes-incomplete', one.slice(0, 1)],
      ['page/several-requests', [...one, ...two]],
      ['packed/inflated-too-long', bomb().map((picture, index) => written(`bomb-${index}.png`, picture))],
    ];
    for (const [code, paths] of cases) {
      await visit.openRequest(...paths);
      expect(await visit.alert()).toContain(code);
    }
  });

  it('shows a code of ours beside one of somebody else: ours is opened, and the other told', async () => {
    await stage.request("UPDATE customers SET tier = 'z' WHERE id = 3", 'beside.csreq');
    const frames = encodeFrames(new Uint8Array(readFileSync(stage.path('beside.csreq'))), {
      frameBytesMax: frameBytesAt(25),
    });
    const { modules } = QRCode.create('https://example.com/menu', { errorCorrectionLevel: 'L' });
    const menu = { size: modules.size, modules: Uint8Array.from(modules.data, (dark) => Number(dark !== 0)) };
    const paths = Array.from({ length: frames.minimumFrames }, (_, index) => {
      const code = drawFrame(frames.frame(index));
      return written(`beside-${index}.png`, encodePng(index === 0 ? onOneSheet(code, menu) : code));
    });
    await visit.openRequest(...paths);
    await visit.isShown();
    const told = await visit.page.locator('.notice', { hasText: 'was passed over' }).textContent();
    expect(told).toContain('In beside-0.png a code holds a web address.');
  });

  it('is a pasted text that is none, and one that is a request', async () => {
    await visit.openRequest(written('none.csreq', new Uint8Array([7])));
    const { page } = visit;
    await page.getByText('Paste it as text').click();
    await page.getByLabel('The request in base64').fill('<b>no</b>');
    await page.getByRole('button', { name: 'Open what was pasted' }).click();
    await page.getByText('page/paste').waitFor();
    await page
      .getByLabel('The request in base64')
      .fill(readFileSync(stage.path('whole.csreq')).toString('base64'));
    await page.getByRole('button', { name: 'Open what was pasted' }).click();
    await page.locator('.review').waitFor();
  });
});

/** Pictures of codes whose message would unpack to 9 MiB, one more than is allowed. */
function bomb(): readonly Uint8Array[] {
  const packed = new Uint8Array([1, ...deflateRawSync(new Uint8Array(9_437_184), { level: 9 })]);
  const messageId = sha256(packed).slice(0, 8);
  const count = Math.ceil(packed.length / 2400);
  const length = 2 * Math.ceil(packed.length / (2 * count));
  return Array.from({ length: count }, (_, index) => {
    const payload = new Uint8Array(length);
    payload.set(packed.subarray(index * length, (index + 1) * length));
    return encodePng(drawFrame(encodeFrame({ messageId, total: packed.length, index, payload })));
  });
}
