import { requireCameraBrowser } from './browser-support.ts';
import { CameraError, cameraFailure } from './camera-error.ts';
import type { PictureReader } from './picture-reader.ts';
import type { Report } from './report.ts';
import { resolutionDefault, resolutions, type Resolution } from './resolution.ts';

/** A camera as a person chooses it. `label` comes from outside and is empty until a camera was allowed. */
export interface Camera {
  readonly id: string;
  readonly label: string;
}

export interface FeedOptions {
  /** Shows what the camera sees. */
  readonly video: HTMLVideoElement;
  readonly reader: PictureReader;
  readonly report: (report: Report) => void;
  /** Told once when the camera or the reader ends by itself; the feed has stopped then. */
  readonly failed: (error: Error) => void;
}

const pictureRate = 30;

/** Hands the newest picture of a camera to a reader, one at a time: pictures that come while it reads are let go. */
export class CameraFeed {
  readonly #options: FeedOptions;
  #stream: MediaStream | undefined;
  // Counts starts and stops: what belongs to an earlier one does nothing.
  #run = 0;
  #reading = false;
  #fresh = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /**
   * Starts this camera, or the one the browser chooses, in place of one that runs; it gives what is nearest to the resolution.
   * @throws CameraError camera/…
   */
  async start(cameraId?: string, resolution: Resolution = resolutionDefault): Promise<void> {
    this.stop();
    requireCameraBrowser(window);
    const run = this.#run;
    const which = cameraId === undefined ? { facingMode: 'environment' } : { deviceId: { exact: cameraId } };
    const { width, height } = resolutions[resolution];
    const stream = await openCamera({
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: pictureRate },
      ...which,
    });
    if (run !== this.#run) {
      stopStream(stream);
      return;
    }
    this.#stream = stream;
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () =>
        this.#fail(run, new CameraError('camera/ended', 'the camera was switched off')),
      );
    }
    const { video } = this.#options;
    video.srcObject = stream;
    video.muted = true;
    try {
      await video.play();
    } catch (cause) {
      // A start or a stop meanwhile took the picture away from this one.
      if (run !== this.#run) return;
      this.stop();
      throw cameraFailure(cause);
    }
    this.#watch(run);
  }

  /** Stops the camera; its light goes out. */
  stop(): void {
    this.#run += 1;
    if (this.#stream !== undefined) stopStream(this.#stream);
    this.#stream = undefined;
    this.#options.video.srcObject = null;
  }

  #watch(run: number): void {
    if (run !== this.#run) return;
    this.#options.video.requestVideoFrameCallback(() => {
      if (run !== this.#run) return;
      this.#fresh = true;
      this.#look(run);
      this.#watch(run);
    });
  }

  /** Hands over the newest picture, unless the reader is at work or has had it. */
  #look(run: number): void {
    if (run !== this.#run || this.#reading || !this.#fresh) return;
    this.#fresh = false;
    this.#reading = true;
    this.#read(run)
      .catch((cause: unknown) => this.#fail(run, cause instanceof Error ? cause : cameraFailure(cause)))
      .finally(() => {
        this.#reading = false;
        this.#look(this.#run);
      });
  }

  async #read(run: number): Promise<void> {
    const { video, reader, report } = this.#options;
    const read = await reader.read(new VideoFrame(video));
    if (run === this.#run) report(read);
  }

  #fail(run: number, error: Error): void {
    if (run !== this.#run) return;
    this.stop();
    this.#options.failed(error);
  }
}

/** Returns the cameras there are. */
export async function listCameras(): Promise<readonly Camera[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === 'videoinput')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Calls `changed` whenever a camera comes or goes, until the returned function is called. */
export function watchCameras(changed: () => void): () => void {
  const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
  mediaDevices?.addEventListener('devicechange', changed);
  return () => mediaDevices?.removeEventListener('devicechange', changed);
}

async function openCamera(video: MediaTrackConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (cause) {
    throw cameraFailure(cause);
  }
}

function stopStream(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
