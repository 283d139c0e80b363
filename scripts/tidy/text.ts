import type { Finding } from '../tree.ts';

const LINES_MAX = 400;

/** Marks of unfinished or silenced work. Written in two halves where this file would otherwise hold them. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TO[D]O|FIX[M]E|X{3}|HA[C]K)\b/u, 'a mark of unfinished work'],
  [/eslint-(?:dis)able/u, 'lint is not silenced'],
  [/@ts-(?:ignore|expect-error|nocheck)/u, 'the compiler is not silenced'],
  [/\bas any\b/u, 'a type is not silenced'],
];

const TEST_MARKS = /\b(?:test|it|describe|suite)\s*\.\s*(?:only|skip|todo|skipIf|runIf)\b/u;

const NAMES_REFUSED = /^(?:utils?|helpers?|common|manager|misc)\b/u;

/** Checks one file's name and text: UTF-8, LF, no tabs, no spaces at a line's end, no marks, not too long. */
export function checkText(path: string, bytes: Uint8Array): Finding[] {
  const findings: Finding[] = [];
  const refuse = (line: number, text: string): void => {
    findings.push({ file: path, line, text });
  };
  const name = path.split('/').at(-1) ?? '';
  if (NAMES_REFUSED.test(name)) refuse(1, 'the name says nothing about the content');
  if (/\.ts$/u.test(name) && !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d|config))?\.ts$/u.test(name)) {
    refuse(1, 'a file name is lower case with hyphens');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    refuse(1, 'not UTF-8');
    return findings;
  }
  if (text.startsWith('\u{feff}')) refuse(1, 'begins with a byte order mark');
  if (text !== '' && !text.endsWith('\n')) refuse(1, 'the last line has no end');
  const lines = text.split('\n');
  const isCode = /\.(?:[cm]?[jt]s|sh|bash)$/u.test(path);
  if (isCode && lines.length - 1 > LINES_MAX) {
    refuse(LINES_MAX + 1, `${lines.length - 1} lines; at most ${LINES_MAX}`);
  }
  for (const [index, line] of lines.entries()) {
    for (const why of refusalsOf(line, path)) refuse(index + 1, why);
  }
  return findings;
}

function refusalsOf(line: string, path: string): string[] {
  const found: string[] = [];
  if (line.endsWith('\r')) found.push('a line ends in LF alone');
  if (/[ \t]$/u.test(line)) found.push('white space at the end of the line');
  if (line.includes('\t')) found.push('a tab');
  if (path.endsWith('.md')) return found;
  for (const [mark, why] of MARKS) if (mark.test(line)) found.push(why);
  if (path.endsWith('.test.ts') && TEST_MARKS.test(line)) found.push('every test runs, always');
  return found;
}
