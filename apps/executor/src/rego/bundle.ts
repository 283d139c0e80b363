import { sha256, toHex } from '@countersign/codec';
import { gunzipSync } from 'node:zlib';
import { ExecutorError } from '../executor-error.ts';
import { bundleHint, readTar } from './tar.ts';

export const bundleBytesMax = 16_777_216;
const unpackedBytesMax = 67_108_864;
const dataBytesMax = 8_388_608;

/** What of a bundle of `opa build -t wasm` is run. */
export interface RegoBundle {
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  readonly wasm: Uint8Array;
  /** JSON. */
  readonly data: string;
  /** As the bundle's author named it; empty when not at all. */
  readonly revision: string;
}

/**
 * Reads a bundle (docs/spec/rego.md#limits) that has the entry point.
 * @throws `configuration/rego`
 */
export function readRegoBundle(bytes: Uint8Array, entrypoint: string): RegoBundle {
  const files = readTar(unpacked(bytes));
  const manifest = jsonIn(files, '.manifest');
  const { module, revision } = moduleOf(manifest, entrypoint);
  const wasm = files.get(module.replace(/^\//, ''));
  if (wasm === undefined) throw refused(`has no ${JSON.stringify(module)}, which its manifest names`);
  const apart = [...files.keys()].find((path) => /\/data\.(?:json|ya?ml)$/.test(path));
  if (apart !== undefined) throw refused(`has data in ${JSON.stringify(apart)}, expected it in data.json`);
  if ((files.get('data.json')?.length ?? 0) > dataBytesMax) {
    throw refused(`has more data than ${dataBytesMax} bytes`);
  }
  const data = files.has('data.json') ? JSON.stringify(jsonIn(files, 'data.json')) : '{}';
  return { digest: toHex(sha256(bytes)), wasm, data, revision };
}

function unpacked(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: unpackedBytesMax });
  } catch (cause) {
    throw refused(`does not unpack to at most ${unpackedBytesMax} bytes`, cause);
  }
}

function jsonIn(files: ReadonlyMap<string, Uint8Array>, path: string): unknown {
  const bytes = files.get(path);
  if (bytes === undefined) throw refused(`has no ${path}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refused(`has a ${path} that is no JSON`, cause);
  }
}

function moduleOf(
  manifest: unknown,
  entrypoint: string,
): { readonly module: string; readonly revision: string } {
  const { wasm, revision = '' } = recordOf(manifest);
  const found = (Array.isArray(wasm) ? (wasm as readonly unknown[]) : [])
    .map((item) => recordOf(item))
    .find((item) => item['entrypoint'] === entrypoint);
  if (typeof found?.['module'] !== 'string' || typeof revision !== 'string') {
    throw refused(`has no entry point ${JSON.stringify(entrypoint)}`);
  }
  return { module: found['module'], revision: revision.slice(0, 256) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function refused(what: string, cause?: unknown): ExecutorError {
  return new ExecutorError('configuration/rego', `the Rego bundle ${what}`, { cause, hint: bundleHint });
}
