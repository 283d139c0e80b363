import { toHex } from '@countersign/codec';
import { decodeNote } from '@countersign/ledger';
import { decodeEntry } from '@countersign/messages';
import type { PolicyFile } from '@countersign/policy';
import { ExecutorError } from '../executor-error.ts';
import type { World } from '../world.ts';

/** A policy as the ledger recorded it when it came into force. */
export interface RecordedPolicy {
  /** Ledger index. */
  readonly index: number;
  readonly madeAt: number;
  readonly digest: Uint8Array;
  readonly files: readonly PolicyFile[];
}

const prefixMin = 8;

/** Returns every policy that ever came into force here, in that order; one that came back stands there twice. */
export function recordedPolicies({ ledger }: World): readonly RecordedPolicy[] {
  return ledger.positionsOf('policy').flatMap((index) => {
    const body = ledger.body(index);
    if (body === null) return [];
    const { digest, files } = decodeNote('policy', body);
    const { madeAt } = decodeEntry(ledger.entry(index));
    return [{ index, madeAt, digest, files: files.map(([path, text]) => ({ path, text })) }];
  });
}

/**
 * Returns the recorded policy whose digest begins with these hex digits, 8 at least; the latest when it came back.
 * @throws `policy/not-recorded` when there is none, or more than one
 */
export function recordedPolicy(world: World, typed: string): RecordedPolicy {
  const all = recordedPolicies(world);
  const found = all.filter(({ digest }) => toHex(digest).startsWith(typed.toLowerCase()));
  const last = found.at(-1);
  const digests = new Set(found.map(({ digest }) => toHex(digest)));
  if (typed.length < prefixMin || !/^[0-9a-f]+$/i.test(typed) || last === undefined || digests.size > 1) {
    const what =
      digests.size > 1
        ? `${digests.size} recorded policies begin with it`
        : 'no recorded policy begins with it';
    throw new ExecutorError('policy/not-recorded', `${JSON.stringify(typed.slice(0, 64))}: ${what}`, {
      hint: `at least ${prefixMin} digits of a digest that \`countersign policy list\` shows`,
    });
  }
  return last;
}
