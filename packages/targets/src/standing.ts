import { equalBytes } from '@countersign/codec';
import type { Hash } from '@countersign/diff';
import { TargetError } from './target-error.ts';
import type { MarkerState, RunOutcome } from './target.ts';

/**
 * Refuses a database that is not the one that was signed.
 * @throws TargetError `target/not-prepared`, `target/other-database`
 */
export function requireSignedIdentity(found: Hash | null, signed: Hash): void {
  if (found === null)
    throw new TargetError('target/not-prepared', 'marker tables are missing, expected a prepared target');
  if (!equalBytes(found, signed))
    throw new TargetError('target/other-database', 'another database answers than the one that was signed');
}

/** Returns how a run ends whose request ran before; undefined when it has not. */
export function alreadyRan(marker: MarkerState): RunOutcome | undefined {
  if (marker.kind !== 'present') return undefined;
  return { kind: 'already-ran', requestDigest: marker.requestDigest, startedAt: marker.startedAt };
}
