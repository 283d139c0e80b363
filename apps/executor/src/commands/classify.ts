import {
  ExitCode,
  ProgramError,
  readFileCarefully,
  readStandardInput,
  type Implementation,
} from '@countersign/program';
import { classify, DIALECTS, factsJson, type Dialect } from '@countersign/sql';
import { factsLines } from './facts-text.ts';

const sqlBytesMax = 16_777_216;

/** `classify`: what SQL does, from its text alone. */
export const classifyCommand: Implementation = async ({ run, arguments: [path = '-'], options }) => {
  const dialect = dialectNamed(options.text('dialect') ?? 'sqlite');
  const bytes =
    path === '-'
      ? await readStandardInput(run.surroundings.stdin, { bytesMax: sqlBytesMax })
      : readFileCarefully(path, { bytesMax: sqlBytesMax });
  // A byte that is no UTF-8 becomes U+FFFD; a lone surrogate then tells the classifier that the text is not Unicode.
  const text = isUtf8(bytes) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : '\ud800';
  const facts = classify(text, dialect);
  run.output.document(factsJson(facts));
  for (const line of factsLines(facts, run.output.colours)) run.output.line(line);
  return ExitCode.done;
};

function dialectNamed(name: string): Dialect {
  const dialect = DIALECTS.find((known) => known === name);
  if (dialect === undefined) {
    throw new ProgramError(
      'usage/arguments',
      `${JSON.stringify(name)} is no dialect, expected one of ${DIALECTS.join(', ')}`,
    );
  }
  return dialect;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
