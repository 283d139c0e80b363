import {
  CameraFeed,
  listCameras,
  resolutionDefault,
  resolutionNamed,
  resolutions,
  watchCameras,
  type Report,
} from '@countersign/camera';
import { texts } from './catalogue/index.ts';
import { fill, freshId, h } from './dom.ts';
import { embeddedReader, renewReader } from './embedded-reader.ts';
import { failureBox } from './failure.ts';
import { lightSwitch } from './light-switch.ts';

/** What a viewfinder tells the view around it. */
export interface ViewfinderTold {
  /** A camera starts, perhaps another than before: what was seen so far is not this one's. */
  readonly begins: () => void;
  readonly report: (report: Report) => void;
}

/** A camera on the screen: its picture, the choice among cameras, its light. `stop` must be called when the view goes. */
export class Viewfinder {
  /** Where a camera that fails says so. */
  readonly trouble: HTMLElement = h('div', {});
  readonly picture: HTMLElement;
  readonly chooser: HTMLElement;
  readonly light: HTMLElement = h('span', {});
  readonly #video = h('video', { class: 'camera', playsinline: true, 'aria-label': texts.camera.sees });
  readonly #devices: HTMLSelectElement;
  readonly #resolution: HTMLSelectElement;
  readonly #size = h('p', { class: 'hint' });
  readonly #told: ViewfinderTold;
  #feed: CameraFeed | undefined;
  #chosen: string | undefined;
  #isStopped = false;
  #unwatch: (() => void) | undefined;

  constructor(told: ViewfinderTold) {
    this.#told = told;
    const id = freshId('camera');
    this.#devices = h('select', { id });
    this.#devices.addEventListener('change', () => this.start(this.#devices.value));
    const resolutionId = freshId('resolution');
    this.#resolution = resolutionSelect(resolutionId);
    this.#resolution.addEventListener('change', () => this.start());
    this.picture = h('div', { class: 'viewfinder' }, this.#video);
    this.chooser = h(
      'div',
      { class: 'input' },
      h('label', { for: id }, texts.camera.device),
      this.#devices,
      h('label', { for: resolutionId }, texts.camera.resolution),
      this.#resolution,
      this.#size,
    );
  }

  /** Starts the camera with this id, the one that was chosen before, or the one that the browser chooses. */
  start(cameraId: string | undefined = this.#chosen): void {
    this.#chosen = cameraId;
    fill(this.trouble);
    fill(this.light);
    this.#told.begins();
    this.#open(cameraId).catch((thrown: unknown) => this.#fail(thrown));
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch?.();
    this.#feed?.stop();
  }

  /** How many pictures a second the camera says it gives; undefined while it does not say. */
  get rate(): number | undefined {
    return this.#track()?.getSettings().frameRate;
  }

  async #open(cameraId: string | undefined): Promise<void> {
    const reader = await embeddedReader();
    // The view may have gone while the reader was opened.
    if (this.#isGone()) return;
    reader.forget();
    this.#feed ??= new CameraFeed({
      video: this.#video,
      reader,
      report: (report) => this.#tell(report),
      failed: (error) => this.#fail(error),
    });
    await this.#feed.start(cameraId, resolutionNamed(this.#resolution.value));
    // Or while it started.
    if (this.#isGone()) return;
    // A camera that is plugged in meanwhile is to be chosen, one that was pulled out is not.
    this.#unwatch ??= watchCameras(() => {
      this.#listDevices().catch((thrown: unknown) => this.#say(thrown));
    });
    await this.#listDevices();
    const track = this.#track();
    if (track !== undefined)
      fill(
        this.light,
        lightSwitch(track, (error) => this.#say(error)),
      );
  }

  /** Asked anew each time: what waits in between may be long. */
  #isGone(): boolean {
    return this.#isStopped;
  }

  #fail(thrown: unknown): void {
    renewReader();
    this.#feed?.stop();
    this.#feed = undefined;
    this.#chosen = undefined;
    fill(this.light);
    this.#say(thrown);
  }

  #say(thrown: unknown): void {
    fill(this.trouble, failureBox(thrown));
  }

  #track(): MediaStreamTrack | undefined {
    const stream = this.#video.srcObject;
    return stream instanceof MediaStream ? stream.getVideoTracks()[0] : undefined;
  }

  async #listDevices(): Promise<void> {
    const inUse = this.#track()?.getSettings().deviceId;
    const cameras = await listCameras();
    this.#devices.replaceChildren(
      ...cameras.map(({ id, label }, index) =>
        h('option', { value: id, selected: id === inUse }, label === '' ? String(index + 1) : label),
      ),
    );
  }

  #tell(report: Report): void {
    if (this.#isStopped) return;
    sayNew(this.#size, texts.camera.size(report.width, report.height));
    this.#told.report(report);
  }
}

function resolutionSelect(id: string): HTMLSelectElement {
  const names = Object.keys(resolutions).map(resolutionNamed);
  return h(
    'select',
    { id },
    ...names.map((name) =>
      h('option', { value: name, selected: name === resolutionDefault }, texts.camera.resolutions[name]),
    ),
  );
}

/** Writes only what is new: a screen reader reads each change. */
export function sayNew(place: HTMLElement, text: string): void {
  if (place.textContent !== text) fill(place, text);
}
