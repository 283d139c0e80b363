/**
 * Messages as frames, frames as QR codes, codes as modules, text, SVG or pixels, and all of it back again.
 * Format and rules: docs/spec/frames.md.
 *
 * @module
 */
export { foreignNames } from './foreign.ts';
export { FrameError, type ForeignKind, type FrameErrorCode } from './frame-error.ts';
export {
  decodeFrame,
  encodeFrame,
  frameOverheadBytes,
  symbolsMax,
  totalBytesMax,
  type Frame,
} from './frame.ts';
export { encodeFrames, type FrameOptions, type FrameSource } from './frame-source.ts';
export { FrameAssembler, type AssemblerLimits, type Progress } from './frame-assembler.ts';
export { messageBytesMax } from './packing.ts';
export { loopLength } from './loop.ts';
export { frameBytesAt, movingVersion, qrVersionFor, standingVersion } from './qr-capacity.ts';
export { drawFrame, quietZoneDefault, type DrawOptions, type Drawing } from './drawing.ts';
export { drawTerminal, type TerminalOptions } from './terminal.ts';
export { drawSvg } from './svg.ts';
export { drawPicture, pixelsMax, type Picture } from './picture.ts';
export {
  greyOf,
  type CodeReader,
  type Effort,
  type GreyPicture,
  type Point,
  type Sighting,
} from './code-reader.ts';
export { openZxingReader } from './zxing-reader.ts';
export { plainReader } from './plain-reader.ts';
export { judgeView, lightOf, modulePixels, modulePixelsMin, type Light, type View } from './view.ts';
export { encodeGif, type GifOptions } from './gif-encode.ts';
export { decodeGif, gifFramesMax, isGif } from './gif-decode.ts';
export { isJpeg } from './jpeg-size.ts';
export { readPicture } from './read-picture.ts';
