import { CodeShow, showLimits, type Showing, type ShowSettings } from '@countersign/camera';
import { button, h, labelled, plain } from './dom.ts';
import { exportBundle, listRequests, type WaitingRequest } from './service.ts';

/** Shows one of the waiting requests as codes. */
export class ShowView {
  readonly element: HTMLElement;
  readonly #say: (text: string) => void;
  readonly #list = h('select', { size: '5', 'aria-label': 'Requests that wait for approvers' });
  readonly #stage = h('div', { class: 'stage' });
  readonly #canvas = h('canvas', { role: 'img', 'aria-label': 'QR codes of the request' });
  readonly #caption = h('p', { class: 'caption' });
  readonly #none = h('p', { class: 'caption' });
  readonly #auto = h('input', { type: 'checkbox', checked: '' });
  readonly #rate = slider(showLimits.rateMin, showLimits.rateMax, 15);
  readonly #density = slider(showLimits.versionMin, showLimits.versionMax, 25);
  readonly #two = h('input', { type: 'checkbox', checked: '' });
  readonly #show: CodeShow;
  #requests: readonly WaitingRequest[] = [];
  /** Of the request whose codes are shown, whatever is chosen in the list meanwhile. */
  #words = '';
  #turn = 0;

  constructor(say: (text: string) => void) {
    this.#say = say;
    this.#show = new CodeShow(this.#canvas, (showing) => this.#describe(showing));
    for (const control of [this.#auto, this.#rate, this.#density, this.#two]) {
      control.addEventListener('input', () => this.#choose());
    }
    // In the stage with the codes: a full screen shows nothing else.
    const controls = h(
      'div',
      { class: 'controls' },
      labelled('Choose by itself', this.#auto),
      labelled('Codes a second', this.#rate),
      labelled('Density', this.#density),
      labelled('Two codes', this.#two),
      this.#holder(),
      this.#fullScreen(),
    );
    this.#stage.append(this.#canvas, h('div', { class: 'bar' }, this.#caption, controls));
    const shown = button('Show', () => this.#begin(), { class: 'primary' });
    const again = button('Look again', () => this.refresh());
    this.element = h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Carry a request out'),
      this.#list,
      h('div', { class: 'actions' }, shown, again),
      this.#stage,
      this.#none,
    );
    this.#list.addEventListener('dblclick', () => this.#begin());
    this.#choose();
  }

  /** The codes stand still until this is pressed where the person asked for less motion. */
  #holder(): HTMLElement {
    let isHeld = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const turn = (): void => {
      this.#show.hold(isHeld);
      holder.textContent = isHeld ? 'Go on' : 'Stand still';
    };
    const holder = button('', () => {
      isHeld = !isHeld;
      turn();
    });
    turn();
    return holder;
  }

  #fullScreen(): HTMLElement {
    const full = button('Full screen', () => {
      const asked =
        document.fullscreenElement === null ? this.#stage.requestFullscreen() : document.exitFullscreen();
      asked.catch(() => this.#say('this browser allows no full screen here'));
    });
    this.#stage.addEventListener('fullscreenchange', () => {
      full.textContent = document.fullscreenElement === null ? 'Full screen' : 'Leave the full screen';
    });
    return full;
  }

  /** Asks for the list anew. */
  refresh(): void {
    listRequests()
      .then((requests) => this.#fill(requests))
      .catch((error: unknown) => this.#say(String(error)));
  }

  #fill(requests: readonly WaitingRequest[]): void {
    const chosen = this.#list.value;
    this.#requests = requests;
    const lines = requests.map(({ id, target, submitter, reason, sql }) => {
      const text = `${id.slice(0, 8)}  ${target}  ${submitter}: ${reason}  (${sql.join('; ')})`;
      return h('option', { value: id }, plain(text));
    });
    this.#list.replaceChildren(...lines);
    this.#list.value = requests.some(({ id }) => id === chosen) ? chosen : (requests[0]?.id ?? '');
    this.#none.textContent = requests.length === 0 ? 'No request waits for approvers.' : '';
  }

  #begin(): void {
    const request = this.#requests.find(({ id }) => id === this.#list.value);
    if (request === undefined) return;
    const turn = (this.#turn += 1);
    exportBundle(request.id)
      .then((bundle) => {
        if (turn !== this.#turn) return;
        this.#words = request.words;
        this.#stage.classList.add('on');
        this.#show.show(bundle);
      })
      .catch((error: unknown) => this.#say(String(error)));
  }

  #choose(): void {
    const isAuto = this.#auto.checked;
    for (const control of [this.#rate, this.#density, this.#two]) control.disabled = isAuto;
    const settings: ShowSettings = {
      rate: Number(this.#rate.value),
      version: Number(this.#density.value),
      codes: this.#two.checked ? 2 : 1,
    };
    this.#show.choose(isAuto ? undefined : settings);
  }

  #describe({ frames, version, rate, codes, modulePixels }: Showing): void {
    const what = frames === 1 ? 'One code holds it all' : `Any ${frames} different codes hold it all`;
    const how = frames === 1 ? '' : `; ${codes} at once, ${rate} times a second, density ${version}`;
    const small = modulePixels < 3 ? ' The window is small for this density: use the full screen.' : '';
    this.#caption.textContent = `${what}${how}. The approver should see the words: ${this.#words}.${small}`;
  }
}

function slider(min: number, max: number, value: number): HTMLInputElement {
  return h('input', { type: 'range', min: String(min), max: String(max), value: String(value) });
}
