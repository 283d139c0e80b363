import { nobleVerifier, type Signer } from '@countersign/codec';
import {
  decodeApproverState,
  decodeBundle,
  decodeRoster,
  decodeSignedRoster,
  encodeApproverState,
  type ApproverState,
} from '@countersign/messages';
import type { Document } from '@countersign/wording';
import { completeDecision, prepareDecision, type SignedDecision, type Wish } from '../core/decide.ts';
import type { ReviewedRequest } from '../core/review-request.ts';
import type { ApproverFiles, KeyEntry } from './approver-files.ts';
import { ownHash } from './own-hash.ts';

/** A request that one key decides on. */
export interface Case {
  readonly files: ApproverFiles;
  readonly key: KeyEntry;
  /** The bundle as it came. */
  readonly bytes: Uint8Array;
  readonly reviewed: ReviewedRequest;
  readonly document: Document;
}

/** A decision, and whether the memory after it lies in the person's folder already. */
export interface Kept extends SignedDecision {
  readonly stateBytes: Uint8Array;
  readonly isKept: boolean;
  /** Why the folder did not take it, where there is one. */
  readonly trouble: unknown;
}

/** The machine's own clock, whole seconds. */
export function clock(): number {
  return Math.floor(Date.now() / 1000);
}

/** Throws whatever would stop the decision; said before a passphrase is asked for. */
export function rehearse({ reviewed, document, key }: Case, wish: Wish): void {
  prepareDecision(reviewed, { document, program: ownHash() }, wish, key.state ?? reviewed.state, clock());
}

/** Signs, and stores the memory before any byte of the response can leave: a sequence number is never used twice. */
export async function sign(matter: Case, wish: Wish, signer: Signer): Promise<Kept> {
  const { reviewed, document } = matter;
  const state = (await storedState(matter)) ?? reviewed.state;
  const decision = prepareDecision(reviewed, { document, program: ownHash() }, wish, state, clock());
  const done = completeDecision(reviewed, decision, state, signer, nobleVerifier);
  const stateBytes = encodeApproverState(done.state);
  const { isKept, trouble } = await keep(matter, stateBytes);
  return { ...done, stateBytes, isKept, trouble };
}

/** What lies in the folder counts: another program may have signed with this key meanwhile. */
async function storedState({ files: { folder }, key }: Case): Promise<ApproverState | null> {
  if (folder === null) return key.state;
  const bytes = await folder.read(`${key.name}.csstate`);
  return bytes === null ? null : decodeApproverState(bytes);
}

async function keep(
  { files: { folder, rosters }, key, bytes }: Case,
  stateBytes: Uint8Array,
): Promise<Pick<Kept, 'isKept' | 'trouble'>> {
  if (folder === null) return { isKept: false, trouble: undefined };
  try {
    await folder.write(`${key.name}.csstate`, stateBytes);
    for (const signed of decodeBundle(bytes).rosters.slice(rosters.length)) {
      const { number } = decodeRoster(decodeSignedRoster(signed).payload);
      await folder.write(`rosters/${number}.csroster`, signed);
    }
    return { isKept: true, trouble: undefined };
  } catch (trouble) {
    return { isKept: false, trouble };
  }
}
