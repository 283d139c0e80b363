import { equalBytes } from '@countersign/codec';
import type { Diff, Hash } from '@countersign/diff';
import { TargetError } from './target-error.ts';
import type { MarkerState, RunJob, RunOutcome } from './target.ts';

/** The outcome of a run of which nothing is written. */
export function failed({ code, message }: TargetError): RunOutcome {
  return { kind: 'failed', code, reason: message };
}

/**
 * Settles a run that failed after it was told to commit. The session is gone, and its locks with it once the marker has
 * answered: what that says now stays so.
 * @param lost why the run failed
 */
export async function afterLoss(
  job: RunJob,
  lost: TargetError,
  compared: { readonly diff: Diff; readonly digest: Hash } | undefined,
  elapsedMs: number,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  try {
    const state = await marker();
    if (state.kind === 'absent') return failed(lost);
    if (
      state.kind === 'present' &&
      compared !== undefined &&
      equalBytes(state.requestDigest, job.requestDigest)
    ) {
      return { kind: 'executed', effect: compared.diff, digest: compared.digest, elapsedMs };
    }
    return {
      kind: 'ambiguous',
      reason: `the commit failed (${lost.message}) and the marker is of another run`,
    };
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    return {
      kind: 'ambiguous',
      reason: `the commit failed (${lost.message}) and the marker cannot be asked: ${cause.message}`,
    };
  }
}
