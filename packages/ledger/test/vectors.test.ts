import { fromBase64, fromHex } from '@countersign/codec';
import { decodeApproverState } from '@countersign/messages';
import { isOpen, parseWindow } from '@countersign/policy';
import { nodeTokenClaims, nodeVerifier } from '@countersign/program';
import { expect, test } from 'vitest';
import { LedgerError, verifyBundle, verifyEvidence } from '../src/index.ts';
import vectors from '../../../test/vectors/ledger/ledgers.json' with { type: 'json' };

const isWindowOpen = (window: string, at: number): boolean => isOpen(parseWindow(window), at);
const trust = {
  anchor: { threshold: 1, keys: [fromHex(vectors.root)] },
  verifier: nodeVerifier,
  tokenClaims: nodeTokenClaims,
  isWindowOpen,
};

test('there are as many vectors as when they were made', () => {
  expect(vectors.ledgers).toHaveLength(57);
  expect(vectors.evidence).toHaveLength(1);
});

test.each(vectors.ledgers)('$name', ({ bundle, code, index, heads, journals }) => {
  const held = { heads, journals: journals.map((journal) => decodeApproverState(fromBase64(journal))) };
  let refusal: LedgerError | undefined;
  try {
    verifyBundle(fromBase64(bundle), { ...trust, ...held });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    refusal = error;
  }
  expect([refusal?.code ?? null, refusal?.index ?? null]).toEqual([code, index]);
});

test.each(vectors.evidence)('$name', ({ file, state }) => {
  expect(verifyEvidence(fromBase64(file), trust).life.state).toBe(state);
});
