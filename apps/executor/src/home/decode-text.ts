import { ExecutorError } from '../executor-error.ts';

/** @throws `configuration/syntax` */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ExecutorError('configuration/syntax', `${path} is not UTF-8 text`, { cause });
  }
}
