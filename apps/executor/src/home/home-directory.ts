import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ExecutorError } from '../executor-error.ts';

/** Where the home was looked for and what stands in it. All paths are absolute. */
export interface HomePaths {
  readonly directory: string;
  readonly configuration: string;
  readonly store: string;
  readonly locks: string;
  readonly rootFile: string;
  readonly keys: string;
  readonly identities: string;
}

/** The part of the environment that finds a home. */
export interface HomeEnvironment {
  readonly COUNTERSIGN_HOME?: string | undefined;
  readonly XDG_CONFIG_HOME?: string | undefined;
  readonly HOME?: string | undefined;
}

/** Names the files of a home in `directory`; nothing is read. */
export function homePaths(directory: string): HomePaths {
  const root = resolve(directory);
  return {
    directory: root,
    configuration: join(root, 'countersign.yaml'),
    store: join(root, 'state.db'),
    locks: join(root, 'locks'),
    rootFile: join(root, 'root.pub'),
    keys: join(root, 'keys'),
    identities: join(root, 'identities'),
  };
}

/** Where `init` makes a home: the flag, else `COUNTERSIGN_HOME`, else `.countersign` in the working directory. */
export function newHomeDirectory(
  flag: string | undefined,
  environment: HomeEnvironment,
  workingDirectory: string,
): string {
  return resolve(
    workingDirectory,
    flag ?? nonEmpty(environment.COUNTERSIGN_HOME) ?? join(workingDirectory, '.countersign'),
  );
}

/**
 * Finds the home: the flag, else `COUNTERSIGN_HOME`, else the nearest `.countersign/` upward from the
 * working directory, else `$XDG_CONFIG_HOME/countersign`.
 * @throws `home/not-found` naming every place that was looked at.
 */
export function findHome(
  flag: string | undefined,
  environment: HomeEnvironment,
  workingDirectory: string,
): HomePaths {
  const named = flag ?? nonEmpty(environment.COUNTERSIGN_HOME);
  if (named !== undefined) return requireHome(resolve(workingDirectory, named), [named]);
  const looked: string[] = [];
  for (let at = resolve(workingDirectory); ; at = dirname(at)) {
    const candidate = join(at, '.countersign');
    looked.push(candidate);
    if (isHome(candidate)) return homePaths(candidate);
    if (dirname(at) === at) break;
  }
  const configHome =
    nonEmpty(environment.XDG_CONFIG_HOME) ?? join(nonEmpty(environment.HOME) ?? '/', '.config');
  return requireHome(join(configHome, 'countersign'), looked.slice(0, 1));
}

function requireHome(directory: string, looked: readonly string[]): HomePaths {
  if (!isHome(directory)) {
    throw new ExecutorError(
      'home/not-found',
      `no countersign home in ${[...new Set([...looked, directory])].join(', ')}`,
      {
        hint: 'make one with `countersign init`, or name it with --home DIR',
      },
    );
  }
  return homePaths(directory);
}

function isHome(directory: string): boolean {
  return existsSync(join(directory, 'countersign.yaml')) && statSync(directory).isDirectory();
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
