import { viewAdvice, type Report } from '@countersign/camera';
import { button, h } from './dom.ts';
import { texts } from './texts.ts';
import { sayNew, Viewfinder } from './viewfinder.ts';

/** Reads a request through a camera. `stop` must be called when the view goes. */
export class CameraView {
  readonly element: HTMLElement;
  readonly #viewfinder: Viewfinder;
  readonly #status = h('p', { class: 'status', role: 'status' }, texts.camera.starting);
  readonly #advice = h('p', { class: 'advice', 'aria-live': 'polite' });
  readonly #bar = h('progress', { max: 1, value: 0, 'aria-label': texts.camera.title });
  readonly #found: (message: Uint8Array) => void;

  constructor(found: (message: Uint8Array) => void, back: () => void) {
    this.#found = found;
    this.#viewfinder = new Viewfinder({
      begins: () => {
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

  #tell({ view, progress, messages, foreign, refused }: Report): void {
    sayNew(this.#advice, foreign === undefined ? viewAdvice[view] : texts.camera.foreign);
    const last = progress.at(-1);
    if (refused !== undefined) sayNew(this.#status, texts.camera.garbled);
    else if (last !== undefined) {
      this.#bar.value = last.received / last.needed;
      sayNew(this.#status, texts.camera.progress(last.received, last.needed));
    } else if (this.#bar.value === 0) sayNew(this.#status, texts.camera.searching);
    const [message] = messages;
    if (message === undefined) return;
    sayNew(this.#status, texts.camera.done);
    this.stop();
    this.#found(message);
  }
}
