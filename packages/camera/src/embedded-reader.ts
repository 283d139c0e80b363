import { inflateSync } from 'fflate/browser';
import { CameraError } from './camera-error.ts';
import { LocalReader } from './local-reader.ts';
import type { PictureReader } from './picture-reader.ts';
import { WorkerReader } from './worker-reader.ts';

/** The elements in which a page of one file holds the worker's script, and the WebAssembly deflated and in base64. */
export const embeddedIds = { script: 'countersign-reader-script', wasm: 'countersign-reader-wasm' } as const;

/**
 * Returns a reader of what the build put into this page: in a worker, or here where no worker is allowed.
 * @throws CameraError worker/failed when the page does not hold it
 */
export async function openEmbeddedReader(): Promise<PictureReader> {
  const [script, wasm] = [textOf(embeddedIds.script), inflateSync(bytesOf(textOf(embeddedIds.wasm)))];
  try {
    return await WorkerReader.open(script, wasm);
  } catch (thrown) {
    if (thrown instanceof CameraError || isRefusal(thrown)) return LocalReader.open(wasm);
    throw thrown;
  }
}

/** What browsers throw when their security policy allows no worker. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof TypeError || thrown instanceof DOMException;
}

function textOf(id: string): string {
  const text = document.getElementById(id)?.textContent ?? '';
  if (text === '')
    throw new CameraError('worker/failed', `this page holds no ${id}, expected it from the build`);
  return text;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
}
