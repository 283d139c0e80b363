import {
  CameraFeed,
  foreignAdvice,
  listCameras,
  openEmbeddedReader,
  resolutionNamed,
  StreamsInSight,
  viewAdvice,
  watchCameras,
  type PictureReader,
  type Report,
} from '@countersign/camera';
import { button, h, labelled } from './dom.ts';
import { streamsView } from './streams-view.ts';
import { carryIn, type CarriedDecision } from './service.ts';

const fileBytesMax = 33_554_432;

/** Reads decisions with the camera, or from files that are dropped. */
export class ReadView {
  readonly element: HTMLElement;
  readonly #say: (text: string) => void;
  readonly #carried: () => void;
  readonly #video = h('video', { playsinline: '', 'aria-label': 'What the camera sees' });
  readonly #advice = h('p', { class: 'advice', role: 'status' }, 'The camera is off.');
  readonly #streams = h('div', { class: 'streams' });
  readonly #results = h('ul', { class: 'results' });
  readonly #cameras = h('select', { 'aria-label': 'Camera' });
  readonly #resolution = h(
    'select',
    { 'aria-label': 'Resolution' },
    h('option', { value: '720p' }, '1280 × 720'),
    h('option', { value: '1080p' }, '1920 × 1080'),
    h('option', { value: 'most' }, 'the most that the camera has'),
  );
  readonly #sight = new StreamsInSight();
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
    this.#resolution.addEventListener('change', () => this.#start());
    watchCameras(() => {
      this.#fillCameras().catch((error: unknown) => this.#say(String(error)));
    });
    this.element = h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Carry decisions in'),
      h(
        'div',
        { class: 'actions' },
        start,
        stop,
        labelled('Camera', this.#cameras),
        labelled('Resolution', this.#resolution),
      ),
      h('div', { class: 'viewfinder' }, this.#video),
      this.#advice,
      this.#streams,
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
    const camera = this.#cameras.value === '' ? undefined : this.#cameras.value;
    await this.#feed.start(camera, resolutionNamed(this.#resolution.value));
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
    this.#streams.replaceChildren(...streamsView(this.#sight.note(report, performance.now())));
    for (const { message } of report.messages) {
      this.#carry(message).catch((error: unknown) => this.#say(String(error)));
    }
  }

  async #carry(message: Uint8Array): Promise<void> {
    const decisions = await carryIn(message).catch(async (error: unknown) => {
      // A message is handed over once: shown again, it is to be tried again.
      (await this.#opened()).forget();
      throw error;
    });
    this.#results.prepend(...decisions.map((decision) => h('li', {}, resultText(decision))));
    this.#carried();
  }
}

function adviceOf({ view, foreign, codes, refused }: Report): string {
  const [kind, code] = [foreign.at(-1), refused.at(-1)];
  if (codes === 0 && kind !== undefined) return foreignAdvice(kind);
  if (codes === 0 && code !== undefined) return `This code was refused [${code}].`;
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
