import { toHex } from '@countersign/codec';
import { drawFrame, frameBytesAt, drawTerminal, encodeFrames, type FrameSource } from '@countersign/frames';
import {
  encodePng,
  ExitCode,
  ProgramError,
  writeFileAtomically,
  type ProgramRun,
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
  const version = versionOf(options.text('density'));
  const rate = rateOf(options.text('fps'));
  if (options.flag('qr')) requireTerminal(run);
  const file = options.text('file');
  const png = options.text('png');
  const media = [
    file === undefined ? '' : 'file',
    png === undefined ? '' : 'png',
    options.flag('qr') ? 'qr' : '',
  ].filter((one) => one !== '');
  const path = media.length === 0 ? `${toHex(row.id).slice(0, 8)}.csreq` : file;
  const bundle = exportRequest(world, row, media.length === 0 ? 'file' : media.join(' '));
  const written: string[] = [];
  if (path !== undefined) {
    writeFileAtomically(path, bundle, { overwrite: true });
    written.push(path);
  }
  if (png !== undefined) written.push(...writePictures(png, framesOf(bundle, version)));
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
  if (options.flag('qr')) await showCodes(run, framesOf(bundle, version), rate);
  run.output.line(`the approver should see the words: ${run.output.colours.bold(wordsOf(digest))}`);
  return ExitCode.done;
});

function versionOf(density: string | undefined): number | undefined {
  if (density === undefined) return undefined;
  const version = Number(density);
  if (!Number.isInteger(version) || version < 5 || version > 40) {
    throw new ProgramError(
      'usage/arguments',
      `--density ${JSON.stringify(density)} is no QR version from 5 to 40`,
    );
  }
  return version;
}

/** Codes are drawn for a camera: into a file or a document they would be lost, or never end. */
function requireTerminal({ surroundings, output }: ProgramRun): void {
  if (surroundings.stdout.isTTY === true && !output.json) return;
  throw new ProgramError('usage/arguments', '--qr draws on a terminal, and standard output is none', {
    hint: 'use --file PATH or --png PATH',
  });
}

function framesOf(bundle: Uint8Array, version: number | undefined): FrameSource {
  return encodeFrames(bundle, version === undefined ? {} : { frameBytesMax: frameBytesAt(version) });
}

/** Writes one picture, or as many numbered ones as the message needs and a few more against loss. */
function writePictures(path: string, frames: FrameSource): readonly string[] {
  const count = frames.minimumFrames;
  const spare = count === 1 ? 0 : Math.ceil(count / 5);
  return Array.from({ length: count + spare }, (_, index) => {
    const name =
      count === 1 ? path : path.replace(/(\.png)?$/i, `-${String(index + 1).padStart(3, '0')}.png`);
    writeFileAtomically(name, encodePng(drawFrame(frames.frame(index), {})), { overwrite: true });
    return name;
  });
}

function rateOf(text: string | undefined): number {
  const rate = Number(text ?? '8');
  if (!(rate >= 0.5 && rate <= 30))
    throw new ProgramError('usage/arguments', `--fps ${JSON.stringify(text)} is no rate from 0.5 to 30`);
  return rate;
}

/** Shows codes on the terminal: one stands still, several follow each other until the person interrupts. */
async function showCodes(run: ProgramRun, frames: FrameSource, rate: number): Promise<void> {
  const draw = (index: number): string => `${drawTerminal(drawFrame(frames.frame(index), {})).join('\n')}\n`;
  if (frames.minimumFrames === 1) {
    run.output.drawing(draw(0));
    return;
  }
  run.output.note(`${frames.minimumFrames} codes, over and over; Ctrl-C when the other side has them all`);
  for (let index = 0; !run.signal.aborted; index += 1) {
    run.output.drawing(`\u001b[H\u001b[2J${draw(index)}`);
    await new Promise((resolve) => setTimeout(resolve, 1000 / rate));
  }
}
