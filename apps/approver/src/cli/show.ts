import { coloursWanted, type ProgramRun } from '@countersign/program';
import { renderTerminal, type Document } from '@countersign/wording';

/** Writes a document to the terminal; nothing with `--json`. */
export function show({ output, surroundings }: ProgramRun, document: Document): void {
  const { stdout, environment } = surroundings;
  const width = Math.max(40, Math.min(stdout.columns ?? 100, 140));
  output.drawing(
    renderTerminal(document, { colour: coloursWanted(environment, stdout.isTTY === true), width }),
  );
}
