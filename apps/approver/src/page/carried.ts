import { PicturePile, type PassedOver } from '@countersign/camera';
import { embeddedReader } from './embedded-reader.ts';
import { PageError } from './page-error.ts';
import { readWithin, type PickedFile } from './picked-files.ts';

const fileBytesMax = 33_554_432;

/** Why something of what a person brought along cannot be taken, and in which files that is. */
export interface Fault {
  readonly thrown: unknown;
  readonly names: readonly string[];
}

/** What a person brought along: one request, or why there is none; and what else was in the pictures. */
export type Carried = { readonly passedOver: readonly PassedOver[] } & (
  | { readonly kind: 'request'; readonly bytes: Uint8Array; readonly names: readonly string[] }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] }
);

interface Found {
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
}

/**
 * Returns the one request in the files given: a `*.csreq` as it is, or pictures of its codes in any order. What is not ours beside it,
 * and what is not whole, is passed over and told. A file that cannot be read, and a picture without a code of ours, stop it.
 */
export async function readRequest(files: readonly PickedFile[]): Promise<Carried> {
  const pile = new PicturePile();
  const faults: Fault[] = [];
  const read = await readAll(files, faults);
  await readPictures(
    read.filter(({ bytes }) => isPicture(bytes)),
    pile,
    faults,
  );
  const passedOver = pile.rest();
  if (faults.length > 0) return { kind: 'refused', faults: grouped(faults), passedOver };
  const whole = pile.whole().map(({ messageId, message }): Found => {
    return { bytes: message, names: pile.namesOf(messageId) };
  });
  return onlyOne([...read.filter(({ bytes }) => !isPicture(bytes)), ...whole], passedOver);
}

function onlyOne(requests: readonly Found[], passedOver: readonly PassedOver[]): Carried {
  const [first, ...more] = requests;
  if (more.length > 0) {
    const thrown = new PageError('page/several-requests', `${requests.length} requests, expected one`);
    return {
      kind: 'refused',
      faults: [{ thrown, names: requests.flatMap(({ names }) => names) }],
      passedOver,
    };
  }
  if (first !== undefined) return { kind: 'request', ...first, passedOver };
  const missing = passedOver.filter((one) => one.kind === 'incomplete');
  const others = passedOver.filter((one) => one.kind !== 'incomplete');
  return { kind: 'refused', faults: [incompleteFault(missing)], passedOver: others };
}

function incompleteFault(missing: readonly Extract<PassedOver, { readonly kind: 'incomplete' }>[]): Fault {
  if (missing.length === 0)
    return { thrown: new PageError('page/no-request', 'no file and no code of a request'), names: [] };
  const counts = missing.map(({ received, needed }) => `${received} of ${needed} codes`);
  const message = missing.length === 1 ? counts.join() : `${missing.length} messages: ${counts.join(', ')}`;
  const names = [...new Set(missing.flatMap((one) => one.names))];
  return { thrown: new PageError('page/codes-incomplete', message), names };
}

/** The same fault in several files is said once. */
function grouped(faults: readonly Fault[]): readonly Fault[] {
  const groups = new Map<string, Fault>();
  for (const { thrown, names } of faults) {
    const same = groups.get(String(thrown));
    groups.set(String(thrown), { thrown, names: [...(same?.names ?? []), ...names] });
  }
  return [...groups.values()];
}

async function readAll(files: readonly PickedFile[], faults: Fault[]): Promise<readonly Found[]> {
  const read: Found[] = [];
  for (const file of files) {
    const names = [file.name];
    try {
      read.push({ bytes: await readWithin(file, fileBytesMax), names });
    } catch (thrown) {
      faults.push({ thrown, names });
    }
  }
  return read;
}

/** PNG, GIF and JPEG by their first bytes. */
function isPicture(bytes: Uint8Array): boolean {
  const begins = (...signature: readonly number[]): boolean =>
    signature.every((byte, at) => bytes[at] === byte);
  return begins(0x89, 0x50, 0x4e, 0x47) || begins(0x47, 0x49, 0x46, 0x38) || begins(0xff, 0xd8, 0xff);
}

async function readPictures(pictures: readonly Found[], pile: PicturePile, faults: Fault[]): Promise<void> {
  if (pictures.length === 0) return;
  const reader = await embeddedReader();
  reader.forget();
  for (const { names, bytes } of pictures) {
    const [name = ''] = names;
    try {
      pile.add(name, await reader.readFile(bytes));
    } catch (thrown) {
      faults.push({ thrown, names });
    }
  }
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
