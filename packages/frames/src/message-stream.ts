import { toHex } from '@countersign/codec';
import { messageIdOf } from './packing.ts';
import { symbolCount, type Frame } from './frame.ts';
import { findWrongSymbol, interpolate, logWeights, type Symbol16 } from './interpolation.ts';
import { putWords, toWords } from './words.ts';

/** What one frame did to the stream it belongs to. `packed` is the message, its hash found to be its id. */
export type StreamStep =
  | { readonly kind: 'added' | 'repeated' | 'suspect' | 'dropped' }
  | { readonly kind: 'complete'; readonly packed: Uint8Array };

/** The symbols of one message in one cutting, as they arrive. */
export class MessageStream {
  readonly messageId: string;
  readonly #total: number;
  readonly #count: number;
  readonly #symbols = new Map<number, Symbol16>();
  #needed: number;

  constructor(frame: Frame) {
    this.messageId = toHex(frame.messageId);
    this.#total = frame.total;
    this.#count = symbolCount(frame.total, frame.payload.length);
    this.#needed = this.#count;
  }

  get received(): number {
    return this.#symbols.size;
  }

  /** Frames after which an attempt is made: as many as there are symbols, two more once a wrong one is suspected. */
  get needed(): number {
    return this.#needed;
  }

  /** Bytes that this stream holds. */
  get heldBytes(): number {
    const [first] = this.#symbols.values();
    return this.#symbols.size * (first?.words.byteLength ?? 0);
  }

  /** Takes a frame of this very stream. */
  add(frame: Frame): StreamStep {
    if (this.#symbols.has(frame.index)) return { kind: 'repeated' };
    this.#symbols.set(frame.index, { index: frame.index, words: toWords(frame.payload) });
    if (this.#symbols.size < this.#needed) return { kind: 'added' };
    return this.#needed === this.#count ? this.#solveFirst() : this.#solveWithoutWrong();
  }

  #solveFirst(): StreamStep {
    const packed = this.#solve();
    if (packed !== undefined) return { kind: 'complete', packed };
    // Two more symbols than the message has are enough to say which single one is wrong.
    this.#needed = this.#count + 2;
    return this.#count === 1 ? this.#drop() : { kind: 'suspect' };
  }

  #solveWithoutWrong(): StreamStep {
    const wrong = findWrongSymbol([...this.#symbols.values()]);
    if (wrong !== undefined) this.#symbols.delete(wrong.index);
    const packed = this.#solve();
    return packed === undefined ? this.#drop() : { kind: 'complete', packed };
  }

  #drop(): StreamStep {
    this.#symbols.clear();
    this.#needed = this.#count;
    return { kind: 'dropped' };
  }

  // Returns the packed message if the symbols give one whose hash is the message id.
  #solve(): Uint8Array | undefined {
    const given = [...this.#symbols.values()].toSorted((left, right) => left.index - right.index);
    const used = given.slice(0, this.#count);
    const weights = logWeights(used.map(({ index }) => index));
    const packed = new Uint8Array(this.#count * 2 * (used[0]?.words.length ?? 0));
    for (let index = 0; index < this.#count; index++) {
      const symbol = this.#symbols.get(index) ?? interpolate(used, weights, index);
      putWords(symbol.words, packed, index * 2 * symbol.words.length);
    }
    // A view: a message is held as few times as can be.
    const message = packed.subarray(0, this.#total);
    return toHex(messageIdOf(message)) === this.messageId ? message : undefined;
  }
}
