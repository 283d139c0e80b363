import { toHex } from '@countersign/codec';
import {
  codeFilesOf,
  codeMedia,
  codeStyleOf,
  ExitCode,
  requireTerminal,
  showCodes,
  writeCodes,
  writeFileAtomically,
  type Implementation,
} from '@countersign/program';
import { exportRequest } from '../stages/export.ts';
import { closeDue } from '../stages/expire.ts';
import { requestNamed } from '../stages/request.ts';
import { wordsOf } from './request-document.ts';
import { inHome } from './session.ts';

/** `export`: carries a request out, by one or several media at once. */
export const exportCommand: Implementation = inHome(async (session) => {
  const {
    world,
    run,
    arguments: [typed = ''],
    options,
  } = session;
  closeDue(world);
  const row = requestNamed(world, typed);
  // Asked before the export is recorded: what cannot be done is not in the ledger.
  const style = codeStyleOf(options);
  const codes = codeFilesOf(options);
  const onTerminal = options.flag('qr');
  if (onTerminal) requireTerminal(run);
  const file = options.text('file');
  const media = [...(file === undefined ? [] : ['file']), ...codeMedia(codes), ...(onTerminal ? ['qr'] : [])];
  const path = media.length === 0 ? `${toHex(row.id).slice(0, 8)}.csreq` : file;
  const bundle = exportRequest(world, row, media.length === 0 ? 'file' : media.join(' '));
  const written: string[] = [];
  if (path !== undefined) {
    writeFileAtomically(path, bundle, { overwrite: true });
    written.push(path);
  }
  written.push(...writeCodes(bundle, codes, style));
  const digest = row.digest ?? new Uint8Array(32);
  run.output.document({
    code: 'request/exported',
    requestId: toHex(row.id),
    digest,
    words: wordsOf(digest),
    files: written,
    bytes: bundle.length,
  });
  for (const one of written) run.output.line(`wrote ${one}`);
  if (onTerminal) await showCodes(run, bundle, style);
  run.output.line(`the approver should see the words: ${run.output.colours.bold(wordsOf(digest))}`);
  return ExitCode.done;
});
