import type { TrustedFunction } from '@countersign/sql';
import type { Item } from './document.ts';
import { PolicyError } from './error.ts';
import { closedMap, leaf, list, requiredEntry, shown, text } from './shape.ts';

const NAME = /^(?:[a-z_][a-z0-9_]*|"[^"]+")\.(?:[a-z_][a-z0-9_]*|"[^"]+")$/;
const HASH = /^[0-9a-f]{64}$/;
const FUNCTIONS_MAX = 500;
const SIGNATURE_LENGTH_MAX = 1000;

/**
 * Reads `functions:` of a file, the functions that policy vouches for.
 * @throws PolicyError `policy/function`, `policy/duplicate-name`, `policy/too-large` and those of the shape
 */
export function readFunctions(items: readonly Item[]): readonly TrustedFunction[] {
  const all = items.flatMap((item) => list(item));
  if (all.length > FUNCTIONS_MAX)
    throw new PolicyError('policy/too-large', `${all.length} functions, at most ${FUNCTIONS_MAX}`);
  const seen = new Set<string>();
  return all.map((item) => {
    const one = readFunction(item);
    const key = `${one.name}(${one.signature}) ${one.bodyHash}`;
    if (seen.has(key))
      throw new PolicyError('policy/duplicate-name', `function ${shown(one.name)} stands twice`, item.place);
    seen.add(key);
    return one;
  });
}

function readFunction(item: Item): TrustedFunction {
  const entries = closedMap(item, ['name', 'signature', 'body', 'reason']);
  const name = requiredEntry(entries, 'name', item.place);
  const body = requiredEntry(entries, 'body', item.place);
  requiredEntry(entries, 'reason', item.place);
  const [called, hash] = [text(name, 256), text(body, 64)];
  if (!NAME.test(called))
    throw new PolicyError('policy/function', `name ${shown(called)}, expected schema.name`, name.place);
  if (!HASH.test(hash))
    throw new PolicyError('policy/function', 'body is no hash, expected 64 hexadecimal digits', body.place);
  return {
    name: called,
    signature: readSignature(requiredEntry(entries, 'signature', item.place)),
    bodyHash: hash,
  };
}

/** Argument types as the engine writes them; empty for a function without arguments. */
function readSignature(item: Item): string {
  const { value } = leaf(item);
  return value === '' ? '' : text(item, SIGNATURE_LENGTH_MAX);
}
