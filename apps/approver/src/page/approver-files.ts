import { equalBytes, keyId, type PublicKey } from '@countersign/codec';
import {
  demoMarker,
  exampleKeyName,
  keyFileForm,
  parsePublicKeyFile,
  parseRootFile,
  type RootFile,
} from '@countersign/keys';
import { decodeApproverState, type ApproverState, type RootKeys } from '@countersign/messages';
import type { Folder } from './folder.ts';
import { PageError } from './page-error.ts';
import { readAscii, readWithin, type PickedFile } from './picked-files.ts';

/** One key of an approver, as its files say. */
export interface KeyEntry {
  readonly name: string;
  /** The locked key file. */
  readonly locked: Uint8Array;
  /** Null until the key was opened, where its public half does not lie beside it. */
  readonly publicKey: PublicKey | null;
  /** Null until the key was used once or its public half lies beside it. */
  readonly kid: Uint8Array | null;
  /** What the key remembers; null before its first decision. */
  readonly state: ApproverState | null;
}

/** What an approver brought along: the files that the command line keeps in its folder. */
export interface ApproverFiles {
  readonly root: RootFile;
  readonly anchor: RootKeys;
  readonly keys: readonly KeyEntry[];
  /** Signed rosters, number 1 first. */
  readonly rosters: readonly Uint8Array[];
  /** A demonstration: published keys may be used, and every screen says so. */
  readonly isDemo: boolean;
  /** Where changes are written; null where the browser only reads: then they are downloads. */
  readonly folder: Folder | null;
}

const keyNameShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const textBytesMax = 8192;
const keyBytesMax = 4096;
const stateBytesMax = 67_108_864;
const rosterBytesMax = 1_048_576;

/**
 * Returns what the files of an approver's folder hold. Nothing in it is trusted but what hangs on the root keys, which a person compares.
 * @throws PageError `page/no-root`, `page/several-roots`, `page/no-key`, `page/key-…`, `page/example-key`; KeysError; MessageError `state/…`
 */
export async function readApproverFiles(
  files: readonly PickedFile[],
  folder: Folder | null,
): Promise<ApproverFiles> {
  const isDemo = files.some(({ name }) => name === demoMarker);
  const root = await readRoot(files);
  for (const { key } of root.keys) refuseExampleKey(key, isDemo);
  const locked = files.filter(({ name }) => keyNameShape.test(name) && name.endsWith('.cskey'));
  if (locked.length === 0) throw new PageError('page/no-key', 'no file that ends in .cskey');
  const keys: KeyEntry[] = [];
  for (const file of locked) keys.push(await readKey(file, files, isDemo));
  const anchor = { threshold: root.threshold, keys: root.keys.map(({ key }) => key) };
  return { root, anchor, keys, rosters: await readRosters(files), isDemo, folder };
}

async function readRoot(files: readonly PickedFile[]): Promise<RootFile> {
  const [first, ...more] = files.filter(({ name }) => name === 'root.pub');
  if (first === undefined) throw new PageError('page/no-root', 'no file named root.pub');
  if (more.length > 0) throw new PageError('page/several-roots', `${more.length + 1} files named root.pub`);
  return parseRootFile(await readAscii(first, textBytesMax));
}

async function readKey(file: PickedFile, files: readonly PickedFile[], isDemo: boolean): Promise<KeyEntry> {
  const name = file.name.slice(0, -'.cskey'.length);
  const locked = await readWithin(file, keyBytesMax);
  if (keyFileForm(locked) !== 'encrypted')
    throw new PageError('page/key-unprotected', `${file.name} has no passphrase`);
  const beside = (suffix: string): PickedFile | undefined =>
    files.find((one) => one.name === `${name}${suffix}`);
  const [publicFile, stateFile] = [beside('.cspub'), beside('.csstate')];
  const publicKey =
    publicFile === undefined ? null : parsePublicKeyFile(await readAscii(publicFile, textBytesMax)).key;
  if (publicKey !== null) refuseExampleKey(publicKey, isDemo);
  const state =
    stateFile === undefined ? null : decodeApproverState(await readWithin(stateFile, stateBytesMax));
  const kid = publicKey === null ? (state?.kid ?? null) : keyId(publicKey);
  if (state !== null && kid !== null && !equalBytes(state.kid, kid))
    throw new PageError('page/key-other', `${name}.csstate belongs to another key than ${name}.cspub`);
  return { name, locked, publicKey, kid, state };
}

/** Everybody has the published keys. @throws PageError `page/example-key` */
export function refuseExampleKey(key: PublicKey, isDemo: boolean): void {
  const name = exampleKeyName(key);
  if (name === undefined || isDemo) return;
  throw new PageError('page/example-key', `the example key ${name} is public, anyone can sign with it`);
}

async function readRosters(files: readonly PickedFile[]): Promise<readonly Uint8Array[]> {
  const numbered = files
    .filter(({ name }) => /^[1-9][0-9]{0,5}\.csroster$/.test(name))
    .map((file) => ({ file, number: Number.parseInt(file.name, 10) }))
    .toSorted((a, b) => a.number - b.number);
  const rosters: Uint8Array[] = [];
  for (const { file } of numbered) rosters.push(await readWithin(file, rosterBytesMax));
  return rosters;
}

/** Returns the files with one key's entry exchanged. */
export function withKey(files: ApproverFiles, entry: KeyEntry): ApproverFiles {
  return { ...files, keys: files.keys.map((one) => (one.name === entry.name ? entry : one)) };
}
