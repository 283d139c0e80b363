import { toHex } from '@countersign/codec';
import type { EntryType } from '@countersign/messages';
import type { VerifiedEntry } from './verify/content.ts';
import type { Life } from './verify/life.ts';

/** Which entries are wanted; a condition that is absent lets everything through. Times are inclusive, seconds. */
export interface LedgerQuery {
  readonly target?: string | undefined;
  readonly kind?: EntryType | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Person id, `executor`, or at least 8 hex digits that a key id begins with. */
  readonly by?: string | undefined;
  readonly requestId?: Uint8Array | undefined;
}

/** What is queried: a verified ledger or a part of one. */
export interface Queried {
  readonly entries: readonly VerifiedEntry[];
  readonly lives: ReadonlyMap<string, Life>;
}

/** Returns the entries that fulfil every condition of `query`, in ledger order. */
export function queryLedger(ledger: Queried, query: LedgerQuery): readonly VerifiedEntry[] {
  const id = query.requestId === undefined ? undefined : toHex(query.requestId);
  return ledger.entries.filter(
    (each) =>
      (query.kind === undefined || each.entry.type === query.kind) &&
      (query.since === undefined || each.entry.madeAt >= query.since) &&
      (query.until === undefined || each.entry.madeAt <= query.until) &&
      (query.by === undefined || isBy(each, query.by)) &&
      (id === undefined || idOf(each) === id) &&
      (query.target === undefined || targetOf(ledger, each) === query.target),
  );
}

/** Returns the name of the target that an entry is about; undefined when it is about none or that was erased. */
export function targetOf(ledger: Queried, each: VerifiedEntry): string | undefined {
  const id = idOf(each);
  const life = id === undefined ? undefined : ledger.lives.get(id);
  return life?.submission?.record.target ?? life?.request?.signed.record.target.name;
}

/** Returns the id of the key that signed an entry's body; undefined when none did. */
export function signerOf({ content }: VerifiedEntry): Uint8Array | undefined {
  return 'signed' in content ? content.signed.kid : undefined;
}

function isBy(each: VerifiedEntry, by: string): boolean {
  if (each.by === by) return true;
  const kid = signerOf(each);
  return /^[0-9a-f]{8,64}$/.test(by) && kid !== undefined && toHex(kid).startsWith(by);
}

function idOf({ entry }: VerifiedEntry): string | undefined {
  return entry.requestId === undefined ? undefined : toHex(entry.requestId);
}
