import { CodecError } from '@countersign/codec';
import { DiffError, fromPages } from '@countersign/diff';
import { LedgerError, verifyBundle } from '@countersign/ledger';
import {
  decodeBundle,
  decodeResponse,
  encodeBundle,
  extendRosterChain,
  MessageError,
} from '@countersign/messages';
import { nodeVerifier } from '@countersign/program';
import { readFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { admitResponse } from '../../apps/executor/src/stages/admit.ts';
import { ExecutorError } from '../../apps/executor/src/executor-error.ts';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster } from './roster-lab.ts';
import { anchor } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 600_000 });

/** How many changes each byte gets; by default only so many bytes of each file, spread evenly, get one. */
const flips = Number(process.env['COUNTERSIGN_FLIPS'] ?? '0');
const sampled = 250;
const sql = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

/** Calls `judge` with every byte changed, and returns how often each code refused it; `judge` returns the code or undefined. */
function changeEveryByte(
  bytes: Uint8Array,
  judge: (changed: Uint8Array) => string | undefined,
): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  const stride = flips > 0 ? 1 : Math.max(1, Math.ceil(bytes.length / sampled));
  for (let at = 0; at < bytes.length; at += stride) {
    for (let flip = 0; flip < Math.max(1, flips); flip += 1) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << ((at + flip * 3) % 8));
      const code = judge(changed);
      if (code === undefined) throw new Error(`accepted with byte ${at} of ${bytes.length} changed`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  return codes;
}

/** Returns the code of the refusal, undefined when there was none; anything but the rooms' own errors passes through. */
function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const own = [CodecError, MessageError, LedgerError, DiffError, ExecutorError];
    if (!own.some((kind) => error instanceof kind)) throw error;
    return (error as MessageError).code;
  }
}

/** Every refusal must name its layer: these areas and no other. */
function expectAreas(
  codes: ReadonlyMap<string, number>,
  areas: readonly string[],
  others: readonly string[] = [],
): void {
  const seen = [...new Set([...codes.keys()].map((code) => code.split('/')[0] ?? ''))].sort();
  expect(seen.filter((area) => !others.includes(area))).toEqual(areas);
}

test('a request bundle in which everything is looked at: each byte counts', async () => {
  const lab = await Lab.make();
  const ada = lab.approver('ada');
  const id = await lab.submit(sql);
  await lab.approve(id, 'ada');
  ada.look(await lab.export(id));
  const bundle = await lab.export(id);
  const { earlier, log } = ada.review(bundle);
  expect(earlier).toHaveLength(1);
  // The only thing in it that is of no use to her: proofs from heads that others may have pinned.
  const forAda = (bytes: Uint8Array): string => {
    const { consistency, ...rest } = decodeBundle(bytes);
    const own = consistency.filter(({ size }) => size === log.pinned?.size);
    return Buffer.from(encodeBundle({ ...rest, consistency: own })).toString('hex');
  };
  const codes = changeEveryByte(bundle, (changed) => {
    const code = codeOf(() => ada.review(changed));
    return code ?? (forAda(changed) === forAda(bundle) ? 'unused/proof' : undefined);
  });
  expectAreas(codes, ['bundle', 'roster'], ['unused']);
});

test('the pages of a large diff: each byte counts', async () => {
  const lab = await Lab.make();
  const rows = Array.from({ length: 400 }, (_, index) => `(1, 'a status of some length', ${index})`);
  const id = await lab.submit(
    `INSERT INTO orders (customer_id, status, total_cents) VALUES ${rows.join(', ')}`,
  );
  const { diffPages, ...bundle } = decodeBundle(await lab.export(id));
  expect([diffPages.length > 0, bundle.decisions]).toEqual([true, []]);
  const { diffDigest } = lab.approver('ada').review(await lab.export(id)).request.record.effect;
  expect(codeOf(() => fromPages(diffPages, diffDigest))).toBeUndefined();
  const page = diffPages[0] ?? new Uint8Array(0);
  const codes = changeEveryByte(page.slice(0, 1000), (changed) => {
    const whole = page.slice();
    whole.set(changed);
    return codeOf(() => fromPages([whole, ...diffPages.slice(1)], diffDigest));
  });
  expectAreas(codes, ['diff'], ['cbor', 'schema']);
});

test('a response: each byte counts', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  const response = lab.approver('ada').decide(await lab.export(id), { choice: 'approve', note: 'a note' });
  const codes = await lab.inWorld((world) => {
    const { size } = world.ledger;
    const judged = changeEveryByte(response, (changed) => {
      let refusal: string | undefined;
      const code = codeOf(() => {
        const [admission] = admitResponse(world, decodeResponse(changed));
        const judgement = admission?.judgement;
        if (judgement?.outcome === 'refused' && !judgement.authentic) refusal = judgement.code;
      });
      return code ?? refusal;
    });
    expect(world.ledger.size).toBe(size);
    return judged;
  });
  expectAreas(codes, ['cbor', 'decision', 'import'], ['schema', 'message']);
  expect((await lab.import(response)).exitCode).toBe(0);
});

test('a signed roster: each byte counts', async () => {
  const lab = await Lab.make();
  const chain = await lab.inWorld((world) => world.chain());
  await changeRoster(lab, (yaml) => yaml.replace('Ada Abara', 'Ada A. Abara'));
  const roster = new Uint8Array(readFileSync(lab.path('home', 'next.csroster')));
  expect(codeOf(() => extendRosterChain(chain, roster, nodeVerifier))).toBeUndefined();
  const codes = changeEveryByte(roster, (changed) =>
    codeOf(() => extendRosterChain(chain, changed, nodeVerifier)),
  );
  expectAreas(codes, ['cbor', 'roster'], ['schema']);
});

test('a whole ledger: each byte counts', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  await lab.ask('run', id);
  const file = lab.path('all.csledger');
  await lab.ask('ledger', 'export', '--out', file);
  const ledger = new Uint8Array(readFileSync(file));
  const verify = (bytes: Uint8Array): string | undefined =>
    codeOf(() => verifyBundle(bytes, { anchor, verifier: nodeVerifier }));
  expect(verify(ledger)).toBeUndefined();
  expectAreas(changeEveryByte(ledger, verify), ['ledger']);
});
