import { readFileSync } from 'node:fs';
import bcur from '@ngraveio/bc-ur';
import * as bbqrPackage from 'bbqr';
import { encodeFrames, FrameAssembler, frameBytesAt } from '@countersign/frames';
import { binaryToBlock, blockToBinary, createDecoder, createEncoder, type LtEncoder } from 'luby-transform';
import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js';
import { seeded } from './channels.ts';

/** The QR version that all are held to, at level L. */
export const version = 25;
/** Bytes of one code in byte mode. */
export const codeBytes: number = frameBytesAt(version);
// Characters of one code in alphanumeric mode, ISO/IEC 18004, version 25-L.
const codeCharacters = 1853;

/** Puts a message together. `take` returns whether it is whole. */
export interface Receiver {
  readonly take: (code: unknown) => boolean;
  readonly message: () => Uint8Array | undefined;
}

/** One way to show a message as codes without end. */
export interface Shown {
  /** Returns the code at `index`, asked for in order from 0. */
  readonly code: (index: number) => unknown;
  /** Codes that the message is cut into. */
  readonly parts: number;
  readonly receiver: () => Receiver;
}

export interface Codec {
  readonly name: string;
  /** Shows a message; one that draws lots does it by `seed`. */
  readonly show: (message: Uint8Array, seed: number) => Shown;
}

const ours: Codec = {
  name: 'countersign',
  show: (message) => {
    const source = encodeFrames(message, { frameBytesMax: codeBytes, compress: false });
    return {
      code: (index) => source.frame(index),
      parts: source.minimumFrames,
      receiver: () => {
        const assembler = new FrameAssembler();
        return {
          take: (code) => assembler.add(code as Uint8Array).kind === 'complete',
          message: () => assembler.message(),
        };
      },
    };
  },
};

const raptorq: Codec = {
  name: 'raptorq',
  show: (message) => {
    // A packet is 4 bytes and a symbol, whose length is a multiple of 8. What a stream needs besides to be told from
    // others and checked (ours: 16 bytes a code) is left out, in its favour.
    const symbolBytes = 8 * Math.floor((codeBytes - 4) / 8);
    const parts = Math.ceil(message.length / symbolBytes);
    const packets = Encoder.with_defaults(message, symbolBytes).encode(6 * parts + 40);
    return {
      code: (index) => packets[index % packets.length],
      parts,
      receiver: () => {
        const decoder = Decoder.with_defaults(BigInt(message.length), symbolBytes);
        let whole: Uint8Array | undefined;
        return {
          take: (code) => {
            whole ??= decoder.decode(code as Uint8Array);
            return whole !== undefined;
          },
          message: () => whole,
        };
      },
    };
  },
};

const lubyTransform: Codec = {
  name: 'luby-transform',
  show: (message, seed) => {
    // Its blocks carry their list of parts: as long as the longest may be, the code must hold it.
    const encoder = ltEncoder(message);
    const blocks = withSeed(seed, () => encoder.fountain());
    const made: Uint8Array[] = [];
    return {
      code: (index) => {
        while (made.length <= index) {
          const { value } = withSeed(seed + made.length, () => blocks.next());
          made.push(blockToBinary(value));
        }
        return made[index];
      },
      parts: encoder.k,
      receiver: () => {
        const decoder = createDecoder();
        return {
          take: (code) => decoder.addBlock(binaryToBlock(code as Uint8Array)),
          message: () => decoder.getDecoded(),
        };
      },
    };
  },
};

function ltEncoder(message: Uint8Array): LtEncoder {
  // Header of a block: 16 bytes and 4 for each part in it; most blocks hold few.
  return createEncoder(message, codeBytes - 16 - 4 * 10, false);
}

/** Lets code that asks `Math.random` draw by a seed. */
function withSeed<Value>(seed: number, act: () => Value): Value {
  const random = Math.random;
  Math.random = seeded(seed);
  try {
    return act();
  } finally {
    Math.random = random;
  }
}

const bcUr: Codec = {
  name: 'BC-UR',
  show: (message) => {
    const { UR, UREncoder, URDecoder } = bcur;
    const ur = UR.fromBuffer(Buffer.from(message));
    // Two characters a byte; the name, the numbers and a CBOR head of about 60 characters come before.
    const encoder = new UREncoder(ur, Math.floor((codeCharacters - 90) / 2));
    const made: string[] = [];
    return {
      code: (index) => {
        while (made.length <= index) made.push(encoder.nextPart());
        return made[index];
      },
      parts: encoder.fragmentsLength,
      receiver: () => {
        const decoder = new URDecoder();
        return {
          take: (code) => {
            decoder.receivePart(code as string);
            return decoder.isComplete();
          },
          message: () => (decoder.isComplete() ? new Uint8Array(decoder.resultUR().decodeCBOR()) : undefined),
        };
      },
    };
  },
};

/** The part of BBQr that is used; its own types do not resolve where Node loads it. */
interface Bbqr {
  readonly splitQRs: (
    raw: Uint8Array,
    fileType: string,
    options: { readonly encoding: string; readonly minVersion: number; readonly maxVersion: number },
  ) => { readonly parts: readonly string[] };
  readonly joinQRs: (parts: readonly string[]) => { readonly raw: Uint8Array };
}
const { splitQRs, joinQRs } = bbqrPackage as unknown as Bbqr;

const bbqr: Codec = {
  name: 'BBQr',
  show: (message) => {
    const { parts } = splitQRs(message, 'B', { encoding: '2', minVersion: version, maxVersion: version });
    return {
      code: (index) => parts[index % parts.length],
      parts: parts.length,
      receiver: () => {
        const seen = new Set<string>();
        return {
          take: (code) => seen.add(code as string).size === parts.length,
          message: () => (seen.size === parts.length ? joinQRs([...seen]).raw : undefined),
        };
      },
    };
  },
};

/** Returns ours first, then its peers. */
export function openCodecs(): readonly Codec[] {
  initSync(readFileSync(new URL(import.meta.resolve('raptorq/raptorq_bg.wasm'))));
  return [ours, raptorq, lubyTransform, bcUr, bbqr];
}
