import { ServeRefused } from './refusal.ts';

const depthMax = 16;

/**
 * Returns the value of JSON text in UTF-8. Stricter than `JSON.parse`: a name stands once in an object (two readers would differ on
 * which one counts), and nothing is nested deeper than 16.
 * @throws ServeRefused `serve/json`, `serve/json-depth`, `serve/json-repeated`
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ServeRefused('serve/json', 'the body is not UTF-8 text', { cause });
  }
  requireDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ServeRefused('serve/json', 'the body is not JSON', { cause });
  }
  requireNamesOnce(text);
  return value;
}

/** Yields the brackets, colons and strings of a text; a string without an end is the rest of it. */
function* tokensOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    const one = text.charAt(at);
    if (one === '"') {
      const begin = at;
      for (at += 1; at < text.length && text.charAt(at) !== '"'; at += 1)
        if (text.charAt(at) === '\\') at += 1;
      yield text.slice(begin, at + 1);
    } else if ('{}[]:'.includes(one)) yield one;
  }
}

function requireDepth(text: string): void {
  let depth = 0;
  for (const one of tokensOf(text)) {
    if (one === '{' || one === '[') depth += 1;
    if (one === '}' || one === ']') depth -= 1;
    if (depth > depthMax) throw new ServeRefused('serve/json-depth', `JSON nested deeper than ${depthMax}`);
  }
}

/** To be called with text that is JSON. */
function requireNamesOnce(text: string): void {
  // The names of each open object so far; null for an array.
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const one of tokensOf(text)) {
    if (one === '{') open.push(new Set());
    else if (one === '[') open.push(null);
    else if (one === '}' || one === ']') open.pop();
    else if (one === ':') addName(open.at(-1), JSON.parse(last) as string);
    last = one;
  }
}

function addName(names: Set<string> | null | undefined, name: string): void {
  if (names?.has(name) === true)
    throw new ServeRefused('serve/json-repeated', 'a name that stands twice in one object');
  names?.add(name);
}
