import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawFrame, drawPicture, encodeFrames, greyOf, type GreyPicture } from '@countersign/frames';
import { decodeDecision, decodeResponse } from '@countersign/messages';
import { parseEnvelope } from '@countersign/codec';
import { Stage } from '../../../apps/approver/test/stage.ts';
import { writeY4m } from '../y4m.ts';
import { PageLab, type Visit } from './page-lab.ts';

let stage: Stage;
let lab: PageLab;
let visit: Visit;

/** Pictures of 1280 by 720 pixels in which the codes of a message follow each other. */
function* film(message: Uint8Array): Generator<GreyPicture> {
  const frames = encodeFrames(message);
  for (let index = 0; index < frames.minimumFrames + 2; index += 1) {
    const code = greyOf(drawPicture(drawFrame(frames.frame(index)), { scale: 5 }));
    const [width, height] = [1280, 720];
    const levels = new Uint8Array(width * height).fill(90);
    for (let y = 0; y < code.height; y += 1)
      levels.set(code.levels.subarray(y * code.width, (y + 1) * code.width), (y + 40) * width + 300);
    for (let again = 0; again < 3; again += 1) yield { levels, width, height };
  }
}

beforeAll(async () => {
  stage = new Stage();
  writeFileSync(stage.path('COUNTERSIGN-DEMO'), '');
  stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  const request = new Uint8Array(readFileSync(stage.path('update.csreq')));
  writeY4m(stage.path('film.y4m'), 10, film(request));
  lab = await PageLab.open([
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${stage.path('film.y4m')}`,
  ]);
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
    expect(stage.online('import', stage.path('ada.csdec')).exitCode).toBe(5);
    expect(visit.offences).toEqual([]);
  });
});
