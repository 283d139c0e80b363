import { keyId } from '@countersign/codec';
import { appendEntry } from '@countersign/ledger';
import type { EntryType } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import { enqueue } from '../notify/enqueue.ts';
import type { World } from '../world.ts';

/** Appends one entry and returns its ledger index. */
export type Append = (type: EntryType, body: Uint8Array, requestId?: Uint8Array) => number;

/**
 * Runs `work` in one transaction in which it may append entries and change the state they tell of: after a
 * crash either all of it is there, with the checkpoint over it, or nothing.
 *
 * `now` is the time all of its entries carry.
 * @throws `home/disk-full`, `home/read-only`, `home/busy`, `home/clock`, `configuration/roster`, and whatever `work` throws
 */
export function record<T>(world: World, work: (append: Append, now: number) => T): T {
  return world.store.atomically(() => {
    requireOwnKey(world);
    const now = world.clock();
    const append: Append = (type, body, requestId) => {
      const by = { origin: world.origin, signer: world.signer };
      const { index } = appendEntry(world.ledger, { type, requestId, body, madeAt: now }, by);
      enqueue(world, { type, body, requestId, index, madeAt: now });
      return index;
    };
    return work(append, now);
  });
}

/** A checkpoint by a key that the roster does not name for this log is worth nothing to approvers and auditors. */
export function requireOwnKey(world: World): void {
  // The first entries of a new home are what the roster comes from.
  if (world.ledger.size === 0) return;
  const executor = world.chain().current.executor(keyId(world.signer.publicKey));
  if (executor?.origin === world.origin) return;
  throw new ExecutorError(
    'configuration/roster',
    `the roster names another key for the executor of ${world.origin}`,
    {
      hint: 'see executor.key in countersign.yaml and `countersign roster show --yaml`',
    },
  );
}
