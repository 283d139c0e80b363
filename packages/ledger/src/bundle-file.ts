import {
  bytes,
  CodecError,
  decodeFirst,
  encodeWith,
  fixedBytes,
  literal,
  nullable,
  positional,
  record,
  required,
  text,
  uint,
  type Schema,
  type Value,
} from '@countersign/codec';
import { bodyBytesMax, decodeNote } from './body.ts';
import { LedgerError, type LedgerErrorCode } from './ledger-error.ts';
import type { LedgerStore } from './store.ts';

/** The first item of an audit bundle. */
export interface BundleHeader {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly origin: string;
  /** Number of entries. */
  readonly size: number;
}

/** An entry and its body as they lie in an audit bundle. */
export interface BundleItem {
  readonly entry: Uint8Array;
  /** Null when it was erased. */
  readonly body: Uint8Array | null;
}

interface BundleTrailer {
  readonly checkpoint: string;
}

/** The parts of an audit bundle; nothing in them is verified. */
export interface LedgerBundle {
  readonly header: BundleHeader;
  readonly items: readonly BundleItem[];
  /** Note of the head. */
  readonly checkpoint: string;
}

const entryBytesMax = 256;
const itemLimits = { bytesMax: bodyBytesMax + entryBytesMax + 32 };

const headerSchema: Schema<BundleHeader> = record<BundleHeader>({
  version: required(1, literal(1)),
  domain: required(2, fixedBytes(16)),
  origin: required(3, text(256, 1)),
  size: required(4, uint()),
});
const itemSchema: Schema<BundleItem> = positional<BundleItem>({
  entry: bytes(entryBytesMax),
  body: nullable(bytes(bodyBytesMax)),
});
const trailerSchema: Schema<BundleTrailer> = record<BundleTrailer>({
  checkpoint: required(1, text(16_384)),
});

/**
 * The audit bundle of a ledger (`*.csledger`), a chunk for each of its items.
 * The store must not grow meanwhile: read it inside one transaction.
 * @throws LedgerError `ledger/body-needed` when there is no genesis to take the header from
 */
export function* exportBundle(store: LedgerStore): Generator<Uint8Array, void, undefined> {
  const { size, checkpoint } = store;
  const first = size === 0 ? null : store.body(0);
  if (first === null || checkpoint === undefined) {
    throw new LedgerError('ledger/body-needed', 'no body of the genesis, expected one', { index: 0 });
  }
  const { domain, origin } = decodeNote('genesis', first);
  yield encodeWith<BundleHeader>(headerSchema, { version: 1, domain, origin, size });
  for (let index = 0; index < size; index += 1) {
    yield encodeWith(itemSchema, { entry: store.entry(index), body: store.body(index) }, itemLimits);
  }
  yield encodeWith(trailerSchema, { checkpoint });
}

/** Returns the bytes of an audit bundle of these parts, whatever they say; what `exportBundle` gives of a store. */
export function encodeLedgerBundle(bundle: LedgerBundle): Uint8Array[] {
  return [
    encodeWith(headerSchema, bundle.header),
    ...bundle.items.map((item) => encodeWith(itemSchema, item, itemLimits)),
    encodeWith(trailerSchema, { checkpoint: bundle.checkpoint }),
  ];
}

/**
 * Returns the parts of an audit bundle: a header, as many items as it says, a trailer, and nothing more.
 * @throws LedgerError `ledger/truncated`, `ledger/header-malformed`, `ledger/item-malformed`, `ledger/trailer-malformed`,
 * `ledger/trailing-bytes`
 */
export function parseBundle(file: Uint8Array): LedgerBundle {
  let offset = 0;
  const next = <T>(schema: Schema<T>, malformed: LedgerErrorCode, index?: number): T => {
    const where = index === undefined ? {} : { index };
    if (offset === file.length) {
      throw new LedgerError('ledger/truncated', 'the bundle ends here, expected more items', where);
    }
    try {
      const item: { value: Value; end: number } = decodeFirst(file, offset, itemLimits);
      offset = item.end;
      return schema.read(item.value, '$');
    } catch (cause) {
      throw unreadable(cause, malformed, where);
    }
  };
  const header: BundleHeader = next(headerSchema, 'ledger/header-malformed');
  const items: BundleItem[] = [];
  while (items.length < header.size) items.push(next(itemSchema, 'ledger/item-malformed', items.length));
  const { checkpoint } = next(trailerSchema, 'ledger/trailer-malformed');
  if (offset !== file.length) {
    throw new LedgerError(
      'ledger/trailing-bytes',
      `${file.length - offset} bytes follow the trailer, expected none`,
    );
  }
  return { header, items, checkpoint };
}

function unreadable(cause: unknown, malformed: LedgerErrorCode, where: { index?: number }): unknown {
  if (!(cause instanceof CodecError)) return cause;
  if (cause.code === 'cbor/truncated') {
    return new LedgerError('ledger/truncated', 'the bundle ends inside an item', { ...where, cause });
  }
  return new LedgerError(malformed, 'an item of another form than expected here', { ...where, cause });
}
