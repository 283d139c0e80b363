import { toHex } from '@countersign/codec';
import { exportBundle, verifyBundle } from '@countersign/ledger';
import { decodeEntry } from '@countersign/messages';
import {
  ExitCode,
  formatTime,
  loadRootFile,
  nodeVerifier,
  writeFileAtomically,
  type Implementation,
} from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { requestNamed } from '../stages/request.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';

/** `ledger head`: the signed checkpoint. */
export const ledgerHead: Implementation = inHome(({ world, run: { output } }) => {
  const note = world.ledger.checkpoint;
  if (note === undefined) throw new ExecutorError('home/store-damaged', 'the ledger has no checkpoint');
  output.document({ code: 'ledger/head', origin: world.origin, size: world.ledger.size, checkpoint: note });
  output.drawing(note);
  return ExitCode.done;
});

/** `ledger export`: the whole ledger for an auditor. */
export const ledgerExport: Implementation = inHome(({ world, run: { output }, options }) => {
  const size = world.ledger.size;
  const path = options.text('out') ?? `${size}.csledger`;
  const bytes = wholeLedger(world);
  writeFileAtomically(path, bytes, { overwrite: true });
  output.document({ code: 'ledger/exported', file: path, size, bytes: bytes.length });
  output.line(`wrote ${path}: ${size} entries, ${bytes.length} bytes`);
  return ExitCode.done;
});

/** `ledger verify`: the whole ledger of this home, as an auditor would. */
export const ledgerVerify: Implementation = inHome(({ world, run: { output } }) => {
  const { threshold, keys } = loadRootFile(world.paths.rootFile);
  const anchor = { threshold, keys: keys.map(({ key }) => key) };
  const verified = verifyBundle(wholeLedger(world), { anchor, verifier: nodeVerifier });
  output.document({ code: 'ledger/verified', size: world.ledger.size, checkpoint: world.ledger.checkpoint });
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

function wholeLedger(world: World): Uint8Array {
  return new Uint8Array(Buffer.concat([...exportBundle(world.ledger)]));
}
