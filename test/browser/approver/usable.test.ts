import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exampleKeys, passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { expectNoOverflow, expectNothingSerious } from './accessible.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

interface Focused {
  readonly name: string;
  readonly outline: string;
}

const whatHasTheFocus = `(() => {
  const element = document.activeElement;
  const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
  return { name, outline: getComputedStyle(element).outlineStyle };
})()`;

interface Work {
  readonly pictures: number;
  /** The most rows in the document at once, and put into it for one picture of the screen. */
  readonly rows: number;
  readonly added: number;
}

/** Scrolls through all rows, many times a picture of the screen, and counts what that makes of work. */
const scrollThrough = `(async () => {
  const grid = document.querySelector('[role=grid]');
  let [pictures, rows, added, fresh] = [0, 0, 0, 0];
  new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (node.getAttribute?.('role') === 'row') fresh += 1;
  }).observe(grid, { childList: true, subtree: true });
  const picture = () => new Promise(requestAnimationFrame);
  await picture();
  for (let last = -1; grid.scrollTop !== last; pictures += 1) {
    last = grid.scrollTop;
    for (let step = 0; step < 20; step += 1) {
      grid.scrollTop += 150;
      grid.dispatchEvent(new Event('scroll'));
    }
    fresh = 0;
    await picture();
    await picture();
    rows = Math.max(rows, grid.querySelectorAll('[role=row]').length);
    added = Math.max(added, fresh);
  }
  return { pictures, rows, added };
})()`;

let stage: Stage;
let lab: PageLab;
let visit: Visit;

beforeAll(async () => {
  stage = await openStage();
  const database = new DatabaseSync(stage.path('online', 'demo.db'));
  database.exec('CREATE TABLE lots (id INTEGER PRIMARY KEY, status TEXT, amount INTEGER)');
  database.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<10000) INSERT INTO lots SELECT i, 'open', i % 77 FROM n",
  );
  database.close();
  await stage.request("UPDATE lots SET status = 'closed' WHERE amount < 1000", 'lots.csreq');
  await stage.request(
    "UPDATE customers SET tier = 'gold' -- loyal\n WHERE city = 'Leeds' AND name <> 'a\u202eb'",
    'update.csreq',
  );
  await stage.request('DELETE FROM customers WHERE id = 4', 'delete.csreq');
  await stage.request('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)', 'schema.csreq');
  lab = await PageLab.open();
  visit = await lab.visit({ reducedMotion: 'reduce' });
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  await visit.toStart();
  expect(visit.offences).toEqual([]);
});

