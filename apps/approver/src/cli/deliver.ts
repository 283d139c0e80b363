import {
  codeFilesOf,
  codeMedia,
  codeStyleOf,
  framesIn,
  showCodes,
  writeCodes,
  writeFileAtomically,
  type CodeFiles,
  type CodeStyle,
  type Options,
  type ProgramRun,
} from '@countersign/program';

/** How something leaves this machine. */
export interface Media {
  readonly file: string | undefined;
  readonly codes: CodeFiles;
  readonly qr: boolean;
  readonly style: CodeStyle;
}

/** What left. */
export interface Delivery {
  readonly files: readonly string[];
  /** QR codes that the message takes at least; 0 when none was made. */
  readonly codes: number;
}

/** Returns the media that the options name; with none, the file `fallback`. @throws ProgramError usage/arguments */
export function mediaOf(options: Options, fallback: string): Media {
  const [file, codes, qr] = [options.text('out'), codeFilesOf(options), options.flag('qr')];
  const style = codeStyleOf(options);
  const none = codeMedia(codes).length === 0 && !qr;
  return { file: file ?? (none ? fallback : undefined), codes, qr, style };
}

/** Writes `bytes` by every medium asked for. Codes on the terminal come last: they stay until the person interrupts. */
export async function deliver(
  run: ProgramRun,
  bytes: Uint8Array,
  { file, codes, qr, style }: Media,
): Promise<Delivery> {
  const files: string[] = [];
  if (file !== undefined) {
    writeFileAtomically(file, bytes, { overwrite: true });
    files.push(file);
  }
  const pictures = writeCodes(bytes, codes, style);
  files.push(...pictures);
  for (const one of files) run.output.line(`wrote      ${one}`);
  const shown = qr ? await showCodes(run, bytes, style) : 0;
  const inPictures = pictures.length > 0 ? framesIn(bytes, style.version).minimumFrames : 0;
  return { files, codes: Math.max(shown, inPictures) };
}
