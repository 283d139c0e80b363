import type { GreyPicture, Point, Sighting } from './code-reader.ts';

/**
 * What a camera sees, for a person who holds it: a code that was read, or why none was.
 *
 * - `read`: at least one code was read.
 * - `too-dark`, `too-bright`: the picture has no light, or nothing but light.
 * - `too-far`: a code is there, with fewer camera pixels a module than readers need.
 * - `blurred`: nothing in the picture has a sharp edge, or a code is there and large enough and still illegible.
 * - `no-code`: a sharp, well lit picture without a code, or a plain surface.
 */
export type View = 'read' | 'too-dark' | 'too-bright' | 'too-far' | 'blurred' | 'no-code';

/** Camera pixels a module below which a person is told to come nearer. */
export const modulePixelsMin = 2.6;

const darkBelow = 60;
const brightAbove = 200;
const contrastMin = 24;
// A sharp edge climbs most of the contrast within two pixels.
const sharpMin = 0.35;
// Every how many pixels one is looked at, each way.
const stride = 3;

/** How light and how sharp a picture is. */
export interface Light {
  /** The level, 0 to 255, that 2 % of the pixels are darker than. */
  readonly dark: number;
  /** The level, 0 to 255, that 2 % of the pixels are brighter than. */
  readonly bright: number;
  /** How much of the way from dark to bright its sharpest edges climb within two pixels; undefined without contrast. */
  readonly sharpness: number | undefined;
}

/** Returns what the camera sees in a picture of this light, in which a reader found `sightings`. */
export function judgeView({ dark, bright, sharpness }: Light, sightings: readonly Sighting[]): View {
  if (sightings.some(({ content }) => content !== undefined)) return 'read';
  if (bright < darkBelow) return 'too-dark';
  if (dark > brightAbove) return 'too-bright';
  const [seen] = sightings;
  if (seen !== undefined)
    return (modulePixels(seen) ?? modulePixelsMin) < modulePixelsMin ? 'too-far' : 'blurred';
  return sharpness !== undefined && sharpness < sharpMin ? 'blurred' : 'no-code';
}

/** Returns the camera pixels a module of a code; undefined when its size in modules is not known. */
export function modulePixels({ corners, modules }: Sighting): number | undefined {
  if (modules === undefined) return undefined;
  const sides = corners.map((corner, at) => distance(corner, corners[(at + 1) % 4] ?? corner));
  return Math.min(...sides) / modules;
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** Returns how light and how sharp a picture is, from one pixel in nine. */
export function lightOf({ levels, width, height }: GreyPicture): Light {
  const brightness = new Uint32Array(256);
  const steps = new Uint32Array(256);
  let count = 0;
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x + 2 < width; x += stride) {
      const at = y * width + x;
      const level = levels[at] ?? 0;
      brightness[level] = (brightness[level] ?? 0) + 1;
      const step = Math.abs((levels[at + 2] ?? 0) - level);
      steps[step] = (steps[step] ?? 0) + 1;
      count += 1;
    }
  }
  const [dark, bright] = [levelAt(brightness, 0.02 * count), levelAt(brightness, 0.98 * count)];
  const contrast = bright - dark;
  // The step that 1 % of the edges exceed.
  const steepest = levelAt(steps, 0.99 * count);
  return { dark, bright, sharpness: contrast < contrastMin ? undefined : Math.min(1, steepest / contrast) };
}

/** Returns the level at which `rank` of the counted pixels are reached. */
function levelAt(histogram: Uint32Array, rank: number): number {
  let below = 0;
  const found = histogram.findIndex((count) => (below += count) > rank);
  return found === -1 ? 255 : found;
}
