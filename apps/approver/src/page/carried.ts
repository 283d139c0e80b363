import { PicturePile, type PassedOver } from '@countersign/camera';
import { embeddedReader } from './embedded-reader.ts';
import { PageError } from './page-error.ts';
import { readWithin, type PickedFile } from './picked-files.ts';

const fileBytesMax = 33_554_432;

/** The request that a person brought along, and what else was in the pictures. */
export interface CarriedRequest {
  readonly bytes: Uint8Array;
  readonly passedOver: readonly PassedOver[];
}

/**
 * Returns the one request in the files given: a `*.csreq` as it is, or pictures of its codes in any order. What is not ours beside it,
 * and what is not whole, is passed over and told.
 * @throws PageError `page/…`; FrameError `frame/…`, `packed/…`; CameraError
 */
export async function readRequest(files: readonly PickedFile[]): Promise<CarriedRequest> {
  const requests: Uint8Array[] = [];
  const pictures: Picture[] = [];
  for (const file of files) {
    const bytes = await readWithin(file, fileBytesMax);
    if (isPicture(bytes)) pictures.push({ name: file.name, bytes });
    else requests.push(bytes);
  }
  const pile = await readPictures(pictures);
  const passedOver = pile.rest();
  requests.push(...pile.whole().map(({ message }) => message));
  const [bytes, ...more] = requests;
  if (more.length > 0)
    throw new PageError('page/several-requests', `${more.length + 1} requests, expected one`);
  if (bytes !== undefined) return { bytes, passedOver };
  const incomplete = passedOver.find((one) => one.kind === 'incomplete');
  if (incomplete === undefined) throw new PageError('page/no-request', 'no file and no code of a request');
  throw new PageError('page/codes-incomplete', `${incomplete.received} of ${incomplete.needed} codes`);
}

/** PNG, GIF and JPEG by their first bytes. */
function isPicture(bytes: Uint8Array): boolean {
  const begins = (...signature: readonly number[]): boolean =>
    signature.every((byte, at) => bytes[at] === byte);
  return begins(0x89, 0x50, 0x4e, 0x47) || begins(0x47, 0x49, 0x46, 0x38) || begins(0xff, 0xd8, 0xff);
}

interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function readPictures(pictures: readonly Picture[]): Promise<PicturePile> {
  const pile = new PicturePile();
  if (pictures.length === 0) return pile;
  const reader = await embeddedReader();
  reader.forget();
  for (const { name, bytes } of pictures) pile.add(name, await reader.readFile(bytes));
  return pile;
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
