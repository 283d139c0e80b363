import {
  CodecError,
  array,
  decodeWith,
  encodeWith,
  equalBytes,
  fixedBytes,
  literal,
  record,
  required,
  sha256,
  uint,
} from '@countersign/codec';
import type { Schema } from '@countersign/codec';
import type { Diff, Hash, HashFunction } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { digest, verifyDigest } from './digest.ts';
import { fromParts, toParts } from './parts.ts';
import type { GeneratedValues } from './parts.ts';
import { partSchema } from './schemas.ts';
import type { Part } from './schemas.ts';

const pieceBytesMax = 1 << 20;
const partsMax = 65_536;
export const pageBytesAim = 16_384;
export const pagesMax = 4096;

interface Piece {
  readonly version: 1;
  readonly parts: readonly Part[];
}

interface Page extends Piece {
  readonly digest: Hash;
  readonly index: number;
  readonly count: number;
}

const pieceSchema: Schema<Piece> = record<Piece>({
  version: required(1, literal(1)),
  parts: required(5, array(partSchema, { max: partsMax })),
});

const pageSchema: Schema<Page> = record<Page>({
  version: required(1, literal(1)),
  digest: required(2, fixedBytes(32)),
  index: required(3, uint(pagesMax)),
  count: required(4, uint(pagesMax)),
  parts: required(5, array(partSchema, { min: 1, max: partsMax })),
});

export interface DiffOptions {
  readonly generated?: GeneratedValues;
  readonly hash?: HashFunction;
}

/**
 * Returns the whole diff as one item of at most 1 MiB.
 * @throws DiffError `diff/too-large`: use `toPages`
 */
export function encodeDiff(diff: Diff, options: DiffOptions = {}): Uint8Array {
  const parts = toParts(diff, options.generated ?? 'blank');
  try {
    return encodeWith(pieceSchema, { version: 1, parts }, { bytesMax: pieceBytesMax });
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new DiffError('diff/too-large', 'diff does not fit one item, expected pages', { cause });
  }
}

/**
 * Returns the diff in `bytes`, its parts agreeing with each other; whether it is the signed one is
 * for `verifyDigest` to say.
 * @throws CodecError; DiffError `diff/bad-table`, `diff/bad-change`, `diff/rows-hash-mismatch`, `diff/unbound-value`
 */
export function decodeDiff(bytes: Uint8Array, options: DiffOptions = {}): Diff {
  const { parts } = decodeWith(pieceSchema, bytes, { bytesMax: pieceBytesMax });
  return fromParts(parts, options.generated ?? 'blank', options.hash ?? sha256);
}

/**
 * Returns the diff cut into pages of about 16 KiB, each naming the digest, its place and their count.
 * A part larger than that stands on a page alone, which may then be up to 1 MiB.
 * @throws DiffError `diff/too-large` for a part above 1 MiB, `diff/too-many-pages`
 */
export function toPages(diff: Diff, options: DiffOptions = {}): Uint8Array[] {
  const groups = group(toParts(diff, options.generated ?? 'blank'));
  if (groups.length > pagesMax) {
    throw new DiffError('diff/too-many-pages', `${groups.length} pages, expected at most ${pagesMax}`);
  }
  const sum = digest(diff, options.hash);
  return groups.map((parts, index) =>
    encodeWith(
      pageSchema,
      { version: 1, digest: sum, index, count: groups.length, parts },
      { bytesMax: pieceBytesMax },
    ),
  );
}

/** Packs parts greedily, measuring each by its own encoding. */
function group(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = [];
  let size = pageBytesAim;
  for (const part of parts) {
    const bytes = partBytes(part);
    const last = groups.at(-1);
    if (last === undefined || size + bytes > pageBytesAim - 64) {
      groups.push([part]);
      size = bytes;
    } else {
      last.push(part);
      size += bytes;
    }
  }
  return groups;
}

function partBytes(part: Part): number {
  try {
    return encodeWith(partSchema, part, { bytesMax: pieceBytesMax - 128 }).length;
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new DiffError('diff/too-large', `a ${part.type} does not fit one page`, { cause });
  }
}

/**
 * Returns the diff that the pages make, in whatever order they come, when it gives the digest expected.
 * @throws CodecError; DiffError `diff/too-many-pages`, `diff/bad-page`, `diff/digest-mismatch`, and as `decodeDiff`
 */
export function fromPages(pages: readonly Uint8Array[], expected: Hash, options: DiffOptions = {}): Diff {
  if (pages.length > pagesMax) {
    throw new DiffError('diff/too-many-pages', `${pages.length} pages, expected at most ${pagesMax}`);
  }
  const placed = new Map<number, Page>();
  for (const bytes of pages) {
    const page = decodeWith(pageSchema, bytes, { bytesMax: pieceBytesMax });
    requirePage(page, pages.length, expected);
    if (placed.has(page.index)) throw badPage(`page ${page.index} stands twice`);
    placed.set(page.index, page);
  }
  const parts = [...placed.entries()].sort(([a], [b]) => a - b).flatMap(([, page]) => page.parts);
  const hash = options.hash ?? sha256;
  return verifyDigest(fromParts(parts, options.generated ?? 'blank', hash), expected, hash);
}

/**
 * Returns the digest that stored pages name, which `fromPages` holds the whole to.
 * @throws CodecError; DiffError `diff/bad-page` when there is no page
 */
export function pagesDigest([first]: readonly Uint8Array[]): Hash {
  if (first === undefined) throw new DiffError('diff/bad-page', 'no page, expected at least one');
  return decodeWith(pageSchema, first, { bytesMax: pieceBytesMax }).digest;
}

function requirePage(page: Page, count: number, expected: Hash): void {
  if (!equalBytes(page.digest, expected)) throw badPage(`page ${page.index} is of another diff`);
  if (page.count !== count) throw badPage(`page says ${page.count} pages, ${count} are here`);
  if (page.index >= page.count) throw badPage(`page ${page.index} of ${page.count} cannot be`);
}

function badPage(fact: string): DiffError {
  return new DiffError('diff/bad-page', `${fact}, expected each page of one diff once`);
}
