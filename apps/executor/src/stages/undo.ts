import { undoStatements, type Diff } from '@countersign/diff';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { Draft } from './intake.ts';
import { requireSealed, type SealedRow } from './known-request.ts';

/**
 * Returns the draft that restores the rows an executed request changed, from the signed diff. Approvers see it like any
 * other request, with the diff it gives on the rows as they are now.
 * @throws `undo/not-executed`; DiffError `undo/…` when the diff cannot be inverted
 */
export async function undoOf(world: World, row: RequestRow, diff: Diff, reason: string): Promise<Draft> {
  if (row.state !== 'executed')
    throw new ExecutorError('undo/not-executed', `the request is ${row.state}, there is nothing to undo`);
  const target = world.target(row.target);
  const statements = undoStatements(diff, {
    dialect: target.engine,
    parentsFirst: await target.tablesParentsFirst(),
  });
  return { target: row.target, statements, reason, context: [], follows: row.id };
}

/**
 * Returns the request that this one undoes, or did when it was submitted first; undefined when it is no undo. Only an undo follows a
 * request that ran, and one that is submitted again follows the one before it.
 */
export function undoneBy({ store }: Pick<World, 'store'>, row: RequestRow): SealedRow | undefined {
  let { follows } = row;
  while (follows !== null) {
    const before = store.request(follows);
    if (before?.state === 'executed') return requireSealed(before);
    // An approver's own statements undo nothing that is known.
    if (before === undefined || before.state === 'rejected') return undefined;
    ({ follows } = before);
  }
  return undefined;
}
