import { equalBytes } from '@countersign/codec';
import { digest as digestOf, isWithin } from '@countersign/diff';
import type { Diff, Hash } from '@countersign/diff';
import { sha256 } from './sha256.ts';
import type { RunJob } from './target.ts';

/** Returns whether what a run changes is what was signed, to the byte or within what the job tolerates. */
export function isSigned(
  { diff, digest }: { readonly diff: Diff; readonly digest: Hash },
  { expectedDigest, tolerated }: Pick<RunJob, 'expectedDigest' | 'tolerated'>,
): boolean {
  if (equalBytes(digest, expectedDigest)) return true;
  return (
    tolerated !== undefined &&
    equalBytes(digestOf(tolerated.signed, sha256), expectedDigest) &&
    isWithin(tolerated.signed, diff, tolerated.tolerance, sha256)
  );
}
