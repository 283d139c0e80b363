/** Returns a repeatable source of integers from 0 to just below `bound`. */
export function makeRandom(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  };
}

/** Returns `length` bytes of it. */
export function randomBytes(random: (bound: number) => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}
