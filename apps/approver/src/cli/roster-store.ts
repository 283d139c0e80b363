import { decodeRoster, decodeSignedRoster } from '@countersign/messages';
import { listDirectoryCarefully, readFileCarefully, writeFileAtomically } from '@countersign/program';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ApproverHome } from './home.ts';

const rosterBytesMax = 1_048_576;
const entriesMax = 4096;

/** Returns the signed rosters kept in the home, number 1 first. They are verified again at every use. */
export function storedRosters({ rosters }: ApproverHome): readonly Uint8Array[] {
  if (!existsSync(rosters)) return [];
  return listDirectoryCarefully(rosters, { entriesMax })
    .filter(({ name, kind }) => kind === 'file' && /^[1-9][0-9]{0,5}\.csroster$/.test(name))
    .map(({ path, name }) => ({ path, number: Number.parseInt(name, 10) }))
    .toSorted((a, b) => a.number - b.number)
    .map(({ path }) => readFileCarefully(path, { bytesMax: rosterBytesMax }));
}

/** Keeps verified rosters under their numbers; one that is kept already stays as it is. */
export function storeRosters({ rosters }: ApproverHome, signed: readonly Uint8Array[]): void {
  mkdirSync(rosters, { recursive: true, mode: 0o700 });
  for (const bytes of signed) {
    const { number } = decodeRoster(decodeSignedRoster(bytes).payload);
    const path = join(rosters, `${number}.csroster`);
    if (!existsSync(path)) writeFileAtomically(path, bytes, { mode: 0o600 });
  }
}
