import type { Choice, Conditions } from '@countersign/messages';
import { parseTime, ProgramError, quote, readFileCarefully, type Options } from '@countersign/program';

/** What the options say of a decision, read before anything else is done. */
export interface WishOptions {
  readonly choice: Choice;
  readonly note: string | undefined;
  readonly conditions: Conditions | undefined;
  /** Text of the statements proposed. */
  readonly proposal: string | undefined;
  readonly rows: number | undefined;
  readonly roster: number | undefined;
}

const sqlBytesMax = 1_000_000;

/** Returns what the options say. @throws ProgramError `usage/…`, `file/…` */
export function wishOptions(choice: Choice, options: Options): WishOptions {
  // As the page takes it: a note of blanks is none.
  const note = options.text('note')?.trim();
  return {
    choice,
    note: note === '' ? undefined : note,
    conditions: conditionsOf(options),
    proposal: choice === 'amend' ? proposalOf(options) : undefined,
    rows: countOf(options, 'confirmRows', '--confirm-rows'),
    roster: countOf(options, 'acceptRoster', '--accept-roster'),
  };
}

function conditionsOf(options: Options): Conditions | undefined {
  const rowsMax = countOf(options, 'maxRows', '--max-rows');
  const [notBefore, notAfter] = [timeOf(options, 'notBefore'), timeOf(options, 'notAfter')];
  if (rowsMax === undefined && notBefore === undefined && notAfter === undefined) return undefined;
  return {
    ...(rowsMax === undefined ? {} : { rowsMax }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}

function timeOf(options: Options, name: string): number | undefined {
  const text = options.text(name);
  return text === undefined ? undefined : parseTime(text);
}

function countOf(options: Options, name: string, flag: string): number | undefined {
  const text = options.text(name);
  return text === undefined ? undefined : parseCount(text, flag);
}

/** Returns the whole number that a text is. @throws ProgramError `usage/arguments` */
export function parseCount(text: string, flag: string): number {
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new ProgramError('usage/arguments', `${flag} ${quote(text)} is no number, expected digits only`);
}

function proposalOf(options: Options): string {
  const path = options.text('sql');
  if (path === undefined) {
    throw new ProgramError('usage/arguments', 'an amendment needs the statements that you propose', {
      hint: 'give --sql FILE; to stop the request without a proposal use `deny`',
    });
  }
  const bytes = readFileCarefully(path, { bytesMax: sqlBytesMax });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProgramError('usage/arguments', `${quote(path)} is not UTF-8 text`, { cause });
  }
}
