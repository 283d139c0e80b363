import { formatFile } from '@countersign/policy';
import { ExitCode, writeFileAtomically, type Implementation } from '@countersign/program';
import { join } from 'node:path';
import { findTestFiles, policyDirectory, readPolicyFiles } from '../home/policy-folder.ts';

/** `policy format`: gives the rules and their cases the one form; with `--check` only says which have another. */
export const policyFormat: Implementation = ({ run, options }) => {
  const { output } = run;
  const directory = policyDirectory(run, options.text('dir'), options.text('home'));
  const checkOnly = options.flag('check');
  const files = [...readPolicyFiles(directory), ...findTestFiles(directory)];
  // All are worked out before the first is written: one that is refused leaves the others as they were.
  const other = files
    .map((file) => ({ file, now: formatFile(file) }))
    .filter(({ file, now }) => file.text !== now.text);
  const names = other.map(({ file }) => file.path);
  if (!checkOnly) for (const { now } of other) writeText(pathOf(directory, now.path), now.text);
  const faulty = checkOnly && other.length > 0;
  output.document({
    code: faulty ? 'policy/not-formatted' : 'policy/formatted',
    ...(faulty
      ? {
          message: `${other.length} of ${files.length} files have another form`,
          hint: 'countersign policy format',
        }
      : {}),
    files: files.length,
    [checkOnly ? 'other' : 'written']: names,
  });
  for (const name of names)
    output.line(
      `${checkOnly ? output.colours.yellow('other form') : output.colours.green('formatted')}  ${name}`,
    );
  if (names.length === 0)
    output.line(`${output.colours.green('formatted')}  all ${files.length} files already`);
  return Promise.resolve(faulty ? ExitCode.error : ExitCode.done);
};

/** Files of tests beside the folder carry that folder's name. */
function pathOf(directory: string, path: string): string {
  return path.includes('/') ? join(directory, '..', path) : join(directory, path);
}

function writeText(path: string, text: string): void {
  writeFileAtomically(path, new TextEncoder().encode(text), { overwrite: true });
}
