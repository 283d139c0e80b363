import {
  drawFrame,
  encodeFrames,
  frameBytesAt,
  loopLength,
  qrVersionFor,
  quietZoneDefault,
  type Drawing,
  type FrameSource,
} from '@countersign/frames';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';

const intervalMs = 250;
const sideMax = 560;
/** Screen pixels a module, at least. */
const scaleMin = 3;
/** For a camera that does not read the denser ones. */
const smallVersion = 15;

/** Shows bytes as QR codes: one that stands still where one holds them, else one after the other. `stop` ends the showing. */
export class QrView {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { class: 'qr', role: 'img', 'aria-label': texts.out.code });
  readonly #caption = h('figcaption', { class: 'muted small' });
  readonly #actions = h('p', { class: 'actions' });
  #frames: FrameSource;
  #index = 0;
  #timer = 0;

  constructor(bytes: Uint8Array) {
    this.#frames = encodeFrames(bytes);
    this.element = h('figure', { class: 'qr-figure' }, this.#canvas, this.#caption, this.#actions);
    this.#begin(bytes);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  #begin(bytes: Uint8Array): void {
    this.stop();
    this.#index = 0;
    const isMoving = this.#frames.minimumFrames > 1;
    // Who asked for less motion starts it by hand.
    if (isMoving && !window.matchMedia('(prefers-reduced-motion: reduce)').matches) this.#play();
    fill(this.#actions, isMoving ? this.#toggle() : null, this.#smaller(bytes));
    this.#show();
  }

  #play(): void {
    this.#timer = setInterval(() => {
      // A screen that was left shows nothing any more.
      if (!this.element.isConnected) {
        this.stop();
        return;
      }
      this.#index = (this.#index + 1) % loopLength(this.#frames.minimumFrames);
      this.#show();
    }, intervalMs);
  }

  #show(): void {
    const { minimumFrames: needed } = this.#frames;
    draw(this.#canvas, drawFrame(this.#frames.frame(this.#index)));
    fill(this.#caption, needed === 1 ? null : texts.out.codes(this.#index + 1, loopLength(needed), needed));
  }

  #toggle(): HTMLElement {
    const label = (): string => (this.#timer === 0 ? texts.out.play : texts.out.pause);
    const toggle = button(label(), () => {
      if (this.#timer === 0) this.#play();
      else this.stop();
      fill(toggle, label());
    });
    return toggle;
  }

  /** The way to coarser codes, where these are dense. */
  #smaller(bytes: Uint8Array): HTMLElement | null {
    if (qrVersionFor(this.#frames.frameBytes) <= smallVersion) return null;
    return button(
      texts.out.smaller,
      () => {
        this.#frames = encodeFrames(bytes, { frameBytesMax: frameBytesAt(smallVersion) });
        this.#begin(bytes);
      },
      { class: 'quiet' },
    );
  }
}

/** Draws a code black on white whatever the colours around it: cameras rely on it. */
function draw(canvas: HTMLCanvasElement, { size, modules }: Drawing): void {
  const side = size + 2 * quietZoneDefault;
  const scale = Math.max(scaleMin, Math.floor(sideMax / side));
  canvas.width = side * scale;
  canvas.height = side * scale;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  for (let at = 0; at < modules.length; at += 1) {
    if (modules[at] !== 1) continue;
    const [x, y] = [(at % size) + quietZoneDefault, Math.floor(at / size) + quietZoneDefault];
    context.fillRect(x * scale, y * scale, scale, scale);
  }
}
