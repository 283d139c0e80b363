import { toHex } from '@countersign/codec';
import { exportBundle, verifyBundle } from '@countersign/ledger';
import { decodeEntry } from '@countersign/messages';
import { isOpenIn } from '@countersign/policy';
import {
  ExitCode,
  formatTime,
  loadRootFile,
  nodeTokenClaims,
  nodeVerifier,
  writeFileAtomically,
  type Implementation,
} from '@countersign/program';
import { ledgerHeadOf, type LedgerHead } from '../stages/ledger-head.ts';
import { requestNamed } from '../stages/request.ts';
import { isWithinSigned } from '../stages/tolerance.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';

/** `ledger head`: the signed checkpoint. */
export const ledgerHead: Implementation = inHome(({ world, run: { output } }) => {
  const head = ledgerHeadOf(world);
  output.document({ code: 'ledger/head', ...head });
  output.drawing(head.checkpoint);
  return ExitCode.done;
});

/** `ledger export`: the whole ledger for an auditor. */
export const ledgerExport: Implementation = inHome(({ world, run: { output }, options }) => {
  const { size, bytes } = wholeLedger(world);
  const path = options.text('out') ?? `${size}.csledger`;
  writeFileAtomically(path, bytes, { overwrite: true });
  output.document({ code: 'ledger/exported', file: path, size, bytes: bytes.length });
  output.line(`wrote ${path}: ${size} entries, ${bytes.length} bytes`);
  return ExitCode.done;
});

/** `ledger verify`: the whole ledger of this home, as an auditor would. */
export const ledgerVerify: Implementation = inHome(({ world, run: { output } }) => {
  const { threshold, keys } = loadRootFile(world.paths.rootFile);
  const anchor = { threshold, keys: keys.map(({ key }) => key) };
  const { size, checkpoint, bytes } = wholeLedger(world);
  const trust = {
    anchor,
    verifier: nodeVerifier,
    tokenClaims: nodeTokenClaims,
    isWindowOpen: isOpenIn,
    isWithinTolerance: isWithinSigned,
  };
  const verified = output.counting('verifying entries', (tell) => verifyBundle(bytes, trust, tell));
  output.document({ code: 'ledger/verified', size, checkpoint });
  output.line(`${output.colours.green('verified')}  ${verified.entries.length} entries`);
  return ExitCode.done;
});

/** `ledger show`: the entries about one request. */
export const ledgerShow: Implementation = inHome(({ world, run: { output }, arguments: [typed = ''] }) => {
  const { id } = requestNamed(world, typed);
  const entries = world.ledger.indexesOf(id).map((index) => decodeEntry(world.ledger.entry(index)));
  output.document({
    code: 'ledger/entries',
    requestId: toHex(id),
    entries: entries.map(({ index, type, madeAt, bodyHash }) => ({
      index,
      type,
      madeAt: formatTime(madeAt),
      bodyHash,
    })),
  });
  for (const { index, type, madeAt, bodyHash } of entries) {
    output.line(
      `${String(index).padStart(6)}  ${formatTime(madeAt)}  ${type.padEnd(16)} ${output.colours.dim(toHex(bodyHash).slice(0, 16))}`,
    );
  }
  return ExitCode.done;
});

function wholeLedger(world: World): LedgerHead & { readonly bytes: Uint8Array } {
  return world.store.consistently(() => ({
    ...ledgerHeadOf(world),
    bytes: new Uint8Array(Buffer.concat([...exportBundle(world.ledger)])),
  }));
}
