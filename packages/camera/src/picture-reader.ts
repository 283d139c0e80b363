import type { Report } from './report.ts';

/** Reads pictures one after the other and puts together the messages in them, in a worker or here. */
export interface PictureReader {
  /** Which reader of codes runs: the plain one where WebAssembly is refused. */
  readonly name: 'zxing' | 'plain';
  /** Reads a picture of a camera, and closes it. */
  read(picture: VideoFrame | ImageBitmap): Promise<Report>;
  /**
   * Reads a picture file, of an animation every frame.
   * @throws CameraError picture/undecodable; FrameError picture/…
   */
  readFile(bytes: Uint8Array): Promise<Report>;
  /** Forgets every message, finished or not. */
  forget(): void;
  /** Ends the reader; nothing is answered after. */
  close(): void;
}
