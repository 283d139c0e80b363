import { FrameError } from '@countersign/frames';
import type { Report } from '@countersign/camera';
import { embeddedReader } from './embedded-reader.ts';
import { PageError } from './page-error.ts';
import { readWithin, type PickedFile } from './picked-files.ts';

const fileBytesMax = 33_554_432;

/**
 * Returns the one request in the files given: a `*.csreq` as it is, or pictures of its codes in any order.
 * @throws PageError `page/…`; FrameError `frame/…`, `packed/…`; CameraError
 */
export async function readRequest(files: readonly PickedFile[]): Promise<Uint8Array> {
  const requests: Uint8Array[] = [];
  const pictures: Uint8Array[] = [];
  for (const file of files) {
    const bytes = await readWithin(file, fileBytesMax);
    (isPicture(bytes) ? pictures : requests).push(bytes);
  }
  requests.push(...(await readPictures(pictures)));
  const [first, ...more] = requests;
  if (first === undefined) throw new PageError('page/no-request', 'no file and no code of a request');
  if (more.length > 0)
    throw new PageError('page/several-requests', `${more.length + 1} requests, expected one`);
  return first;
}

/** PNG, GIF and JPEG by their first bytes. */
function isPicture(bytes: Uint8Array): boolean {
  const begins = (...signature: readonly number[]): boolean =>
    signature.every((byte, at) => bytes[at] === byte);
  return begins(0x89, 0x50, 0x4e, 0x47) || begins(0x47, 0x49, 0x46, 0x38) || begins(0xff, 0xd8, 0xff);
}

async function readPictures(pictures: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  if (pictures.length === 0) return [];
  const reader = await embeddedReader();
  reader.forget();
  const messages: Uint8Array[] = [];
  const missing = new Map<string, string>();
  for (const bytes of pictures) {
    const report = await reader.readFile(bytes);
    requireOurs(report);
    messages.push(...report.messages);
    for (const { messageId, received, needed } of report.progress) {
      if (received < needed) missing.set(messageId, `${received} of ${needed} codes`);
      else missing.delete(messageId);
    }
  }
  const [incomplete] = missing.values();
  if (incomplete !== undefined) throw new PageError('page/codes-incomplete', incomplete);
  return messages;
}

/** A picture that a person chose must show what it was chosen for. */
function requireOurs({ codes, foreign, refused }: Report): void {
  if (refused !== undefined) throw new FrameError(refused, 'a code in this picture');
  if (foreign !== undefined) throw new FrameError('frame/foreign', 'a code of somebody else');
  if (codes === 0) throw new PageError('page/no-code', 'no QR code can be read in this picture');
}

/** Returns the bytes of a pasted text: base64 of a request. @throws PageError `page/paste` */
export function bytesOfPaste(text: string): Uint8Array {
  const plain = text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]{4,44739244}$/.test(plain))
    throw new PageError('page/paste', 'a text that is not base64');
  try {
    return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new PageError('page/paste', 'a text that is not base64', { cause });
  }
}
