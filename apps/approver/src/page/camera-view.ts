import { CameraFeed, listCameras, viewAdvice, type Report } from '@countersign/camera';
import { button, fill, freshId, h } from './dom.ts';
import { embeddedReader, renewReader } from './embedded-reader.ts';
import { failureBox } from './failure.ts';
import { texts } from './texts.ts';

/** Reads a request through a camera. `stop` must be called when the view goes. */
export class CameraView {
  readonly element: HTMLElement;
  readonly #video = h('video', { class: 'camera', playsinline: true, 'aria-label': texts.camera.title });
  readonly #devices: HTMLSelectElement;
  readonly #status = h('p', { class: 'status', role: 'status' }, texts.camera.starting);
  readonly #advice = h('p', { class: 'advice', 'aria-live': 'polite' });
  readonly #size = h('p', { class: 'hint' });
  readonly #bar = h('progress', { max: 1, value: 0, 'aria-label': texts.camera.title });
  readonly #trouble = h('div', {});
  readonly #light = h('span', {});
  readonly #found: (message: Uint8Array) => void;
  #feed: CameraFeed | undefined;
  #isStopped = false;
  #isLit = false;

  constructor(found: (message: Uint8Array) => void, back: () => void) {
    this.#found = found;
    const id = freshId('camera');
    this.#devices = h('select', { id });
    this.#devices.addEventListener('change', () => this.start(this.#devices.value));
    this.element = h(
      'div',
      { class: 'page-column' },
      h('h1', { tabindex: -1 }, texts.camera.title),
      h('p', { class: 'lead' }, texts.camera.lead),
      this.#trouble,
      h('div', { class: 'viewfinder' }, this.#video),
      this.#advice,
      this.#bar,
      this.#status,
      h('div', { class: 'input' }, h('label', { for: id }, texts.camera.device), this.#devices, this.#size),
      h('p', { class: 'actions' }, this.#light, button(texts.camera.back, back)),
    );
  }

  /** Starts the camera with this id, or the one that the browser chooses. */
  start(cameraId?: string): void {
    fill(this.#trouble);
    this.#open(cameraId).catch((thrown: unknown) => this.#fail(thrown));
  }

  stop(): void {
    this.#isStopped = true;
    this.#feed?.stop();
  }

  async #open(cameraId: string | undefined): Promise<void> {
    const reader = await embeddedReader();
    // The view may have gone while the reader was opened.
    if (this.#isStopped) return;
    reader.forget();
    this.#feed ??= new CameraFeed({
      video: this.#video,
      reader,
      report: (report) => this.#tell(report),
      failed: (error) => this.#fail(error),
    });
    await this.#feed.start(cameraId);
    await this.#listDevices();
    this.#offerLight();
  }

  #fail(thrown: unknown): void {
    renewReader();
    this.#feed = undefined;
    fill(this.#trouble, failureBox(thrown));
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

  /** Some cameras have a light; the type of their capabilities does not know it yet. */
  #offerLight(): void {
    const track = this.#track();
    const capabilities = track?.getCapabilities() as { readonly torch?: boolean } | undefined;
    if (track === undefined || capabilities?.torch !== true) return;
    const toggle = button(
      texts.camera.light,
      () => {
        this.#isLit = !this.#isLit;
        toggle.setAttribute('aria-pressed', String(this.#isLit));
        const wanted = { advanced: [{ torch: this.#isLit }] } as unknown as MediaTrackConstraints;
        track.applyConstraints(wanted).catch((thrown: unknown) => fill(this.#trouble, failureBox(thrown)));
      },
      { 'aria-pressed': 'false' },
    );
    fill(this.#light, toggle);
  }

  #tell({ view, width, height, progress, messages, foreign, refused }: Report): void {
    if (this.#isStopped) return;
    this.#say(this.#advice, foreign === undefined ? viewAdvice[view] : texts.camera.foreign);
    this.#say(this.#size, texts.camera.size(width, height));
    const last = progress.at(-1);
    if (refused !== undefined) this.#say(this.#status, texts.camera.garbled);
    else if (last !== undefined) {
      this.#bar.value = last.received / last.needed;
      this.#say(this.#status, texts.camera.progress(last.received, last.needed));
    } else if (this.#bar.value === 0) this.#say(this.#status, texts.camera.searching);
    const [message] = messages;
    if (message === undefined) return;
    this.#say(this.#status, texts.camera.done);
    this.stop();
    this.#found(message);
  }

  /** Writes only what is new: a screen reader reads each change. */
  #say(place: HTMLElement, text: string): void {
    if (place.textContent !== text) fill(place, text);
  }
}
