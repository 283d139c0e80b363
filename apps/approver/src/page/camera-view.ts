import {
  FrameAssembler,
  FrameError,
  greyOf,
  judgeView,
  type CodeReader,
  type View,
} from '@countersign/frames';
import { button, fill, freshId, h } from './dom.ts';
import { failureBox } from './failure.ts';
import { PageError } from './page-error.ts';
import { qrReader, renewQrReader } from './qr-reader.ts';
import { texts } from './texts.ts';

const intervalMs = 40;

/** Reads a request through a camera. `stop` must be called when the view goes. */
export class CameraView {
  readonly element: HTMLElement;
  readonly #video = h('video', {
    class: 'camera',
    muted: true,
    playsinline: true,
    'aria-label': texts.camera.title,
  });
  readonly #devices: HTMLSelectElement;
  readonly #status = h('p', { class: 'status', role: 'status' }, texts.camera.starting);
  readonly #guidance = h('p', { class: 'hint', 'aria-live': 'polite' });
  readonly #bar = h('progress', { max: 1, value: 0, 'aria-label': texts.camera.title });
  readonly #trouble = h('div', {});
  readonly #canvas = h('canvas');
  readonly #assembler = new FrameAssembler();
  readonly #found: (message: Uint8Array) => void;
  #stream: MediaStream | undefined;
  #timer = 0;
  #isStopped = false;

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
      this.#bar,
      this.#status,
      this.#guidance,
      h('div', { class: 'input' }, h('label', { for: id }, texts.camera.device), this.#devices),
      h('p', { class: 'actions' }, button(texts.camera.back, back)),
    );
  }

  /** Starts the camera with this id, or the one that the browser chooses. */
  start(deviceId?: string): void {
    this.#open(deviceId).catch((cause: unknown) => {
      const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : 'no camera';
      fill(this.#trouble, failureBox(new PageError('page/camera', message, { cause })));
    });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
  }

  async #open(deviceId: string | undefined): Promise<void> {
    this.stop();
    const wanted = deviceId === undefined ? { facingMode: 'environment' } : { deviceId: { exact: deviceId } };
    const video = { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } };
    this.#stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    this.#isStopped = false;
    this.#video.srcObject = this.#stream;
    this.#video.muted = true;
    await this.#video.play();
    await this.#listDevices();
    this.#look(await qrReader());
  }

  async #listDevices(): Promise<void> {
    const inUse = this.#stream?.getVideoTracks()[0]?.getSettings().deviceId;
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(
      ({ kind }) => kind === 'videoinput',
    );
    this.#devices.replaceChildren(
      ...cameras.map(({ deviceId, label }, index) =>
        h(
          'option',
          { value: deviceId, selected: deviceId === inUse },
          label === '' ? String(index + 1) : label,
        ),
      ),
    );
  }

  #look(reader: CodeReader): void {
    if (this.#isStopped) return;
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width > 0 && height > 0) this.#read(reader, width, height);
    this.#timer = setTimeout(() => this.#look(reader), intervalMs);
  }

  #read(reader: CodeReader, width: number, height: number): void {
    this.#canvas.width = width;
    this.#canvas.height = height;
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) return;
    context.drawImage(this.#video, 0, 0);
    const picture = greyOf({ rgba: context.getImageData(0, 0, width, height).data, width, height });
    try {
      const sightings = reader.read(picture, 'moving');
      this.#guide(judgeView(picture, sightings));
      for (const { content } of sightings) if (content !== undefined) this.#take(content);
    } catch (thrown) {
      renewQrReader();
      throw thrown;
    }
  }

  #guide(view: View): void {
    fill(this.#guidance, texts.camera.views[view]);
  }

  #take(code: Uint8Array): void {
    try {
      const { kind, messageId, received, needed } = this.#assembler.add(code);
      this.#bar.value = received / needed;
      fill(this.#status, texts.camera.progress(received, needed));
      const message = kind === 'complete' ? this.#assembler.message(messageId) : undefined;
      if (message === undefined) return;
      fill(this.#status, texts.camera.done);
      this.stop();
      this.#found(message);
    } catch (thrown) {
      // A wrong reading or somebody else's code: the next picture may be better.
      if (!(thrown instanceof FrameError)) throw thrown;
      fill(this.#status, thrown.code === 'frame/foreign' ? texts.camera.foreign : texts.camera.garbled);
    }
  }
}
