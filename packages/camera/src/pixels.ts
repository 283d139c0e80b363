import { decodeGif, greyOf, isGif, pixelsMax, type GreyPicture } from '@countersign/frames';
import { CameraError } from './camera-error.ts';

// Formats whose first plane is the brightness; a browser that gives others is asked for colours.
const brightFormats: readonly (string | null)[] = ['I420', 'I420A', 'I422', 'I444', 'NV12'];

/** Returns a camera's picture in shades of grey, and closes it. */
export async function greyOfFrame(picture: VideoFrame | ImageBitmap): Promise<GreyPicture> {
  try {
    if (picture instanceof ImageBitmap) return drawn(picture, picture.width, picture.height);
    if (brightFormats.includes(picture.format)) return await firstPlane(picture);
    return drawn(picture, picture.displayWidth, picture.displayHeight);
  } finally {
    picture.close();
  }
}

async function firstPlane(frame: VideoFrame): Promise<GreyPicture> {
  const planes = new Uint8Array(frame.allocationSize());
  const [layout] = await frame.copyTo(planes);
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  if (layout === undefined) throw new CameraError('picture/undecodable', 'a camera picture has no pixels');
  if (layout.offset === 0 && layout.stride === width) {
    return { levels: planes.subarray(0, width * height), width, height };
  }
  const levels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = layout.offset + y * layout.stride;
    levels.set(planes.subarray(start, start + width), y * width);
  }
  return { levels, width, height };
}

let canvas: OffscreenCanvas | undefined;

function drawn(picture: VideoFrame | ImageBitmap, width: number, height: number): GreyPicture {
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null)
    throw new CameraError('picture/undecodable', 'the browser has no canvas of this size');
  context.drawImage(picture, 0, 0, width, height);
  return greyOf({ rgba: context.getImageData(0, 0, width, height).data, width, height });
}

/**
 * Yields the pictures of a file: the frames of a GIF, or the one of whatever else the browser opens.
 * @throws CameraError picture/undecodable; FrameError picture/gif, picture/gif-too-long, picture/size
 */
export async function* greysOfFile(bytes: Uint8Array): AsyncGenerator<GreyPicture, void, void> {
  if (isGif(bytes)) {
    yield* decodeGif(bytes);
    return;
  }
  const bitmap = await bitmapOf(bytes);
  const { width, height } = bitmap;
  if (width * height > pixelsMax) {
    bitmap.close();
    throw new CameraError(
      'picture/undecodable',
      `picture of ${width} by ${height} pixels, expected a smaller one`,
    );
  }
  yield await greyOfFrame(bitmap);
}

async function bitmapOf(bytes: Uint8Array): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([bytes.slice()]));
  } catch (cause) {
    throw new CameraError('picture/undecodable', 'file is no picture that this browser opens', { cause });
  }
}
