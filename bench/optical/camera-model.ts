import type { Drawing, GreyPicture } from '@countersign/frames';
import { quietZoneDefault } from '@countersign/frames';
import { seeded } from './channels.ts';

/** What stands between a screen and the pictures of a camera. Lengths are in camera pixels, levels 0 to 255. */
export interface Conditions {
  readonly name: string;
  /** How much of the picture's height or width the codes take, 0 to 1. */
  readonly fill: number;
  readonly turnDegrees: number;
  /** Perspective: by how much the far side of the codes is shorter than the near side, 0 to 1. */
  readonly tilt: number;
  /** Standard deviation of the blur. */
  readonly blur: number;
  /** Standard deviation of the noise. */
  readonly noise: number;
  readonly black: number;
  readonly white: number;
  /** Amplitude of the stripes that a pixel grid makes in a picture. */
  readonly moire: number;
  /** How far the picture jumps from one to the next, at most, each way. */
  readonly shake: number;
  /** Seconds that a row of the picture gathers light; a change of the codes meanwhile mixes two of them. */
  readonly exposure: number;
  /** Seconds from the first row to the last. */
  readonly readout: number;
}

/** A laptop that stands before a screen in an office, exposed shortly and in step with it. */
export const good: Conditions = {
  name: 'good',
  fill: 0.94,
  turnDegrees: 1,
  tilt: 0.02,
  blur: 0.6,
  noise: 3,
  black: 25,
  white: 230,
  moire: 0,
  shake: 0,
  exposure: 0,
  readout: 0,
};

/** A hand that holds it at an angle in poor light: blurred, noisy, striped, and every change of codes in two pictures. */
export const hard: Conditions = {
  name: 'hard',
  fill: 0.88,
  turnDegrees: 4,
  tilt: 0.08,
  blur: 1.1,
  noise: 9,
  black: 60,
  white: 190,
  moire: 6,
  shake: 2,
  exposure: 1 / 60,
  readout: 1 / 45,
};

/** The hard ones one at a time, so that it can be seen which of them costs what. */
export const single: readonly Conditions[] = [
  { ...good, name: 'perspective', turnDegrees: 12, tilt: 0.25, fill: 0.7 },
  { ...good, name: 'blur', blur: 1.6 },
  { ...good, name: 'noise', noise: 25 },
  { ...good, name: 'low contrast', black: 90, white: 140 },
  { ...good, name: 'moire', moire: 20 },
  { ...good, name: 'mixed', exposure: hard.exposure, readout: hard.readout },
];

export const camera = { width: 1280, height: 720, rate: 30 } as const;

/** Codes that are on the screen together. */
export type Shown = readonly Drawing[];

/** Pictures of a screen: of what it showed in one moment, or of the rows that saw one thing and then another. */
export class CameraModel {
  readonly #conditions: Conditions;
  readonly #random: () => number;
  readonly #stripes: Float32Array;
  readonly #noise: Float32Array;
  #shown = 0;
  #places: Int32Array = new Int32Array();

  constructor(conditions: Conditions, seed: number) {
    this.#conditions = conditions;
    this.#random = seeded(seed);
    this.#stripes = stripes(conditions.moire);
    this.#noise = Float32Array.from({ length: noiseLength }, () => conditions.noise * normal(this.#random));
  }

  /** Returns the picture that starts `since` seconds after the screen changed from `before` to `now`. */
  take(before: Shown, now: Shown, since: number): GreyPicture {
    const { exposure, readout } = this.#conditions;
    const [old, fresh] = [screenOf(before), screenOf(now)];
    this.#placeFor(now);
    const sharp = new Float32Array(camera.width * camera.height);
    for (let y = 0; y < camera.height; y += 1) {
      const start = since + (readout * y) / camera.height;
      // The share of its exposure in which this row saw the codes before.
      const share = exposure === 0 ? Number(start < 0) : Math.min(1, Math.max(0, -start / exposure));
      this.#row(sharp, y, share === 1 ? old : fresh, share === 0 ? fresh : old, share);
    }
    return this.#finish(blurred(sharp, this.#conditions.blur));
  }

