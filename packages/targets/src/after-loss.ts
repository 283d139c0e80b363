import { equalBytes } from '@countersign/codec';
import type { Diff, Hash } from '@countersign/diff';
import { TargetError } from './target-error.ts';
import type { MarkerState, RunJob, RunOutcome } from './target.ts';

/** The session is gone, and its locks with it once the marker has answered: what that says now stays so. */
export async function afterLoss(
  job: RunJob,
  compared: { readonly diff: Diff; readonly digest: Hash } | undefined,
  elapsedMs: number,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  try {
    const state = await marker();
    if (state.kind === 'absent') {
      return { kind: 'failed', code: 'target/session-lost', reason: 'session ended before the commit' };
    }
    if (
      state.kind === 'present' &&
      compared !== undefined &&
      equalBytes(state.requestDigest, job.requestDigest)
    ) {
      return { kind: 'executed', effect: compared.diff, digest: compared.digest, elapsedMs };
    }
    return { kind: 'ambiguous', reason: 'session ended at the commit and the marker is of another run' };
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    return { kind: 'ambiguous', reason: `session ended at the commit: ${cause.message}` };
  }
}
