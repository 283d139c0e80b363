import { toHex } from '@countersign/codec';
import { keyStanding, type Person } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import { isRefused } from '../store/refused-keys.ts';
import type { World } from '../world.ts';

/**
 * Returns the person whose key this is, when they may submit at this moment.
 *
 * Asked when the key is loaded and again in the transaction that records the submission: a roster installed in between
 * may have revoked the key, and the ledger would hold what no auditor accepts. There `now` is the time of what is recorded.
 * @throws `identity/not-in-roster`, `identity/not-valid`, `identity/not-allowed`
 */
export function requireSubmitter(world: World, kid: Uint8Array, now: number = world.clock()): Person {
  const chain = world.chain();
  const holder = chain.holder(kid);
  if (holder === undefined) {
    throw new ExecutorError(
      'identity/not-in-roster',
      `the key ${toHex(kid).slice(0, 16)} is nobody's in the roster`,
      {
        hint: 'see `countersign roster show`',
      },
    );
  }
  const { person } = holder;
  const standing = keyStanding(holder, now);
  if (standing !== 'valid') {
    throw new ExecutorError(
      'identity/not-valid',
      `the key of ${person.id} is ${standing.replaceAll('-', ' ')}`,
    );
  }
  if (chain.isRevokedAt(kid, world.ledger.size)) {
    throw new ExecutorError('identity/not-valid', `the key of ${person.id} is revoked`);
  }
  if (isRefused(world.store, kid)) {
    throw new ExecutorError('identity/not-valid', `the key of ${person.id} is revoked on this executor`, {
      hint: 'a new key comes with a new roster; see `countersign identity list`',
    });
  }
  if (!chain.current.permits(person, 'submit')) {
    throw new ExecutorError('identity/not-allowed', `${person.id} has no role that may submit`);
  }
  return person;
}