describe('people who read otherwise', { timeout: 120_000 }, () => {
  it('find nothing serious in their way on any screen, light and dark', async () => {
    const { page } = visit;
    await expectNothingSerious(visit.page);
    await page.getByRole('button', { name: 'Make a key' }).click();
    await expectNothingSerious(visit.page);
    await page.getByRole('button', { name: 'Back' }).click();
    const own = ['root.pub', 'ada.cskey', 'ada.cspub'].map((file) => join(exampleKeys, file));
    await visit.bring([...own, stage.path('COUNTERSIGN-DEMO')]);
    await expectNothingSerious(visit.page);
    await page.getByRole('button', { name: 'Go on with these root keys' }).click();
    await expectNothingSerious(visit.page);
    for (const name of ['update', 'delete', 'schema']) {
      await visit.openRequest(stage.path(`${name}.csreq`));
      await visit.isShown();
      await page.getByRole('radio', { name: name === 'update' ? 'Amend' : 'Approve' }).check();
      await expectNothingSerious(visit.page);
      await page.getByRole('button', { name: 'Close without deciding' }).click();
    }
    await page.getByRole('button', { name: 'Journal' }).click();
    await expectNothingSerious(visit.page);
  });

  it('need not scroll sideways in a narrow window, at zoom of 200 %, in a wide window', async () => {
    await expectNoOverflow(visit.page);
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await expectNoOverflow(visit.page);
    for (const name of ['update', 'schema']) {
      await visit.openRequest(stage.path(`${name}.csreq`));
      await visit.isShown();
      await expectNoOverflow(visit.page);
      await visit.page.getByRole('button', { name: 'Close without deciding' }).click();
    }
  });

  it('do everything by the keyboard alone', async () => {
    const { page } = visit;
    // Listened for from the beginning: otherwise the key may come before the browser knows that somebody listens.
    page.on('filechooser', () => undefined);
    const own = ['root.pub', 'ben.cskey', 'ben.cspub'].map((file) => join(exampleKeys, file));
    await choose('Choose its files', [...own, stage.path('COUNTERSIGN-DEMO')]);
    await page.getByRole('heading', { name: 'What is in it' }).waitFor();
    await tabTo('I heard these words from the keeper of root-1');
    await page.keyboard.press('Space');
    await tabTo('Go on with these root keys');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Open a request' }).waitFor();
    await choose('Choose a file or pictures', [stage.path('delete.csreq')]);
    await page.locator('.review').waitFor();
    for (const table of ['customers', 'items', 'orders']) {
      await tabTo(`Changed rows of ${table}`);
      await page.keyboard.press('End');
    }
    await tabTo('Approve');
    await page.keyboard.press('Space');
    await page.getByText('Every changed row was on the screen.').waitFor();
    await tabTo('How many rows does it change?');
    await page.keyboard.type('6');
    await tabTo('Passphrase');
    await page.keyboard.type(passphrase);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Approval signed' }).waitFor({ timeout: 60_000 });
    await tabTo('Save ben.csstate');
    const [state] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(state.suggestedFilename()).toBe('ben.csstate');
    await tabTo('Save the response');
    const [response] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(response.suggestedFilename()).toMatch(/^[0-9a-f]{8}-ben\.csdec$/);
    await tabTo('Lock now');
    await page.keyboard.press('Enter');
    await page.getByText('Key ben is locked').waitFor();
  });

  async function choose(button: string, paths: readonly string[]): Promise<void> {
    await tabTo(button);
    const [chooser] = await Promise.all([
      visit.page.waitForEvent('filechooser'),
      visit.page.keyboard.press('Enter'),
    ]);
    await chooser.setFiles([...paths]);
  }

  /** Presses Tab until the element of this name has the focus, and sees that the focus can be seen. */
  async function tabTo(name: string): Promise<void> {
    for (let turn = 0; turn < 90; turn += 1) {
      await visit.page.keyboard.press('Tab');
      const found = await visit.page.evaluate<Focused>(whatHasTheFocus);
      if (!found.name.startsWith(name)) continue;
      expect(found.outline).not.toBe('none');
      return;
    }
    throw new Error(`no way to ${name} by the Tab key`);
  }
});

describe('ten thousand changed rows', { timeout: 120_000 }, () => {
  it('are drawn as few as are in sight, once a picture of the screen however much is scrolled', async () => {
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    const { page } = visit;
    await visit.openRequest(stage.path('lots.csreq'));
    await visit.isShown();
    const grid = page.getByRole('grid');
    expect(await grid.getAttribute('aria-rowcount')).toBe('10001');
    const { pictures, rows, added } = await page.evaluate<Work>(scrollThrough);
    // Ten thousand rows of 46 pixels, 3,000 pixels a turn.
    expect(pictures).toBeGreaterThan(150);
    expect(rows).toBeLessThan(60);
    // Two pictures are waited for, and the browser's own scroll event may come in the second.
    expect(added).toBeLessThanOrEqual(2 * rows);
    expect(await page.getByText(/^Rows [\d,]+ to 10,000 of 10,000 rows/u).count()).toBe(1);
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('PageDown');
    await page.getByText(/^Rows \d+ to \d+ of 10,000 rows/u).waitFor();
    await page.getByRole('searchbox').fill('id = 9876 ');
    await page.getByText('Rows 1 to 1 of 1 row').waitFor();
  });
});
