import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeBundle, decodeRequest, type Request } from '@countersign/messages';
import { keyId, parseEnvelope } from '@countersign/codec';
import { parsePublicKeyFile, parseRootFile } from '@countersign/keys';
import { nodeVerifier } from '@countersign/program';
import { describeRequest } from '@countersign/wording';
import { prepareDecision, type Wish } from '../src/core/decide.ts';
import { reviewedAt, reviewRequest, type Ground } from '../src/core/review-request.ts';
import { exampleKeys, passphrase, Stage } from './stage.ts';

let stage: Stage;
let bytes: Uint8Array;
let request: Request;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 1", 'update.csreq');
  bytes = new Uint8Array(readFileSync(stage.path('update.csreq')));
  request = decodeRequest(parseEnvelope(decodeBundle(bytes).request).payload ?? new Uint8Array());
  await stage.approver('ada');
}, 60_000);

afterEach(() => {
  vi.useRealTimers();
});

afterAll(() => stage.remove());

function setClock(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
}

const approval: Wish = { choice: 'approve', rowsConfirmed: undefined, rosterConfirmed: true };

function groundOf(name: string): Omit<Ground, 'now'> {
  const { threshold, keys } = parseRootFile(readFileSync(stage.path(name, 'root.pub'), 'utf8'));
  const anchor = { threshold, keys: keys.map(({ key }) => key) };
  const { key } = parsePublicKeyFile(readFileSync(join(exampleKeys, `${name}.cspub`), 'utf8'));
  return { anchor, kid: keyId(key), state: null, known: [], verifier: nodeVerifier };
}

describe('a request that is opened in time and signed later', () => {
  it.each([
    ['reviewBy', 'approval/review-late'],
    ['runBy', 'approval/run-late'],
  ] as const)('is not approved after %s', (field, code) => {
    const ground = groundOf('ada');
    const reviewed = reviewRequest(bytes, { ...ground, now: request.madeAt });
    const reading = { document: describeRequest(reviewed.shown, 'full'), program: new Uint8Array(32) };
    const at = (now: number, wish: Wish): unknown =>
      prepareDecision(reviewed, reading, wish, reviewed.state, now).madeAt;
    expect(() => at(request[field] + 1, approval)).toThrow(expect.objectContaining({ code }));
    expect(at(request.reviewBy, { ...approval, choice: 'deny' })).toBe(request.reviewBy);
  });

  it('reads at each moment as one that is opened then', () => {
    const ground = groundOf('ada');
    const { madeAt, reviewBy, runBy } = request;
    const opened = reviewRequest(bytes, { ...ground, now: madeAt });
    for (const now of [madeAt - 1, madeAt, reviewBy, reviewBy + 1, runBy, runBy + 1])
      expect(reviewedAt(opened, now)).toEqual(reviewRequest(bytes, { ...ground, now }));
  });

  it('is refused by the program, and the key has signed nothing', async () => {
    setClock(request.reviewBy - 5);
    const slow = (): string => {
      vi.setSystemTime((request.reviewBy + 1) * 1000);
      return `${passphrase}\r`;
    };
    const said = await stage.offline(
      ['approve', stage.path('update.csreq'), '--out', stage.path('no.csdec')],
      {
        home: 'ada',
        typed: [slow],
      },
    );
    expect(said.exitCode).toBe(6);
    expect(said.stderr).toContain('[decision/late]');
    expect([existsSync(stage.path('no.csdec')), existsSync(stage.path('ada', 'ada.csstate'))]).toEqual([
      false,
      false,
    ]);
  });
});
