import { texts } from './catalogue/index.ts';
import { button, fill, freshId, h, type Child } from './dom.ts';
import { bytesOfPaste } from './carried.ts';
import { failureBox } from './failure.ts';
import { fileButton } from './start-view.ts';

/** What can be done between two requests. */
export interface InboxActs {
  readonly openFiles: (files: Iterable<File>) => void;
  readonly openBytes: (bytes: Uint8Array) => void;
  readonly camera: () => void;
  readonly testCamera: () => void;
  readonly journal: () => void;
  readonly change: () => void;
}

/** Where requests come in. */
export function inboxView(acts: InboxActs, trouble: Child): HTMLElement {
  const id = freshId('paste');
  const pasted = h('textarea', { id, rows: 4, class: 'mono', spellcheck: 'false' });
  const pasteTrouble = h('div', {});
  const openPaste = (): void => {
    try {
      acts.openBytes(bytesOfPaste(pasted.value));
    } catch (thrown) {
      fill(pasteTrouble, failureBox(thrown));
    }
  };
  return h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.inbox.title),
    h('p', { class: 'lead' }, texts.inbox.lead),
    trouble,
    h(
      'div',
      { class: 'card drop' },
      h(
        'p',
        { class: 'actions' },
        fileButton(texts.inbox.file, acts.openFiles, {
          multiple: true,
          accept: '.csreq,image/png,image/jpeg,image/gif',
          class: 'primary',
        }),
        button(texts.inbox.camera, acts.camera),
      ),
      h('p', { class: 'hint' }, texts.inbox.drop),
    ),
    h(
      'details',
      { class: 'card' },
      h('summary', {}, texts.inbox.paste),
      h('div', { class: 'input' }, h('label', { for: id }, texts.inbox.pasteLabel), pasted),
      pasteTrouble,
      h('p', { class: 'actions' }, button(texts.inbox.pasteOpen, openPaste)),
    ),
    h(
      'p',
      { class: 'actions' },
      button(texts.inbox.journal, acts.journal, { class: 'quiet' }),
      button(texts.test.open, acts.testCamera, { class: 'quiet' }),
      button(texts.inbox.change, acts.change, { class: 'quiet' }),
    ),
  );
}
