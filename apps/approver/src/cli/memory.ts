import { equalBytes, keyId } from '@countersign/codec';
import { decodeApproverState, encodeApproverState, type ApproverState } from '@countersign/messages';
import { loadPublicKey, openFileCarefully, writeFileAtomically, quote } from '@countersign/program';
import { lstatSync } from 'node:fs';
import { ApproverError } from './approver-error.ts';
import type { KeyFiles } from './home.ts';

/** What is known of a key without opening it. */
export interface Memory {
  /** Null until the key was used once or its public half lies beside it. */
  readonly kid: Uint8Array | null;
  /** Null before its first decision. */
  readonly state: ApproverState | null;
}

const stateBytesMax = 67_108_864;

/**
 * Returns what a key remembers.
 * @throws MessageError `state/…`; ApproverError `key/other` when the files beside the key are of different keys
 */
export function recall(files: KeyFiles): Memory {
  const state = loadState(files);
  const kid = exists(files.publicKey) ? keyId(loadPublicKey(files.publicKey).key) : null;
  if (state !== null && kid !== null && !equalBytes(state.kid, kid)) {
    throw new ApproverError(
      'key/other',
      `${quote(files.state)} belongs to another key than ${quote(files.publicKey)}`,
    );
  }
  return { state, kid: state?.kid ?? kid };
}

/** Returns the stored state, null when there is none. */
export function loadState(files: KeyFiles): ApproverState | null {
  if (!exists(files.state)) return null;
  return decodeApproverState(openFileCarefully(files.state, { bytesMax: stateBytesMax }).bytes);
}

/** Stores the state so that it is on the disk, whole, when this returns. */
export function saveState(files: KeyFiles, state: ApproverState): void {
  writeFileAtomically(files.state, encodeApproverState(state), { mode: 0o600, overwrite: true });
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
