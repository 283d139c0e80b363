// GF(2^16) modulo x^16 + x^12 + x^3 + x + 1; x generates the multiplicative group.
const polynomial = 0x1100b;

/** The number of non-zero elements; logarithms are taken modulo this. */
export const order = 65_535;

const { exponents, logarithms } = makeTables();

function makeTables(): { exponents: Uint16Array; logarithms: Uint16Array } {
  const exponents = new Uint16Array(order);
  const logarithms = new Uint16Array(order + 1);
  let power = 1;
  for (let exponent = 0; exponent < order; exponent++) {
    exponents[exponent] = power;
    logarithms[power] = exponent;
    power = double(power);
  }
  return { exponents, logarithms };
}

function double(element: number): number {
  const shifted = element << 1;
  return shifted > 0xffff ? shifted ^ polynomial : shifted;
}

/** Returns the discrete logarithm, 0..65534, of a non-zero element. The logarithm of 0 is not defined. */
export function log(element: number): number {
  return logarithms[element] ?? 0;
}

/** Returns x to the power `exponent`, which may be any integer. */
export function exp(exponent: number): number {
  const reduced = exponent % order;
  return exponents[reduced < 0 ? reduced + order : reduced] ?? 0;
}

/** Returns the product of two elements. */
export function multiply(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : exp(log(left) + log(right));
}

// Products of one factor with every low and every high byte; small enough for a processor's first cache,
// which the tables of logarithms are not.
const lowProducts = new Uint16Array(256);
const highProducts = new Uint16Array(256);

function fillProducts(factor: number): void {
  fillPowers(highProducts, fillPowers(lowProducts, factor));
}

// Fills `products` with `factor` times 0..255 and returns factor times x^8.
function fillPowers(products: Uint16Array, factor: number): number {
  let power = factor;
  for (let bit = 1; bit < 256; bit <<= 1) {
    products[bit] = power;
    for (let rest = 1; rest < bit; rest++) products[bit + rest] = power ^ (products[rest] ?? 0);
    power = double(power);
  }
  return power;
}

/** Adds `factor` times `words` to `sum` in place, word by word. Both have the same length. */
export function addScaled(sum: Uint16Array, words: Uint16Array, factor: number): void {
  if (factor === 0) return;
  fillProducts(factor);
  const [low, high] = [lowProducts, highProducts];
  // All of the time goes by here. INVARIANT: every index is within its array, so no element is undefined.
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number;
    const product = (low[word & 0xff] as number) ^ (high[word >>> 8] as number);
    sum[index] = (sum[index] as number) ^ product;
  }
}
