import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fromHex, parseEnvelope, seedSigner } from '@countersign/codec';
import { generateKey } from '@countersign/keys';
import { decodeDecision, decodeResponse, signDecision, type Decision } from '@countersign/messages';
import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

const update = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

/** The same decision by both programs: how the command line is told, and how the form is filled. */
interface Twin {
  readonly verb: 'deny' | 'approve' | 'amend';
  readonly words: readonly string[];
  readonly choice: 'Deny' | 'Approve' | 'Amend';
  readonly fill: (page: Page) => Promise<void>;
}

const better = "UPDATE customers SET tier = 'left' WHERE id = 4; SELECT 1";
const [notBefore, notAfter] = [-60, 600].map((seconds) => {
  const at = new Date(Math.floor(Date.now() / 1000 + seconds) * 1000);
  return at.toISOString().replace('.000Z', 'Z');
});
const typeRows = (page: Page): Promise<void> => page.getByLabel('How many rows').fill('6');

const twins: readonly (readonly [string, Twin])[] = [
  ['a denial', { verb: 'deny', words: [], choice: 'Deny', fill: () => Promise.resolve() }],
  ['an approval', { verb: 'approve', words: ['--confirm-rows', '6'], choice: 'Approve', fill: typeRows }],
  [
    'a narrower approval',
    {
      verb: 'approve',
      words: [
        ...['--confirm-rows', '6', '--max-rows', '5'],
        ...['--not-before', notBefore ?? '', '--not-after', notAfter ?? ''],
      ],
      choice: 'Approve',
      fill: async (page) => {
        await typeRows(page);
        await page.getByText('Narrower conditions').click();
        await page.getByLabel('At most so many rows').fill('5');
        await page.getByLabel('Not before').fill(notBefore ?? '');
        await page.getByLabel('Not after').fill(notAfter ?? '');
      },
    },
  ],
  [
    'an amendment',
    {
      verb: 'amend',
      words: ['--sql', 'better.sql'],
      choice: 'Amend',
      fill: (page) => page.getByLabel('Your proposal').fill(better),
    },
  ],
];

let stage: Stage;
let lab: PageLab;
let visit: Visit;
let update1: string;
let marker: string;

