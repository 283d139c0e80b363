import { dirname } from 'node:path';
import {
  claimedAnchor,
  LedgerError,
  verifyBundle,
  type LedgerTrust,
  type ReplayTrust,
  type VerifiedLedger,
} from '@countersign/ledger';
import type { RootKeys } from '@countersign/messages';
import { isOpenIn, policyDigest, PolicyError } from '@countersign/policy';
import {
  ExitCode,
  loadRootFile,
  nodeTokenClaims,
  nodeVerifier,
  readFileCarefully,
  refuseExampleKey,
  visibleText,
  type Output,
} from '@countersign/program';
import { isWithinSigned } from './tolerance.ts';

/** The largest audit bundle that is read, in bytes: what one buffer holds. */
const bundleBytesMax = 2_147_483_647;

/** Returns the bytes of a bundle or an evidence file. */
export function readLedgerFile(path: string): Uint8Array {
  return readFileCarefully(path, { bytesMax: bundleBytesMax });
}

/** Returns the root keys of a root file; a published example key is refused outside a demonstration. */
export function loadAnchor(path: string): RootKeys {
  const { threshold, keys } = loadRootFile(path);
  for (const { key } of keys) refuseExampleKey(key, dirname(path));
  return { threshold, keys: keys.map(({ key }) => key) };
}

/** Returns what a ledger is verified with: the root keys, and what this program computes anew. */
export function trustIn(anchor: RootKeys): ReplayTrust {
  return {
    anchor,
    verifier: nodeVerifier,
    policyDigest: digestOfPolicy,
    tokenClaims: nodeTokenClaims,
    isWindowOpen: isOpenIn,
    isWithinTolerance: isWithinSigned,
  };
}

/**
 * Returns the digest of a policy's files as the policy room computes it; files that are no policy's have one that no
 * ledger states.
 */
function digestOfPolicy(files: readonly (readonly [path: string, text: string])[]): Uint8Array {
  try {
    return policyDigest(files.map(([path, text]) => ({ path, text })));
  } catch (error) {
    if (error instanceof PolicyError) return new Uint8Array(0);
    throw error;
  }
}

/** Returns the verified ledger of a bundle, showing how far it has come. */
export function loadLedger(bytes: Uint8Array, trust: LedgerTrust, output: Output): VerifiedLedger {
  return output.counting('verifying entries', (tell) => verifyBundle(bytes, trust, tell));
}

/** Returns the verified ledger of a bundle; without a root file it is held against the keys it names itself, and that is said. */
export function loadForReading(path: string, root: string | undefined, output: Output): VerifiedLedger {
  const bytes = readLedgerFile(path);
  const anchor = root === undefined ? claimedAnchor(bytes) : loadAnchor(root);
  const ledger = loadLedger(bytes, trustIn(anchor), output);
  if (root === undefined) {
    output.note('note: without --root the ledger was only held against the root keys that it names itself');
  }
  return ledger;
}

/**
 * Runs `work` and returns its exit code; a ledger or evidence that does not verify is reported with its first bad entry.
 */
export function reportingRefusal(output: Output, work: () => ExitCode): ExitCode {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const { code, index, message } = error;
    output.document({ code, message, entry: index });
    const { red, dim } = output.noteColours;
    if (!output.json) output.note(`${red('not verified')}: ${visibleText(message)} ${dim(`[${code}]`)}`);
    return ExitCode.verificationFailed;
  }
}
