import { FrameAssembler, pixelsMax, readPicture } from '@countersign/frames';
import { PageError } from './page-error.ts';
import { readWithin, type PickedFile } from './picked-files.ts';
import { qrReader } from './qr-reader.ts';

const fileBytesMax = 33_554_432;
const sideMax = 8192;

/** Returns the one request in the files given: a `*.csreq` as it is, or pictures of its codes in any order. */
export async function readRequest(files: readonly PickedFile[]): Promise<Uint8Array> {
  const requests: Uint8Array[] = [];
  const assembler = new FrameAssembler({ streamsMax: 64, messagesMax: 64 });
  const missing = new Map<string, string>();
  for (const file of files) {
    const bytes = await readWithin(file, fileBytesMax);
    if (!isPicture(bytes)) requests.push(bytes);
    else await readCodes(bytes, assembler, missing);
  }
  const [incomplete] = missing.values();
  if (incomplete !== undefined) throw new PageError('page/codes-incomplete', incomplete);
  requests.push(...assembler.completed().flatMap((id) => assembler.message(id) ?? []));
  const [first, ...more] = requests;
  if (first === undefined) throw new PageError('page/no-request', 'no file and no code of a request');
  if (more.length > 0)
    throw new PageError('page/several-requests', `${more.length + 1} requests, expected one`);
  return first;
}

/** PNG and JPEG by their first bytes. */
function isPicture(bytes: Uint8Array): boolean {
  const begins = (...signature: readonly number[]): boolean =>
    signature.every((byte, at) => bytes[at] === byte);
  return begins(0x89, 0x50, 0x4e, 0x47) || begins(0xff, 0xd8, 0xff);
}

async function readCodes(
  bytes: Uint8Array,
  assembler: FrameAssembler,
  missing: Map<string, string>,
): Promise<void> {
  const { data, width, height } = await pixelsOf(bytes);
  const codes = readPicture(data, width, height, await qrReader());
  if (codes.length === 0) throw new PageError('page/no-code', 'no QR code can be read in this picture');
  for (const code of codes) {
    const { messageId, kind, received, needed } = assembler.add(code);
    if (kind === 'complete') missing.delete(messageId);
    else missing.set(messageId, `${received} of ${needed} codes`);
  }
}

async function pixelsOf(bytes: Uint8Array): Promise<ImageData> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
  } catch (cause) {
    throw new PageError('page/picture', 'the browser cannot read this picture', { cause });
  }
  const { width, height } = bitmap;
  if (width > sideMax || height > sideMax || width * height > pixelsMax)
    throw new PageError('page/picture', `a picture of ${width} by ${height} pixels`);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new PageError('page/picture', 'no canvas of this size');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
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
