import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

const count = 20_000;

let stage: Stage;
let lab: PageLab;
let visit: Visit;

beforeAll(async () => {
  stage = await openStage();
  const configuration = stage.path('online', 'countersign.yaml');
  const before = readFileSync(configuration, 'utf8');
  writeFileSync(configuration, before.replace('rows_imaged: 10000', `rows_imaged: ${count}`));
  const database = new DatabaseSync(stage.path('online', 'demo.db'));
  database.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)');
  // One value of 24 lines is enough to make every wrapped row 24 lines high.
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<${count})
     INSERT INTO notes SELECT i, CASE i WHEN 9 THEN '${'long '.repeat(300)}' ELSE 'short' END FROM n`,
  );
  database.close();
  await stage.request("UPDATE notes SET text = text || '.' WHERE id > 0", 'notes.csreq');
  lab = await PageLab.open();
  visit = await lab.visit();
  await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
  await visit.openRequest(stage.path('notes.csreq'));
  await visit.isShown();
}, 240_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

interface Sight {
  /** Height of what is scrolled, pixels. */
  readonly height: number;
  /** The ids of the rows that are in sight, as their cells say. */
  readonly ids: readonly number[];
}

const lookAtRows = `(() => {
  const grid = document.querySelector('[role=grid]');
  const { top, bottom } = grid.getBoundingClientRect();
  const inSight = Array.from(grid.querySelectorAll('.grid-row'), (row) => ({ row, box: row.getBoundingClientRect() }))
    .filter(({ box }) => box.bottom > top + 40 && box.top < bottom - 10)
    .toSorted((one, other) => one.box.top - other.box.top);
  return {
    height: grid.scrollHeight,
    ids: inSight.map(({ row }) => Number(row.querySelector('[role=gridcell]').textContent)),
  };
})()`;
const scrollTo = (top: string): string =>
  `(() => { const grid = document.querySelector('[role=grid]'); grid.scrollTop = ${top}; })()`;
const twoPictures = 'new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))';

async function look(): Promise<Sight> {
  await visit.page.evaluate(twoPictures);
  return visit.page.evaluate<Sight>(lookAtRows);
}

describe('rows that together are higher than a browser draws an element', { timeout: 120_000 }, () => {
  it('are all reached by keys, by scrolling and by the scroll bar', async () => {
    const { page } = visit;
    await page.getByLabel('Wrap long values').check();
    const grid = page.getByRole('grid');
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(count + 1));
    await grid.focus();
    await page.keyboard.press('End');
    const end = await look();
    expect(end.height).toBeLessThan(8_100_000);
    expect(end.ids.at(-1)).toBe(count);
    await page.getByText('to 20,000 of 20,000 rows').waitFor();
    await page.keyboard.press('Home');
    expect((await look()).ids[0]).toBe(1);
    // Dragged to its end, the bar stands at the end of what the element holds, which slides on.
    await page.evaluate(scrollTo('grid.scrollHeight'));
    const middle = (await look()).ids[0] ?? 0;
    expect(middle).toBeGreaterThan(17_000);
    expect(middle).toBeLessThan(18_000);
    await grid.hover();
    await page.mouse.wheel(0, 447);
    await expect.poll(async () => (await look()).ids[0]).toBe(middle + 1);
    await page.evaluate(scrollTo('grid.scrollHeight'));
    expect((await look()).ids.at(-1)).toBe(count);
    await page.evaluate(scrollTo('0'));
    const back = (await look()).ids[0] ?? 0;
    await page.mouse.wheel(0, -447);
    await expect.poll(async () => (await look()).ids[0]).toBe(back - 1);
    expect(visit.offences).toEqual([]);
  });
});
