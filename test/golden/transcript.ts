/** One line that is run, and what came of it. */
export interface Step {
  /** Comment and blank lines before it, as they stand. */
  readonly before: readonly string[];
  /** `$` is compared, `>` only sets the stage and must end with 0. */
  readonly mark: '$' | '>';
  readonly command: string;
  /** Lines of stdout, then those of stderr after `2> `, then `? EXITCODE`. */
  readonly said: readonly string[];
  /** What must be true afterwards, such as `no-file out.csreq`. */
  readonly promises: readonly string[];
}

/** A transcript: comments, commands with what they say, promises. test/golden/README.md describes it. */
export interface Transcript {
  readonly steps: readonly Step[];
  readonly after: readonly string[];
}

/** Reads a transcript. A line of output that would look like something else cannot stand in it. */
export function parseTranscript(text: string): Transcript {
  const steps: Step[] = [];
  let before: string[] = [];
  let current: { step: Omit<Step, 'said' | 'promises'>; said: string[]; promises: string[] } | undefined;
  const finish = (): void => {
    if (current !== undefined)
      steps.push({ ...current.step, said: current.said, promises: current.promises });
    current = undefined;
  };
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const mark = line.startsWith('$ ') ? '$' : line.startsWith('> ') ? '>' : undefined;
    if (mark !== undefined) {
      finish();
      current = { step: { before, mark, command: line.slice(2) }, said: [], promises: [] };
      before = [];
      if (mark === '>') finish();
    } else if (line.startsWith('! ') && current !== undefined) {
      current.promises.push(line.slice(2));
    } else if (current === undefined || hasEnded(current.said)) {
      finish();
      before.push(line);
    } else {
      current.said.push(line);
    }
  }
  finish();
  return { steps, after: before };
}

function hasEnded(said: readonly string[]): boolean {
  return /^\? \d+$/.test(said.at(-1) ?? '');
}

/** Returns the text that {@link parseTranscript} reads. */
export function formatTranscript({ steps, after }: Transcript): string {
  const lines = steps.flatMap(({ before, mark, command, said, promises }) => [
    ...before,
    `${mark} ${command}`,
    ...said,
    ...promises.map((promise) => `! ${promise}`),
  ]);
  return `${[...lines, ...after].join('\n')}\n`;
}
