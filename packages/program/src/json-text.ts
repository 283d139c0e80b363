export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** Returns a camelCase name as snake_case: `madeAt` becomes `made_at`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Names that come from outside, such as columns, stay as they are; none of them reaches a prototype. */
function jsonOfMap(map: ReadonlyMap<unknown, unknown>): JsonObject {
  return Object.fromEntries([...map].map(([name, member]) => [String(name), jsonOf(member)]));
}

function jsonOfObject(value: object): JsonObject {
  const members: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (member !== undefined) members[snakeCase(name)] = jsonOf(member);
  }
  return members;
}

/**
 * Returns a value as the `--json` documents write it: names in snake_case, absent fields left out, bytes as lower-case hex,
 * big integers as text. The names of a `Map` are data and stay as they are.
 *
 * @throws TypeError for a function, a symbol, a number that is not finite, or `undefined` outside an object: these are defects of the caller.
 */
export function jsonOf(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value instanceof Map) return jsonOfMap(value);
  if (typeof value === 'object') return jsonOfObject(value);
  throw new TypeError(`a ${typeof value} has no place in a JSON document`);
}

/** Returns the text of one document: two-space indentation, one line feed at the end. */
export function formatJson(document: JsonObject): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
