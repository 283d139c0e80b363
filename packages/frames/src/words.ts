/** Returns `bytes` as big-endian 16-bit words; the last one is padded with a zero byte. */
export function toWords(bytes: Uint8Array): Uint16Array {
  const words = new Uint16Array(Math.ceil(bytes.length / 2));
  for (let index = 0; index < words.length; index++) {
    words[index] = ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
  }
  return words;
}

/** Writes the bytes of `words` into `bytes` from `start` on, most significant first. */
export function putWords(words: Uint16Array, bytes: Uint8Array, start: number): void {
  // INVARIANT: every index is within its array, so no element is undefined.
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number;
    bytes[start + 2 * index] = word >>> 8;
    bytes[start + 2 * index + 1] = word & 0xff;
  }
}

/** Returns the bytes of `words`, most significant first. */
export function fromWords(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 2);
  putWords(words, bytes, 0);
  return bytes;
}
