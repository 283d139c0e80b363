import { fromHex, keyId, admitKey, toHex } from '@countersign/codec';
import { encodeNote } from '@countersign/ledger';
import type { Person } from '@countersign/messages';
import { quote } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { noteText } from '../note-text.ts';
import { isRefused, refuseKey } from '../store/refused-keys.ts';
import type { World } from '../world.ts';
import type { RequestRow } from '../store/request-row.ts';
import { withdrawRequest } from './expire.ts';
import { record } from './record.ts';
import { requireRequest } from './request.ts';
import { mayStillRun, waitingOf } from './revoked-submitter.ts';

export interface Revoked {
  readonly keys: readonly Uint8Array[];
  readonly waiting: readonly RequestRow[];
}

export interface Withdrawn {
  readonly withdrawn: readonly RequestRow[];
  /** What moved meanwhile and can be taken back no more, as it stands now. */
  readonly moved: readonly RequestRow[];
}

/** Takes back what was submitted with keys that are revoked now; the ledger keeps by whom and why. */
export function withdrawWaiting(
  world: World,
  { waiting }: Revoked,
  { by, reason }: { readonly by: Person; readonly reason: string },
): Withdrawn {
  const said = noteText(`the key that submitted it is revoked: ${reason}`);
  const [withdrawn, moved]: [RequestRow[], RequestRow[]] = [[], []];
  for (const { id } of waiting) {
    // Read where nothing moves it any more: others decide and run while this goes from one to the next.
    world.store.atomically(() => {
      const row = requireRequest(world, id);
      const still = mayStillRun(row);
      if (still) withdrawRequest(world, row, by.id, said);
      (still ? withdrawn : moved).push(row);
    });
  }
  return { withdrawn, moved };
}

/**
 * Makes this executor refuse every key that a submitter has now, or one of them, from this moment on: what is on its way is refused in the
 * transaction that would record it. The ledger keeps who said so and why. A roster makes it last beyond this executor.
 * @returns the keys that were good until now, and what was submitted with any of those named and may still be approved or run
 * @throws `identity/unknown`, `identity/not-allowed` for whoever is no person
 */
export function revokeIdentity(
  world: World,
  named: string,
  { by, reason }: { readonly by: Person; readonly reason: string },
): Revoked {
  if (by.kind !== 'human') {
    throw new ExecutorError('identity/not-allowed', `${by.id} is no person, and only people revoke keys`);
  }
  const { person, kids } = keysOf(world, named);
  const good = kids.filter((kid) => !isRefused(world.store, kid));
  record(world, (append, at) => {
    for (const kid of good) {
      const text = noteText(`${toHex(kid)} of ${person.id}: ${reason}`);
      append('operator', encodeNote('operator', { person: by.id, verb: 'identity-revoke', text }));
      refuseKey(world.store, { kid, at, person: by.id, reason });
    }
  });
  return { keys: good, waiting: waitingOf(world, person.id, kids) };
}

/** The keys of the submitter of this id, or the one key of this key id. */
function keysOf(
  world: World,
  named: string,
): { readonly person: Person; readonly kids: readonly Uint8Array[] } {
  const { current } = world.chain();
  const holder = /^[0-9a-f]{64}$/.test(named) ? current.holder(fromHex(named)) : undefined;
  const person = holder?.person ?? current.person(named);
  if (person === undefined || !current.permits(person, 'submit')) {
    throw new ExecutorError(
      'identity/unknown',
      `${quote(named)} is nobody who may submit, and no key of such a person`,
      {
        hint: 'see `countersign identity list`; approvers are revoked by a new roster',
      },
    );
  }
  if (holder !== undefined) return { person, kids: [holder.kid] };
  return { person, kids: person.keys.map(({ publicKey }) => keyId(admitKey(publicKey))) };
}
