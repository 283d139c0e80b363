// The vectors of test/vectors/messages as text: bytes are hex, the cases are those of this room's tests.
import { sha256, toHex } from '@countersign/codec';
import { signRequest } from '@countersign/messages';
import { decisionCases } from './decision-cases.ts';
import { brokenCases, validCases } from './record-cases.ts';
import { reviewCases } from './review-cases.ts';
import { rosterCases } from './roster-cases.ts';
import { anchor, domain, origin, rosters, signer } from './scene.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';

/** Returns each file's name and text. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const decisions = {
    note: 'Signed decisions, what the executor knows of the request they name, and what becomes of each.',
    domain,
    origin,
    anchor,
    rosters,
    ledger: sceneLedger().entries,
    request_index: requestIndex,
    cases: decisionCases.map(({ request, ...given }) => ({
      ...given,
      request_hash: sha256(signRequest(request, signer('executor'))),
      request,
    })),
  };
  return new Map([
    [
      'records.json',
      file({ note: 'Payloads of every record and container.', cases: [...validCases, ...brokenCases] }),
    ],
    ['rosters.json', file({ note: 'Chains of signed rosters; code null is accepted.', cases: rosterCases })],
    ['decisions.json', file(decisions)],
    [
      'bundles.json',
      file({ note: 'Request bundles and the state of the approver they reach.', cases: reviewCases }),
    ],
  ]);
}

function file(value: unknown): string {
  return `${JSON.stringify(value, (_name, item: unknown) => (item instanceof Uint8Array ? toHex(item) : item), 1)}\n`;
}