beforeAll(async () => {
  stage = await openStage();
  marker = stage.path('COUNTERSIGN-DEMO');
  update1 = await stage.request(update, 'update.csreq');
  await stage.request('DELETE FROM customers WHERE id = 4', 'delete.csreq');
  lab = await PageLab.open();
  visit = await lab.visit();
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

afterEach(() => {
  expect(visit.offences).toEqual([]);
});

/** Begins a sitting with nothing but these files: what an earlier one knew is gone. */
async function sitAs(name: string, more: readonly string[] = []): Promise<Visit> {
  await visit.toStart();
  await visit.sitAs(name, [marker, ...more]);
  return visit;
}

function decisionsIn(response: Uint8Array): readonly Decision[] {
  return decodeResponse(response).decisions.map((signed) =>
    decodeDecision(parseEnvelope(signed).payload ?? new Uint8Array()),
  );
}

/** The private key of an example approver, from the published seed. */
function exampleSigner(name: string): ReturnType<typeof seedSigner> {
  const seed = createHash('sha256').update(`countersign example key v1: ${name}`).digest();
  return seedSigner(generateKey(new Uint8Array(seed)).seed);
}

describe('the page', { timeout: 120_000 }, () => {
  it('names the SHA-256 of its own file, as sha256sum does', async () => {
    expect(await visit.page.locator('.hash').textContent()).toBe(lab.sha256);
    expect(await visit.page.locator('footer summary').textContent()).toMatch(/^This page: \S+( \S+){4}$/);
  });

  it('carries two approvals to an executor that runs the request', async () => {
    for (const name of ['ada', 'ben']) {
      const seat = await sitAs(name);
      await seat.openRequest(stage.path('update.csreq'));
      await seat.page.getByRole('heading', { name: 'Request 1 for approval' }).waitFor();
      await seat.decide('Approve');
      const { response } = await seat.takeAway();
      const [decision] = decisionsIn(response);
      expect(decision?.view).toMatchObject({ depth: 'full', program: fromHex(lab.sha256) });
      writeFileSync(stage.path(`${name}.csdec`), response);
      const said = await stage.online('import', stage.path(`${name}.csdec`));
      expect(said.stdout).toContain('counted');
      await stage.export(update1, 'update.csreq');
    }
    expect((await stage.online('run', update1)).exitCode).toBe(0);
    expect((await stage.online('show', update1, '--json')).stdout).toContain('"executed"');
  });

  it('asks for the number of rows, and takes the journal up again in the next sitting', async () => {
    const seat = await sitAs('ben');
    await seat.openRequest(stage.path('delete.csreq'));
    await seat.page.getByRole('radio', { name: 'Approve' }).check();
    const signing = seat.page.getByRole('button', { name: 'Sign the approval' });
    await seat.page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await seat.reachEverything();
    expect(await signing.isDisabled()).toBe(true);
    await seat.page.getByLabel('How many rows').fill('5');
    await signing.click();
    expect(await seat.page.getByRole('alert').textContent()).toContain('not the number of rows');
    await seat.page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await seat.page.getByLabel('How many rows').fill('6');
    await signing.click();
    const { state, response } = await seat.takeAway();
    expect(decisionsIn(response).map(({ choice, sequence }) => [choice, sequence])).toEqual([['approve', 0]]);
    writeFileSync(stage.path('ben.csstate'), state);
    const again = await sitAs('ben', [stage.path('ben.csstate')]);
    await again.openRequest(stage.path('delete.csreq'));
    expect(await again.page.locator('#section-checks').textContent()).toContain(
      'You have decided on this request',
    );
    await again.decide('Deny');
    const second = await again.takeAway();
    expect(decisionsIn(second.response).map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it('denies with a proposal', async () => {
    const seat = await sitAs('carol');
    await seat.openRequest(stage.path('delete.csreq'));
    await seat.page.getByRole('radio', { name: 'Amend' }).check();
    await seat.page
      .getByLabel('Your proposal')
      .fill("UPDATE customers SET tier = 'left' WHERE id = 4; SELECT 1");
    expect(await seat.page.getByLabel('What differs').textContent()).toContain("SET tier = 'left'");
    await seat.decide('Amend');
    const [decision] = decisionsIn((await seat.takeAway()).response);
    expect(decision?.choice).toBe('amend');
    expect(decision?.proposal?.map(({ sql }) => sql)).toEqual([
      "UPDATE customers SET tier = 'left' WHERE id = 4",
      'SELECT 1',
    ]);
  });

  it.each(twins)(
    'makes the very bytes that the command line makes of the same files at the same time: %s',
    async (_name, { verb, words, choice, fill }) => {
      const now = Math.floor(Date.now() / 1000);
      const home = `twin-${verb}-${words.length}`;
      await stage.approver('ada', home);
      writeFileSync(stage.path('better.sql'), better);
      vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
      try {
        const path = stage.path('delete.csreq');
        const flags = words.map((word) => (word === 'better.sql' ? stage.path(word) : word));
        const out = ['--note', 'the wrong row', '--out', stage.path(`${home}.csdec`)];
        const said = await stage.offline([verb, path, ...flags, ...out], { home, passphrase });
        expect(said).toMatchObject({ exitCode: 0 });
      } finally {
        vi.useRealTimers();
      }
      const seat = await sitAs('ada');
      // From here on the time of this page stands still.
      await seat.page.clock.setFixedTime(now * 1000);
      await seat.openRequest(stage.path('delete.csreq'));
      await seat.page.getByRole('radio', { name: choice }).check();
      await fill(seat.page);
      await seat.page.getByLabel('Note').fill('the wrong row');
      await seat.decide(choice);
      const { response } = await seat.takeAway();
      // The programs differ, and each names itself: with the page's name in it, the command line's decision is the page's, byte for byte.
      const [own] = decisionsIn(readFileSync(stage.path(`${home}.csdec`)));
      if (own === undefined) throw new Error('no decision');
      const expected = signDecision(
        { ...own, view: { ...own.view, program: fromHex(lab.sha256) } },
        exampleSigner('ada'),
      );
      const { decisions } = decodeResponse(response);
      expect(decisions.map((each) => Buffer.from(each))).toEqual([Buffer.from(expected)]);
    },
  );
});