  #row(into: Float32Array, y: number, one: Uint8Array, other: Uint8Array, share: number): void {
    const { black, white } = this.#conditions;
    const step = (white - black) / samples;
    const places = this.#places;
    const isMixed = one !== other;
    for (let at = y * camera.width; at < (y + 1) * camera.width; at += 1) {
      let light = 0;
      for (let sample = samples * at; sample < samples * (at + 1); sample += 1) {
        const place = places[sample] as number;
        light += isMixed
          ? (1 - share) * (one[place] as number) + share * (other[place] as number)
          : (one[place] as number);
      }
      into[at] = black + step * light;
    }
  }

  #finish(light: Float32Array): GreyPicture {
    const { shake } = this.#conditions;
    const { width, height } = camera;
    const jump = (): number => Math.round(shake * (2 * this.#random() - 1));
    const [right, down, grain] = [jump(), jump(), Math.floor(this.#random() * noiseLength)];
    const levels = new Uint8Array(width * height);
    for (let y = 0; y < height; y += 1) {
      const from = Math.min(height - 1, Math.max(0, y + down)) * width;
      for (let x = 0; x < width; x += 1) {
        const at = y * width + x;
        const seen = light[from + Math.min(width - 1, Math.max(0, x + right))] as number;
        const extra = (this.#stripes[at] as number) + (this.#noise[(grain + at) % noiseLength] as number);
        levels[at] = Math.min(255, Math.max(0, Math.round(seen + extra)));
      }
    }
    return { levels, width, height };
  }

  /** Works out, for each sample of each pixel, which module of the screen it falls on: once for a layout. */
  #placeFor(shown: Shown): void {
    const [side, count] = [sideOf(shown), shown.length];
    if (this.#shown === side * count) return;
    this.#shown = side * count;
    this.#places = placesOf(this.#conditions, side * count, side);
  }
}

// Each pixel is the mean of two by two samples.
const samples = 4;
// A prime, so that rows do not repeat below each other.
const noiseLength = 999_983;

const sideOf = ([first]: Shown): number => (first?.size ?? 0) + 2 * quietZoneDefault;

/** Returns the screen, one element a module: 1 where light. The last element is the desk around it. */
function screenOf(shown: Shown): Uint8Array {
  const side = sideOf(shown);
  const across = side * shown.length;
  const screen = new Uint8Array(across * side + 1).fill(1);
  shown.forEach(({ size, modules }, index) => {
    for (let y = 0; y < size; y += 1) {
      const row = (y + quietZoneDefault) * across + index * side + quietZoneDefault;
      for (let x = 0; x < size; x += 1) screen[row + x] = modules[y * size + x] === 1 ? 0 : 1;
    }
  });
  screen[across * side] = 0;
  return screen;
}

function placesOf({ fill, turnDegrees, tilt }: Conditions, across: number, down: number): Int32Array {
  const { width, height } = camera;
  const pixels = Math.min((fill * width) / across, (fill * height) / down);
  const [cos, sin] = [Math.cos((turnDegrees * Math.PI) / 180), Math.sin((turnDegrees * Math.PI) / 180)];
  const places = new Int32Array(samples * width * height);
  for (let at = 0; at < places.length; at += 1) {
    const pixel = Math.floor(at / samples);
    const x = (pixel % width) + 0.25 + 0.5 * (at % 2) - width / 2;
    const y = Math.floor(pixel / width) + 0.25 + 0.5 * (Math.floor(at / 2) % 2) - height / 2;
    const [turnedX, turnedY] = [x * cos + y * sin, y * cos - x * sin];
    // The right side is further away than the left one.
    const near = 1 / (1 - (tilt * turnedX) / (pixels * across));
    const u = Math.floor((turnedX * near) / pixels + across / 2);
    const v = Math.floor((turnedY * near) / pixels + down / 2);
    const isOn = u >= 0 && v >= 0 && u < across && v < down;
    places[at] = isOn ? v * across + u : across * down;
  }
  return places;
}

function stripes(amplitude: number): Float32Array {
  const { width, height } = camera;
  return Float32Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return amplitude * Math.sin(0.9 * x + 0.13 * y) * Math.cos(0.07 * x - 0.8 * y);
  });
}

/** Blurs by a bell of this standard deviation, first along the rows and then along the columns. */
function blurred(picture: Float32Array, deviation: number): Float32Array {
  const reach = Math.ceil(2.5 * deviation);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const bell = Float32Array.from(weights, (weight) => weight / sum);
  const { width, height } = camera;
  return along(along(picture, bell, 1, width), bell, width, height);
}

function along(picture: Float32Array, bell: Float32Array, step: number, length: number): Float32Array {
  const reach = (bell.length - 1) / 2;
  const result = new Float32Array(picture.length);
  for (let at = 0; at < picture.length; at += 1) {
    const place = Math.floor(at / step) % length;
    let sum = 0;
    for (let tap = -reach; tap <= reach; tap += 1) {
      const near = Math.min(length - 1, Math.max(0, place + tap)) - place;
      sum += (bell[tap + reach] as number) * (picture[at + near * step] as number);
    }
    result[at] = sum;
  }
  return result;
}

/** A number of the normal distribution (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
