import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { Draft } from './intake.ts';
import { decisionOfRow, requestOfRow, requireSealed } from './known-request.ts';

/**
 * Returns the draft that takes up an approver's amendment: their statements, the request's own target and, unless
 * another one is given, its reason. It goes the whole way of a new submission.
 * @throws `request/state` when no amendment was made of the request
 */
export function proposalOf(world: World, row: RequestRow, reason: string | undefined): Draft {
  const amended = world.store
    .decisionsOf(row.id)
    .findLast(({ choice, refused }) => choice === 'amend' && refused === null);
  const proposal = amended === undefined ? undefined : decisionOfRow(amended).proposal;
  if (proposal === undefined) {
    throw new ExecutorError('request/state', 'no approver proposed another statement for this request');
  }
  const request = requestOfRow(requireSealed(row));
  const by = `amended by ${amended?.person ?? ''}`;
  return {
    target: request.target.name,
    statements: proposal,
    reason: reason ?? by,
    context: [],
    follows: row.id,
  };
}
