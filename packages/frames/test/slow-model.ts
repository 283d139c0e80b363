// A second, slow and obvious reading of docs/spec/frames.md: polynomials by coefficients, products bit by bit.

function product(left: number, right: number): number {
  let sum = 0;
  for (let bit = 15; bit >= 0; bit--) {
    sum <<= 1;
    if (sum > 0xffff) sum ^= 0x1100b;
    if (((right >> bit) & 1) === 1) sum ^= left;
  }
  return sum;
}

const inverses = new Map<number, number>();

function inverse(element: number): number {
  const known = inverses.get(element);
  if (known !== undefined) return known;
  let power = 1;
  for (let step = 0; step < 65_534; step++) power = product(power, element);
  inverses.set(element, power);
  return power;
}

/** Returns the value at `point` of the polynomial of least degree with these values at 0, 1, 2 and so on. */
export function valueAt(values: readonly number[], point: number): number {
  let sum = 0;
  values.forEach((value, own) => {
    let term = value;
    values.forEach((_, other) => {
      if (other !== own) term = product(term, product(point ^ other, inverse(own ^ other)));
    });
    sum ^= term;
  });
  return sum;
}
