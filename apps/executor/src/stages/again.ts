import { parseEnvelope, toHex } from '@countersign/codec';
import { decodeSubmission, type Pair } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { RequestState } from '../store/schema.ts';
import type { World } from '../world.ts';
import type { Draft } from './intake.ts';
import { requireSealed } from './known-request.ts';
import { conflictsContext, sortedPairs, withoutToken } from './context.ts';

/** What ended without having run, and without anybody having said no. */
const repeatable: readonly RequestState[] = ['drifted', 'failed', 'expired', 'withdrawn'];

/**
 * Returns the draft that submits a request again: the same target, statements, parameters and, unless another one is
 * given, reason; its context with what is given put in place, without the token
 * that stood for it and what was found of rows then. It goes the whole way of a new submission, for whoever submits it now.
 * @throws `request/state` when the request ran, by this home or before it was restored, may still run, or was refused; `request/not-sealed` when it never was one
 */
export function againOf(
  world: World,
  row: RequestRow,
  given: { readonly reason: string | undefined; readonly context: readonly Pair[] },
): Draft {
  if (!repeatable.includes(row.state)) {
    throw new ExecutorError(
      'request/state',
      `a request that is ${row.state} is not submitted again, expected one that is ${repeatable.join(', ')}`,
      { hint: 'submit its statements as a request of their own' },
    );
  }
  if (row.code === 'run/replayed') {
    throw new ExecutorError(
      'request/state',
      'the target says that the request ran before, expected one that did not',
      {
        hint: 'look into the database; submit its statements as a request of their own',
      },
    );
  }
  const { payload } = parseEnvelope(requireSealed(row).submission);
  const { target, statements, reason, context = [] } = decodeSubmission(payload ?? new Uint8Array());
  world.targetSetting(target);
  const pairs = new Map(
    [...withoutToken(context), ...given.context].filter(([name]) => name !== conflictsContext),
  );
  return {
    target,
    statements,
    reason: given.reason ?? reason,
    context: sortedPairs(pairs),
    follows: row.id,
  };
}

/** Returns how a request that ended without having run is submitted again. */
export function againHint(id: Uint8Array): string {
  return `approvers must see what it changes now: countersign submit --again ${toHex(id).slice(0, 8)}`;
}
