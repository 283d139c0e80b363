import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseEnvelope } from '@countersign/codec';
import { decodeDecision, decodeResponse } from '@countersign/messages';
import { postgresParser } from '@countersign/program';
import { classifyTexts, encodeCatalog, encodeFacts, provideParser } from '@countersign/sql';
import { reforge } from '../../../apps/approver/test/reforge.ts';
import { exampleKeys, passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

const example = (name: string): string => join(exampleKeys, name);

let stage: Stage;
let lab: PageLab;
/** The one opening of the page that most of these share. */
let seat: Visit;
let visit: Visit;

beforeEach(() => {
  visit = seat;
});

beforeAll(async () => {
  stage = await openStage();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 1", 'update.csreq');
  lab = await PageLab.open();
  seat = await lab.visit();
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  if (visit === seat) await visit.toStart();
  else await visit.page.context().close();
  expect(visit.offences).toEqual([]);
});

/** Drops so many small files on the page. */
async function drop(page: Page, count: number): Promise<void> {
  await page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    for (let at = 0; at < ${count}; at += 1) dataTransfer.items.add(new File(['x'], 'file-' + at));
    document.querySelector('h1').setAttribute('data-before', '');
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })()`);
  await page.locator('h1:not([data-before])').waitFor();
}

describe('a browser that cannot be relied on', { timeout: 60_000 }, () => {
  it('is refused where it cannot verify the signatures that are used', async () => {
    const broken =
      'SubtleCrypto.prototype.generateKey = () => Promise.reject(new DOMException("no", "NotSupportedError"))';
    visit = await lab.visit({}, (page) => page.addInitScript(broken));
    expect(await visit.alert()).toContain('page/no-ed25519');
    expect(await visit.page.getByRole('button').count()).toBe(0);
  });

  it('is refused where its verifier and ours disagree', async () => {
    const broken = 'SubtleCrypto.prototype.verify = () => Promise.resolve(false)';
    visit = await lab.visit({}, (page) => page.addInitScript(broken));
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.openRequest(stage.path('update.csreq'));
    expect(await visit.alert()).toContain('page/verifiers-differ');
  });

  it('is told about where it allows no camera', async () => {
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.page.getByRole('button', { name: 'Use the camera' }).click();
    expect(await visit.alert()).toMatch(/camera\/(?:not-allowed|none)/u);
    await visit.page.getByRole('button', { name: 'Back' }).click();
    await visit.page.getByRole('heading', { name: 'Open a request' }).waitFor();
  });
});

describe('what is dropped on the page', { timeout: 60_000 }, () => {
  it('may be far too much, or nothing', async () => {
    await drop(visit.page, 4097);
    expect(await visit.alert()).toContain('page/too-many-files');
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await drop(visit.page, 0);
    expect(await visit.alert()).toContain('page/no-request');
  });

  it('may be a key beside the public half of another', async () => {
    mkdirSync(stage.path('mixed'));
    copyFileSync(example('ada.cskey'), stage.path('mixed', 'ada.cskey'));
    copyFileSync(example('ben.cspub'), stage.path('mixed', 'ada.cspub'));
    const own = [example('root.pub'), stage.path('COUNTERSIGN-DEMO')];
    await visit.bring([...own, ...['ada.cskey', 'ada.cspub'].map((name) => stage.path('mixed', name))]);
    await visit.page.getByRole('button', { name: 'Go on with these root keys' }).click();
    await visit.openRequest(stage.path('update.csreq'));
    await visit.decide('Deny');
    expect(await visit.alert()).toContain('page/key-other');
  });
});

describe('a statement of PostgreSQL', { timeout: 60_000 }, () => {
  it('is read anew by the parser inside the page', async () => {
    provideParser(postgresParser);
    const customers = { kind: 'table' as const, columns: ['id', 'name', 'city', 'tier'] };
    const schema = {
      tables: new Map([['public.customers', customers]]),
      triggers: [],
      searchPath: ['public'],
    };
    const bytes = new Uint8Array(readFileSync(stage.path('update.csreq')));
    const forged = reforge(bytes, (one) => ({
      ...one,
      target: {
        ...one.target,
        engine: 'postgres',
        session: [
          ['search_path', 'public'],
          ['standard_conforming_strings', 'on'],
        ],
      },
      facts: encodeFacts(
        classifyTexts(
          one.statements.map(({ sql }) => sql),
          'postgres',
          schema,
        ),
      ),
      catalog: encodeCatalog(schema),
    }));
    writeFileSync(stage.path('postgres.csreq'), forged);
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.openRequest(stage.path('postgres.csreq'));
    await visit.isShown();
    const { page } = visit;
    expect(await page.locator('#section-checks').textContent()).toContain(
      'The executor says no less than this machine reads',
    );
    expect(await page.locator('#section-facts').textContent()).toContain('Read anew on this machine');
    expect(await page.locator('#section-where').textContent()).toContain('postgres');
  });
});

describe('an approval of many rows', { timeout: 60_000 }, () => {
  it('has them on the screen a screenful at a time', async () => {
    const many =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT 'c' || i, 'Ghent', 'gold' FROM n";
    await stage.request(`INSERT INTO customers (name, city, tier) ${many}`, 'many.csreq');
    await visit.sitAs('carol', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.openRequest(stage.path('many.csreq'));
    await visit.page.getByRole('radio', { name: 'Approve' }).check();
    // By one row at a time fifty presses would not do.
    await visit.reachEverything();
    expect(await visit.page.locator('.reach').textContent()).toMatch(/✓/u);
  });
});

describe('conditions that narrow an approval', { timeout: 60_000 }, () => {
  it('are refused where they cannot be read or are wider, and signed where they are narrower', async () => {
    await visit.sitAs('carol', [stage.path('COUNTERSIGN-DEMO')]);
    await visit.openRequest(stage.path('update.csreq'));
    const { page } = visit;
    // Before anything is chosen, no button says what would be signed.
    expect(await page.getByRole('button', { name: /^Sign/u }).textContent()).toBe('Sign');
    await page.getByRole('radio', { name: 'Approve' }).check();
    await visit.reachEverything();
    await page.getByText('Narrower conditions').click();
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    const rowsMax = page.getByLabel('At most so many rows');
    const sign = page.getByRole('button', { name: 'Sign the approval' });
    const cases: readonly (readonly [string, string, string])[] = [
      ['many', '', 'page/count'],
      ['1', 'tomorrow', 'time/syntax'],
      ['999', '', 'decision/condition-wider'],
    ];
    for (const [rows, notBefore, code] of cases) {
      await rowsMax.fill(rows);
      await page.getByLabel('Not before').fill(notBefore);
      await sign.click();
      expect(await visit.alert()).toContain(code);
    }
    await rowsMax.fill('1');
    await sign.click();
    const { response } = await visit.takeAway();
    const signed = decodeResponse(response).decisions[0] ?? new Uint8Array();
    const { conditions } = decodeDecision(parseEnvelope(signed).payload ?? new Uint8Array());
    expect(conditions).toEqual({ rowsMax: 1 });
  });
});

describe('a roster that changed', { timeout: 120_000 }, () => {
  it('is shown, and confirmed by its number, before anything is signed', async () => {
    await stage.approver('ben');
    const before = ['deny', stage.path('update.csreq'), '--out', stage.path('b.csdec')];
    expect((await stage.offline(before, { home: 'ben', passphrase })).exitCode).toBe(0);
    const yaml = (await stage.online('roster', 'show', '--yaml')).stdout;
    writeFileSync(stage.path('roster.yaml'), yaml.replace('Carol Castellanos', 'Carol Cortez'));
    const next = stage.path('online', '2.csroster');
    await stage.online('roster', 'propose', stage.path('roster.yaml'), '--out', next);
    await stage.online('roster', 'sign', next, '--key', example('root-1.cskey'));
    expect((await stage.online('roster', 'install', next)).exitCode).toBe(0);
    await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 2", 'after.csreq');
    await visit.sitAs('ben', [stage.path('COUNTERSIGN-DEMO'), stage.path('ben', 'ben.csstate')]);
    await visit.openRequest(stage.path('after.csreq'));
    const { page } = visit;
    expect(await page.locator('#section-checks').textContent()).toContain('Carol Cortez');
    const number = page.getByLabel('The number of the new roster');
    await page.getByRole('radio', { name: 'Approve' }).check();
    await visit.reachEverything();
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    const sign = page.getByRole('button', { name: 'Sign the approval' });
    expect(await sign.isDisabled()).toBe(true);
    await number.fill('3');
    await sign.click();
    expect(await visit.alert()).toContain('you have not confirmed the new one');
    await number.fill('2');
    await visit.decide('Approve');
    const { response } = await visit.takeAway();
    const signed = decodeResponse(response).decisions.at(-1) ?? new Uint8Array();
    expect(decodeDecision(parseEnvelope(signed).payload ?? new Uint8Array()).roster.number).toBe(2);
  });
});
