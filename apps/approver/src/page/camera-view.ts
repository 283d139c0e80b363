import {
  meantStreams,
  onlyWhole,
  StreamsInSight,
  type Report,
  type StreamInSight,
} from '@countersign/camera';
import { pictures, texts } from './catalogue/index.ts';
import { button, h } from './dom.ts';
import { StreamsView } from './streams-view.ts';
import { sayNew, Viewfinder } from './viewfinder.ts';

/** Reads a request through a camera. `stop` must be called when the view goes. */
export class CameraView {
  readonly element: HTMLElement;
  readonly #viewfinder: Viewfinder;
  readonly #status = h('p', { class: 'status', role: 'status' }, texts.camera.starting);
  readonly #advice = h('p', { class: 'advice', 'aria-live': 'polite' });
  readonly #bar = h('progress', { max: 1, value: 0, 'aria-label': texts.camera.title });
  readonly #streams = new StreamsView((message) => this.#open(message));
  #sight = new StreamsInSight();
  readonly #found: (message: Uint8Array) => void;

  constructor(found: (message: Uint8Array) => void, back: () => void) {
    this.#found = found;
    this.#viewfinder = new Viewfinder({
      begins: () => {
        this.#sight = new StreamsInSight();
        this.#streams.show([]);
        this.#bar.value = 0;
        sayNew(this.#status, texts.camera.starting);
      },
      report: (report) => this.#tell(report),
    });
    const { trouble, picture, chooser, light } = this.#viewfinder;
    this.element = h(
      'div',
      { class: 'page-column' },
      h('h1', { tabindex: -1 }, texts.camera.title),
      h('p', { class: 'lead' }, texts.camera.lead),
      trouble,
      picture,
      this.#advice,
      this.#bar,
      this.#status,
      this.#streams.element,
      chooser,
      h('p', { class: 'actions' }, light, button(texts.camera.back, back)),
    );
  }

  start(): void {
    this.#viewfinder.start();
  }

  stop(): void {
    this.#viewfinder.stop();
  }

  #tell(report: Report): void {
    const { view, foreign, codes, refused } = report;
    const streams = this.#sight.note(report, performance.now());
    // A foreign code that hangs beside ours does not hide what there is to say of ours.
    const kind = codes === 0 ? foreign.at(-1) : undefined;
    sayNew(this.#advice, kind === undefined ? pictures.advice[view] : pictures.foreign(kind));
    const only = onlyWhole(streams);
    if (only !== undefined) {
      this.#open(only);
      return;
    }
    const meant = meantStreams(streams);
    this.#streams.show(meant);
    // What was read of a message stays, when the camera looks away from it.
    const [furthest] = (meant.length > 0 ? meant : streams).toSorted(
      (one, other) => share(other) - share(one),
    );
    this.#bar.value = furthest === undefined ? 0 : share(furthest);
    const isEachWhole = meant.every(({ message }) => message !== undefined);
    if (meant.length > 1) sayNew(this.#status, texts.camera.several(meant.length, isEachWhole));
    else if (codes === 0 && refused.length > 0) sayNew(this.#status, texts.camera.garbled);
    else if (furthest === undefined) sayNew(this.#status, texts.camera.searching);
    else sayNew(this.#status, texts.camera.progress(furthest.received, furthest.needed));
  }

  #open(message: Uint8Array): void {
    sayNew(this.#status, texts.camera.done);
    this.stop();
    this.#found(message);
  }
}

const share = ({ received, needed }: StreamInSight): number => received / needed;
