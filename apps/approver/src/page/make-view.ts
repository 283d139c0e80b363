import { equalBytes } from '@countersign/codec';
import {
  formatPublicKeyFile,
  generateKey,
  keyFingerprint,
  lockKey,
  passphraseStrength,
  unlockKey,
  type KeyPair,
} from '@countersign/keys';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';
import { failureBox } from './failure.ts';
import { passphraseField, textField } from './fields.ts';
import { folderPicker } from './folder.ts';
import { PageError } from './page-error.ts';
import { asPicked, readWithin } from './picked-files.ts';
import { download } from './saving.ts';
import { fileButton, wordList } from './start-view.ts';

const keyBytesMax = 4096;
const strongBits = 80;

/** A key that was just made, and its two files. */
interface MadeKey {
  readonly name: string;
  readonly pair: KeyPair;
  readonly locked: Uint8Array;
  readonly publicFile: Uint8Array;
}

/** Makes a key pair: passphrase twice, its strength, and the proof that what was saved opens again. */
export function makeView(back: () => void): HTMLElement {
  const name = textField(texts.make.name, texts.make.nameHint);
  const [first, second] = [passphraseField(), passphraseField(texts.passphrase.again)];
  const meter = h('meter', {
    min: 0,
    max: strongBits,
    low: 40,
    high: 60,
    optimum: 70,
    value: 0,
    'aria-label': texts.make.strength,
  });
  const verdict = h('p', { class: 'hint', 'aria-live': 'polite' }, texts.make.idea);
  const trouble = h('div', {});
  const make = h('button', { type: 'submit', class: 'primary' }, texts.make.make);
  first.input.addEventListener('input', () => {
    const { bits, verdict: judged } = passphraseStrength(first.input.value);
    meter.value = judged === 'refused' ? Math.min(bits, 20) : bits;
    fill(
      verdict,
      `${texts.make.strength}: ${texts.make.verdicts[judged]}, ${texts.make.bits(bits)}. ${texts.make.idea}`,
    );
  });
  const form = h(
    'form',
    { class: 'card' },
    name.element,
    first.element,
    meter,
    verdict,
    second.element,
    trouble,
    h('p', { class: 'actions' }, make, button(texts.journal.back, back, { class: 'quiet' })),
  );
  const column = h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.make.title),
    h('p', { class: 'lead' }, texts.make.lead),
    form,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    make.disabled = true;
    fill(trouble, h('p', { role: 'status' }, texts.make.making));
    makeKey(name.input.value.trim(), first.input.value, second.input.value)
      .then((made) => fill(column, ...madeNodes(made, back)))
      .catch((thrown: unknown) => fill(trouble, failureBox(thrown)))
      .finally(() => {
        make.disabled = false;
      });
  });
  return column;
}

function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** @throws PageError `page/key-name`, `page/passphrases-differ`, `page/proof-failed`; KeysError `passphrase/…` */
async function makeKey(name: string, passphrase: string, again: string): Promise<MadeKey> {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw new PageError('page/key-name', 'a name of another form');
  if (passphrase !== again) throw new PageError('page/passphrases-differ', 'the two passphrases differ');
  const pair = generateKey(random(32));
  const locked = await lockKey(pair.seed, { passphrase, random });
  const opened = await unlockKey(locked, { passphrase: () => passphrase });
  if (!equalBytes(opened, pair.seed))
    throw new PageError('page/proof-failed', 'the locked key opens to another');
  opened.fill(0);
  pair.seed.fill(0);
  const publicFile = new TextEncoder().encode(formatPublicKeyFile({ key: pair.publicKey, name }));
  return { name, pair, locked, publicFile };
}

function madeNodes(made: MadeKey, back: () => void): readonly HTMLElement[] {
  const { name, pair, locked, publicFile } = made;
  const { words, hex } = keyFingerprint(pair.publicKey);
  const proof = h('div', { 'aria-live': 'polite' });
  const choose = folderPicker();
  const judge = (bytes: Uint8Array): void => {
    if (!equalBytes(bytes, locked))
      throw new PageError('page/proof-failed', 'other bytes than the key that was made');
    fill(proof, h('p', { class: 'good' }, `✓ ${texts.make.proved}`));
  };
  const attempt = (act: () => Promise<void>): void => {
    act().catch((thrown: unknown) => fill(proof, failureBox(thrown)));
  };
  const intoFolder = async (): Promise<void> => {
    const folder = await choose?.();
    if (folder === undefined) return;
    await folder.write(`${name}.cskey`, locked);
    await folder.write(`${name}.cspub`, publicFile);
    judge((await folder.read(`${name}.cskey`)) ?? new Uint8Array());
  };
  const proveFile = async (files: Iterable<File>): Promise<void> => {
    for (const file of files) judge(await readWithin(asPicked(file), keyBytesMax));
  };
  return [
    h('h1', { tabindex: -1 }, texts.make.made),
    h('p', { class: 'good' }, `✓ ${texts.make.opened}`),
    h(
      'p',
      { class: 'actions' },
      choose === undefined
        ? null
        : button(texts.make.saveFolder, () => attempt(intoFolder), { class: 'primary' }),
      button(texts.make.saveKey(name), () => download(`${name}.cskey`, locked)),
      button(texts.make.savePublic(name), () => download(`${name}.cspub`, publicFile)),
      fileButton(texts.make.prove, (files) => attempt(() => proveFile(files))),
    ),
    proof,
    h(
      'section',
      { class: 'section' },
      h('h2', {}, texts.make.aloud),
      wordList(words),
      h('p', { class: 'muted small mono' }, hex),
    ),
    h('p', { class: 'actions' }, button(texts.make.back, back)),
  ];
}
