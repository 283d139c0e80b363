import { StringDecoder } from 'node:string_decoder';
import { ProgramError } from './program-error.ts';
import type { InputStream, OutputStream } from './surroundings.ts';

/** A terminal whose echo can be turned off. */
export type SecretInput = InputStream & { setRawMode(raw: boolean): unknown };

/** The terminal a secret is typed at: keys come from `input`, the question goes to `output`. */
export interface SecretTerminal {
  readonly input: SecretInput;
  readonly output: OutputStream;
}

/** Returns whether a secret may be asked for here: on a terminal, and only where typing can be hidden. */
export function isSecretInput(input: InputStream): input is SecretInput {
  return input.isTTY === true && input.setRawMode !== undefined;
}

const secretLengthMax = 1024;

type LineState = 'typing' | 'done' | 'interrupted';

/** A line being typed: backspace and Ctrl-U edit it, Enter ends it, Ctrl-C and an end of input give up. */
class SecretLine {
  text = '';

  type(character: string): LineState {
    switch (character) {
      case '\r':
      case '\n':
        return 'done';
      case '\u0003':
      case '\u0004':
        return 'interrupted';
      case '\u007f':
      case '\b':
        this.text = Array.from(this.text).slice(0, -1).join('');
        return 'typing';
      case '\u0015':
        this.text = '';
        return 'typing';
      default:
        if (character >= ' ' && this.text.length < secretLengthMax) this.text += character;
        return 'typing';
    }
  }
}

/**
 * Returns one line typed without echo, the question asked first. Nothing typed is shown, not even its length.
 *
 * @throws ProgramError `program/interrupted` after Ctrl-C, Ctrl-D or when the terminal goes away
 */
export async function askSecret(terminal: SecretTerminal, question: string): Promise<string> {
  const { input, output } = terminal;
  input.setRawMode(true);
  output.write(question);
  try {
    return await readLine(input);
  } finally {
    input.setRawMode(false);
    output.write('\n');
  }
}

function readLine(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8');
    const line = new SecretLine();
    const settle = (state: 'done' | 'interrupted'): void => {
      // Paused before its listener goes: a flowing stream without one drops what comes next.
      input.pause();
      input.removeListener('data', take);
      input.removeListener('end', giveUp);
      if (state === 'done') resolve(line.text);
      else reject(new ProgramError('program/interrupted', 'interrupted while asking for a passphrase'));
    };
    const giveUp = (): void => settle('interrupted');
    const take = (chunk: Buffer | string): void => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
      for (const [index, character] of Array.from(text).entries()) {
        const state = line.type(character);
        if (state === 'typing') continue;
        // What follows Enter in the same chunk belongs to the next question: a paste of two lines answers both.
        const rest = Array.from(text)
          .slice(index + 1)
          .join('');
        settle(state);
        if (rest !== '') input.unshift(rest);
        return;
      }
    };
    input.on('data', take);
    input.on('end', giveUp);
    input.resume();
  });
}
