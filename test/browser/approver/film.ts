import {
  drawFrame,
  drawPicture,
  encodeFrames,
  frameBytesAt,
  greyOf,
  type GreyPicture,
} from '@countersign/frames';

const [width, height] = [1280, 720];
const picturesOfOne = 3;

/** Pictures of 1280 by 720 pixels in which the codes of a message follow each other. */
export function* filmOf(message: Uint8Array): Generator<GreyPicture> {
  const frames = encodeFrames(message, { frameBytesMax: frameBytesAt(25) });
  for (let index = 0; index < frames.minimumFrames + 2; index += 1) {
    const code = greyOf(drawPicture(drawFrame(frames.frame(index)), { scale: 5 }));
    const levels = new Uint8Array(width * height).fill(90);
    for (let y = 0; y < code.height; y += 1)
      levels.set(code.levels.subarray(y * code.width, (y + 1) * code.width), (y + 40) * width + 300);
    for (let again = 0; again < picturesOfOne; again += 1) yield { levels, width, height };
  }
}

/** The same as a mirror shows them. */
export function* mirrored(pictures: Iterable<GreyPicture>): Generator<GreyPicture> {
  for (const { levels, ...size } of pictures) {
    const column = (at: number): number => at % size.width;
    yield { ...size, levels: levels.map((_, at) => levels[at + size.width - 1 - 2 * column(at)] ?? 0) };
  }
}

/** So many pictures of a dark room. */
export function* darkness(count: number): Generator<GreyPicture> {
  for (let at = 0; at < count; at += 1)
    yield { levels: new Uint8Array(width * height).fill(12), width, height };
}
