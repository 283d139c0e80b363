/** What may stand inside an element; nothing of it is ever read as markup. */
export type Child = Node | string;

/** Returns a new element. INVARIANT: texts become text nodes, so that no text of a request is ever markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Returns a button that does something when pressed. */
export function button(
  label: string,
  press: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', press);
  return element;
}

/** Returns a labelled control. */
export function labelled(label: string, control: HTMLElement, ...after: readonly Child[]): HTMLElement {
  return h('label', { class: 'field' }, h('span', {}, label), control, ...after);
}

/** Returns foreign text on one line with what steers a display made visible. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}
