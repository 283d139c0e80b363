import { keyId, toHex, type PublicKey } from '@countersign/codec';
import { KeysError } from './keys-error.ts';
import { quote } from './quote.ts';
import { evenWords, oddWords } from './word-list.ts';

const requestWordCount = 5;
const keyWordCount = 10;

function placesOf(list: readonly string[]): ReadonlyMap<string, number> {
  return new Map(list.map((word, byte) => [word.toLowerCase(), byte]));
}

const evenPlaces = placesOf(evenWords);
const oddPlaces = placesOf(oddWords);

/** Returns one word for each byte: two-syllable words at even places, three-syllable ones at odd places. docs/spec/words.md */
export function words(bytes: Uint8Array): string[] {
  return Array.from(bytes, (byte, place) => (place % 2 === 0 ? evenWords : oddWords)[byte] ?? '');
}

/**
 * Returns the bytes of words parted by white space, upper and lower case alike. Two words exchanged, one left out or one said twice
 * shows as a word of the wrong list.
 *
 * @throws KeysError `words/unknown`, `words/wrong-list`, with the place of the word
 */
export function parseWords(text: string): Uint8Array {
  const spoken = text.split(/\s+/).filter((word) => word !== '');
  return Uint8Array.from(spoken, (word, place) => {
    const [own, other] = place % 2 === 0 ? [evenPlaces, oddPlaces] : [oddPlaces, evenPlaces];
    const byte = own.get(word.toLowerCase());
    if (byte !== undefined) return byte;
    if (other.has(word.toLowerCase()))
      throw new KeysError(
        'words/wrong-list',
        `${quote(word)} cannot stand at place ${place + 1}: a word is missing, doubled or exchanged`,
        {
          word: place,
        },
      );
    throw new KeysError('words/unknown', `${quote(word)} is not in the word list`, { word: place });
  });
}

/** Returns the five words that a request's digest is read aloud as: its first five bytes. */
export function digestWords(digest: Uint8Array): string {
  return words(digest.subarray(0, requestWordCount)).join(' ');
}

/** How a key is shown to a person who compares it with another person. */
export interface Fingerprint {
  /** The first ten bytes of the key id as words, to read aloud. */
  readonly words: string;
  /** The whole key id, 64 hex digits. */
  readonly hex: string;
}

/** Returns the words and the hex of a key id (32 bytes). */
export function fingerprint(id: Uint8Array): Fingerprint {
  return { words: words(id.subarray(0, keyWordCount)).join(' '), hex: toHex(id) };
}

/** Returns the fingerprint of a public key: that of its key id. */
export function keyFingerprint(key: PublicKey): Fingerprint {
  return fingerprint(keyId(key));
}
