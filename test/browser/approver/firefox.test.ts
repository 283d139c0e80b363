import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseEnvelope } from '@countersign/codec';
import { decodeDecision, decodeResponse } from '@countersign/messages';
import { exampleKeys, passphrase, type Stage } from '../../../apps/approver/test/stage.ts';
import { Firefox } from '../firefox.ts';
import { builtPage } from './built-page.ts';
import { openOutside, refusals, tryToReach } from './outside.ts';
import { openStage } from './page-lab.ts';

let stage: Stage;
let firefox: Firefox;

beforeAll(async () => {
  stage = await openStage();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  firefox = await Firefox.open((await builtPage()).file);
}, 120_000);

afterAll(async () => {
  await firefox.close();
  stage.remove();
});

afterEach(() => {
  expect(firefox.offences).toEqual([]);
});

/** Drops a file on the page. */
async function drop(name: string): Promise<void> {
  const base64 = readFileSync(stage.path(name)).toString('base64');
  await firefox.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], '${name}'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })()`);
}

/** Has everything that changes on the screen, by the button that the page offers for it. */
async function reachEverything(): Promise<void> {
  const isReached = `document.querySelector('.reach')?.textContent.includes('✓') === true`;
  for (let turn = 0; turn < 50; turn += 1) {
    if ((await firefox.evaluate(isReached)) === true) return;
    await firefox.evaluate(`document.querySelector('.reach button')?.click()`);
    await firefox.evaluate('new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))');
  }
  throw new Error('what changes was not all on the screen');
}

const button = (name: string): { role: string; name: string } => ({ role: 'button', name });

describe('the page in Firefox', { timeout: 300_000 }, () => {
  it('brings a dropped request to a decision that counts', async () => {
    const own = ['root.pub', 'ada.cskey', 'ada.cspub'].map((file) => join(exampleKeys, file));
    await firefox.choose('input[type=file]', [...own, stage.path('COUNTERSIGN-DEMO')]);
    await firefox.press({ role: 'checkbox', name: 'I heard these words from the keeper of root-1' });
    await firefox.press(button('Go on with these root keys'));
    await firefox.see({ role: 'heading', name: 'Open a request' });
    await drop('update.csreq');
    await firefox.see({ role: 'heading', name: 'Request 1 for approval' });
    await firefox.press('input[value=approve]');
    await reachEverything();
    await firefox.press('input[type=password]');
    await firefox.type(passphrase);
    await firefox.press(button('Sign the approval'));
    await firefox.see({ role: 'heading', name: 'Approval signed' });
    await firefox.save(button('Save ada.csstate'));
    const response = await firefox.save(button('Save the response'));
    const [signed] = decodeResponse(response).decisions;
    const { choice, view } = decodeDecision(
      parseEnvelope(signed ?? new Uint8Array()).payload ?? new Uint8Array(),
    );
    expect(choice).toBe('approve');
    expect(Buffer.from(view.program).toString('hex')).toBe((await builtPage()).sha256);
    writeFileSync(stage.path('ada.csdec'), response);
    expect((await stage.online('import', stage.path('ada.csdec'))).stdout).toContain('counted');
  });

  it('reaches nobody, whatever a script in it tries', async () => {
    const outside = await openOutside();
    expect(await firefox.evaluate(tryToReach(outside.port))).toEqual(expect.arrayContaining([...refusals]));
    // The one is the test itself.
    expect(await outside.visit()).toBe(1);
    await outside.close();
    // What was refused is said in the console.
    firefox.offences.splice(0);
  });
});
