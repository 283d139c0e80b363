import { keyId } from '@countersign/codec';
import { appendEntry, type NewEntry } from '@countersign/ledger';
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
    const by = { origin: world.origin, signer: world.signer };
    return work(
      appending(world, now, (entry) => appendEntry(world.ledger, entry, by)),
      now,
    );
  });
}

/** Returns what appends entries of one moment by `put`, each with the messages that tell of it. */
export function appending(
  world: World,
  madeAt: number,
  put: (entry: NewEntry) => { readonly index: number },
): Append {
  return (type, body, requestId) => {
    const { index } = put({ type, requestId, body, madeAt });
    enqueue(world, { type, body, requestId, index, madeAt });
    return index;
  };
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
