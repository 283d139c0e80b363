import { parseFile } from './document.ts';
import type { Item, PolicyFile } from './document.ts';
import { PolicyError } from './error.ts';
import { closedMap, leaf, openMap, requiredEntry } from './shape.ts';

/** The file that stands for the targets' Rego policies: a policy folder has no sub-folder, so that no file of one is it. */
export const REGO_PATH = 'rego/targets.yaml';

/** What a target's Rego policy is, as far as it can be named. */
export type RegoSource =
  | {
      readonly mode: 'wasm';
      /** SHA-256 of the bundle's bytes, in hex. */
      readonly bundle: string;
      readonly entrypoint: string;
    }
  | { readonly mode: 'server'; readonly url: string };

/** Returns the file that makes the targets' Rego policies part of the policy's digest; undefined when there are none. */
export function regoSourcesFile(sources: ReadonlyMap<string, RegoSource>): PolicyFile | undefined {
  if (sources.size === 0) return undefined;
  const lines = [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([target, source]) => `  ${JSON.stringify(target)}: ${flow(source)}\n`);
  const head = '# The Rego policies of the targets. Written by the executor; no file of the policy folder.\n';
  return { path: REGO_PATH, text: `${head}version: 1\nrego:\n${lines.join('')}` };
}

function flow(source: RegoSource): string {
  const pairs = Object.entries(source).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** Reads what {@link regoSourcesFile} wrote. @throws PolicyError with the place */
export function readRegoSources(file: PolicyFile): ReadonlyMap<string, RegoSource> {
  const item = parseFile(file);
  const entries = closedMap(item, ['version', 'rego']);
  const version = requiredEntry(entries, 'version', item.place);
  if (leaf(version).value !== 1)
    throw new PolicyError('policy/version', 'expected version: 1', version.place);
  const targets = openMap(requiredEntry(entries, 'rego', item.place));
  return new Map([...targets].map(([target, { value }]) => [target, readSource(value)]));
}

function readSource(item: Item): RegoSource {
  const mode = leaf(requiredEntry(openMap(item), 'mode', item.place));
  const word = (key: string, shape: RegExp): string => {
    const { value, place } = leaf(requiredEntry(openMap(item), key, item.place));
    if (typeof value === 'string' && shape.test(value)) return value;
    throw new PolicyError('policy/type', `${key} is not what the executor writes`, place);
  };
  switch (mode.value) {
    case 'wasm':
      closedMap(item, ['mode', 'bundle', 'entrypoint']);
      return {
        mode: 'wasm',
        bundle: word('bundle', /^[0-9a-f]{64}$/),
        entrypoint: word('entrypoint', /^[ -~]{1,256}$/),
      };
    case 'server':
      closedMap(item, ['mode', 'url']);
      return { mode: 'server', url: word('url', /^[!-~]{1,1024}$/) };
    default:
      throw new PolicyError('policy/type', 'expected mode wasm or server', mode.place);
  }
}
