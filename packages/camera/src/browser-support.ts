import { CameraError } from './camera-error.ts';

/** What is needed of a browser, under the names by which it is known. */
export interface CameraBrowser {
  readonly VideoFrame?: unknown;
  readonly HTMLVideoElement?: { readonly prototype: object };
}

/**
 * Refuses a browser in which pictures of a camera cannot be had: Firefox before 132, for one.
 * @throws CameraError camera/old-browser
 */
export function requireCameraBrowser({ VideoFrame: frame, HTMLVideoElement: video }: CameraBrowser): void {
  const lacks = [
    ...(frame === undefined ? ['VideoFrame'] : []),
    ...(video !== undefined && 'requestVideoFrameCallback' in video.prototype
      ? []
      : ['requestVideoFrameCallback']),
  ];
  if (lacks.length === 0) return;
  throw new CameraError('camera/old-browser', `this browser has no ${lacks.join(' and no ')}`);
}
