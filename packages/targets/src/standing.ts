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

/**
 * Refuses an account for dry runs that reaches another place than the one of `url`.
 * @throws TargetError `target/other-database`
 */
export function requireSamePlace(main: unknown, other: unknown): void {
  if (JSON.stringify(main) === JSON.stringify(other)) return;
  throw new TargetError(
    'target/other-database',
    'dry_run_url reaches another database than url, expected the same',
  );
}
