/** Returns `bytes` as big-endian 16-bit words; the last one is padded with a zero byte. */
export function toWords(bytes: Uint8Array): Uint16Array {
  const words = new Uint16Array(Math.ceil(bytes.length / 2));
  for (let index = 0; index < words.length; index++) {
    words[index] = ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
  }
  return words;
}

/** Returns the bytes of `words`, most significant first. */
export function fromWords(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 2);
  words.forEach((word, index) => {
    bytes[2 * index] = word >>> 8;
    bytes[2 * index + 1] = word & 0xff;
  });
  return bytes;
}
