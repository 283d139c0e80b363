import { appendEntry } from '@countersign/ledger';
import type { EntryType } from '@countersign/messages';
import type { World } from '../world.ts';

/** Appends one entry and returns its ledger index. */
export type Append = (type: EntryType, body: Uint8Array, requestId?: Uint8Array) => number;

/**
 * Runs `work` in one transaction in which it may append entries and change the state they tell of: after a
 * crash either all of it is there, with the checkpoint over it, or nothing.
 *
 * `now` is the time all of its entries carry.
 * @throws `home/disk-full`, `home/busy`, `home/clock`, and whatever `work` throws
 */
export function record<T>(world: World, work: (append: Append, now: number) => T): T {
  return world.store.atomically(() => {
    const now = world.clock();
    const append: Append = (type, body, requestId) =>
      appendEntry(
        world.ledger,
        { type, requestId, body, madeAt: now },
        { origin: world.origin, signer: world.signer },
      ).index;
    return work(append, now);
  });
}
