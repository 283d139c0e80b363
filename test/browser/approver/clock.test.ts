import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseEnvelope } from '@countersign/codec';
import {
  decodeBundle,
  decodeDecision,
  decodeRequest,
  decodeResponse,
  type Decision,
  type Request,
} from '@countersign/messages';
import { passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;
let request: Request;

beforeAll(async () => {
  stage = await openStage();
  const database = new DatabaseSync(stage.path('online', 'demo.db'));
  database.exec('CREATE TABLE lots (id INTEGER PRIMARY KEY, status TEXT, amount INTEGER)');
  database.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30) INSERT INTO lots SELECT i, 'open', i FROM n",
  );
  database.close();
  const id = await stage.request("UPDATE lots SET status = 'closed' WHERE amount < 1000", 'lots.csreq');
  await stage.approver('carol');
  const early = ['approve', stage.path('lots.csreq'), '--out', stage.path('early.csdec')];
  expect((await stage.offline(early, { home: 'carol', passphrase })).exitCode).toBe(0);
  expect((await stage.online('import', stage.path('early.csdec'))).stdout).toContain('counted');
  await stage.export(id, 'lots.csreq');
  const bundle = decodeBundle(new Uint8Array(readFileSync(stage.path('lots.csreq'))));
  request = decodeRequest(parseEnvelope(bundle.request).payload ?? new Uint8Array());
  lab = await PageLab.open();
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

beforeEach(async () => {
  visit = await lab.visit();
  await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
}, 60_000);

afterEach(async () => {
  await visit.page.context().close();
  expect(visit.offences).toEqual([]);
});

/** Sets the clock of the machine, whole seconds; the timers of the page go on as ever. */
async function setClock(seconds: number): Promise<void> {
  await visit.page.clock.setFixedTime(seconds * 1000);
}

async function openAt(seconds: number): Promise<void> {
  await setClock(seconds);
  await visit.openRequest(stage.path('lots.csreq'));
  await visit.isShown();
}

function signedIn(response: Uint8Array): Decision {
  const signed = decodeResponse(response).decisions.at(-1) ?? new Uint8Array();
  return decodeDecision(parseEnvelope(signed).payload ?? new Uint8Array());
}

interface Changes {
  /** The parts of the page in which something changed. */
  readonly places: readonly string[];
  /** How often something changed that a screen reader reads by itself. */
  readonly announced: number;
}

const watchChanges = `(() => {
  const live = '[aria-live], [role=status], [role=alert]';
  globalThis.changed = { places: new Set(), announced: 0 };
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      const place = element?.closest('.contents, .summary, .section, .top, .bottom');
      globalThis.changed.places.add(place?.id || place?.className || element?.className || 'elsewhere');
      if (element?.closest(live) || [...addedNodes].some((node) => node.matches?.(live))) globalThis.changed.announced += 1;
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
})()`;
const whatChanged = '({ places: [...changed.places].toSorted(), announced: changed.announced })';

interface Stand {
  readonly focus: string;
  readonly caret: number;
  readonly note: string;
  /** Where the field with the focus is on the screen, pixels. */
  readonly top: number;
  readonly rowsScrolled: number;
  readonly fold: boolean;
  readonly seen: string;
  readonly selection: string;
}

/** Where a person stands in the page: nothing of it may be moved by the clock. */
const stand = `(() => {
  const note = document.querySelector('form.decide textarea:not(.mono)');
  return {
    focus: document.activeElement === note ? 'note' : document.activeElement.outerHTML.slice(0, 80),
    caret: note.selectionStart,
    note: note.value,
    top: Math.round(note.getBoundingClientRect().top),
    rowsScrolled: document.querySelector('[role=grid]').scrollTop,
    fold: document.querySelector('details.conditions').open,
    seen: document.querySelector('.reach').textContent,
    selection: String(getSelection()),
  };
})()`;

/** A second of the machine's clock passes a fifth of one after signing was asked for; opening a key takes longer, and leaves no turn to set a clock in. */
const passOnSubmit = (seconds: number): string => `addEventListener('submit', () => {
  const pressed = performance.now();
  Date.now = () => 1000 * (performance.now() - pressed < 200 ? ${seconds} : ${seconds + 1});
}, { capture: true, once: true })`;

/** Goes through the rows, opens a fold, types a note and stays in the middle of it. */
async function settle(): Promise<Stand> {
  const { page } = visit;
  await page.getByRole('radio', { name: 'Approve' }).check();
  await visit.reachEverything();
  await page.getByText('Narrower conditions').click();
  await page.getByLabel('Note').fill('looked at twice');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  return page.evaluate<Stand>(stand);
}

describe('a request that is looked at for long', { timeout: 120_000 }, () => {
  it('reads by the clock again after half a minute, and nothing else of the page is touched', async () => {
    await openAt(request.madeAt + 60);
    const { page } = visit;
    const before = await settle();
    expect(before).toMatchObject({ focus: 'note', caret: 13, fold: true });
    expect(before.rowsScrolled).toBeGreaterThan(500);
    await page.evaluate(watchChanges);
    await setClock(request.madeAt + 60 + 29);
    // Two looks at the clock later nothing has changed.
    await page.evaluate('new Promise((go) => setTimeout(go, 2500))');
    expect(await page.evaluate<Changes>(whatChanged)).toEqual({ places: [], announced: 0 });
    await setClock(request.madeAt + 60 + 31);
    await page.locator('#section-clocks').getByText('1 min 31 s ago').waitFor();
    await setClock(request.madeAt + 3600);
    await page.locator('#section-clocks').getByText('1 h ago').waitFor();
    expect(await page.locator('.summary').textContent()).toContain('in 23 h');
    expect(await page.evaluate<Stand>(stand)).toEqual(before);
    const { places, announced } = await page.evaluate<Changes>(whatChanged);
    expect(places).toEqual(['section-clocks', 'section-quorum', 'summary']);
    expect(announced).toBe(0);
  });

  it('warns when little time is left, and the decision says so', async () => {
    await openAt(request.reviewBy - 901);
    const { page } = visit;
    const soon = page.locator('#section-clocks').getByText('Little time is left to review this.');
    expect(await soon.count()).toBe(0);
    await setClock(request.reviewBy - 899);
    await soon.waitFor();
    // The list of contents counts it.
    expect(await page.locator('.contents').textContent()).toContain('Until when! 1 (1 warning)');
    await visit.decide('Deny');
    const { view } = signedIn((await visit.takeAway()).response);
    expect(view.warnings).toContain('clock/review-soon');
  });

  it('says at once when its time has passed, moves nothing, and is denied but not approved', async () => {
    await openAt(request.reviewBy - 5);
    const { page } = visit;
    const before = await settle();
    await setClock(request.reviewBy);
    await page.locator('#section-clocks').getByText('(now)').waitFor();
    expect(await page.locator('.verdict.danger').count()).toBe(0);
    await page.evaluate(watchChanges);
    await setClock(request.reviewBy + 1);
    await page.locator('.verdict.danger').waitFor();
    const verdict = (await page.locator('.verdict').textContent()) ?? '';
    expect(verdict).toContain('A check failed. Do not approve.');
    expect(verdict).toContain('The time to review this request has passed');
    expect(await page.locator('#section-checks').textContent()).toContain('(review/review-late)');
    expect(await visit.alert()).toContain('so an approval would be refused');
    const after = await page.evaluate<Stand>(stand);
    expect(after).toEqual({ ...before, top: after.top });
    expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(2);
    // It is announced once, and only that.
    await setClock(request.reviewBy + 120);
    await page.locator('#section-clocks').getByText('(2 min ago)').waitFor();
    expect(await page.evaluate<Changes>(whatChanged)).toMatchObject({ announced: 1 });
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await page.getByRole('button', { name: 'Sign the approval' }).click();
    await page
      .getByRole('button', { name: 'Sign the approval' })
      .and(page.locator('[aria-busy=false]'))
      .waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await visit.alert()).toContain('approval/review-late');
    expect(await page.locator('canvas').count()).toBe(0);
    await visit.decide('Deny');
    const { view, madeAt } = signedIn((await visit.takeAway()).response);
    expect(madeAt).toBe(request.reviewBy + 120);
    expect(view.warnings).toEqual(
      expect.arrayContaining(['check/failed', 'clock/review-past', 'review/review-late']),
    );
  });

  it('is not approved when its time passes while the key is opened', async () => {
    await openAt(request.reviewBy);
    const { page } = visit;
    await page.getByRole('radio', { name: 'Approve' }).check();
    await visit.reachEverything();
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await page.evaluate(passOnSubmit(request.reviewBy));
    await page.getByRole('button', { name: 'Sign the approval' }).click();
    expect(await visit.alert()).toContain('approval/review-late');
    expect(await page.getByRole('heading', { name: /signed$/u }).count()).toBe(0);
    await page.locator('.verdict.danger').waitFor();
  });

  it('no longer warns of a clock that is behind once the moment is there', async () => {
    await openAt(request.madeAt - 400);
    const { page } = visit;
    const ahead = page.locator('#section-clocks').getByText('made in the future');
    await ahead.waitFor();
    await setClock(request.madeAt);
    await ahead.waitFor({ state: 'detached' });
    await visit.decide('Deny');
    const { warnings } = signedIn((await visit.takeAway()).response).view;
    expect(warnings.filter((code) => /^clock\/|clock-behind$/u.test(code))).toEqual([]);
  });
});
