import { CodecError } from '@countersign/codec';
import { decodeRoster, decodeSignedRoster, type RootKeys } from '@countersign/messages';
import { parseBundle } from './bundle-file.ts';
import { LedgerError } from './ledger-error.ts';

/**
 * Returns the root keys that a ledger's first roster claims. Verified against them a ledger agrees with itself and no more:
 * whoever wrote it chose them.
 * @throws LedgerError `ledger/roster-missing`, and those of the file's form
 */
export function claimedAnchor(file: Uint8Array): RootKeys {
  const body = parseBundle(file).items[1]?.body ?? new Uint8Array(0);
  try {
    return decodeRoster(decodeSignedRoster(body).payload).root;
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new LedgerError('ledger/roster-missing', 'no roster, expected the first at index 1', {
      index: 1,
      cause,
    });
  }
}
