import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDecision, decodeResponse } from '@countersign/messages';
import { parseEnvelope } from '@countersign/codec';
import { passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { writeY4m } from '../y4m.ts';
import { expectNothingSerious } from './accessible.ts';
import { filmOf } from './film.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;
let request: string;

beforeAll(async () => {
  stage = await openStage();
  request = await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  const carried = new Uint8Array(readFileSync(stage.path('update.csreq')));
  writeY4m(stage.path('film.y4m'), 10, filmOf(carried));
  lab = await PageLab.open(stage.path('film.y4m'));
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

describe('a camera before the codes of the executor', { timeout: 120_000 }, () => {
  it('brings a request to an approval that the executor runs', async () => {
    visit = await lab.visit();
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    const { page } = visit;
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('heading', { name: 'Request 1 for approval' }).waitFor({ timeout: 60_000 });
    await visit.decide('Approve');
    const { response } = await visit.takeAway();
    const [signed] = decodeResponse(response).decisions;
    expect(decodeDecision(parseEnvelope(signed ?? new Uint8Array()).payload ?? new Uint8Array()).choice).toBe(
      'approve',
    );
    writeFileSync(stage.path('ada.csdec'), response);
    expect((await stage.online('import', stage.path('ada.csdec'))).stdout).toContain('counted');
    await stage.approver('ben');
    const words = ['approve', stage.path('update.csreq'), '--out', stage.path('ben.csdec')];
    expect((await stage.offline(words, { home: 'ben', passphrase })).exitCode).toBe(0);
    const ran = await stage.online('import', stage.path('ben.csdec'), '--run');
    expect(ran).toMatchObject({ exitCode: 0 });
    expect((await stage.online('show', request, '--json')).stdout).toContain('"executed"');
    expect(visit.offences).toEqual([]);
  });
});

describe('a camera before the codes of two requests', { timeout: 120_000 }, () => {
  it('opens neither by itself, names both, and opens the one that is chosen', async () => {
    await stage.request("UPDATE customers SET tier = 'basic' WHERE id = 2", 'other.csreq');
    const films = ['update.csreq', 'other.csreq'].map((name) => [
      ...filmOf(new Uint8Array(readFileSync(stage.path(name)))),
    ]);
    // Their codes in turn, as where two screens are before one camera.
    const pictures = films[0]?.flatMap((picture, at) => [picture, films[1]?.[at] ?? picture]) ?? [];
    writeY4m(stage.path('two.y4m'), 10, pictures);
    const two = await PageLab.open(stage.path('two.y4m'));
    try {
      visit = await two.visit();
      // Somebody who has decided nothing yet: the journal of an earlier sitting is not at hand.
      await visit.sitAs('carol', [stage.path('COUNTERSIGN-DEMO')]);
      const { page } = visit;
      await page.getByRole('button', { name: 'Use the camera' }).click();
      await page.getByText('! 2 messages are in sight.').waitFor({ timeout: 60_000 });
      const lines = page.locator('.streams li');
      const open = page.getByRole('button', { name: 'Open this one' });
      await open.nth(1).waitFor({ timeout: 60_000 });
      // Nothing is left to be shown to the camera.
      await page.getByText('! 2 messages are in sight. Open the one that you mean.').waitFor();
      await expectNothingSerious(page);
      const words = await Promise.all([0, 1].map((at) => lines.nth(at).textContent()));
      const chosen = /with the words: ([a-z ]+)/u.exec(words[1] ?? '')?.[1]?.trim() ?? 'none';
      expect(words[0]).not.toContain(chosen);
      await open.nth(1).click();
      await page.locator('.review, [role=alert]').first().waitFor({ timeout: 60_000 });
      await visit.isShown();
      expect(await page.locator('.summary .words').textContent()).toContain(chosen);
      expect(visit.offences).toEqual([]);
    } finally {
      await two.close();
    }
  });
});
