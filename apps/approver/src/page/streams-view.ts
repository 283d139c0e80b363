import type { StreamInSight } from '@countersign/camera';
import { CodecError, sha256 } from '@countersign/codec';
import { digestWords } from '@countersign/keys';
import { decodeBundle, MessageError } from '@countersign/messages';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';

const idCharacters = 8;

/** The messages before a camera, one line each, where there is more than one. */
export class StreamsView {
  readonly element: HTMLElement = h('div', { class: 'streams' });
  readonly #open: (message: Uint8Array) => void;
  #shown = '';

  constructor(open: (message: Uint8Array) => void) {
    this.#open = open;
  }

  /** Shows these; a button that is on the screen is not drawn again under the finger. */
  show(streams: readonly StreamInSight[]): void {
    const shown = streams
      .map(
        ({ messageId, received, needed, message }) =>
          `${messageId} ${received} ${needed} ${message === undefined}`,
      )
      .join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (streams.length < 2) fill(this.element);
    else fill(this.element, h('ul', {}, ...streams.map((stream) => this.#line(stream))));
  }

  #line({ messageId, received, needed, message }: StreamInSight): HTMLElement {
    const name = h('code', {}, texts.camera.stream(messageId.slice(0, idCharacters)));
    if (message === undefined)
      return h(
        'li',
        {},
        name,
        ` ${texts.camera.progress(received, needed)} `,
        h('progress', { max: needed, value: received, 'aria-label': texts.camera.stream(messageId) }),
      );
    return h(
      'li',
      {},
      name,
      ` ${texts.camera.whole(needed)}: ${nameOf(message)} `,
      button(texts.camera.open, () => this.#open(message)),
    );
  }
}

/** The words by which a person knows a request; nothing is verified yet, and opening it verifies everything. */
function nameOf(message: Uint8Array): string {
  try {
    return texts.camera.request(digestWords(sha256(decodeBundle(message).request)));
  } catch (thrown) {
    if (thrown instanceof CodecError || thrown instanceof MessageError) return texts.camera.noRequest;
    throw thrown;
  }
}
