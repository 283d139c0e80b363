/** Returns a repeatable source of numbers from 0 to just below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What is between a screen and a camera. */
export interface Channel {
  readonly name: string;
  /** Returns, for codes shown one after the other, whether each is lost. */
  readonly open: (random: () => number) => (index: number) => boolean;
}

const losing = (share: number): Channel['open'] => {
  return (random) => () => random() < share;
};

/** Losses that come together: eight codes on average, sixteen readable ones between. */
function bursts(random: () => number): (index: number) => boolean {
  let lost = false;
  return () => {
    lost = lost ? random() >= 1 / 8 : random() < 1 / 16;
    return lost;
  };
}

/** The channels that are compared. Every one is joined at a random moment. */
export const channels: readonly Channel[] = [
  { name: 'no loss', open: () => () => false },
  { name: '10 % lost', open: losing(0.1) },
  { name: '30 % lost', open: losing(0.3) },
  { name: '50 % lost', open: losing(0.5) },
  { name: 'bursts', open: bursts },
  { name: 'every third lost', open: () => (index) => index % 3 === 2 },
];
