import { equalBytes } from '@countersign/codec';
import { channels, seeded, type Channel } from './channels.ts';
import { openCodecs, type Codec, type Shown } from './codecs.ts';

/** What one way to show a message took over one channel. */
export interface Needed {
  readonly codec: string;
  readonly bytes: number;
  readonly channel: string;
  readonly parts: number;
  /** Codes shown until the message was whole, on average; undefined when in some round it was not after 20 times the parts. */
  readonly shown: number | undefined;
}

/** The payloads, in bytes. */
export const payloads: readonly number[] = [1000, 10_000, 50_000, 200_000];
const roundsAt: ReadonlyMap<number, number> = new Map([
  [1000, 40],
  [10_000, 40],
  [50_000, 20],
  [200_000, 6],
]);
const patience = 20;
const seed = 20_261_128;

/** Returns what every codec needs for every payload over every channel; all meet the same losses. */
export function measureNeeded(): readonly Needed[] {
  const codecs = openCodecs();
  return payloads.flatMap((bytes) => {
    const random = seeded(seed + bytes);
    const message = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
    return codecs.flatMap((codec) => {
      const shown = codec.show(message, seed);
      return channels.map((channel) => measureOne(codec, shown, message, channel));
    });
  });
}

function measureOne(codec: Codec, shown: Shown, message: Uint8Array, channel: Channel): Needed {
  const rounds = roundsAt.get(message.length) ?? 10;
  const counts = Array.from({ length: rounds }, (_, round) => once(shown, message, channel, seed + round));
  const sum = counts.reduce<number | undefined>(
    (before, count) => (before === undefined || count === undefined ? undefined : before + count),
    0,
  );
  return {
    codec: codec.name,
    bytes: message.length,
    channel: channel.name,
    parts: shown.parts,
    shown: sum === undefined ? undefined : sum / rounds,
  };
}

/** @throws Error when a message comes out wrong, so that nothing wrong is ever counted */
function once(shown: Shown, message: Uint8Array, channel: Channel, roundSeed: number): number | undefined {
  const random = seeded(roundSeed);
  const start = Math.floor(random() * shown.parts);
  const lost = channel.open(random);
  const receiver = shown.receiver();
  for (let count = 1; count <= patience * shown.parts; count++) {
    const code = shown.code(start + count - 1);
    if (lost(count - 1) || !receiver.take(code)) continue;
    const whole = receiver.message();
    if (whole === undefined || !equalBytes(whole, message)) throw new Error('a message came out wrong');
    return count;
  }
  return undefined;
}
