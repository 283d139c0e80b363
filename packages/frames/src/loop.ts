/**
 * Returns how many codes are shown before they begin again, where `minimum` are needed: half as many again, and a number without the
 * factors 2 and 3, so that a camera which misses every second or third code misses others the next time round.
 */
export function loopLength(minimum: number): number {
  if (minimum === 1) return 1;
  let length = Math.ceil(1.5 * minimum);
  while (length % 2 === 0 || length % 3 === 0) length += 1;
  return length;
}
