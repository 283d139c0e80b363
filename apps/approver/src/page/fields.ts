import { texts } from './catalogue/index.ts';
import { button, fill, freshId, h } from './dom.ts';

/** A labelled field. */
export interface InputField {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
}

/** Returns a field for a passphrase, with a button that shows what was typed. */
export function passphraseField(label: string = texts.passphrase.label): InputField {
  const id = freshId('passphrase');
  const input = h('input', {
    id,
    type: 'password',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
  });
  const show = button(
    texts.passphrase.show,
    () => {
      input.type = input.type === 'password' ? 'text' : 'password';
      const isShown = input.type === 'text';
      show.setAttribute('aria-pressed', String(isShown));
      fill(show, isShown ? texts.passphrase.hide : texts.passphrase.show);
    },
    { class: 'quiet', 'aria-pressed': 'false', 'aria-controls': id },
  );
  const element = h(
    'div',
    { class: 'input' },
    h('label', { for: id }, label),
    h('span', { class: 'beside' }, input, show),
  );
  return { element, input };
}

/** Returns a labelled field of one line. */
export function textField(
  label: string,
  hint: string,
  attributes: Readonly<Record<string, string>> = {},
): InputField {
  const id = freshId('field');
  const input = h('input', {
    id,
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    ...(hint === '' ? {} : { 'aria-describedby': `${id}-hint` }),
    ...attributes,
  });
  const element = h(
    'div',
    { class: 'input' },
    h('label', { for: id }, label),
    input,
    hint === '' ? null : h('span', { class: 'hint', id: `${id}-hint` }, hint),
  );
  return { element, input };
}
