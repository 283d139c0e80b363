/**
 * Makes an element read as `fresh` does and touches only what differs, so that focus, selection, listeners and the place of scrolling stay
 * as they are. `fresh` is used up.
 */
export function renew(shown: Element, fresh: Element): void {
  if (shown.tagName !== fresh.tagName) {
    shown.replaceWith(fresh);
    return;
  }
  renewAttributes(shown, fresh);
  const before = [...shown.childNodes];
  const after = [...fresh.childNodes];
  for (const [at, node] of after.entries()) renewNode(shown, before[at], node);
  for (const left of before.slice(after.length)) left.remove();
}

function renewNode(parent: Element, before: ChildNode | undefined, node: ChildNode): void {
  if (before === undefined) parent.append(node);
  else if (before instanceof Element && node instanceof Element) renew(before, node);
  else if (before.nodeName !== '#text' || node.nodeName !== '#text') before.replaceWith(node);
  else if (before.nodeValue !== node.nodeValue) before.nodeValue = node.nodeValue;
}

function renewAttributes(shown: Element, fresh: Element): void {
  for (const name of shown.getAttributeNames()) if (!fresh.hasAttribute(name)) shown.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
}

/** Changes the page while what has the focus stays where it is on the screen; what a person only looks at the browser holds itself. */
export function heldStill(change: () => void): void {
  const held = document.activeElement;
  const before = held?.getBoundingClientRect();
  change();
  if (held === null || before === undefined || before.bottom <= 0 || before.top >= window.innerHeight) return;
  const by = held.getBoundingClientRect().top - before.top;
  if (by !== 0) window.scrollBy({ top: by, behavior: 'instant' });
}
