import { ExecutorError } from '../executor-error.ts';

const blockBytes = 512;
const filesMax = 1000;

/**
 * Returns the plain files of a tar archive by their path, without a leading `/` or `./`. Folders are passed over; links,
 * long names in extra headers and anything else that a bundle does not need are refused.
 * @throws `configuration/rego`
 */
export function readTar(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let offset = 0;
  for (;;) {
    const header = block(bytes, offset);
    if (header.every((byte) => byte === 0)) return files;
    requireChecksum(header);
    const size = octal(header, 124, 12);
    const start = offset + blockBytes;
    if (start + size > bytes.length) throw refused('is cut off');
    keep(files, header, bytes.subarray(start, start + size));
    offset = start + Math.ceil(size / blockBytes) * blockBytes;
  }
}

function block(bytes: Uint8Array, offset: number): Uint8Array {
  const header = bytes.subarray(offset, offset + blockBytes);
  if (header.length < blockBytes) throw refused('is cut off');
  return header;
}

function keep(files: Map<string, Uint8Array>, header: Uint8Array, content: Uint8Array): void {
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  const path = (prefix === '' ? name : `${prefix}/${name}`).replace(/^(?:\.?\/)+/, '');
  switch (header[156]) {
    case 0:
    case 48:
      if (files.has(path)) throw refused(`holds ${JSON.stringify(path)} twice`);
      if (files.size === filesMax) throw refused(`holds more than ${filesMax} files`);
      files.set(path, content);
      return;
    case 53:
      return;
    default:
      throw refused(`holds ${JSON.stringify(path)}, which is no plain file`);
  }
}

/** The sum of the header's bytes, its own field counted as spaces. */
function requireChecksum(header: Uint8Array): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum !== octal(header, 148, 8)) throw refused('is no tar archive');
}

function octal(header: Uint8Array, at: number, length: number): number {
  const digits = text(header, at, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw refused('has a field that is no number');
  return Number.parseInt(digits, 8);
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function refused(what: string): ExecutorError {
  return new ExecutorError('configuration/rego', `the Rego bundle ${what}`, { hint: bundleHint });
}

export const bundleHint = 'make it with `opa build -t wasm -e ENTRYPOINT -o bundle.tar.gz FILES`';
