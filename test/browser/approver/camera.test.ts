import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDecision, decodeResponse } from '@countersign/messages';
import { parseEnvelope } from '@countersign/codec';
import type { Stage } from '../../../apps/approver/test/stage.ts';
import { writeY4m } from '../y4m.ts';
import { filmOf } from './film.ts';
import { openStage, PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;

beforeAll(async () => {
  stage = await openStage();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  const request = new Uint8Array(readFileSync(stage.path('update.csreq')));
  writeY4m(stage.path('film.y4m'), 10, filmOf(request));
  lab = await PageLab.open(stage.path('film.y4m'));
}, 120_000);

afterAll(async () => {
  await lab.close();
  stage.remove();
});

describe('a camera before the codes of the executor', { timeout: 120_000 }, () => {
  it('brings a request to a decision', async () => {
    visit = await lab.visit();
    await visit.sitAs('ada', [stage.path('COUNTERSIGN-DEMO')]);
    const { page } = visit;
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('heading', { name: 'Request 1 for approval' }).waitFor({ timeout: 60_000 });
    await visit.decide('Deny');
    const { response } = await visit.takeAway();
    const [signed] = decodeResponse(response).decisions;
    expect(decodeDecision(parseEnvelope(signed ?? new Uint8Array()).payload ?? new Uint8Array()).choice).toBe(
      'deny',
    );
    writeFileSync(stage.path('ada.csdec'), response);
    expect((await stage.online('import', stage.path('ada.csdec'))).exitCode).toBe(5);
    expect(visit.offences).toEqual([]);
  });
});
