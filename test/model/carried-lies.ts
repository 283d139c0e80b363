import { utf8 } from '@countersign/codec';
import { encodeLedgerBundle, parseBundle, type BundleItem, type LedgerBundle } from '@countersign/ledger';
import { decodeEntry, encodeEntry } from '@countersign/messages';
import { goodStory } from './good-story.ts';
import { joined, Story } from './story.ts';
import { changed, changeItem, lie, type Lie } from './lie.ts';

const good = goodStory();
const bytes = good.bundle();
const { size } = good.ledger;
const first = encodeLedgerBundle(parseBundle(bytes))[0]?.length ?? 0;
const byte = (at: number, value: number): Uint8Array =>
  Uint8Array.from(bytes, (b, i) => (i === at ? value : b));
const noIndex = undefined;
const reheaded = (items: readonly BundleItem[], bundle: LedgerBundle): Partial<LedgerBundle> => ({
  header: { ...bundle.header, size: items.length },
  items,
});

/** What a carrier can do, who holds no key. */
export const carriedLies: readonly Lie[] = [
  lie('an empty file', 'ledger/truncated', noIndex, new Uint8Array(0)),
  lie('no header', 'ledger/header-malformed', noIndex, bytes.slice(first)),
  lie('a header of another version', 'ledger/header-malformed', noIndex, byte(2, 2)),
  lie('cut inside the first entry', 'ledger/truncated', 0, bytes.slice(0, first + 20)),
  lie('cut inside the trailer', 'ledger/truncated', noIndex, bytes.slice(0, -1)),
  lie('bytes after the trailer', 'ledger/trailing-bytes', noIndex, joined([bytes, Uint8Array.of(0)])),
  lie('a second bundle after the first', 'ledger/trailing-bytes', noIndex, joined([bytes, bytes])),
  changed('one entry fewer than the header says', 'ledger/item-malformed', size - 1, ({ items }) => ({
    items: items.slice(0, -1),
  })),
  changed('one entry more than the header says', 'ledger/trailer-malformed', noIndex, ({ items }) => ({
    items: [...items, ...items.slice(-1)],
  })),
  changed('a deleted tail', 'ledger/size-mismatch', noIndex, (b) => reheaded(b.items.slice(0, -3), b)),
  changed('a deleted middle', 'ledger/index-mismatch', 5, (b) => reheaded(b.items.toSpliced(5, 1), b)),
  changed('two entries in each other’s place', 'ledger/index-mismatch', 6, ({ items }) => ({
    items: [...items.slice(0, 6), ...items.slice(6, 8).reverse(), ...items.slice(8)],
  })),
  changed('a deleted middle with the indexes mended', 'ledger/chain-broken', 5, (b) =>
    reheaded(
      b.items.toSpliced(5, 1).map((item, index) => ({
        ...item,
        entry: encodeEntry({ ...decodeEntry(item.entry), index }),
      })),
      b,
    ),
  ),
  changed('an edited time', 'ledger/chain-broken', 8, ({ items }) => ({
    items: changeItem(items, 7, { madeAt: 1 }),
  })),
  changed('an edited time of the last entry', 'ledger/root-mismatch', noIndex, ({ items }) => ({
    items: changeItem(items, size - 1, { madeAt: 1_790_100_000 }),
  })),
  changed('an edited body', 'ledger/body-mismatch', 3, ({ items }) => ({
    items: changeItem(items, 3, { body: utf8('x') }),
  })),
  changed('an erased decision', 'ledger/body-needed', 7, ({ items }) => ({
    items: changeItem(items, 7, { body: null }),
  })),
  changed('an erased roster', 'ledger/body-needed', 1, ({ items }) => ({
    items: changeItem(items, 1, { body: null }),
  })),
  changed('an entry that is none', 'ledger/entry-malformed', 4, ({ items }) => ({
    items: items.map((item, i) => (i === 4 ? { ...item, entry: utf8('x') } : item)),
  })),
  changed('a header of another origin', 'ledger/genesis-mismatch', 0, ({ header }) => ({
    header: { ...header, origin: 'other.example/ledger' },
  })),
  changed('a header of another deployment', 'ledger/genesis-mismatch', 0, ({ header }) => ({
    header: { ...header, domain: new Uint8Array(16) },
  })),
  changed('a checkpoint of before', 'ledger/size-mismatch', noIndex, () => ({
    checkpoint: new Story().begin().head,
  })),
  changed('a checkpoint that is none', 'ledger/checkpoint-invalid', noIndex, () => ({ checkpoint: 'x' })),
  changed('a checkpoint with another signature', 'ledger/checkpoint-invalid', noIndex, ({ checkpoint }) => ({
    checkpoint: checkpoint.replace(/....=\n$/, 'AAA=\n'),
  })),
];
