import { keyFingerprint } from '@countersign/keys';
import { decodeRoster } from '@countersign/messages';
import { harmless } from '@countersign/wording';
import type { ApproverFiles, KeyEntry } from './approver-files.ts';
import { texts } from './catalogue/index.ts';
import { button, fill, freshId, h, type Child } from './dom.ts';
import { failureBox } from './failure.ts';
import { passphraseField } from './fields.ts';
import { folderPicker } from './folder.ts';
import type { Vault } from './vault.ts';

/** What the first screen can do. */
export interface StartActs {
  readonly openFolder: () => void;
  readonly openFiles: (files: Iterable<File>) => void;
  readonly makeKey: () => void;
  readonly testCamera: () => void;
}

/** Returns a button that lets a person choose files. */
export function fileButton(
  label: string,
  chosen: (files: Iterable<File>) => void,
  attributes: Readonly<Record<string, string | boolean>> = {},
): HTMLElement {
  const { class: name = '', ...rest } = attributes;
  const input = h('input', { type: 'file', class: 'sr', ...rest, 'aria-label': label, tabindex: -1 });
  input.addEventListener('change', () => {
    const files = Array.from(input.files ?? []);
    input.value = '';
    if (files.length > 0) chosen(files);
  });
  return h(
    'span',
    { class: 'file' },
    button(label, () => input.click(), { class: name }),
    input,
  );
}

/** The first screen: where key, root keys and journal come from. */
export function startView(acts: StartActs, trouble: unknown): HTMLElement {
  const canWrite = folderPicker() !== undefined;
  return h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.start.title),
    h('p', { class: 'lead' }, texts.start.lead),
    trouble === undefined ? null : failureBox(trouble),
    h(
      'div',
      { class: 'card drop' },
      h(
        'p',
        { class: 'actions' },
        canWrite ? button(texts.start.folder, acts.openFolder, { class: 'primary' }) : null,
        fileButton(texts.start.files, acts.openFiles, { multiple: true, class: canWrite ? '' : 'primary' }),
      ),
      h('p', { class: 'hint' }, texts.start.filesHint),
      h('p', { class: 'hint' }, texts.start.drop),
      h('p', { class: 'hint' }, texts.start.readOnly),
    ),
    h('p', {}, `${texts.start.none} `, button(texts.start.make, acts.makeKey, { class: 'link' })),
    h('p', {}, `${texts.start.newMachine} `, button(texts.test.open, acts.testCamera, { class: 'link' })),
  );
}

/** The second screen: what the folder holds, the root keys to be compared, the key to decide with. */
export function keysView(
  files: ApproverFiles,
  vault: Vault,
  chosen: (key: KeyEntry) => void,
  opened: (key: KeyEntry) => Promise<void>,
  change: () => void,
): HTMLElement {
  const isPinned = files.keys.some(({ state }) => state !== null && state.roster !== null);
  const go = h('div', {});
  const boxes = files.root.keys.map((named) => rootKey(named.name, keyFingerprint(named.key), isPinned));
  const update = (): void => {
    const isConfirmed = isPinned || boxes.every(({ input }) => input?.checked === true);
    fill(go, ...files.keys.map((key) => keyCard(key, files, isConfirmed, { vault, chosen, opened })));
  };
  for (const { input } of boxes) input?.addEventListener('change', update);
  update();
  return h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.start.what),
    h(
      'section',
      { class: 'section' },
      h(
        'h2',
        {},
        isPinned ? texts.root.needs(files.root.threshold, files.root.keys.length) : texts.root.title,
      ),
      h('p', {}, isPinned ? texts.root.known : texts.root.lead),
      isPinned ? null : h('p', {}, texts.root.needs(files.root.threshold, files.root.keys.length)),
      ...boxes.map(({ element }) => element),
    ),
    h('section', { class: 'section' }, h('h2', {}, texts.key.choose), go),
    h('p', { class: 'actions' }, button(texts.inbox.change, change, { class: 'quiet' })),
  );
}

interface RootBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement | undefined;
}

function rootKey(
  name: string,
  { words, hex }: { readonly words: string; readonly hex: string },
  isPinned: boolean,
): RootBox {
  const input = isPinned ? undefined : h('input', { type: 'checkbox' });
  const element = h(
    'div',
    { class: 'card' },
    h('p', {}, h('strong', {}, name)),
    wordList(words),
    h('p', { class: 'muted small mono' }, hex),
    input === undefined ? null : h('label', { class: 'check' }, input, texts.root.same(name)),
  );
  return { element, input };
}

/** Returns words as numbered cells: people lose their place in a row of ten. */
export function wordList(words: string): HTMLElement {
  return h('ol', { class: 'word-list' }, ...words.split(' ').map((word) => h('li', {}, word)));
}

interface KeyActs {
  readonly vault: Vault;
  readonly chosen: (key: KeyEntry) => void;
  readonly opened: (key: KeyEntry) => Promise<void>;
}

function keyCard(key: KeyEntry, files: ApproverFiles, isConfirmed: boolean, acts: KeyActs): HTMLElement {
  const { name, kid, publicKey } = key;
  return h(
    'div',
    { class: 'card' },
    h('p', {}, h('strong', {}, harmless(name)), h('span', { class: 'muted' }, ` · ${memoryText(key)}`)),
    publicKey === null ? null : h('p', { class: 'words small' }, keyFingerprint(publicKey).words),
    kid === null
      ? firstOpening(key, files, isConfirmed, acts)
      : button(texts.root.confirm, () => acts.chosen(key), { class: 'primary', disabled: !isConfirmed }),
  );
}

function memoryText({ state }: KeyEntry): string {
  if (state === null) return texts.key.fresh;
  const count = state.logs.reduce((sum, { journal }) => sum + journal.length, 0);
  const seen = state.logs.map(({ pinned }) => texts.key.seen(pinned?.size ?? 0));
  const roster =
    state.roster === null ? texts.key.noRoster : texts.key.roster(decodeRoster(state.roster).number);
  return [texts.key.decisions(count), ...seen, roster].join(' · ');
}

/** A key whose public half is not here has to be opened before a request can be reviewed as its own. */
function firstOpening(key: KeyEntry, files: ApproverFiles, isConfirmed: boolean, acts: KeyActs): Child {
  const field = passphraseField();
  const trouble = h('div', {});
  const open = h(
    'button',
    { type: 'submit', class: 'primary', disabled: !isConfirmed },
    texts.passphrase.open,
  );
  const form = h('form', { id: freshId('open') }, h('p', {}, texts.key.first), field.element, trouble, open);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    open.disabled = true;
    fill(trouble, h('p', { role: 'status' }, texts.passphrase.opening));
    const typed = field.input.value;
    field.input.value = '';
    acts.vault
      .unlock(key, typed, files.isDemo)
      .then(() => acts.opened(key))
      .catch((thrown: unknown) => {
        open.disabled = false;
        fill(trouble, failureBox(thrown));
      });
  });
  return form;
}
