import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseEnvelope } from '@countersign/codec';
import { formatPublicKeyFile, generateKey, lockKey } from '@countersign/keys';
import { decodeBundle, decodeRequest, type Request } from '@countersign/messages';
import { nodeScrypt, systemRandom } from '@countersign/program';
import { classify, encodeFacts } from '@countersign/sql';
import { reforge } from '../../../apps/approver/test/reforge.ts';
import { exampleKeys, passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;
let request: Uint8Array;
const example = (name: string): string => join(exampleKeys, name);

beforeAll(async () => {
  stage = await openStage();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  request = new Uint8Array(readFileSync(stage.path('update.csreq')));
  lab = await PageLab.open();
  visit = await lab.visit();
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(async () => {
  const { offences, page } = visit;
  const left = [
    await page.getByRole('heading', { name: /signed$/ }).count(),
    await page.locator('canvas').count(),
  ];
  await visit.toStart();
  expect(offences).toEqual([]);
  // Nothing was signed, and nothing is there to be carried out.
  expect(left).toEqual([0, 0]);
});

async function sitAs(name: string, more: readonly string[] = []): Promise<void> {
  await visit.sitAs(name, [stage.path('COUNTERSIGN-DEMO'), ...more]);
}

function reforged(name: string, change: (one: Request) => Request): string {
  writeFileSync(stage.path(name), reforge(request, change));
  return stage.path(name);
}

describe('nothing is signed, and a plain sentence says why', { timeout: 60_000 }, () => {
  it('with a wrong passphrase', async () => {
    await sitAs('ada');
    await visit.openRequest(stage.path('update.csreq'));
    await visit.decide('Approve', 'not the passphrase of ada');
    const said = await visit.alert();
    expect(said).toContain('The passphrase does not open this key file.');
    expect(said).toContain('passphrase/wrong');
    expect(await visit.page.getByText('Key ada is locked').count()).toBe(1);
    // It can be typed again at once.
    expect(await visit.page.evaluate('document.activeElement.type')).toBe('password');
  });

  it('with a key that is not in the roster', async () => {
    const { seed, publicKey } = generateKey(systemRandom(32));
    const locked = await lockKey(seed, { passphrase, random: systemRandom, scrypt: nodeScrypt });
    writeFileSync(stage.path('mallory.cskey'), locked);
    writeFileSync(stage.path('mallory.cspub'), formatPublicKeyFile({ key: publicKey, name: 'mallory' }));
    await visit.bring([
      example('root.pub'),
      ...['COUNTERSIGN-DEMO', 'mallory.cskey', 'mallory.cspub'].map((name) => stage.path(name)),
    ]);
    await visit.page.getByRole('button', { name: 'Go on with these root keys' }).click();
    for (const choice of ['Approve', 'Deny'] as const) {
      await visit.openRequest(stage.path('update.csreq'));
      await visit.decide(choice);
      expect(await visit.alert()).toContain('The key that signed is not in the roster.');
      await visit.page.getByRole('button', { name: 'Close without deciding' }).click();
    }
  });

  it('on a request whose time has passed', async () => {
    await sitAs('ada');
    await visit.openRequest(reforged('late.csreq', (one) => ({ ...one, reviewBy: one.madeAt })));
    expect(await visit.page.locator('#section-checks').textContent()).toContain(
      'The time to review this has passed',
    );
    await visit.decide('Approve');
    expect(await visit.alert()).toContain('The time to review this request has passed');
  });

  it('on a request whose time passes while it is read', async () => {
    const seat = await lab.visit();
    await seat.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    await seat.openRequest(stage.path('update.csreq'));
    const { reviewBy } = decodeRequest(
      parseEnvelope(decodeBundle(request).request).payload ?? new Uint8Array(),
    );
    await seat.page.clock.setFixedTime((reviewBy + 1) * 1000);
    await seat.decide('Approve');
    expect(await seat.alert()).toContain('The time to review this request has passed');
    expect(await seat.page.getByRole('heading', { name: /signed$/ }).count()).toBe(0);
    await seat.page.context().close();
    expect(seat.offences).toEqual([]);
  });

  it('on a request that is not in the ledger', async () => {
    const unlogged = reforge(
      request,
      (one) => one,
      (bundle) => ({ ...bundle, inclusion: bundle.inclusion.map((hash) => hash.map((byte) => byte ^ 1)) }),
    );
    writeFileSync(stage.path('unlogged.csreq'), unlogged);
    await sitAs('ada');
    await visit.openRequest(stage.path('unlogged.csreq'));
    expect(await visit.alert()).toContain('The request is not in the ledger.');
  });

  it('under the root keys of another deployment', async () => {
    copyFileSync(example('ben.cspub'), stage.path('root.pub'));
    await visit.bring([
      ...['root.pub', 'COUNTERSIGN-DEMO'].map((name) => stage.path(name)),
      example('ada.cskey'),
      example('ada.cspub'),
    ]);
    await visit.page.getByRole('button', { name: 'Go on with these root keys' }).click();
    await visit.openRequest(stage.path('update.csreq'));
    expect(await visit.alert()).toContain('The first roster is not the one that your root file names.');
  });

  it('on a request of another deployment than the journal is of', async () => {
    await stage.approver('ada');
    const denied = ['deny', stage.path('update.csreq'), '--out', stage.path('denied.csdec')];
    expect((await stage.offline(denied, { home: 'ada', passphrase })).exitCode).toBe(0);
    const other = await openStage();
    await other.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'other.csreq');
    copyFileSync(other.path('other.csreq'), stage.path('other.csreq'));
    other.remove();
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO'), stage.path('ada', 'ada.csstate')]);
    await visit.openRequest(stage.path('other.csreq'));
    expect(await visit.alert()).toContain('belongs to another deployment');
  });

  it('by an approval where the executor read the statement otherwise', async () => {
    await sitAs('ada');
    const facts = encodeFacts(classify("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'mysql'));
    await visit.openRequest(reforged('facts.csreq', (one) => ({ ...one, facts })));
    expect(await visit.page.locator('.verdict').textContent()).toContain('A check failed. Do not approve.');
    await visit.decide('Approve');
    expect(await visit.alert()).toContain('check/failed');
  });
});

describe('the files that an approver brings along', { timeout: 60_000 }, () => {
  const cases: readonly (readonly [what: string, code: string, files: () => readonly string[]])[] = [
    ['without root keys', 'page/no-root', () => [example('ada.cskey')]],
    ['without a key', 'page/no-key', () => [example('root.pub'), stage.path('COUNTERSIGN-DEMO')]],
    [
      'with a published key outside a demonstration',
      'page/example-key',
      () => [example('root.pub'), example('ada.cskey')],
    ],
    [
      'with a key that has no passphrase',
      'page/key-unprotected',
      () => [example('root.pub'), stage.path('COUNTERSIGN-DEMO'), example('ci.cskey')],
    ],
    [
      'with a journal that is none',
      'state/malformed',
      () => [
        ...['root.pub', 'ada.cskey', 'ada.cspub'].map(example),
        ...['COUNTERSIGN-DEMO', 'bad/ada.csstate'].map((name) => stage.path(name)),
      ],
    ],
    [
      'with root keys that are no text',
      'page/not-text',
      () => [stage.path('bad', 'root.pub'), example('ada.cskey')],
    ],
    [
      'with a key that is too large',
      'page/file-too-large',
      () => [example('root.pub'), stage.path('bad', 'x.cskey'), stage.path('COUNTERSIGN-DEMO')],
    ],
    ['with two root files', 'page/several-roots', () => [example('root.pub'), stage.path('bad', 'root.pub')]],
  ];

  beforeAll(() => {
    mkdirSync(stage.path('bad'));
    writeFileSync(stage.path('bad', 'ada.csstate'), 'no state');
    writeFileSync(stage.path('bad', 'root.pub'), 'cspub1 \u00e9');
    writeFileSync(stage.path('bad', 'x.cskey'), new Uint8Array(4097));
  });

  it.each(cases)('are refused %s (%s)', async (_what, code, files) => {
    await visit.page.getByLabel('Choose its files').setInputFiles([...files()]);
    expect(await visit.alert()).toContain(code);
    expect(await visit.page.getByRole('heading', { level: 1 }).textContent()).toBe('Your folder');
  });
});
