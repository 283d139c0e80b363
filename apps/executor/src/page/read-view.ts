import {
  CameraFeed,
  listCameras,
  openEmbeddedReader,
  viewAdvice,
  type PictureReader,
  type Report,
  type StreamProgress,
} from '@countersign/camera';
import { button, h, labelled } from './dom.ts';
import { carryIn, type CarriedDecision } from './service.ts';

const fileBytesMax = 33_554_432;
const cellsMax = 240;

/** Reads decisions with the camera, or from files that are dropped. */
export class ReadView {
  readonly element: HTMLElement;
  readonly #say: (text: string) => void;
  readonly #carried: () => void;
  readonly #video = h('video', { playsinline: '', 'aria-label': 'What the camera sees' });
  readonly #advice = h('p', { class: 'advice', role: 'status' }, 'The camera is off.');
  readonly #cells = h('div', { class: 'cells', 'aria-hidden': 'true' });
  readonly #count = h('p', { class: 'caption' });
  readonly #results = h('ul', { class: 'results' });
  readonly #cameras = h('select', { 'aria-label': 'Camera' });
  readonly #seen = new Map<string, Set<number>>();
  #reader: Promise<PictureReader> | undefined;
  #feed: CameraFeed | undefined;

  constructor(say: (text: string) => void, carried: () => void) {
    this.#say = say;
    this.#carried = carried;
    const start = button('Start the camera', () => this.#start(), { class: 'primary' });
    const stop = button('Stop', () => this.#stop());
    const files = h('input', { type: 'file', multiple: '', accept: '.csdec,image/*' });
    files.addEventListener('change', () => this.takeFiles(files.files ?? []));
    this.#cameras.addEventListener('change', () => this.#start());
    this.element = h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Carry decisions in'),
      h('div', { class: 'actions' }, start, stop, labelled('Camera', this.#cameras)),
      h('div', { class: 'viewfinder' }, this.#video),
      this.#advice,
      this.#cells,
      this.#count,
      h('div', { class: 'drop' }, 'No camera? Drop decision files or pictures of codes here, or ', files),
      this.#results,
    );
  }

  /** Takes files that a person chose or dropped: decisions as they are, or pictures of codes. */
  takeFiles(files: Iterable<File>): void {
    this.#takeAll([...files]).catch((error: unknown) => this.#say(String(error)));
  }

  async #takeAll(files: readonly File[]): Promise<void> {
    for (const file of files) {
      if (file.size > fileBytesMax) throw new Error(`${file.name} is larger than ${fileBytesMax} bytes`);
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (file.type.startsWith('image/')) this.#take(await (await this.#opened()).readFile(bytes));
      else await this.#carry(bytes);
    }
  }

  #start(): void {
    this.#begin().catch((error: unknown) => {
      this.#advice.textContent =
        error instanceof Error ? `${error.message}. Use the files below instead.` : String(error);
    });
  }

  async #begin(): Promise<void> {
    this.#advice.textContent = 'Starting the camera …';
    const reader = await this.#opened();
    this.#feed ??= new CameraFeed({
      video: this.#video,
      reader,
      report: (report) => this.#take(report),
      failed: (error) => {
        this.#advice.textContent = error.message;
      },
    });
    await this.#feed.start(this.#cameras.value === '' ? undefined : this.#cameras.value);
    await this.#fillCameras();
  }

  async #fillCameras(): Promise<void> {
    const chosen = this.#cameras.value;
    const cameras = await listCameras();
    this.#cameras.replaceChildren(...cameras.map(({ id, label }) => h('option', { value: id }, label)));
    if (cameras.some(({ id }) => id === chosen)) this.#cameras.value = chosen;
  }

  #stop(): void {
    this.#feed?.stop();
    this.#advice.textContent = 'The camera is off.';
  }

  #opened(): Promise<PictureReader> {
    this.#reader ??= openEmbeddedReader();
    return this.#reader;
  }

  #take(report: Report): void {
    this.#advice.textContent = adviceOf(report);
    this.#advice.dataset['view'] = report.view;
    for (const stream of report.progress) this.#showProgress(stream);
    for (const message of report.messages) {
      this.#carry(message).catch((error: unknown) => this.#say(String(error)));
    }
  }

  #showProgress({ messageId, received, needed, indexes }: StreamProgress): void {
    const seen = this.#seen.get(messageId) ?? new Set();
    for (const index of indexes) seen.add(index);
    this.#seen.set(messageId, seen);
    const count = Math.min(needed, cellsMax);
    const missing = Array.from({ length: needed }, (_, index) => index).filter((index) => !seen.has(index));
    const cells = Array.from({ length: count }, (_, index) =>
      h('i', seen.has(index) ? { class: 'seen' } : {}),
    );
    this.#cells.replaceChildren(...cells);
    const left = Math.max(0, needed - received);
    const which = missing
      .slice(0, 12)
      .map((index) => index + 1)
      .join(', ');
    this.#count.textContent =
      left === 0
        ? `All ${needed} codes are here.`
        : `${received} of ${needed} codes; missing ${which}${missing.length > 12 ? ' …' : ''}, or any ${left} later ones.`;
  }

  async #carry(message: Uint8Array): Promise<void> {
    const decisions = await carryIn(message);
    this.#results.prepend(...decisions.map((decision) => h('li', {}, resultText(decision))));
    this.#carried();
  }
}

function adviceOf({ view, foreign, codes, refused }: Report): string {
  if (codes === 0 && foreign !== undefined)
    return `This code is not one of ours: ${foreign.replaceAll('-', ' ')}.`;
  if (codes === 0 && refused !== undefined) return `This code was refused [${refused}].`;
  return viewAdvice[view];
}

function resultText({ outcome, choice, code, request_id: id }: CarriedDecision): string {
  const about = id === undefined ? '' : ` on ${id.slice(0, 8)}`;
  switch (outcome) {
    case 'counted':
      return `Counted: ${choice ?? ''}${about}.`;
    case 'repeated':
      return `Known already${about}.`;
    default:
      return `Not counted${about}: ${code ?? outcome}.`;
  }
}
