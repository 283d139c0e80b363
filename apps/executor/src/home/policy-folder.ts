import { TEST_FILE, type PolicyFile } from '@countersign/policy';
import {
  listDirectoryCarefully,
  quote,
  readFileCarefully,
  type DirectoryEntry,
  type ProgramRun,
} from '@countersign/program';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import { readConfiguration } from './configuration-file.ts';
import { decodeText } from './decode-text.ts';
import { findHome } from './home-directory.ts';

const fileBytesMax = 262_144;
const entriesMax = 256;
const attemptsMax = 5;
/** Lies in the folder while its files are being exchanged. */
export const restoreMarker = 'restore-unfinished.yml';

/** Returns the folder that `--dir` names, else that of the home; no key of the home is needed for it. */
export function policyDirectory(run: ProgramRun, dir: string | undefined, home: string | undefined): string {
  const { environment, workingDirectory } = run.surroundings;
  if (dir !== undefined) return resolve(workingDirectory, dir);
  const paths = findHome(home, environment, workingDirectory);
  return resolve(paths.directory, readConfiguration(paths).policy);
}

/** Whether there is a home; a folder that `--dir` names can do without. */
export function hasHome(run: ProgramRun, home: string | undefined): boolean {
  const { environment, workingDirectory } = run.surroundings;
  try {
    findHome(home, environment, workingDirectory);
    return true;
  } catch (error) {
    if (error instanceof ExecutorError && error.code === 'home/not-found') return false;
    throw error;
  }
}

/**
 * Reads the policy's files; their paths are relative to the folder. Files of tests are none of them.
 * Read twice, until both are the same: files that are being exchanged are no policy.
 * @throws `configuration/policy`, `policy/restore-unfinished`, `file/…`
 */
export function readPolicyFiles(directory: string): readonly PolicyFile[] {
  let before = readOnce(directory);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const now = readOnce(directory);
    if (JSON.stringify(now) === JSON.stringify(before)) return now;
    before = now;
  }
  throw new ExecutorError('configuration/policy', `${directory} changes while it is read`, {
    hint: 'try again when whoever writes there has finished',
  });
}

function readOnce(directory: string): readonly PolicyFile[] {
  const found = listDirectoryCarefully(directory, { entriesMax });
  if (found.some(({ name }) => name === restoreMarker)) {
    throw new ExecutorError('policy/restore-unfinished', `a restoring of ${directory} was cut off`, {
      hint: 'run `countersign policy restore DIGEST` again; the digest is in the file restore-unfinished.yml',
    });
  }
  for (const entry of found) requireReadable(entry);
  const tests = found.filter(({ name }) => TEST_FILE.test(name));
  for (const { path } of tests) requireNoRules(path);
  const entries = found.filter(({ name }) => name.endsWith('.yaml') && !TEST_FILE.test(name));
  if (entries.length === 0) {
    throw new ExecutorError('configuration/policy', `no policy file (*.yaml) in ${directory}`, {
      hint: 'without a policy nothing runs; `countersign init` shows a first one',
    });
  }
  return entries.map(({ name, path }) => ({ path: name, text: readText(path) }));
}

/**
 * Reads the files of tests: `*.test.yaml` in the folder, and in the folder beside it that is called the same with
 * `-tests` behind it. Paths of the latter begin with that folder's name.
 */
export function findTestFiles(directory: string): readonly PolicyFile[] {
  const beside = `${directory}-tests`;
  return [
    ...testFilesIn(directory, ''),
    ...(existsSync(beside) ? testFilesIn(beside, `${basename(beside)}/`) : []),
  ];
}

/** Returns what {@link findTestFiles} does, when that is anything. */
export function readTestFiles(directory: string): readonly PolicyFile[] {
  const files = findTestFiles(directory);
  if (files.length === 0) {
    const places = `${directory} or ${directory}-tests`;
    throw new ExecutorError('configuration/policy', `no cases (*.test.yaml) in ${places}`, {
      hint: 'docs/spec/policy-tests.md shows how cases are written; `countersign init` writes the first ones',
    });
  }
  return files;
}

function testFilesIn(directory: string, prefix: string): readonly PolicyFile[] {
  return listDirectoryCarefully(directory, { entriesMax })
    .filter(({ name }) => TEST_FILE.test(name))
    .map(({ name, path }) => ({ path: `${prefix}${name}`, text: readText(path) }));
}

function readText(path: string): string {
  return decodeText(readFileCarefully(path, { bytesMax: fileBytesMax }), path);
}

/** A rule in a file that nobody reads would deny nothing, and nobody would notice. */
function requireReadable({ name, path, kind }: DirectoryEntry): void {
  const misnamed = /\.ya?ml$/i.test(name) && !name.endsWith('.yaml');
  if (!misnamed && (kind !== 'directory' || name.startsWith('.'))) return;
  throw new ExecutorError(
    'configuration/policy',
    `${quote(path)} would not be read, expected files *.yaml alone`,
    {
      hint: 'rename it, or move it out of the policy folder',
    },
  );
}

/** The same goes for rules in a file whose name says that it holds cases. */
function requireNoRules(path: string): void {
  if (!/^["']?(?:rules|default|conditions)["']?[ \t]*:/m.test(readText(path))) return;
  throw new ExecutorError(
    'configuration/policy',
    `${quote(path)} holds rules, expected cases in a file of that name`,
    { hint: 'rename it so that it does not end in .test.yaml' },
  );
}
