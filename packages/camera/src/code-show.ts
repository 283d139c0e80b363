import {
  drawFrame,
  encodeFrames,
  frameBytesAt,
  loopLength,
  quietZoneDefault,
  type Drawing,
  type FrameSource,
} from '@countersign/frames';
import { showPlan, stageAt, type ShowSettings } from './show-plan.ts';

/** What is on the screen. */
export interface Showing extends ShowSettings {
  /** Codes that the message takes at these settings. */
  readonly frames: number;
  /** Screen pixels a module. */
  readonly modulePixels: number;
}

/** Shows a message as codes on a canvas, by a plan that grows slower or by what a person chose. */
export class CodeShow {
  readonly #canvas: HTMLCanvasElement;
  readonly #showing: (showing: Showing) => void;
  readonly #sources = new Map<number, FrameSource>();
  readonly #drawings = new Map<string, Drawing>();
  #message: Uint8Array | undefined;
  #chosen: ShowSettings | undefined;
  /** Where in the plan the codes are held, seconds; undefined while they go on. */
  #heldAt: number | undefined;
  #startedAt = 0;
  #dueAt = 0;
  #index = 0;
  /** How many codes the last turn showed. */
  #shownCodes = 0;
  #shown = '';
  #ticket = 0;

  constructor(canvas: HTMLCanvasElement, showing: (showing: Showing) => void) {
    this.#canvas = canvas;
    this.#showing = showing;
  }

  /** Shows this message from now on. */
  show(message: Uint8Array): void {
    this.stop();
    this.#message = message;
    this.#sources.clear();
    this.#drawings.clear();
    [this.#startedAt, this.#dueAt, this.#index, this.#shownCodes] = [performance.now(), 0, 0, 0];
    this.#shown = '';
    if (this.#heldAt !== undefined) this.#heldAt = 0;
    this.#next();
  }

  /** Shows by these settings; undefined goes back to the plan. */
  choose(settings: ShowSettings | undefined): void {
    this.#chosen = settings;
    [this.#startedAt, this.#dueAt] = [performance.now(), 0];
  }

  /** Holds the codes that are on the screen, or lets them go on from there. */
  hold(isHeld: boolean): void {
    const now = performance.now();
    if (isHeld) this.#heldAt ??= (now - this.#startedAt) / 1000;
    else if (this.#heldAt !== undefined) {
      this.#startedAt = now - 1000 * this.#heldAt;
      this.#heldAt = undefined;
    }
    this.#dueAt = 0;
  }

  stop(): void {
    cancelAnimationFrame(this.#ticket);
    this.#message = undefined;
  }

  #next(): void {
    this.#ticket = requestAnimationFrame((now) => {
      if (this.#message === undefined) return;
      if (now >= this.#dueAt) this.#turn(now, this.#message);
      this.#next();
    });
  }

  #turn(now: number, message: Uint8Array): void {
    // What is held is drawn again in its place: the canvas may have another size.
    const settings = this.#settingsAt(this.#heldAt ?? (now - this.#startedAt) / 1000, message);
    const source = this.#source(message, settings.version);
    // A clock that keeps its beat, unless a turn was missed.
    const beat = 1000 / settings.rate;
    this.#dueAt = Math.max(this.#dueAt + beat, now + beat / 2);
    const codes = source.minimumFrames === 1 ? 1 : settings.codes;
    if (this.#heldAt === undefined) this.#index += this.#shownCodes;
    this.#shownCodes = codes;
    const drawings = Array.from({ length: codes }, (_, at) =>
      this.#drawing(settings.version, source, this.#index + at),
    );
    const modulePixels = paint(this.#canvas, drawings);
    const showing = { ...settings, codes, frames: source.minimumFrames, modulePixels };
    const shown = JSON.stringify(showing);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#showing(showing);
  }

  #settingsAt(seconds: number, message: Uint8Array): ShowSettings {
    if (this.#chosen !== undefined) return this.#chosen;
    const plan = showPlan((version) => this.#source(message, version).minimumFrames);
    return stageAt(plan, seconds) ?? { version: 10, rate: 4, codes: 1 };
  }

  #source(message: Uint8Array, version: number): FrameSource {
    const source =
      this.#sources.get(version) ?? encodeFrames(message, { frameBytesMax: frameBytesAt(version) });
    this.#sources.set(version, source);
    return source;
  }

  /** Drawn once: half as many again as are needed, and then from the first on. */
  #drawing(version: number, source: FrameSource, turn: number): Drawing {
    const index = turn % loopLength(source.minimumFrames);
    const key = `${version}/${index}`;
    const drawing = this.#drawings.get(key) ?? drawFrame(source.frame(index));
    this.#drawings.set(key, drawing);
    return drawing;
  }
}

/** Paints codes beside each other, or over each other where the canvas is high; returns the pixels a module. */
function paint(canvas: HTMLCanvasElement, drawings: readonly Drawing[]): number {
  const [width, height] = [
    Math.round(canvas.clientWidth * devicePixelRatio()),
    Math.round(canvas.clientHeight * devicePixelRatio()),
  ];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return 0;
  const side = Math.max(...drawings.map(({ size }) => size)) + 2 * quietZoneDefault;
  const isWide = width >= height;
  const [across, down] = isWide ? [drawings.length, 1] : [1, drawings.length];
  const scale = Math.max(1, Math.floor(Math.min(width / (side * across), height / (side * down))));
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  drawings.forEach((drawing, at) => {
    const pixels = side * scale;
    const left = Math.floor((width - pixels * across) / 2) + (isWide ? at * pixels : 0);
    const top = Math.floor((height - pixels * down) / 2) + (isWide ? 0 : at * pixels);
    const margin = quietZoneDefault * scale;
    context.drawImage(tile(drawing), left + margin, top + margin, drawing.size * scale, drawing.size * scale);
  });
  return scale;
}

/** One pixel a module. */
function tile({ size, modules }: Drawing): OffscreenCanvas {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const image = context.createImageData(size, size);
  modules.forEach((module, at) => image.data.fill(module === 1 ? 0 : 255, 4 * at, 4 * at + 3));
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
  context.putImageData(image, 0, 0);
  return canvas;
}

function devicePixelRatio(): number {
  return window.devicePixelRatio;
}
