import type { RootKeys } from '@countersign/messages';
import {
  listDirectoryCarefully,
  loadRootFile,
  quote,
  refuseExampleKey,
  type Environment,
  type Invocation,
} from '@countersign/program';
import { existsSync, lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ApproverError } from './approver-error.ts';

/** The folder of an approver. All paths are absolute. */
export interface ApproverHome {
  readonly directory: string;
  readonly rootFile: string;
  /** Verified rosters, `NUMBER.csroster`. */
  readonly rosters: string;
}

/** The files of one key. */
export interface KeyFiles {
  readonly name: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly state: string;
  readonly lock: string;
}

/** What a key may be called: it is a file name, and stands in a public key line. */
export const keyNameShape: RegExp = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const entriesMax = 4096;

/** Names the files of a home in `directory`; nothing is read. */
export function homeAt(directory: string): ApproverHome {
  const root = resolve(directory);
  return { directory: root, rootFile: join(root, 'root.pub'), rosters: join(root, 'rosters') };
}

/** Where `init` makes a home: the flag, else `COUNTERSIGN_APPROVER_HOME`, else `.countersign-approver` in the working directory. */
export function newHome({ run, options }: Invocation): ApproverHome {
  const { environment, workingDirectory } = run.surroundings;
  const named = options.text('home') ?? nonEmpty(environment['COUNTERSIGN_APPROVER_HOME']);
  return homeAt(resolve(workingDirectory, named ?? '.countersign-approver'));
}

/**
 * Finds the home: the flag, else `COUNTERSIGN_APPROVER_HOME`, else the nearest `.countersign-approver/` upward from the working
 * directory, else `$XDG_CONFIG_HOME/countersign-approver`.
 * @throws ApproverError `approver-home/not-found`
 */
export function findHome({ run, options }: Invocation): ApproverHome {
  const { environment, workingDirectory } = run.surroundings;
  const named = options.text('home') ?? nonEmpty(environment['COUNTERSIGN_APPROVER_HOME']);
  const candidates =
    named === undefined
      ? [...upward(workingDirectory), configured(environment)]
      : [resolve(workingDirectory, named)];
  const found = candidates.map(homeAt).find((home) => existsSync(home.rootFile));
  if (found !== undefined) return found;
  throw new ApproverError('approver-home/not-found', `no approver's home at ${quote(candidates[0] ?? '')}`, {
    hint: 'make one with `countersign-approver init --root root.pub`, or name it with --home DIR',
  });
}

function upward(directory: string): readonly string[] {
  const found: string[] = [];
  for (let at = resolve(directory); ; at = dirname(at)) {
    found.push(join(at, '.countersign-approver'));
    if (dirname(at) === at) return found;
  }
}

function configured(environment: Environment): string {
  const base =
    nonEmpty(environment['XDG_CONFIG_HOME']) ?? join(nonEmpty(environment['HOME']) ?? '/', '.config');
  return join(base, 'countersign-approver');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** Returns the root keys that everything is trusted by. @throws ProgramError `key/example`, and as `loadRootFile` */
export function anchorOf(home: ApproverHome): RootKeys {
  const { threshold, keys } = loadRootFile(home.rootFile);
  for (const { key } of keys) refuseExampleKey(key, home.directory);
  return { threshold, keys: keys.map(({ key }) => key) };
}

/** Returns the names of the keys of a home, ascending. */
export function keyNames(home: ApproverHome): readonly string[] {
  return listDirectoryCarefully(home.directory, { entriesMax })
    .filter(({ name, kind }) => kind === 'file' && name.endsWith('.cskey'))
    .map(({ name }) => name.slice(0, -'.cskey'.length))
    .filter((name) => keyNameShape.test(name));
}

/** Names the files of the key `name`; nothing is read. */
export function keyFilesAt(home: ApproverHome, name: string): KeyFiles {
  const at = (suffix: string): string => join(home.directory, `${name}.${suffix}`);
  return {
    name,
    privateKey: at('cskey'),
    publicKey: at('cspub'),
    state: at('csstate'),
    lock: at('lock'),
  };
}

/**
 * Returns the files of the key that `--key` names, or of the only one.
 * @throws ApproverError `key/unknown`, `key/ambiguous`
 */
export function chosenKey(home: ApproverHome, named: string | undefined): KeyFiles {
  const names = keyNames(home);
  const listed =
    names.length === 0 ? 'there is none: `countersign-approver key generate NAME`' : names.join(', ');
  if (named !== undefined) {
    const files = keyFilesAt(home, named);
    if (keyNameShape.test(named) && lstatSync(files.privateKey, { throwIfNoEntry: false }) !== undefined)
      return files;
    throw new ApproverError('key/unknown', `the home has no key ${quote(named)}`, {
      hint: `its keys: ${listed}`,
    });
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return keyFilesAt(home, only);
  throw new ApproverError('key/ambiguous', `--key must say whose decision this is`, {
    hint: `keys: ${listed}`,
  });
}
