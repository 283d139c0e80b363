// How lies are told: one departure from an honest ledger each.
import {
  encodeLedgerBundle,
  parseBundle,
  type AppendedEntry,
  type BundleItem,
  type LedgerBundle,
  type LedgerErrorCode,
} from '@countersign/ledger';
import { decodeEntry, encodeEntry, type ApproverState, type LedgerEntry } from '@countersign/messages';
import { goodStory } from './good-story.ts';
import { joined, Story } from './story.ts';

/** A ledger that must be refused. */
export interface Lie {
  readonly name: string;
  readonly code: LedgerErrorCode;
  /** The entry that must be named; undefined when the fault lies in none. */
  readonly index: number | undefined;
  readonly bundle: Uint8Array;
  readonly heads: readonly string[];
  readonly journals: readonly ApproverState[];
}

type Held = Partial<Pick<Lie, 'heads' | 'journals'>>;

export function lie(
  name: string,
  code: LedgerErrorCode,
  index: number | undefined,
  bundle: Uint8Array,
  held: Held = {},
): Lie {
  return { name, code, index, bundle, heads: held.heads ?? [], journals: held.journals ?? [] };
}

/** A lie told in the entry that `tell` appends last to an honest beginning. */
export function told(name: string, code: LedgerErrorCode, tell: (story: Story) => AppendedEntry): Lie {
  const story = new Story().begin();
  const { index } = tell(story);
  // Something follows, so that the lie is not found by standing at the end.
  story.note('operator', { person: 'alice', verb: 'note', text: 'nothing happened' });
  return lie(name, code, index, story.bundle());
}

/** A lie made of an honest bundle by changing its parts. */
export function changed(
  name: string,
  code: LedgerErrorCode,
  index: number | undefined,
  change: (bundle: LedgerBundle) => Partial<LedgerBundle>,
): Lie {
  const bundle = parseBundle(goodStory().bundle());
  return lie(name, code, index, joined(encodeLedgerBundle({ ...bundle, ...change(bundle) })));
}

export function changeItem(
  items: readonly BundleItem[],
  at: number,
  change: Partial<LedgerEntry> | { body: Uint8Array | null },
): BundleItem[] {
  return items.map((item, index) => {
    if (index !== at) return item;
    if ('body' in change) return { ...item, body: change.body };
    return { ...item, entry: encodeEntry({ ...decodeEntry(item.entry), ...change }) };
  });
}
