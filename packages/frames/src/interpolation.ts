import { addScaled, exp, log } from './field.ts';

/** One symbol: the value, at the point `index`, of the polynomials that the message defines, a word each. */
export interface Symbol16 {
  readonly index: number;
  readonly words: Uint16Array;
}

/** Returns, for each point, the logarithm of the product of its differences from all the others. */
export function logWeights(points: readonly number[]): Float64Array {
  return Float64Array.from(points, (point) => logDistance(points, point));
}

// The logarithm of the product of (point - other) over every other that differs from `point`.
function logDistance(points: readonly number[], point: number): number {
  let sum = 0;
  for (const other of points) {
    if (other !== point) sum += log(other ^ point);
  }
  return sum;
}

/**
 * Returns the symbol at `index`, by Lagrange interpolation through `symbols`.
 * `weights` are the `logWeights` of their indexes; `index` is none of them.
 */
export function interpolate(symbols: readonly Symbol16[], weights: Float64Array, index: number): Symbol16 {
  const points = symbols.map((symbol) => symbol.index);
  const distance = logDistance(points, index);
  const sum = new Uint16Array(symbols[0]?.words.length ?? 0);
  symbols.forEach((symbol, position) => {
    const exponent = distance - log(index ^ symbol.index) - (weights[position] ?? 0);
    addScaled(sum, symbol.words, exp(exponent));
  });
  return { index, words: sum };
}

/**
 * Returns the one symbol whose removal makes `symbols`, of which there are at least two more than the
 * message has, lie on polynomials of degree below that number; undefined when no single one explains it.
 *
 * With the syndromes s0 = Σ w(i)·y(i) and s1 = Σ w(i)·i·y(i), w(i) the inverse product of differences, a single
 * wrong value at the point e leaves s1 = e·s0 in every word.
 */
export function findWrongSymbol(symbols: readonly Symbol16[]): Symbol16 | undefined {
  const points = symbols.map((symbol) => symbol.index);
  const weights = logWeights(points);
  const length = symbols[0]?.words.length ?? 0;
  const first = new Uint16Array(length);
  const second = new Uint16Array(length);
  symbols.forEach((symbol, position) => {
    const weight = -(weights[position] ?? 0);
    addScaled(first, symbol.words, exp(weight));
    if (symbol.index !== 0) addScaled(second, symbol.words, exp(weight + log(symbol.index)));
  });
  const word = first.findIndex((value) => value !== 0);
  if (word === -1) return undefined;
  const [numerator, denominator] = [second[word] ?? 0, first[word] ?? 0];
  const point = numerator === 0 ? 0 : exp(log(numerator) - log(denominator));
  return symbols.find((symbol) => symbol.index === point);
}
