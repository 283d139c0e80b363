import { ProgramError, visibleText, type Surroundings } from '@countersign/program';
import { createInterface } from 'node:readline';

type Terminal = Pick<Surroundings, 'stdin' | 'stderr'>;

/** Returns whether a person can be asked here. */
export function canAsk({ stdin }: Terminal): boolean {
  return stdin.isTTY === true;
}

/**
 * Returns the line that a person types, without the spaces around it. The question goes to stderr.
 * @throws ProgramError `program/interrupted` after Ctrl-C, Ctrl-D or when the terminal goes away
 */
export function ask({ stdin, stderr }: Terminal, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = createInterface({ input: stdin, output: stderr, terminal: true, historySize: 0 });
    const giveUp = (): void => {
      reader.close();
      reject(new ProgramError('program/interrupted', 'interrupted while asking'));
    };
    reader.once('SIGINT', giveUp);
    reader.once('close', giveUp);
    reader.question(visibleText(question), (line) => {
      reader.removeListener('close', giveUp);
      reader.close();
      resolve(line.trim());
    });
  });
}
