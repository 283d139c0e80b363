// What the neutral rooms may use beyond the ECMAScript library: the two text codecs that Node and
// every browser share. No clock, no randomness, no console, no DOM, no `node:`.
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
