import { CameraCheck, CodeShow, testMessage, type CameraFindings } from '@countersign/camera';
import { drawFrame, encodeFrames, encodeGif, modulePixelsMin } from '@countersign/frames';
import { pictures, texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';
import { download } from './saving.ts';
import { sayNew, Viewfinder } from './viewfinder.ts';

/** The measured values change with every picture; people read them when they change more slowly. */
const measuresIntervalMs = 500;
/** What a person who asked for less motion is shown: few codes a second, of middling density. */
const calm = { version: 15, rate: 2, codes: 1 } as const;
const gifRate = 4;

/** Tells whether a camera would bring a request across. `stop` must be called when the view goes. */
export class CameraTestView {
  readonly element: HTMLElement;
  readonly #viewfinder: Viewfinder;
  readonly #verdict = h('p', { class: 'verdict in-view', role: 'status' }, texts.camera.starting);
  readonly #advice = h('p', { class: 'advice' });
  readonly #measures = h('dl', { class: 'measures' });
  readonly #canvas = h('canvas', { class: 'test-code', role: 'img', 'aria-label': texts.test.code });
  readonly #show = new CodeShow(this.#canvas, () => undefined);
  #check = new CameraCheck();
  #measuredAtMs = 0;

  constructor(back: () => void) {
    this.#viewfinder = new Viewfinder({
      begins: () => this.#begin(),
      report: (report) => this.#tell(this.#check.note(report, performance.now())),
    });
    const { trouble, picture, chooser, light } = this.#viewfinder;
    this.element = h(
      'div',
      { class: 'page-column wide' },
      h('h1', { tabindex: -1 }, texts.test.title),
      h('p', { class: 'lead' }, texts.test.lead),
      trouble,
      this.#verdict,
      h(
        'div',
        { class: 'two-sides' },
        h(
          'section',
          { class: 'section' },
          h('h2', {}, texts.test.sees),
          picture,
          this.#advice,
          chooser,
          this.#measures,
          h('p', { class: 'actions' }, light),
        ),
        this.#codes(),
      ),
      this.#canvas,
      h(
        'p',
        { class: 'actions' },
        button(texts.test.again, () => this.start()),
        button(texts.camera.back, back),
      ),
    );
  }

  start(): void {
    this.#viewfinder.start();
  }

  stop(): void {
    this.#viewfinder.stop();
    this.#show.stop();
  }

  #begin(): void {
    this.#check = new CameraCheck();
    this.#measuredAtMs = 0;
    fill(this.#measures);
    fill(this.#advice);
    this.#judge('', texts.camera.starting);
  }

  /** Where the test codes are shown and saved, and how they come before the camera. */
  #codes(): HTMLElement {
    let isShown = false;
    this.#canvas.hidden = true;
    const toggle = button(
      texts.test.show,
      () => {
        isShown = !isShown;
        this.#canvas.hidden = !isShown;
        fill(toggle, isShown ? texts.test.hide : texts.test.show);
        if (isShown) this.#showCodes();
        else this.#show.stop();
      },
      { class: 'primary' },
    );
    return h(
      'section',
      { class: 'section' },
      h('h2', {}, texts.test.codes),
      h('p', {}, texts.test.how),
      h('ul', { class: 'ways' }, ...texts.test.ways.map((way) => h('li', {}, way))),
      h(
        'p',
        { class: 'actions' },
        toggle,
        button(texts.test.save, () => download(texts.test.file, testPicture())),
      ),
    );
  }

  #showCodes(): void {
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) this.#show.choose(calm);
    this.#show.show(testMessage());
    this.#canvas.scrollIntoView({ block: 'nearest' });
  }

  #tell({ outcome, rate, report }: CameraFindings): void {
    const advice = pictures.advice[report.view];
    switch (outcome.kind) {
      case 'whole':
        if (outcome.isTest) this.#judge('good', texts.test.whole(outcome.seconds));
        else this.#judge('warning', texts.test.other);
        break;
      case 'partly':
        this.#judge('warning', texts.test.partly(outcome.received, outcome.needed, outcome.others));
        break;
      case 'foreign':
        this.#judge('warning', texts.test.foreign(pictures.holds[outcome.is]));
        break;
      case 'nothing':
        this.#judge('danger', texts.test.nothing);
        break;
    }
    sayNew(this.#advice, advice);
    if (performance.now() - this.#measuredAtMs < measuresIntervalMs) return;
    this.#measuredAtMs = performance.now();
    fill(this.#measures, ...measures({ outcome, rate, report }, this.#viewfinder.rate));
  }

  #judge(kind: '' | 'good' | 'warning' | 'danger', text: string): void {
    this.#verdict.className = `verdict in-view ${kind}`;
    sayNew(this.#verdict, text);
  }
}

/** The test codes as a moving picture, for a machine that has no page. */
function testPicture(): Uint8Array {
  const frames = encodeFrames(testMessage());
  const drawings = Array.from({ length: frames.minimumFrames }, (_, index) => drawFrame(frames.frame(index)));
  return encodeGif(drawings, { rate: gifRate });
}

/** Returns what was measured, each with its name. */
function measures({ rate, report }: CameraFindings, given: number | undefined): readonly HTMLElement[] {
  const { view, width, height, light, modulePixels } = report;
  const { measures: names } = texts.test;
  const values: readonly (readonly [string, string])[] = [
    [names.picture, texts.camera.size(width, height)],
    [names.rate, texts.test.rate(rate, given)],
    [names.light, texts.test.light(view, light.bright / 255)],
    [names.sharpness, texts.test.sharpness(view, light.sharpness)],
    [names.module, texts.test.module(modulePixels, modulePixelsMin)],
  ];
  return values.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
}
